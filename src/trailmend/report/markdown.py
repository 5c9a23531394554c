"""Findings and stories as Markdown, for tickets and pages: a table, and a section for each.

Text from logs stands in code spans, where nothing is markup, a link or a mention.  Sentences may
hold names from logs too, so what could be markup in them is escaped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from trailmend.catalog import LEVELS
from trailmend.counts import many
from trailmend.findings import Explained, Finding
from trailmend.mutes import NO_MUTES, Muting
from trailmend.report.differences import changes
from trailmend.report.mutes import HEADER, mute_rows
from trailmend.report.parts import count_text, facts, keys_text, span_of, status_text, taken_text
from trailmend.report.powers import other_values, powers
from trailmend.report.safe import visible
from trailmend.report.values import told
from trailmend.report.weighing import weighed
from trailmend.takeovers import Chapter, Story
from trailmend.takeovers.acts import caller_name, target_name

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$^=-])")
_LINK = re.compile(r"://|www\.|[@#:]\S|mailto:|xmpp:", re.IGNORECASE)
"""What is made a link, a mention or a picture even where it is escaped (GitHub, Slack)."""


def findings_markdown(findings: Sequence[Finding], muting: Muting = NO_MUTES) -> str:
    """Write findings as a page: how many of each level, a table, a section for each, the mutes."""
    lines = ["# Findings", "", counted(findings), "", *finding_lines(findings)]
    return "\n".join([*lines, *mute_lines(muting)]) + "\n"


def stories_markdown(stories: Iterable[Story]) -> str:
    """Write stories as a page: a section for each, with what happened when."""
    return "\n".join(["# Stories", *story_lines(stories)]) + "\n"


def finding_lines(findings: Sequence[Finding], mark: str = "##") -> Iterator[str]:
    """Write a table of findings, and a section for each under a heading of this mark."""
    yield from _table(findings)
    for one in findings:
        yield from ("", *_section(one, mark))


def story_lines(stories: Iterable[Story], mark: str = "##") -> Iterator[str]:
    """Write a section for each story under a heading of this mark."""
    for one in stories:
        yield from ("", *_story(one, mark))


def code(text: object) -> str:
    """Write a text as a code span that nothing in it can end; a pipe cannot end a cell either."""
    shown = visible(text).replace("|", r"\x7c")
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    bare = shown == shown.strip(" `") and shown
    return f"{fence}{shown}{fence}" if bare else f"{fence} {shown} {fence}"


def sentence(text: object) -> str:
    """Write a sentence in which nothing is markup; one with a link or a mention as code."""
    shown = visible(text)
    return code(shown) if _LINK.search(shown) else _MARKUP.sub(r"\\\1", shown).strip()


def counted(findings: Iterable[Finding]) -> str:
    """Say how many findings of each level there are."""
    count = Counter(one.level for one in findings)
    levels = ", ".join(f"{count[level]:,} {level}" for level in reversed(LEVELS) if count[level])
    return f"{many(count.total(), 'finding')}: {levels}." if levels else "No findings."


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield "| Level | Status | Time (UTC) | Event | Actor | Target | Finding |"
        yield "|---|---|---|---|---|---|---|"
    for one in findings:
        cells = (
            one.level,
            one.status or one.plan or "",
            code(one.event.event_time),
            code(one.event.event_name),
            code(caller_name(one)),
            code(target_name(one)),
            f"[{one.id}](#{one.id.lower()})",
        )
        yield f"| {' | '.join(cells)} |"


def _section(finding: Finding, mark: str) -> Iterator[str]:
    yield from (f"{mark} {finding.id}", "", f"**{finding.level}**: {sentence(finding.title)}", "")
    if finding.lapsed:
        yield from ("Withdrawn by later events.", "")
    yield from (f"- {name}: {code(value)}" for name, value in facts(finding))
    yield from _changed(finding)
    said = powers(finding)
    yield from ("", "What the policy says:", "") if said else ()
    yield from (f"- {sentence(one)}" for one in said)
    yield from (
        "",
        "Why it fired:",
        "",
        f"- condition: {code(' '.join(finding.why.condition.split()))}",
    )
    for name, value in other_values(finding).items():
        yield f"- {code(name)}: {code(told(value))}"
    if finding.next:
        yield from ("", "What happened next:", "")
    for later in finding.next:
        event = code(f"{later.event_time} {later.event_name} {later.actor or 'unknown'}")
        yield f"- {event}: {sentence(later.why)}"
    yield from _explanations(finding.explanations)
    if finding.fixes and not finding.lapsed:
        yield from ("", "Fixes by call:", "")
        yield from (
            f"- {code(f'trailmend plan {finding.id} --fix {fix}')}" for fix in finding.fixes
        )


def mute_lines(muting: Muting) -> Iterator[str]:
    """Write a table of the mutes."""
    rows = mute_rows(muting)
    if rows:
        yield from ("", "## Mutes", "", f"| {' | '.join(HEADER)} |", "|---" * len(HEADER) + "|")
    yield from (f"| {' | '.join(map(code, row))} |" for row in rows)


def _changed(finding: Finding) -> Iterator[str]:
    parts = changes(finding)
    rows = [(one.name, one.before, one.after) for one in parts if not one.lines]
    if rows:
        yield from ("", "| Field | Before | After |", "|---|---|---|")
    yield from (f"| {' | '.join(map(code, row))} |" for row in rows)
    for one in parts:
        if one.lines:
            yield from ("", f"{code(one.name)}, line by line:", "")
            yield from (f"- {sentence(text)}" for text in one.meaning)
            yield from (f"- {code(f'{line.mark} {line.text}')}" for line in one.lines)


def _explanations(explanations: Sequence[Explained]) -> Iterator[str]:
    alone, several = weighed(explanations)
    if alone:
        yield from ("", "What may have happened:", "")
    for one in alone:
        yield f"- **{sentence(one.hypothesis)}**: {sentence(one.text)}"
        for word, said in (("for", one.supports), ("against", one.against)):
            yield from (f"  - {word}: {sentence(fact)}" for fact in said)
    if several:
        yield from ("", "What tells these apart:", "")
    yield from (f"- {sentence(each.fact)} ({each.bearing})" for each in several)


def _story(story: Story, mark: str) -> Iterator[str]:
    yield from (f"{mark} {story.id}", "", f"**{story.level}**: {sentence(story.title)}", "")
    for name, value in _story_facts(story):
        yield f"- {name}: {code(value)}"
    yield from ("", "What happened:", "", *map(_chapter, story.chapters))
    if story.open:
        yield from ("", "What is still open:", "")
    yield from (f"- {sentence(one.text)} ({one.finding})" for one in story.open)
    if story.elsewhere:
        yield from ("", "In other accounts:", "")
    for one in story.elsewhere:
        what = f"account {code(one.account_id)}: {sentence(one.text)}"
        yield f"- {what} ({one.id}; {sentence(one.why)})"
    if story.links:
        yield from ("", "Why it is one story:", "")
    yield from (f"- {one.finding}: {sentence(one.why)} ({one.to})" for one in story.links)


def _span(story: Story) -> str:
    first, last = span_of(story)
    return first if first == last else f"{first} to {last}"


def _story_facts(story: Story) -> Iterator[tuple[str, object]]:
    yield from (("when", _span(story)), ("account", story.account_id))
    yield from (("findings", count_text(story)), ("status", status_text(story) or "tries only"))
    for actor in story.actors:
        yield "who", f"{actor.name} ({actor.type}, {actor.id or 'no id'})"
        if actor.origin is not None:
            yield "by", taken_text(actor.origin)
        yield "keys", keys_text(actor)
        yield "from", ", ".join(actor.addresses) or "not logged"
    for hit in story.hit:
        yield "whom", f"{hit.name}: {hit.fate}"


def _chapter(one: Chapter) -> str:
    ended = "" if one.outcome in (None, "success") else f", {one.outcome}"
    facts = f"{one.time} {one.event_name}{ended} {one.who}" + (
        f" to {one.whom}" if one.whom else ""
    )
    about = f" ({code(one.about)})" if one.about else ""
    return (
        f"1. {code(facts)}: {sentence(one.sentence)}{about} ({one.finding}, {one.level or 'then'})"
    )
