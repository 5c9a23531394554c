"""The report as Markdown: what the page of HTML says, without its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trailmend.blind_spots import BlindSpots, Seen, sentences, without_events
from trailmend.counts import many
from trailmend.findings import Finding
from trailmend.mutes import NO_MUTES, Muting
from trailmend.report import tallies
from trailmend.report.markdown import (
    code,
    counted,
    finding_lines,
    mute_lines,
    sentence,
    story_lines,
)
from trailmend.report.unread import place
from trailmend.report.verdict import Verdict, verdict
from trailmend.takeovers import Story

_MOST_UNREAD = 500


def report_markdown(
    findings: Sequence[Finding],
    stories: Sequence[Story],
    blind: BlindSpots | None = None,
    muting: Muting = NO_MUTES,
) -> str:
    """Write the report of some findings and of the stories that tell them.

    `blind` is what the workspace cannot know, `muting` what is hidden of what was found.
    """
    told = tallies.most_pressing(stories)
    judged = verdict(findings, told)
    lines = [f"# {sentence(judged.headline)}", "", counted(findings), *_first(judged)]
    if told:
        lines += ["", "## Stories", *story_lines(told, "###")]
    if findings:
        lines += ["", "## Kinds", "", *_kinds(findings)]
        lines += ["", "## Findings", "", *finding_lines(findings, "###")]
    lines += _plans(findings)
    lines += mute_lines(muting)
    lines += _blind(findings, blind)
    return "\n".join(lines) + "\n"


def _first(judged: Verdict) -> Iterator[str]:
    if judged.steps:
        yield from ("", "## Do first", "")
    for number, step in enumerate(judged.steps, 1):
        yield f"{number}. **{step.level}**: {sentence(step.text)} ({step.about})"
        if step.left:
            yield from ("", *(f"   - {sentence(one)}" for one in step.left))
        if step.advice:
            yield from ("", f"   {step.advice}")
        yield from ("", f"   {code(step.command)}", "")
    if judged.more:
        yield f"And {judged.more:,} more of level high or in stories, below."
    if judged.steps:
        yield "`plan` only reads; nothing is changed before `approve` and `apply`."


def _kinds(findings: Sequence[Finding]) -> Iterator[str]:
    yield from ("| Level | Kind | Findings | First | Last |", "|---|---|---|---|---|")
    for kind in tallies.kinds(findings):
        title = code(kind.findings[0].title)
        cells = (kind.level, title, f"{len(kind.findings):,}", code(kind.first), code(kind.last))
        yield f"| {' | '.join(cells)} |"


def _plans(findings: Sequence[Finding]) -> Iterator[str]:
    made = tallies.own_plans(findings)
    if made:
        yield from ("", "## Own plans", "", "What plans of Trailmend changed is no alarm.", "")
    for one in made:
        yield f"- {code(one.name)}: {many(len(one.findings), 'change')}, {one.first} to {one.last}"


def _blind(findings: Sequence[Finding], blind: BlindSpots | None) -> Iterator[str]:
    yield from ("", "## Blind spots", "")
    yield "A region, an hour or an account without a log gives no finding. That is no proof that"
    yield from ("nothing happened there.", "")
    if blind is None:
        yield "What was read, and what could not be, is not known to this page."
    else:
        yield from _known(blind)
    unknown = tallies.unknowns(findings)
    if unknown:
        yield from ("", "Of the findings, not known:", "")
    yield from (f"- {count:,} {text}" for text, count in unknown)


def _known(blind: BlindSpots) -> Iterator[str]:
    yield f"Scans: {blind.scans:,}. Files: {blind.files:,}. Events: {blind.events:,}."
    yield ""
    yield from (f"- {sentence(text)}" for text in sentences(blind))
    if blind.seen:
        yield from (
            "",
            "| Account | Regions | Not of | First hour | Last hour | Hours with events | Without |",
        )
        yield "|---|---|---|---|---|---|---|"
    yield from (f"| {' | '.join(_cells(one))} |" for one in blind.seen)
    if blind.unread:
        yield from ("", f"{many(len(blind.unread), 'piece')} of the input not read:", "")
    for reject in blind.unread[:_MOST_UNREAD]:
        yield f"- {code(place(reject))}: {code(reject.reason)}"
    if len(blind.unread) > _MOST_UNREAD:
        yield f"- and {len(blind.unread) - _MOST_UNREAD:,} more"


def _cells(one: Seen) -> tuple[str, ...]:
    regions = code(", ".join(one.regions)), code(", ".join(without_events(one)) or "none")
    return (code(one.account_id), *regions, one.first, one.last, f"{one.hours:,}", f"{one.empty:,}")
