"""Which events no page of the catalog judges: their names, or the trails, are not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trailmend.catalog import runbooks
from trailmend.events import Event
from trailmend.ledger import parsed

_WATCHED = frozenset(
    f"{one}.amazonaws.com"
    for one in (
        "iam sts signin organizations sso sso-oauth sso-directory identitystore rolesanywhere "
        "cloudtrail account access-analyzer"
    ).split()
)
_READS = tuple(
    """
    Get List Describe Generate Simulate Lookup Preview Search Validate CheckAccess CheckNo
    IsMemberInGroups
    """.split()
)
"""How the names of calls begin that change nothing for anyone, in the services watched."""
_RESULTS = frozenset(
    f"organizations.amazonaws.com:{one}Result" for one in ("CreateAccount", "CloseAccount")
)
"""What a call came to that runs in the background: the service itself says it, and the call has a
page (AWS Organizations User Guide, Logging AWS Organizations API calls with AWS CloudTrail)."""


def unknown_writes(events: Iterable[Event]) -> list[Event]:
    """Find the writes that no page speaks of, not even as housekeeping, as `iam AddRight`.

    One that was denied tells of a try, as those do that pages speak of; one that failed did
    nothing.
    """
    known = _RESULTS.union(*(page.events for page in runbooks().values()))
    return [
        one
        for one in events
        if one.event_source in _WATCHED
        and one.outcome != "failed"
        and not one.event_name.startswith(_READS)
        and f"{one.event_source}:{one.event_name}" not in known
    ]


def unjudged_stores(events: Sequence[Event]) -> int:
    """Count the changes of buckets and keys, none where the log shows one of a trail's."""
    page = runbooks().get("log_store")
    pairs = frozenset[str]() if page is None else frozenset(page.events)
    done = [one for one in events if one.outcome == "success"]
    changes = [one for one in done if f"{one.event_source}:{one.event_name}" in pairs]
    return len(changes) if changes and not any(map(_shows_a_place, done)) else 0


def _shows_a_place(event: Event) -> bool:
    """Say whether an event tells to which bucket, or with which key, a trail writes."""
    if event.event_source != "cloudtrail.amazonaws.com":
        return False
    sent = parsed(event.request) if event.event_name in ("CreateTrail", "UpdateTrail") else {}
    return bool(sent.get("s3BucketName") or sent.get("kmsKeyId"))
