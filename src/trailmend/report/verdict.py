"""What a report says first: what happened, how bad it is, what is open, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from trailmend.catalog import LEVELS, detections
from trailmend.findings import Finding
from trailmend.report.tallies import OPEN, most_pressing, pressure
from trailmend.takeovers import Story
from trailmend.takeovers.acts import caller_name, grave, serious, target_name
from trailmend.takeovers.details import details

_MOST_STEPS, _MOST_LEFT = 5, 4


class Step(Struct, frozen=True):
    """Something to do: about what, what to think of before, and the command that begins it.

    `left` names what is to be closed: of a story what is open, a key that still works first.
    """

    level: str
    about: str
    text: str
    advice: str
    command: str
    left: tuple[str, ...] = ()


class Verdict(Struct, frozen=True):
    """The sentence that a report begins with, its level, and what to do in which order.

    Of a story the level may be above that of each finding in it.
    """

    level: str | None
    headline: str
    steps: tuple[Step, ...]
    more: int
    of_story: bool = False


def verdict(findings: Sequence[Finding], stories: Iterable[Story]) -> Verdict:
    """Judge the whole: open stories first, then grave findings that are in none."""
    told = [one for one in most_pressing(stories) if one.status in OPEN]
    inside = {name for one in told for name in one.findings + one.supporting}
    shown = [one for one in findings if one.status in OPEN and not one.muted_by]
    loose = [one for one in shown if one.id not in inside]
    worst = _ordered(one for one in loose if grave(one))
    by_id = {one.id: one for one in findings}
    steps = [*(_of_story(one, by_id) for one in told), *(_of_finding(one) for one in worst)]
    steps.sort(key=lambda step: -LEVELS.index(step.level))
    level, headline = _headline(findings, steps, loose)
    more = max(len(steps) - _MOST_STEPS, 0)
    of_story = bool(steps) and steps[0].about in {one.id for one in told}
    return Verdict(level, headline, tuple(steps[:_MOST_STEPS]), more, of_story)


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Put what presses most first, and the latest of what presses alike."""
    latest = sorted(findings, key=lambda one: (one.event.event_time, one.id), reverse=True)
    return sorted(latest, key=lambda one: pressure(one.level, one.status))


def _headline(
    findings: Sequence[Finding], steps: Sequence[Step], loose: Sequence[Finding]
) -> tuple[str | None, str]:
    if steps:
        return steps[0].level, steps[0].text
    medium = sum(one.level == "medium" for one in loose)
    if medium:
        are = "finding of level medium is" if medium == 1 else "findings of level medium are"
        return "medium", f"{medium:,} {are} open, and nothing above"
    if any(map(serious, findings)):
        return "info", "Nothing of level medium or above is open"
    return ("info", "Nothing of level medium or above was found") if findings else (None, _NOTHING)


_NOTHING = "Nothing was found"


def _of_story(story: Story, findings: Mapping[str, Finding]) -> Step:
    known = _ordered(findings[name] for name in story.findings if name in findings)
    return Step(
        level=story.level,
        about=story.id,
        text=story.title,
        advice=_on_first(known[0]) if known else "",
        command=f"trailmend plan {story.id}",
        left=_left(story),
    )


def _on_first(finding: Finding) -> str:
    advice = advice_on(finding.detection)
    return f"On {finding.id}: {advice}" if advice else ""


def _left(story: Story) -> tuple[str, ...]:
    """Name what of a story is open: who has a key undoes what else is closed, so keys are first."""
    in_order = sorted(story.open, key=lambda one: not one.text.startswith("access key"))
    told = tuple(f"{one.text} ({one.finding})" for one in in_order)
    more = len(told) - _MOST_LEFT
    rest = (f"and {more:,} more: trailmend story {story.id}",) if more > 0 else ()
    return (*told[:_MOST_LEFT], *rest)


def _of_finding(finding: Finding) -> Step:
    fixable = bool(finding.fixes) and not finding.lapsed
    told = details(finding)
    verb = f"plan {finding.id}" if fixable else f"show {finding.id}"
    return Step(
        level=finding.level,
        about=finding.id,
        text=f"{finding.title}: {caller_name(finding)} → {target_name(finding)}",
        advice=advice_on(finding.detection),
        command=f"trailmend {verb}",
        left=(told,) if told else (),
    )


def advice_on(detection: str) -> str:
    """Give what the runbook of a detection says to do first; empty where none says it."""
    known = detections().get(detection)
    return known[0].first if known else ""
