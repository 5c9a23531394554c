"""Make a mute from a finding, as narrow as the finding tells; write it, take it out of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import cast

import msgspec

from trailmend.catalog import Level
from trailmend.errors import Refused
from trailmend.findings import Finding, short_id
from trailmend.mutes.judging import target_of, why_not, worst_stories
from trailmend.mutes.shape import LONGEST, Mute, problems, stable_actor_id
from trailmend.report.safe import visible
from trailmend.takeovers import Story

HEAD = (
    "# What Trailmend keeps out of its lists, whose decision that is, why, and until when.\n"
    "# After a change by hand: trailmend mute test\n"
)
"""The first lines of a file that is new."""
_OF_ONE_TIME = re.compile(r"(AKIA|ASIA|APKA|ASCA|ACCA)[A-Z0-9]+")
"""Ids of keys and certificates: AWS gives another to the next one."""
_BLOCK = re.compile(r"\s*\[\[")


def make_mute(
    finding: Finding,
    stories: Iterable[Story],
    *,
    owner: str,
    reason: str,
    until: date,
    today: date,
    any_target: bool = False,
    any_actor: bool = False,
    level: Level | None = None,
) -> Mute:
    """Make the mute of what the same caller does to the same target again.

    `any_target` and `any_actor` leave one of them open; `level` is `level_at_most` where it is not
    the finding's.  The stories are those of the workspace.  Raises Refused for what no mute hides,
    and where the caller has no stable id.
    """
    _check_level(finding, level)
    if not any_actor and not stable_actor_id(finding.actor.id):
        raise Refused(
            f"{finding.id}: the log does not give the caller an id that nobody can choose, and a "
            "name is none. With --any-actor whoever does it is meant, up to level low."
        )
    target, thing = (None, None) if any_target else _whom(finding)
    mute = Mute(
        id=_id(finding, owner, reason, until, today, any_target, any_actor),
        detections=(finding.detection,),
        account=finding.event.account_id,
        actor_id=None if any_actor else finding.actor.id,
        target=target,
        object_id=thing,
        level_at_most=level or cast(Level, finding.level),
        owner=owner,
        reason=reason,
        until=until,
        made_from=finding.id,
        made_at=today,
    )
    _check(mute, finding, worst_stories(stories).get(finding.id), today)
    return mute


def _check_level(finding: Finding, level: Level | None) -> None:
    if finding.level == "critical" or level == "critical":
        raise Refused(f"{finding.id}: what is critical is never muted.")
    if finding.level == "high" and level != "high":
        raise Refused(
            f"{finding.id} is high, and so shows in spite of mutes; say --level-at-most high if "
            "it is to be hidden all the same."
        )
    if level == "high" and finding.level != "high":
        raise Refused(f"{finding.id} is {finding.level}: only a high finding makes a high mute.")


def _whom(finding: Finding) -> tuple[str | None, str | None]:
    """Give the target, and the object if it can be the same another time or is all there is."""
    target, thing = target_of(finding), finding.target.object_id
    if target is not None and thing is not None and target.endswith(f"/{thing}"):
        return None, thing
    once = thing is not None and _OF_ONE_TIME.fullmatch(thing) is not None
    return target, None if once and target is not None else thing


def _id(finding: Finding, *parts: object) -> str:
    return short_id("M-", finding.id, *map(str, parts))


def _check(mute: Mute, finding: Finding, story: Story | None, today: date) -> None:
    """Refuse a mute that would not be read back, or would not hide what it is made from."""
    if mute.until < today:
        raise Refused(f"--until {mute.until} is past: give a day to come.")
    if mute.until > today + LONGEST:
        raise Refused(f"--until {mute.until}: a mute ends within a year, by {today + LONGEST}.")
    try:
        msgspec.convert(msgspec.to_builtins(mute), Mute)
    except msgspec.ValidationError as error:
        raise Refused(f"No mute can be made of {finding.id}: {error}.") from error
    for key, reason in problems(mute, [finding.detection], today):
        raise Refused(f"No mute can be made of {finding.id}: {key}: {reason}.")
    why = why_not(mute, finding, story)
    if why:
        raise Refused(f"No mute hides {finding.id}: {why}.")


def written(mute: Mute, finding: Finding | None = None) -> str:
    """Write a mute as it stands in a file; a comment names the caller, whom ids do not tell."""
    lines = ["[[mute]]"]
    for name, value in msgspec.structs.asdict(mute).items():
        if value is not None:
            lines.append(f"{name} = {_value(value)}")
            if name == "actor_id" and finding is not None:
                lines[-1] += f"  # {finding.actor.type} {visible(finding.actor.name)[:80]}"
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    """Write a value in TOML; a text has no character that does not print (`problems`)."""
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def with_mute(text: str, block: str) -> str:
    """Add a mute at the end of a file."""
    if not text:
        return f"{HEAD}\n{block}"
    return text + ("" if text.endswith("\n") else "\n") + "\n" + block


def without_mute(text: str, line: int) -> str:
    """Take out the mute whose `[[mute]]` is line `line`, from 1, and the comment right above it.

    Comments that follow it, above the next mute, stay.
    """
    lines = text.split("\n")
    start, end = line - 1, line
    while end < len(lines) and not _BLOCK.match(lines[end]):
        end += 1
    while end > line and _is_aside(lines[end - 1]):
        end -= 1  # what stands above the next mute is its own
    while start and lines[start - 1].lstrip().startswith("#") and _has_gap(lines[:start]):
        start -= 1
    if start and not lines[start - 1].strip():
        start -= 1
    return "\n".join(lines[:start] + lines[end:])


def _is_aside(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _has_gap(above: Sequence[str]) -> bool:
    """Say whether the comment is a mute's own: the head of the file ends where a gap does."""
    return any(not line.strip() for line in above)
