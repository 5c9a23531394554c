"""What a mute would hide that it should not: the questions of `trailmend mute test`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from trailmend.catalog import LEVELS
from trailmend.findings import Finding
from trailmend.mutes.judging import Use


class Tried(msgspec.Struct, frozen=True):
    """What a mute hides, what is too much of that, and what is only to be known."""

    use: Use
    hides: list[Finding]
    wrong: list[str]
    notes: list[str]


def try_mute(use: Use, findings: Sequence[Finding]) -> Tried:
    """Try a mute on the findings of a workspace; they must be given whole."""
    by_id = {one.id: one for one in findings if not one.lapsed}
    hides = [by_id[name] for name in use.hides]
    wrong = [*_grave(hides), *_strangers(use, hides)]
    notes: list[str] = []
    for key, count in _everything(use, by_id):
        all_of_them = "the one finding" if count == 1 else f"all {count:,} findings"
        told = f"it hides {all_of_them} of {key}: nothing of that detection is left"
        open_ended = use.mute.actor_id is None or not (use.mute.target or use.mute.object_id)
        (wrong if open_ended and count > 1 else notes).append(told)
    if use.mute.actor_id is None and len({one.actor.id for one in hides}) > 1:
        notes.append(f"it hides what {len({one.actor.id for one in hides}):,} callers did")
    made_from = by_id.get(use.mute.made_from or "")
    if use.mute.level_at_most == "high" and made_from is not None and made_from.level != "high":
        wrong.append(f"{made_from.id}, which it is made from, is {made_from.level} and not high")
    return Tried(use, hides, wrong, notes)


def _grave(hides: Sequence[Finding]) -> Iterator[str]:
    for level in LEVELS[LEVELS.index("high") :]:
        count = sum(one.level == level for one in hides)
        if count:
            yield f"it hides {count:,} {level}"


def _strangers(use: Use, hides: Sequence[Finding]) -> Iterator[str]:
    """Count callers of other accounts, by the account in their ARN."""
    strange = [one for one in hides if _account(one.actor.arn) not in ("", use.mute.account)]
    if strange:
        yield f"it hides {len(strange):,} by callers of another account"


def _account(arn: str | None) -> str:
    return "".join((arn or "").split(":", 5)[4:5])


def _everything(use: Use, by_id: Mapping[str, Finding]) -> Iterator[tuple[str, int]]:
    """Give the detections of which nothing would be left in the account of the mute."""
    mute, hidden = use.mute, set(use.hides)
    for key in dict.fromkeys(mute.detections):
        of_key = {
            name
            for name, one in by_id.items()
            if one.detection == key and one.event.account_id == mute.account
        }
        if of_key and of_key <= hidden:
            yield key, len(of_key)
