"""What is known of a user, group, role or policy, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from trailmend.history import Fact, History, NameBearer, Past
from trailmend.report.safe import visible

_STYLES = {"known": "", "inferred": "cyan", "unknown": "dim"}
_ANY_ORDER = "~"


def history_page(told: History) -> Iterator[Table | Text]:
    """Write the facts and the events of a subject."""
    account = f"account {visible(told.account_id)}"
    whose = account if told.subject == "account" else f"{visible(told.subject)} in {account}"
    yield Text(f"{whose} at {told.at}", "bold")
    yield _facts(told.facts)
    if any(fact.document is not None for fact in told.facts):
        yield Text("The documents as they were set: --output jsonl", "dim")
    if len(told.bearers) > 1:
        yield Text(f"{len(told.bearers)} had this name, one after another:", "bold")
    for one in told.bearers if len(told.bearers) > 1 else ():
        yield Text(f"\n{visible(_bearer(one))}")
        yield _events([past for past in told.events if past.bearer == one.number])
    if told.events and len(told.bearers) < 2:
        yield _events(told.events)
    if any(one.order == "unknown" for one in told.events):
        yield Text(f"{_ANY_ORDER} Of these the log does not tell which came first.", "dim")


def _facts(told: Sequence[Fact]) -> Table:
    """Set each fact in a row, and what a document says in rows below its name."""
    facts = Table(box=None, show_header=False, pad_edge=False)
    for column in range(4):
        facts.add_column(overflow="fold", no_wrap=column == 0)
    for fact in told:
        style = _STYLES[fact.sureness]
        words = (visible(fact.name), visible(fact.value), fact.since or "", fact.sureness)
        facts.add_row(*(Text(word, style) for word in words))
        for sentence in fact.meaning:
            facts.add_row("", Text(f"  {visible(sentence)}", style))
    return facts


def _bearer(one: NameBearer) -> str:
    """Write who had the name and when: the n-th, its id, its making and its end."""
    made = f"made {one.made} by {one.made_by}" if one.made else "made before the log"
    end = f", deleted {one.ended} by {one.ended_by}" if one.ended else ""
    return f"{one.number}. {one.id or 'id not logged'}, {made}{end}"


def _events(past: Sequence[Past]) -> Table:
    events = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("TIME (UTC)", "EVENT", "OUTCOME", "BY", "OBJECT"):
        events.add_column(heading, overflow="fold")
    for one in past:
        time = one.event_time + (_ANY_ORDER if one.order == "unknown" else "")
        by = visible(one.actor or "unknown")
        thing = (one.target if one.role == "object" else one.object_id or one.target) or ""
        events.add_row(*map(Text, (time, one.event_name, one.outcome, by, visible(thing))))
    return events
