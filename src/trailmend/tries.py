"""The two situations that most calls share: a try that was refused, and one that failed."""

from __future__ import annotations

from typing import Any

from trailmend.catalog import Detection, Level
from trailmend.measures import STOP_CALLER
from trailmend.plan import Remediation

Record = dict[str, Any]
FIFTH_DENIED = "COALESCE(calls_denied, 0) >= 5 AND NOT COALESCE(denied_before, 0) >= 5"
"""In this second the calls denied to the principal within an hour came to five."""
FIFTH_FAILED = "COALESCE(calls_failed, 0) >= 5 AND NOT COALESCE(failed_before, 0) >= 5"
"""The same, of calls that failed."""


def tries(
    what: str,
    *,
    denied: Record,
    failed: Record,
    done: Record,
    level: Level = "low",
    techniques: tuple[str, ...] = (),
    fixes: tuple[Remediation, ...] | None = None,
) -> dict[str, Detection]:
    """Make the detections of a denied and of a failed call to do `what`: "make a user".

    `level` is that of the denied one; a call that failed is low, for nothing came of it.  `fixes`
    are those of the denied one: from medium on they stop the caller, if none are given.  The
    records are cases of each outcome; `done` is one that succeeded.
    """
    stop = () if level == "low" else STOP_CALLER
    return {
        "denied": Detection(
            title=f"A try to {what} was refused",
            level=level,
            when="TRUE",
            outcome="denied",
            techniques=techniques,
            fixes=stop if fixes is None else fixes,
            fires=((denied,),),
            quiet=((failed,), (done,)),
        ),
        "failed": Detection(
            title=f"A call to {what} failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((failed,),),
            quiet=((denied,), (done,)),
        ),
    }
