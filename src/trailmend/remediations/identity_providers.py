"""Identity providers: which one a finding means, whether it is still that one, and who trusts it.

A provider has no id of its own that lasts: one that is made again has the ARN of the former.  So
the date of its making tells them apart, and, once a plan was asked for, its settings.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from trailmend.calls import Read, call, read
from trailmend.errors import CannotFix, NothingThere
from trailmend.plan import Facts, Restored, Target
from trailmend.remediations.users import is_later

_ARNS = {
    "saml_provider": re.compile(r"arn:aws[a-z-]*:iam::\d{12}:saml-provider/(?P<name>[\w+=,.@-]+)"),
    "oidc_provider": re.compile(
        r"arn:aws[a-z-]*:iam::\d{12}:oidc-provider/(?P<name>[\w.~/:%+@-]+)"
    ),
}
_OF_IDENTITY_CENTER = "AWSSSO_"
_SOON = timedelta(seconds=10)
"""A provider is made in the second of its call, or just before it is completed."""
_SHOWN = 5
LIST_ROLES = call("iam.list_roles")


def the_provider(facts: Facts, kind: str) -> tuple[str, str]:
    """Give the ARN of the finding, and the name or address in it.

    An ARN of another form could change the question that it is in.
    """
    target = facts.target if isinstance(facts.target, Target) else Target("", "")
    arn, found = target.name, _ARNS[kind].fullmatch(target.name)
    if target.kind != kind or found is None:
        raise CannotFix("The finding names no identity provider: look at its event for the ARN.")
    if found["name"].startswith(_OF_IDENTITY_CENTER):
        raise CannotFix(
            f"{arn} belongs to IAM Identity Center: whom it lets in is set there, and without it "
            "nobody signs in."
        )
    return arn, found["name"]


def check_made_by_the_event(created: str, facts: Facts, arn: str) -> None:
    """Refuse a provider that the event did not make.

    One of after the plan was asked for is what an undo made: its settings, which the plan watches,
    must be those that it had.
    """
    is_later(created, "")  # a date that AWS does not give cannot be compared
    made, event = map(datetime.fromisoformat, (created, facts.event_time))
    again = bool(facts.asked_at) and made >= datetime.fromisoformat(facts.asked_at)
    if abs(made - event) <= _SOON or again:
        return
    if isinstance(facts.restored, Restored):
        raise _restored(facts.restored, arn)
    raise CannotFix(
        f"{arn} was made at {created}, and the event was at {facts.event_time}: it is another "
        "provider of the same name. See who made it, and remove it by hand if it is wrong."
    )


def _restored(by: Restored, arn: str) -> CannotFix:
    """Say of what we made again that no plan takes it away: whoever wants that does it by hand."""
    if by.by_rollback:
        return CannotFix(
            f"{arn} is there again because plan {by.plan_id} was rolled back, and no plan removes "
            "what that brought back. If it is wrong, remove it by hand."
        )
    return NothingThere(f"{arn} is what plan {by.plan_id} made again, as it was before: it stays.")


def check_stood(created: str | None, facts: Facts, arn: str) -> None:
    """Refuse a provider that was made after the event."""
    if is_later(created, facts.event_time):
        raise NothingThere(
            f"{arn} was made at {created}, after the event of {facts.event_time}: it is another "
            "provider of the same name. Look at its settings by themselves."
        )


def known_before(facts: Facts) -> dict[str, Any]:
    """Give what the log knows of the provider before."""
    return facts.before or {}


def set_by_the_event(facts: Facts) -> dict[str, Any]:
    """Give what the event set, as far as its record tells."""
    return facts.after if isinstance(facts.after, dict) else {}


def who_comes_by_it(arn: str) -> Generator[Read, Any, str]:
    """Say which roles let in who comes by the provider."""
    # The quotation marks keep a longer ARN that begins alike apart.
    names = yield read(
        "iam.list_roles",
        pick=f"Roles[?contains(to_string(AssumeRolePolicyDocument), '\"{arn}\"')].RoleName",
        watch=False,
    )
    found = sorted(names or ())
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"Roles that trust it: {', '.join(found[:_SHOWN]) or 'none'}{more}."
