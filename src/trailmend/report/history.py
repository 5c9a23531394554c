"""What is known of a user, group, role or policy, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from trailmend.history import History, Past
from trailmend.report.safe import visible

_STYLES = {"known": "", "inferred": "cyan", "unknown": "dim"}
_ANY_ORDER = "~"


def history_page(told: History) -> Iterator[Table | Text]:
    """Write the facts and the events of a subject."""
    yield Text(
        f"{visible(told.subject)} in account {visible(told.account_id)} at {told.at}", "bold"
    )
    facts = Table(box=None, show_header=False, pad_edge=False)
    for column in range(4):
        facts.add_column(overflow="fold", no_wrap=column == 0)
    for fact in told.facts:
        style = _STYLES[fact.sureness]
        words = (fact.name, visible(fact.value), fact.since or "", fact.sureness)
        facts.add_row(*(Text(word, style) for word in words))
    yield facts
    if told.events:
        yield _events(told.events)
    if any(one.order == "unknown" for one in told.events):
        yield Text(f"{_ANY_ORDER} Of these the log does not tell which came first.", "dim")


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
