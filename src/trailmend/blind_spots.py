"""What the findings cannot know: what the input does not hold, and what its events leave out.

`Untold` is of the events of one account, `Seen` of the hours for which an account has events of
any service, `BlindSpots` is all of it, and `sentences` says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from trailmend.events import Event
from trailmend.habits import trail_of
from trailmend.records import Reject

HOME = "us-east-1"
"""Where IAM, global STS and most sign-ins are recorded since 2021-11-22 (AWS CloudTrail User Guide,
"CloudTrail concepts", global service events); other partitions have homes of their own."""
_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso")
DEFAULT_REGIONS = frozenset(
    """
    us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-central-1 eu-west-1 eu-west-2
    eu-west-3 eu-north-1 ap-south-1 ap-southeast-1 ap-southeast-2 ap-northeast-1 ap-northeast-2
    ap-northeast-3
    """.split()
)
"""What every account of the commercial partition has enabled (Amazon EC2 User Guide, "Available
Regions": no opt-in required; read 2026-11-28)."""
_HOUR = timedelta(hours=1)
_MOST_GAPS, _MOST_NAMED = 5, 4
_LONG = 6
"""Hours: a shorter gap is not worth a line in a summary."""


class Silence(Struct, frozen=True):
    """A trail that was turned off; `until` is None where nothing shows that it was turned on."""

    trail: str
    since: str
    by: str
    until: str | None = None


class Untold(Struct, frozen=True):
    """What the identity events of an account do not tell.

    `without_mfa` counts calls of which it is not known whether MFA was used, `by_keys` those of
    them that a long-lived key signed: they have no session that could tell.
    """

    events: int = 0
    without_mfa: int = 0
    by_keys: int = 0
    truncated: tuple[str, ...] = ()
    silences: tuple[Silence, ...] = ()


class Gap(Struct, frozen=True):
    """Hours without an event: the first of them, the first after them, and how many."""

    since: str
    until: str
    hours: int


class Seen(Struct, frozen=True):
    """Of which regions and hours an account has events; `gaps` are the longest."""

    account_id: str
    regions: tuple[str, ...]
    first: str
    last: str
    hours: int
    empty: int
    gaps: tuple[Gap, ...]


class BlindSpots(Struct, frozen=True, kw_only=True):
    """What was read in all scans of a workspace, what of it could not be, and what it lacks."""

    scans: int = 0
    files: int = 0
    events: int = 0
    unread: tuple[Reject, ...] = ()
    seen: tuple[Seen, ...] = ()
    untold: Mapping[str, Untold] = {}


def untold_by(events: Iterable[Event]) -> Untold:
    """Sum up what the events of one account leave out; they may come in any order."""
    told = sorted(events, key=lambda one: (one.event_time, one.event_id))
    unknown = [one for one in told if one.mfa == "unknown" and one.actor_type != "AWSService"]
    return Untold(
        events=len(told),
        without_mfa=len(unknown),
        by_keys=sum((one.access_key_id or "").startswith("AKIA") for one in unknown),
        truncated=tuple(f"{_time(one)} {one.event_name}" for one in told if one.truncated),
        silences=tuple(_silences(told)),
    )


def _silences(events: Iterable[Event]) -> list[Silence]:
    """Pair each StopLogging or DeleteTrail with the StartLogging of the same trail after it."""
    found: list[Silence] = []
    off: dict[object, int] = {}
    for one in events:
        trail = trail_of(one) if one.event_source == "cloudtrail.amazonaws.com" else None
        if trail is None or one.outcome != "success":
            continue
        if one.event_name != "StartLogging" and trail not in off:
            name = trail[1] if trail[0] is None else f"{trail[1]} ({trail[0]})"
            off[trail] = len(found)
            found.append(Silence(name, _time(one), one.actor_name or one.actor_id or "unknown"))
        elif one.event_name == "StartLogging" and trail in off:
            was = found[off[trail]]
            found[off.pop(trail)] = Silence(was.trail, was.since, was.by, _time(one))
    return found


def _time(event: Event) -> str:
    return f"{event.event_time:%Y-%m-%dT%H:%M:%SZ}"


def seen_in(hours: Iterable[tuple[str, str, str]]) -> list[Seen]:
    """Sum up triples of account, region and hour by account; hours that do not exist are left out.

    An hour is an hour of the account: an event of any of its regions fills it.
    """
    accounts: dict[str, tuple[set[str], set[datetime]]] = {}
    for account_id, region, text in hours:
        hour = hour_of(text)
        if hour is not None:
            regions, filled = accounts.setdefault(account_id, (set(), set()))
            regions.add(region)
            filled.add(hour)
    return [_seen(account_id, *accounts[account_id]) for account_id in sorted(accounts)]


def hour_of(text: str) -> datetime | None:
    """Read an hour, "2026-11-22T09"; None where it is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _seen(account_id: str, regions: Iterable[str], filled: Iterable[datetime]) -> Seen:
    hours = sorted(filled)
    gaps = [
        Gap(_hour(one + _HOUR), _hour(other), int((other - one) / _HOUR) - 1)
        for one, other in pairwise(hours)
        if other - one > _HOUR
    ]
    return Seen(
        account_id=account_id,
        regions=tuple(sorted(filter(None, regions))),
        first=_hour(hours[0]),
        last=_hour(hours[-1]),
        hours=len(hours),
        empty=sum(gap.hours for gap in gaps),
        gaps=tuple(sorted(gaps, key=lambda gap: (-gap.hours, gap.since))[:_MOST_GAPS]),
    )


def _hour(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:00}"


def without_home(seen: Seen) -> bool:
    """Say whether an account has no event of the region where its IAM calls are recorded.

    Of other partitions than the commercial one this is not said.
    """
    return HOME in without_events(seen)


def without_events(seen: Seen) -> list[str]:
    """Name the regions that every account has and this one has no event of; quiet ones too.

    Of other partitions than the commercial one none is named.
    """
    if any(one.startswith(_OTHER_PARTITIONS) for one in seen.regions):
        return []
    return sorted(DEFAULT_REGIONS.difference(seen.regions))


def sentences(blind: BlindSpots) -> list[str]:
    """Say the blind spots in a line each, the gravest first; no line where there is nothing."""
    return [
        *_homes(blind.seen),
        *_one_region(blind.seen),
        *_silent_trails(blind.untold),
        *_empty_hours(blind.seen),
        *_truncated(blind.untold.values()),
        *_mfa(blind.untold.values()),
    ]


def _homes(seen: Sequence[Seen]) -> Iterable[str]:
    homeless = [one.account_id for one in seen if without_home(one)]
    if homeless:
        yield f"No event of {HOME}, where IAM's own calls are recorded: {_accounts(homeless)}."


def _one_region(seen: Sequence[Seen]) -> Iterable[str]:
    """Name the accounts of which one region alone was read."""
    alone = {one.account_id: one.regions[0] for one in seen if len(one.regions) == 1}
    if alone:
        regions = ", ".join(sorted(set(alone.values()))[:_MOST_NAMED])
        yield (
            f"Events of one region only, {regions}: {_accounts(list(alone))}. Sign-ins and STS "
            "calls of other regions are recorded there."
        )


def _silent_trails(untold: Mapping[str, Untold]) -> Iterable[str]:
    silent = [one for told in untold.values() for one in told.silences]
    for one in silent[:_MOST_NAMED]:
        ended = f"and on again at {_plain(one.until)}" if one.until else "and not on again since"
        yield f"Trail {one.trail} was turned off by {one.by} at {_plain(one.since)} {ended}."
    if len(silent) > _MOST_NAMED:
        yield f"And {len(silent) - _MOST_NAMED:,} more times that a trail was off."


def _empty_hours(seen: Sequence[Seen]) -> Iterable[str]:
    worst = max(seen, key=lambda one: one.gaps[0].hours if one.gaps else 0, default=None)
    if worst is None or not worst.gaps or worst.gaps[0].hours < _LONG:
        return
    gap, all_hours = worst.gaps[0], worst.hours + worst.empty
    yield (
        f"Account {worst.account_id}: no event in {worst.empty:,} of {all_hours:,} hours, most "
        f"{gap.hours:,} on end from {gap.since}. Quiet, or not among what was read."
    )


def _truncated(untold: Iterable[Untold]) -> Iterable[str]:
    count = sum(len(one.truncated) for one in untold)
    if count:
        yield f"{_many(count, 'event')} truncated by CloudTrail: what was asked is not known whole."


def _mfa(untold: Iterable[Untold]) -> Iterable[str]:
    told = list(untold)
    unknown, keys = sum(one.without_mfa for one in told), sum(one.by_keys for one in told)
    if unknown:
        events = _many(sum(one.events for one in told), "identity event")
        yield (
            f"{unknown:,} of {events} do not tell whether MFA was used; {keys:,} of them were "
            "signed by a long-lived key."
        )


def _accounts(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"account{'s' * (len(names) > 1)} {', '.join(names[:_MOST_NAMED])}{more}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _plain(time: str) -> str:
    return time.replace("T", " ").removesuffix("Z")
