"""Trouble on order: throttling, busy entities, lost requests and answers, late visibility."""

import copy
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from moto.iam.models import IAMBackend

from trailmend.lab.wire import Refusal


class Fault(StrEnum):
    """What goes wrong with a call."""

    THROTTLED = "throttled"  # Throttling, nothing happens; botocore tries again
    BUSY = "busy"  # EntityTemporarilyUnmodifiable, ConflictException: nothing happens
    FAILING = "failing"  # ServiceFailure, 500: nothing happens
    LOST_REQUEST = "lost_request"  # the connection closes before anything happens
    LOST_ANSWER = "lost_answer"  # the call takes effect, and the connection closes
    LATE = "late"  # the call takes effect, and reads do not show it yet


# Code, sentence and status by kind and service; where a service has none, as IAM answers.
# botocore's errors of each service, and the error responses of the S3 API Reference.
_REFUSALS = {
    Fault.THROTTLED: {
        "iam": ("Throttling", "Rate exceeded", 400),
        "cloudtrail": ("ThrottlingException", "Rate exceeded", 400),
        "secretsmanager": ("ThrottlingException", "Rate exceeded", 400),
        **dict.fromkeys(
            ("sso-admin", "identitystore"), ("ThrottlingException", "Rate exceeded", 400)
        ),
        "organizations": ("TooManyRequestsException", "Rate exceeded", 400),
        "s3": ("SlowDown", "Please reduce your request rate.", 503),
    },
    Fault.BUSY: {
        "iam": (
            "EntityTemporarilyUnmodifiable",
            "Entity is temporarily unmodifiable. Please try again later.",
            409,
        ),
        "cloudtrail": (
            "ConflictException",
            "This exception is thrown when the specified resource is not ready for an operation.",
            400,
        ),
        **dict.fromkeys(
            ("sso-admin", "identitystore"),
            ("ConflictException", "A conflict with a previous successful write.", 400),
        ),
        "organizations": (
            "ConcurrentModificationException",
            "The target of the operation is currently being modified by a different request.",
            400,
        ),
        "s3": (
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. "
            "Please try again.",
            409,
        ),
    },
    Fault.FAILING: {
        "iam": ("ServiceFailure", "Service failure.", 500),
        "cloudtrail": ("InternalFailure", "Internal failure.", 500),
        "secretsmanager": ("InternalServiceError", "An error occurred on the server side.", 500),
        **dict.fromkeys(
            ("sso-admin", "identitystore"), ("InternalServerException", "Internal error.", 500)
        ),
        "organizations": ("ServiceException", "Service exception.", 500),
        "s3": ("InternalError", "We encountered an internal error. Please try again.", 500),
    },
}


@dataclass
class Order:
    """What is to go wrong, and how often still."""

    kind: Fault
    times: int
    seconds: float | None
    reads: int | None


@dataclass
class StaleView:
    """IAM as it was before a write; shown to `reads` more reads, or until a time."""

    before: IAMBackend
    until: datetime | None
    reads: int | None

    def is_over(self, now: datetime) -> bool:
        """Tell whether the write has become visible."""
        return self.reads == 0 or (self.until is not None and self.until <= now)


@dataclass
class Faults:
    """What is ordered, by action, and the old view of IAM that reads still get."""

    orders: dict[str, list[Order]] = field(default_factory=lambda: defaultdict(list))
    view: StaleView | None = None

    def order(
        self,
        action: str,
        kind: Fault,
        times: int = 1,
        seconds: float | None = None,
        reads: int | None = None,
    ) -> None:
        """Have the next `times` calls of an action go wrong; orders are served in turn."""
        if kind is Fault.LATE and not action.startswith("iam:"):
            raise ValueError(f"Late visibility is for writes of IAM, not for {action}.")
        if kind is Fault.BUSY and action.partition(":")[0] not in _REFUSALS[kind]:
            raise ValueError(f"No error of its service says that {action} is busy.")
        if kind is Fault.LATE and (seconds is None) == (reads is None):
            raise ValueError("Late visibility lasts for `seconds` or for `reads`: give one.")
        self.orders[action].append(Order(kind, times, seconds, reads))

    def take(self, action: str) -> Order | None:
        """Take what is ordered for this call, once."""
        waiting = self.orders.get(action)
        if not waiting:
            return None
        waiting[0].times -= 1
        return waiting.pop(0) if waiting[0].times == 0 else waiting[0]

    def hide(self, order: Order, iam: IAMBackend, now: datetime) -> None:
        """Keep IAM as it is now for the reads to come; an older view that still holds stays."""
        if self.view is None or self.view.is_over(now):
            self.view = StaleView(_snapshot(iam), None, None)
        self.view.until = now + timedelta(seconds=order.seconds) if order.seconds else None
        self.view.reads = order.reads

    def view_for_read(self, now: datetime) -> IAMBackend | None:
        """Give the old IAM if reads still get it, and count the read."""
        if self.view is None or self.view.is_over(now):
            return None
        if self.view.reads is not None:
            self.view.reads -= 1
        return self.view.before


def refusal_of(kind: Fault, service: str) -> Refusal | None:
    """Give the error that the service answers; None for a fault without an answer of its own."""
    answers = _REFUSALS.get(kind)
    return Refusal(*answers.get(service, answers["iam"])) if answers else None


def _snapshot(iam: IAMBackend) -> IAMBackend:
    """Copy the state of IAM; the policies of AWS are shared, their documents never change."""
    return copy.deepcopy(iam, {id(policy): policy for policy in iam.aws_managed_policies})
