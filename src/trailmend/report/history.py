"""What is known of a user, group, role or policy, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from trailmend.history import History
from trailmend.report.safe import visible

_STYLES = {"known": "", "inferred": "cyan", "unknown": "dim"}


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
    events = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("TIME (UTC)", "EVENT", "OUTCOME", "BY", "OBJECT"):
        events.add_column(heading, overflow="fold")
    for one in told.events:
        by = "itself" if one.role == "actor" else visible(one.actor or "unknown")
        cells = (one.event_time, one.event_name, one.outcome, by, visible(one.object_id or ""))
        events.add_row(*map(Text, cells))
    if told.events:
        yield events
