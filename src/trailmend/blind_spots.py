"""What the findings cannot know: what the input does not hold, and what its events leave out.

`Untold` is of the events of one account, `Seen` of the hours for which an account has events of
any service, `BlindSpots` is all of it, and `sentences` says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct, structs

from trailmend.context import IN_TIME
from trailmend.context.silences import named_trail
from trailmend.counts import many
from trailmend.events import Event
from trailmend.findings import told_time
from trailmend.records import Reject
from trailmend.unjudged import is_unknown_write, tells_of_stores, unjudged_stores
from trailmend.weakened_trails import Lapse, caller_name, lapses, told_lapse

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
    """A trail that was turned off or deleted; what no event shows is None.

    `until` is when it was turned on again, `made` when a trail of its name was made anew.
    """

    trail: str
    since: str
    by: str
    until: str | None = None
    deleted: str | None = None
    deleted_by: str | None = None
    made: str | None = None


class Untold(Struct, frozen=True):
    """What the identity events of an account do not tell.

    `without_mfa` counts calls of which it is not known whether MFA was used, `by_keys` those of
    them that a long-lived key signed: they have no session that could tell.  `unknown_writes`
    counts, by name, the calls other than reads that no page of the catalog speaks of, and
    `unknown_refused` those of them that were denied.  `unjudged_stores` counts the changes of
    buckets and keys of an account whose log shows no trail's bucket or key.
    """

    events: int = 0
    without_mfa: int = 0
    by_keys: int = 0
    truncated: tuple[str, ...] = ()
    silences: tuple[Silence, ...] = ()
    lapses: tuple[Lapse, ...] = ()
    unknown_writes: Mapping[str, int] = {}
    unknown_refused: int = 0
    unjudged_stores: int = 0


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
    sums, writes = Counter[str](), Counter[str]()
    truncated: list[str] = []
    of_stores: list[Event] = []
    for one in events:
        unknown = one.mfa == "unknown" and one.actor_type != "AWSService"
        sums["events"] += 1
        sums["without MFA"] += unknown
        sums["by keys"] += unknown and (one.access_key_id or "").startswith("AKIA")
        if one.truncated:
            truncated.append(f"{told_time(one.event_time)} {one.event_name}")
        if is_unknown_write(one):
            writes[f"{one.event_source.partition('.')[0]} {one.event_name}"] += 1
            sums["refused"] += one.outcome == "denied"
        if one.event_source == "cloudtrail.amazonaws.com" or tells_of_stores(one):
            of_stores.append(one)
    of_stores.sort(key=IN_TIME)
    return Untold(
        events=sums["events"],
        without_mfa=sums["without MFA"],
        by_keys=sums["by keys"],
        truncated=tuple(sorted(truncated)),
        silences=tuple(_silences(of_stores)),
        lapses=tuple(lapses(of_stores)),
        unknown_writes=_counted(writes),
        unknown_refused=sums["refused"],
        unjudged_stores=unjudged_stores(of_stores),
    )


def _counted(found: Counter[str]) -> dict[str, int]:
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _silences(events: Iterable[Event]) -> list[Silence]:
    """Follow each trail from a StopLogging or DeleteTrail to the StartLogging after it."""
    found: list[Silence] = []
    off: dict[object, int] = {}
    for one in events:
        trail = named_trail(one) if one.event_source == "cloudtrail.amazonaws.com" else None
        if trail is None or one.outcome != "success":
            continue
        was = found[off[trail]] if trail in off else None
        if one.event_name in ("StopLogging", "DeleteTrail") and (was is None or was.made):
            name = trail[1] if trail[0] is None else f"{trail[1]} ({trail[0]})"
            off[trail] = len(found)
            found.append(_deleted(Silence(name, told_time(one.event_time), caller_name(one)), one))
        elif was is not None:
            found[off[trail]] = _followed(was, one)
            if one.event_name == "StartLogging":
                del off[trail]
    return found


def _followed(was: Silence, then: Event) -> Silence:
    """Add what an event tells of a trail that is off."""
    if then.event_name == "StartLogging":
        return structs.replace(was, until=told_time(then.event_time))
    if then.event_name == "CreateTrail" and was.deleted:
        return structs.replace(was, made=told_time(then.event_time))
    return was if was.deleted else _deleted(was, then)


def _deleted(was: Silence, then: Event) -> Silence:
    if then.event_name != "DeleteTrail":
        return was
    return structs.replace(was, deleted=told_time(then.event_time), deleted_by=caller_name(then))


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
        *_gaps_of_trails(blind.untold),
        *_unknown(blind.untold.values()),
        *_stores(blind.untold.values()),
        *_empty_hours(blind.seen),
        *_truncated(blind.untold.values()),
        *_mfa(blind.untold.values()),
    ]


def _homes(seen: Sequence[Seen]) -> Iterable[str]:
    homeless = [one.account_id for one in seen if without_home(one)]
    if homeless:
        no = "has no event" if len(homeless) == 1 else "have no event"
        yield f"{_accounts(homeless)} {no} of {HOME}, where IAM's own calls are recorded."


def _one_region(seen: Sequence[Seen]) -> Iterable[str]:
    """Name the accounts of which one region alone was read, each with its region."""
    alone = [(one.account_id, one.regions[0]) for one in seen if len(one.regions) == 1]
    regions = {region for _, region in alone}
    if not alone:
        return
    if len(regions) == 1:
        have = "has" if len(alone) == 1 else "have"
        told = f"{_accounts([one for one, _ in alone])} {have} events of {regions.pop()} only."
    else:
        told = f"{_accounts([f'{one} ({region})' for one, region in alone])} have events of one "
        told += "region each."
    yield f"{told} Sign-ins and STS calls in other regions are recorded in those."


def _gaps_of_trails(untold: Mapping[str, Untold]) -> Iterable[str]:
    """Tell of trails that were off, then of those that left something out."""
    accounts = untold.items()
    off = [(a, one.trail, _silence(one)) for a, told in accounts for one in told.silences]
    less = [(a, one.trail, told_lapse(one)) for a, told in accounts for one in told.lapses]
    yield from _named(off, "a trail was off")
    yield from _named(less, "a trail left something out")


def _named(found: Sequence[tuple[str, str, str]], more: str) -> Iterable[str]:
    several = len({account for account, *_ in found}) > 1
    for account, trail, told in found[:_MOST_NAMED]:
        yield f"Trail {trail}{f' of account {account}' * several} {told}."
    if len(found) > _MOST_NAMED:
        yield f"{many(len(found) - _MOST_NAMED, 'more time')} {more}."


def _silence(one: Silence) -> str:
    on = f"on again at {_plain(one.until)}" if one.until else "not on again since"
    if one.deleted is None:
        return f"was turned off by {one.by} at {_plain(one.since)} and {on}"
    off = "" if one.since == one.deleted else f"turned off by {one.by} at {_plain(one.since)} and "
    told = f"was {off}deleted by {one.deleted_by} at {_plain(one.deleted)}; "
    if one.made:
        on = f"turned on at {_plain(one.until)}" if one.until else "not turned on since"
        return f"{told}one of that name was made again at {_plain(one.made)} and {on}"
    if one.until:
        return f"{told}one of that name was turned on at {_plain(one.until)}"
    return f"{told}none of that name was made again since"


def _unknown(untold: Iterable[Untold]) -> Iterable[str]:
    counts: Counter[str] = Counter()
    refused = 0
    for one in untold:
        counts.update(one.unknown_writes)
        refused += one.unknown_refused
    if not counts:
        return
    named = list(_counted(counts).items())
    told = ", ".join(f"{name} ({count:,})" for name, count in named[:_MOST_NAMED])
    more = f" and {many(len(named) - _MOST_NAMED, 'more name')}" if len(named) > _MOST_NAMED else ""
    calls = many(sum(counts.values()), "call")
    tries = f"; {refused:,} {'was' if refused == 1 else 'were'} refused" if refused else ""
    yield (
        f"{calls} not known to this version, so not judged (reads left out): {told}{more}{tries}."
    )


def _stores(untold: Iterable[Untold]) -> Iterable[str]:
    count = sum(one.unjudged_stores for one in untold)
    if count:
        changes = many(count, "change")
        yield (
            f"{changes} of buckets or keys not judged: the log shows no trail's settings, so one "
            "that a trail writes to, or encrypts with, cannot be told from others."
        )


def _empty_hours(seen: Sequence[Seen]) -> Iterable[str]:
    """Tell the account with the longest gap, and how many others have long ones."""
    long = [one for one in seen if one.gaps and one.gaps[0].hours >= _LONG]
    if not long:
        return
    worst = max(long, key=lambda one: one.gaps[0].hours)
    gap, all_hours = worst.gaps[0], worst.hours + worst.empty
    others = f" {many(len(long) - 1, 'more account')} with such gaps." if len(long) > 1 else ""
    yield (
        f"Account {worst.account_id} has no event in {worst.empty:,} of {all_hours:,} hours; the "
        f"longest gap is {gap.hours:,} hours from {gap.since}. Quiet, or not among what was read."
        f"{others}"
    )


def _truncated(untold: Iterable[Untold]) -> Iterable[str]:
    count = sum(len(one.truncated) for one in untold)
    if count:
        yield f"{many(count, 'event')} truncated by CloudTrail: what was asked is not known whole."


def _mfa(untold: Iterable[Untold]) -> Iterable[str]:
    told = list(untold)
    unknown, keys = sum(one.without_mfa for one in told), sum(one.by_keys for one in told)
    if unknown:
        events = many(sum(one.events for one in told), "identity event")
        signed = f"; a long-lived key signed {keys:,} of them" if keys else ""
        yield f"Whether MFA was used is not known of {unknown:,} of {events}{signed}."


def _accounts(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"Account{'s' * (len(names) > 1)} {', '.join(names[:_MOST_NAMED])}{more}"


def _plain(time: str) -> str:
    return time.replace("T", " ").removesuffix("Z")
