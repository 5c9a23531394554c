"""Which events no page of the catalog judges: their names, or the trails, are not known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

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


def is_unknown_write(event: Event) -> bool:
    """Say whether an event is a write that no page speaks of, not even as housekeeping.

    One that was denied tells of a try, as those do that pages speak of; one that failed did
    nothing.
    """
    return (
        event.event_source in _WATCHED
        and event.outcome != "failed"
        and not event.event_name.startswith(_READS)
        and f"{event.event_source}:{event.event_name}" not in _known()
    )


@cache
def _known() -> frozenset[str]:
    return _RESULTS.union(*(page.events for page in runbooks().values()))


def tells_of_stores(event: Event) -> bool:
    """Say whether an event changes a bucket or a key, or may tell which are those of a trail."""
    page = runbooks().get("log_store")
    pairs = () if page is None else page.events
    return _shows_a_place(event) or f"{event.event_source}:{event.event_name}" in pairs


def unjudged_stores(events: Iterable[Event]) -> int:
    """Count the changes of buckets and keys, none where the log shows one of a trail's."""
    done = [one for one in events if one.outcome == "success" and tells_of_stores(one)]
    return 0 if any(map(_shows_a_place, done)) else len(done)


def _shows_a_place(event: Event) -> bool:
    """Say whether an event tells to which bucket, or with which key, a trail writes."""
    if event.event_source != "cloudtrail.amazonaws.com":
        return False
    sent = parsed(event.request) if event.event_name in ("CreateTrail", "UpdateTrail") else {}
    return bool(sent.get("s3BucketName") or sent.get("kmsKeyId"))
