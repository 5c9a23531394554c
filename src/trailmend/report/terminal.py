"""Findings for people at a terminal: a table, and one finding whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from trailmend.blind_spots import sentences
from trailmend.catalog import LEVELS
from trailmend.counts import many
from trailmend.findings import Explained, Finding
from trailmend.mutes import Muting
from trailmend.plan import remediations
from trailmend.report.contrasts import changed
from trailmend.report.mutes import HEADER, mute_rows
from trailmend.report.parts import LEVEL_STYLES, clipped, key_text, muted, status_text, taken_text
from trailmend.report.powers import other_values, powers
from trailmend.report.safe import visible
from trailmend.report.unread import unread_lines
from trailmend.report.values import told
from trailmend.report.weighing import weighed
from trailmend.takeovers.acts import caller_name, is_whole, shortened

if TYPE_CHECKING:
    from trailmend.scan import Scan

_STATES = {"worsened": "red", "resolved": "green", "denied": "dim", "failed": "dim"}
_WIDTH_WITHOUT_TERMINAL = 100
_UNLIMITED = 10_000
"""The width of a list that no terminal limits: more than any line of it has."""
_LONGEST_NAME = 160
"""Characters of a name that a line of a list shows: more than AWS lets a user or a role have."""
_LONGEST = 400
"""Characters of a value that are shown; `--output jsonl` gives it whole."""


def console(*, stderr: bool = False) -> Console:
    """Open stdout or stderr for rich text; colour and NO_COLOR are rich's business."""
    opened = Console(stderr=stderr, highlight=False, soft_wrap=False, emoji=False, markup=False)
    if not opened.is_terminal:
        opened.width = max(opened.width, _WIDTH_WITHOUT_TERMINAL)
    return opened


def print_list(out: Console, table: Table, indent: int = 0) -> None:
    """Print a list; where no terminal limits it each line is whole, so that it can be searched."""
    width = out.width
    if not out.is_terminal:
        for column in table.columns:
            column.max_width = None
        natural = Measurement.get(out, out.options.update(max_width=_UNLIMITED), table).maximum
        out.width = max(width, indent + natural)
    out.print(Padding(table, (0, 0, 0, indent), expand=False))
    out.width = width


def findings_table(findings: Iterable[Finding]) -> Table:
    """Lay out findings, a line each; the id in the last column can be pasted into `show`.

    Where room is short the names give way, that of the event too, and nothing else as long as they
    can.
    """
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for name in ("LEVEL", "STATUS", "TIME (UTC)"):
        table.add_column(name, no_wrap=True)
    for name in ("EVENT", "ACTOR", "TARGET"):
        table.add_column(name, max_width=30)
    table.add_column("ID", no_wrap=True, min_width=12)
    for one in findings:
        table.add_row(
            Text(one.level, style=LEVEL_STYLES[one.level]),
            _state(one),
            one.event.event_time[:19].replace("T", " "),
            _cell(one.event.event_name),
            _cell(who(one)),
            _cell(whom(one)),
            one.id,
        )
    return table


def _cell(name: str) -> Text:
    """Give a name its cell: one of thousands of characters would pad every line as wide."""
    return Text(clipped(visible(name), _LONGEST_NAME), no_wrap=True, overflow="ellipsis")


def mutes_table(muting: Muting) -> Table:
    """Lay out the mutes of a workspace, a line each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in HEADER:
        table.add_column(name.upper(), overflow="fold", no_wrap=name in ("Mute", "Until"))
    for row in mute_rows(muting):
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table


def _state(finding: Finding) -> Text:
    """Tell that it is muted, what became of it, or which plan made it; else how its call ended."""
    if finding.muted_by:
        return Text("muted", style="dim")
    outcome = finding.event.outcome
    state = finding.status or finding.plan or ("" if outcome == "success" else outcome)
    return Text(state, style=_STATES.get(state, ""))


def who(finding: Finding) -> str:
    """Name the actor as people do: `alice`, `role/deploy`, `root`."""
    return caller_name(finding, nobody="unknown")


def whom(finding: Finding) -> str:
    """Name the target; the object where there is none; an account or organization as a whole."""
    target = finding.target
    if is_whole(target.type, target.name):
        return f"the {target.type}"
    return shortened(target.name or target.object_id or "unknown")


def _whole(finding: Finding) -> str:
    """Name the target whole, an ARN with its account: of one finding there is room for it."""
    name = finding.target.name
    return whom(finding) if name is None or is_whole(finding.target.type, name) else name


def levels_line(findings: Sequence[Finding]) -> Text:
    """Count findings by level, the worst first; levels that do not occur are left out."""
    line = Text("  ")
    for level in reversed(LEVELS):
        count = sum(one.level == level for one in findings)
        if count:
            line.append(f"{level} {count}   ", style=LEVEL_STYLES[level])
    return line if findings else Text("  no findings")


def summary(done: Scan, *, each_unread: bool = False) -> Iterator[RenderableType]:
    """Tell what was read, what was kept, and what was not read and why."""
    span = f" · {_moment(done.first)} → {_moment(done.last)} UTC" if done.first else ""
    yield Text(
        f"  read     {many(done.seen, 'event')} in {many(done.files, 'file')}"
        f" · {many(len(done.accounts), 'account')} · {many(len(done.regions), 'region')}{span}"
    )
    repeated = f" · {many(done.duplicates, 'duplicate')} dropped" if done.duplicates else ""
    yield Text(f"  kept     {many(done.kept, 'identity event')}{repeated}")
    if done.others:
        yield Text(f"           {many(done.others, 'other event')} for imported rules")
    for sentence in sentences(done.blind) if done.seen > 1 or not done.findings else ():
        yield _labelled("blind", visible(sentence))
    for line in unread_lines(done.rejects, each=each_unread):
        yield Text(f"  NOT READ {visible(line)}", style="red")


def _labelled(label: str, text: str) -> Table:
    """Set a label before a sentence whose further lines stand under its first."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=10, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(f"  {label}"), Text(text))
    return table


def _moment(text: str | None) -> str:
    return visible((text or "")[:16].replace("T", " "))


def whole_finding(finding: Finding) -> RenderableType:
    """Show one finding whole: what, who, whom, why, and what speaks for which explanation."""
    return Group(
        Text.assemble(
            (finding.level, LEVEL_STYLES[finding.level]),
            "  ",
            finding.title,
            ("  " + finding.id, "dim"),
        ),
        Text("  withdrawn by later events", style="bold") if finding.lapsed else Text(""),
        _facts(finding),
        *_powers(finding),
        Text("\nWhy it fired", style="bold"),
        Padding(Text(visible(" ".join(finding.why.condition.split()))), (0, 2)),
        Padding(_pairs(_values(finding)), (0, 2)),
        *changed(finding),
        *_following(finding),
        *_explanations(finding.explanations),
        *_fixes(finding),
    )


def _powers(finding: Finding) -> Iterator[RenderableType]:
    told = powers(finding)
    if told:
        yield Text("\nWhat the policy says", style="bold")
    yield from (Padding(Text(clipped(visible(one), _LONGEST)), (0, 2)) for one in told)


def _values(finding: Finding) -> Iterator[tuple[str, str]]:
    """Give the values that met the condition; a whole request would bury what else is told."""
    for name, value in other_values(finding).items():
        yield name, clipped(told(value), _LONGEST)


def _fixes(finding: Finding) -> Iterator[RenderableType]:
    """List the fixes; what stops the caller stands first, because a live intruder undoes others."""
    if finding.fixes and not finding.lapsed:
        yield Text("\nFixes by call", style="bold")
    stops = {key for key, one in remediations().items() if one.stage == "contain"}
    for fix in sorted(finding.fixes, key=lambda name: name not in stops):
        if not finding.lapsed:
            yield Padding(Text(f"trailmend plan {finding.id} --fix {fix}"), (0, 2))


def _facts(finding: Finding) -> Table:
    event, actor, target = finding.event, finding.actor, finding.target
    session = f" · session {actor.session_name}" if actor.session_name else ""
    thing = " ".join(filter(None, (target.object_type, target.object_id)))
    return _pairs(
        [
            ("when", event.event_time.replace("T", " ").removesuffix("Z") + " UTC"),
            ("event", f"{event.event_name} ({event.event_source}), {_result(finding)}"),
            ("who", f"{who(finding)} ({actor.type}){session}"),
            ("by", taken_text(actor.origin) if actor.origin is not None else None),
            ("whom", f"{_whole(finding)} · relation {finding.relation}"),
            ("what", thing or None),
            ("from", _joined(actor.source_ip, actor.user_agent)),
            ("key", f"{key_text(actor)} · MFA {actor.mfa}"),
            ("account", _joined(event.account_id, event.region)),
            ("techniques", ", ".join(finding.techniques) or None),
            ("status", status_text(finding)),
            ("plan", finding.plan),
            ("muted", muted(finding)),
            ("source", f"{finding.source.name} record {finding.source.index}"),
        ]
    )


def _joined(*parts: str | None) -> str | None:
    return " · ".join(filter(None, parts)) or None


def _result(finding: Finding) -> str:
    code = finding.event.error_code
    return f"{finding.event.outcome} ({code})" if code else finding.event.outcome


def _pairs(pairs: Iterable[tuple[str, object]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None:
            table.add_row(Text(visible(name)), Text(visible(value)))
    return table


def _following(finding: Finding) -> Iterator[RenderableType]:
    """Tell the later events that say what became of it, a line of facts and a sentence each."""
    if finding.next:
        yield Text("\nWhat happened next", style="bold")
    for one in finding.next:
        when = one.event_time.replace("T", " ").removesuffix("Z")
        facts = f"{when} UTC  {one.event_name}  {one.actor or 'unknown'}"
        yield Padding(Text(visible(facts)), (0, 2))
        yield Padding(Text(visible(one.why)), (0, 4))


def _explanations(explanations: Sequence[Explained]) -> Iterator[RenderableType]:
    alone, several = weighed(explanations)
    yield Text("\nWhat may have happened", style="bold")
    for one in alone:
        yield Padding(Text.assemble((one.hypothesis, "bold"), ": ", visible(one.text)), (0, 2))
        for word, facts in (("for", one.supports), ("against", one.against)):
            for fact in facts:
                yield Padding(Text(f"{word:<8}{visible(fact)}"), (0, 4))
    if several:
        yield Text("\nWhat tells these apart", style="bold")
    for each in several:
        yield Padding(Text(visible(each.fact)), (0, 2))
        yield Padding(Text(each.bearing, style="dim"), (0, 4))
