"""Since when a trail records less than it did, and until when: a gap in the log, as one turned off.

Only what is left out of the log counts: management events, regions, global services, accounts of
the organization, and the bucket that it was read from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, structs

from trailmend.context.trail_settings import trail_change
from trailmend.events import Event, named_person
from trailmend.findings import told_time
from trailmend.ledger import Ledger, learn

_Key = tuple[str | None, str, str]
"""Region, trail and setting."""
_SOURCE = "cloudtrail.amazonaws.com"
_LEAVES_OUT: Mapping[str, str] = {
    "eventSelectors": "no longer recorded all management events",
    "includeGlobalServiceEvents": "no longer recorded the calls of global services, as IAM's",
    "isMultiRegionTrail": "recorded its own region alone",
    "isOrganizationTrail": "recorded this account alone, and none other of the organization",
    "s3BucketName": "wrote to another bucket",
}


class Lapse(Struct, frozen=True):
    """A setting of a trail that was weakened; `until` is when it was put back."""

    trail: str
    setting: str
    since: str
    by: str
    until: str | None = None


def lapses(events: Iterable[Event]) -> list[Lapse]:
    """Follow each setting of each trail from what weakens it to what puts it back.

    The events come in the order of time.  A trail that is deleted is told as one that is off.
    """
    found: list[Lapse] = []
    open_at: dict[_Key, int] = {}
    ledger = Ledger()
    for one in events:
        if one.event_source != _SOURCE or one.outcome != "success" or one.target_name is None:
            continue
        weaker, stronger, _ = trail_change(one, ledger) or ((), (), ())
        learn(ledger, one)
        trail = one.region, one.target_name
        for setting in weaker:
            if setting in _LEAVES_OUT and (*trail, setting) not in open_at:
                open_at[*trail, setting] = len(found)
                found.append(_begun(one, setting))
        for setting in stronger:
            place = open_at.pop((*trail, setting), None)
            if place is not None:
                found[place] = structs.replace(found[place], until=told_time(one.event_time))
        if one.event_name == "DeleteTrail":
            open_at = {key: place for key, place in open_at.items() if key[:2] != trail}
    return found


def _begun(event: Event, setting: str) -> Lapse:
    trail = f"{event.target_name} ({event.region})" if event.region else event.target_name or ""
    return Lapse(trail, setting, told_time(event.event_time), caller_name(event))


def caller_name(event: Event) -> str:
    """Name who made a call, as well as the event tells it."""
    person = named_person(event.actor_name, event.actor_id)
    return person or event.actor_name or event.actor_id or "unknown"


def told_lapse(lapse: Lapse) -> str:
    """Say what a trail left out, from when, by whom, and until when."""
    until = f"until {_plain(lapse.until)}" if lapse.until else "and was not put back since"
    does = f"it {_LEAVES_OUT[lapse.setting]}, {until}"
    return f"was changed by {lapse.by} at {_plain(lapse.since)}: {does}"


def _plain(time: str) -> str:
    return time.replace("T", " ").removesuffix("Z")
