"""Whether a change of a trail makes it see less than before, by the request alone or the ledger.

UpdateTrail changes only what it sends (botocore cloudtrail UpdateTrail); PutEventSelectors puts its
list in the place of the whole former one (PutEventSelectors).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trailmend.event_selectors import Selector, logged
from trailmend.events import Event
from trailmend.ledger import Ledger, made_so, parsed, settings_before

Change = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""The settings that became weaker, those that became stronger, and those of which it is unknown."""
TRAIL_SWITCHES = (
    "enableLogFileValidation",
    "includeGlobalServiceEvents",
    "isMultiRegionTrail",
    "isOrganizationTrail",
)
TRAIL_PLACES = (
    "s3BucketName",
    "s3KeyPrefix",
    "kmsKeyId",
    "cloudWatchLogsLogGroupArn",
    "snsTopicName",
)
"""Where the log goes, under which key, and who is told.

To leave a place for another or for none is a loss, but the way back to that of the making is none.
Where the log does not show what was left, nobody can tell.
"""
ALL = {True, False}
"""Management events that only read, and those that write."""


def trail_change(event: Event, ledger: Ledger) -> Change | None:
    """Compare a trail's settings with those before; None for other events, or where unreadable."""
    if event.outcome != "success" or event.event_source != "cloudtrail.amazonaws.com":
        return None
    sent, before = parsed(event.request), settings_before(ledger, event)
    if event.event_name == "UpdateTrail" and sent:
        return _updated(sent, before, made_so(ledger, event))
    if event.event_name == "PutEventSelectors":
        return _selected(sent, before)
    if event.event_name == "PutInsightSelectors" and sent:
        fewer = _names(before.get("insightSelectors")) - _names(sent.get("insightSelectors"))
        gone = not _names(sent.get("insightSelectors"))
        return (("insightSelectors",) if fewer or gone else (), (), ())
    return None


def _updated(sent: Mapping[str, Any], before: Mapping[str, Any], made: Mapping[str, Any]) -> Change:
    off = {name for name in TRAIL_SWITCHES if before.get(name) is False}
    weaker = [name for name in TRAIL_SWITCHES if sent.get(name) is False and name not in off]
    stronger = [name for name in TRAIL_SWITCHES if sent.get(name) is True and name in off]
    # What a making leaves out is not set; of a trail whose making is not shown it is not known.
    none = {name: "" for name in TRAIL_PLACES if made and name not in made}
    named = [name for name in TRAIL_PLACES if sent.get(name) is not None]
    was = {name: before.get(name, none.get(name)) for name in named}
    moved = [name for name, place in was.items() if place and place != sent[name]]
    back = [name for name in moved if sent[name] and sent[name] == made.get(name)]
    weaker += [name for name in moved if name not in back]
    unknown = [name for name, place in was.items() if place is None]
    return tuple(weaker), tuple(stronger + back), tuple(unknown)


def _selected(sent: Mapping[str, Any], before: Mapping[str, Any]) -> Change | None:
    """Judge new selectors; a trail without any logs all management events."""
    now, was = logged_in(sent), logged_in(before)
    if now is None:
        return None
    was = ALL if was is None else was
    return (
        ("eventSelectors",) if worth(now) < worth(was) else (),
        ("eventSelectors",) if now == ALL != was else (),
        (),
    )


def worth(kinds: set[bool]) -> int:
    """Order what is logged: nothing, reads, writes, all; changes are what a trail is there for."""
    return 2 * (False in kinds) + (True in kinds)


def logged_in(request: Mapping[str, Any]) -> set[bool] | None:
    """Give the management events that a request selects; None where it cannot be told."""
    basic, advanced = request.get("eventSelectors"), request.get("advancedEventSelectors")
    try:
        return logged({"basic": _upper(basic or []), "advanced": _upper(advanced or [])})
    except (KeyError, TypeError, AttributeError):
        return None  # the shape is not that of the API: what was selected cannot be told


def _upper(value: Any) -> Any:
    """Write the names of fields as the API does; CloudTrail begins them with a small letter."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: _upper(part) for name, part in value.items()}
    return list(map(_upper, value)) if isinstance(value, list) else value


def _names(selectors: Any) -> set[str]:
    listed: list[Selector] = selectors if isinstance(selectors, list) else []
    return {str(one.get("insightType")) for one in listed if isinstance(one, dict)}


def trail_uses(event: Event, ledger: Ledger) -> bool | None:
    """Say whether a trail writes or wrote to a bucket or with a key, as far as the log shows it."""
    kind, name = event.target_type, event.target_name
    if name is None:
        return None
    places = (place for of_one in ledger.log_places.values() for place in of_one)
    used = (place for of, place in places if of == kind)
    return any(_same_thing(name, place) for place in used) or None


def _same_thing(name: str, other: str) -> bool:
    """Compare names of buckets, or ids and ARNs of keys."""
    return name == other or name.endswith(f"/{other}") or other.endswith(f"/{name}")
