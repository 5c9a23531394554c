"""Stories for people at a terminal: a table, one story whole, and the line that mentions them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from trailmend.catalog import LEVELS
from trailmend.report.parts import (
    LEVEL_STYLES,
    clipped,
    count_text,
    keys_text,
    span_of,
    status_text,
    taken_text,
)
from trailmend.report.safe import visible
from trailmend.takeovers import Chapter, Elsewhere, Hit, Link, Story

_STYLES = {**LEVEL_STYLES, "worsened": "red", "resolved": "green"}
_NAMED = 2
"""So many findings of one reason are named; of more, the number is told."""
_LONGEST_TITLE = 400
"""Characters of a title in the list of stories, which the widest of them pads."""


def stories_line(stories: Sequence[Story]) -> str:
    """Mention the stories in one sentence, with the command for the worst; empty without any."""
    if not stories:
        return ""
    worst = worst_story(stories)
    many = "1 story" if len(stories) == 1 else f"{len(stories):,} stories, the worst"
    return f"{many} {worst.level}: trailmend story {worst.id}"


def worst_story(stories: Iterable[Story]) -> Story:
    """Give the story of the highest level; of several the latest."""
    return max(stories, key=lambda one: (LEVELS.index(one.level), one.last, one.id))


def stories_table(stories: Iterable[Story]) -> Table:
    """Lay out stories, a line each; the id in the last column can be pasted into `story`."""
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for name in ("LEVEL", "STATUS", "FIRST (UTC)"):
        table.add_column(name, no_wrap=True)
    table.add_column("FINDINGS", no_wrap=True, justify="right")
    table.add_column("STORY", overflow="fold")
    table.add_column("ID", no_wrap=True, min_width=12)
    for one in stories:
        table.add_row(
            _word(one.level),
            _word(one.status),
            _moment(one.first),
            str(len(one.findings)),
            Text(clipped(visible(one.title), _LONGEST_TITLE)),
            one.id,
        )
    return table


def whole_story(story: Story) -> RenderableType:
    """Show one story whole: who, whom, what happened when, what is open, and what joins it."""
    return Group(
        Text.assemble(_word(story.level), "  ", visible(story.title), ("  " + story.id, "dim")),
        Text(""),
        _facts(story),
        Text("\nWhat happened (UTC)", style="bold"),
        *(_indented(_chapter(one, span_of(story)[0])) for one in story.chapters),
        *_listed("What is still open", [(one.text, one.finding) for one in story.open]),
        *_listed("Why it is one story", _reasons(story.links)),
        *_listed("In other accounts", _elsewhere(story.elsewhere)),
        *_listed("What may belong too, and does not count", _reasons(story.maybe)),
    )


def _word(word: str | None) -> Text:
    return Text(word or "", style=_STYLES.get(word or "", ""))


def _moment(time: str) -> str:
    return visible(time.replace("T", " ").removesuffix("Z"))


def _facts(story: Story) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    first, last = span_of(story)
    lasts = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    until = f" → {_moment(last)} UTC ({lasts})" if lasts else " UTC"
    table.add_row("when", f"{_moment(first)}{until}")
    table.add_row("findings", count_text(story))
    table.add_row("account", Text(visible(story.account_id)))
    table.add_row(
        "status", Text(status_text(story) or "tries only", _STYLES.get(story.status or "", ""))
    )
    for actor in story.actors:
        table.add_row("who", Text(visible(f"{actor.name} ({actor.type}, {actor.id or 'no id'})")))
        if actor.origin is not None:
            table.add_row("", Text(visible(f"by {taken_text(actor.origin)}")))
        table.add_row("keys", Text(visible(keys_text(actor))))
        table.add_row("from", Text(visible(", ".join(actor.addresses) or "not logged")))
    for fate, names in _by_fate(story.hit).items():
        table.add_row("whom", Text(visible(f"{', '.join(names)}: {fate}")))
    return table


def _by_fate(hit: Iterable[Hit]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in hit:
        found.setdefault(one.fate, []).append(one.name)
    return found


def _chapter(one: Chapter, first: str) -> RenderableType:
    """Tell one event in two lines, or three; the day is told where it is not that of the first."""
    day, _, clock = _moment(one.time).partition(" ")
    when = clock if first.startswith(day) else f"{day} {clock}"
    ended = "" if one.outcome in (None, "success") else f", {one.outcome}"
    doing = f"  {one.event_name}{ended}  {one.who}" + (f" → {one.whom}" if one.whom else "")
    source = f"  after {one.finding}" if one.kind == "next" else f"  {one.finding}"
    level = _word(one.level or "then")
    level.pad_right(max(0, len("critical") - len(level)))
    lines = (one.sentence, one.about) if one.about else (one.sentence,)
    return Group(
        Text.assemble(when, "  ", level, visible(doing), (source, "dim")),
        *(Padding(Text(visible(line)), (0, 0, 0, 10), expand=False) for line in lines),
    )


def _listed(heading: str, lines: Sequence[tuple[str, str]]) -> Iterator[RenderableType]:
    if lines:
        yield Text(f"\n{heading}", style="bold")
    for text, source in lines:
        yield _indented(Text.assemble(visible(text), (f"  {source}", "dim")))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2), expand=False)


def _elsewhere(found: Iterable[Elsewhere]) -> list[tuple[str, str]]:
    return [(f"account {one.account_id}: {one.text} ({one.why})", one.id) for one in found]


def _reasons(links: Iterable[Link]) -> list[tuple[str, str]]:
    """Tell each reason once, with the findings that it joins."""
    joined: dict[str, dict[str, None]] = {}
    for one in links:
        joined.setdefault(one.why, {}).update({one.to: None, one.finding: None})
    return [
        (why, f"{len(ids):,} findings" if len(ids) > _NAMED else " with ".join(ids))
        for why, ids in joined.items()
    ]
