"""Plans for people: what will be changed, what it breaks, how it is taken back, where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from trailmend.changing.journal import Declined, Done, Entry, Intent, Left, Lost, Progress, Settled
from trailmend.changing.undoing import CONSENTS, Effect, effects_of_undoing
from trailmend.counts import many, numbered
from trailmend.guards import permissions_of
from trailmend.plan import Plan
from trailmend.planning.kept import Altered, Status
from trailmend.report.contrasts import line_text
from trailmend.report.differences import Line
from trailmend.report.safe import visible
from trailmend.report.sending import sent

_FORMS = {
    "do": ("do    ", 5, "green"),
    "undo": ("undo  ", 5, "dim"),
    "of": ("", 5, ""),
    "meaning": ("", 7, "bold"),
}
"""How the lines about a change are set: what stands before, how far in, and in which style."""


def plan_page(plan: Plan, *, brief: bool = False) -> RenderableType:
    """Show a plan whole, before anybody approves it; `brief` only what changes, a line each."""
    head = Text.assemble(
        (f"Plan {plan.id}", "bold"),
        f"  {visible(plan.title)}, for {visible(plan.subject)}, account {visible(plan.account_id)}",
    )
    if brief:
        return _brief_changes(plan)
    changes = [line for number, _ in enumerate(plan.changes) for line in _change(plan, number)]
    return Group(head, Text(""), *changes, Text(""), *_open_lines(plan), _facts(plan))


def _facts(plan: Plan) -> Table:
    """Set what holds of the whole plan in two columns, long lines beside their name."""
    undone = sum(change.undo is not None for change in plan.changes)
    guards = ", ".join(permissions_of(one.call for one in plan.changes))
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=11, no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in (
        ("breaks", plan.breaks),
        ("undo", f"{undone} of {many(len(plan.changes), 'change')} can be taken back"),
        *_secrets_line(plan),
        *(("to people", task) for task in plan.tasks),
        ("needs", ", ".join(plan.permissions)),
        ("guards", f"read by {guards}"),
        ("made by", plan.made_by),
        ("expires", f"{plan.expires:%Y-%m-%d %H:%M:%S} UTC"),
    ):
        table.add_row(Text(f"  {name}"), Text(visible(text)))
    return table


def left_lines(plan: Plan) -> list[Text]:
    """Tell what a plan leaves to people: first what is open, then the rest."""
    tasks = (Text(f"  to people {visible(task)}") for task in plan.tasks)
    return [*_open_lines(plan), *tasks]


def _open_lines(plan: Plan) -> list[Text]:
    """Tell first of all what the plan leaves an intruder."""
    if not plan.still_open:
        return []
    told = (Text(f"  - {visible(text)}") for text in plan.still_open)
    return [Text("Still open after this plan", "bold red"), *told, Text("")]


def _secrets_line(plan: Plan) -> list[tuple[str, str]]:
    if not plan.secrets:
        return []
    names = ", ".join(f"{plan.id}.{name}" for name in plan.secrets)
    return [("secrets", f"{names}, kept in the sink of the settings")]


def _brief_changes(plan: Plan) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", width=3)
    for number, change in enumerate(plan.changes, 1):
        undo = "" if change.undo else "  (cannot be undone)"
        table.add_row(str(number), Text(f"{visible(change.note)}{undo}"))
    return table


def _change(plan: Plan, number: int) -> Iterable[RenderableType]:
    change = plan.changes[number]
    yield _indented(Text(f"{number + 1}  {visible(change.note)}"), 2)
    for one in sent(change, plan.account_id):
        if isinstance(one, Line):
            yield _indented(line_text(one), 7)
        else:
            lead, by, style = _FORMS[one.kind]
            yield _indented(Text(lead + visible(one.text), style), by)
    if change.breaks:
        yield _indented(Text(f"breaks  {visible(change.breaks)}"))
    if change.irreversible:
        yield _indented(Text(f"CANNOT BE UNDONE  {visible(change.irreversible)}", "red"))


def _indented(text: Text, by: int = 5) -> Padding:
    return Padding(text, (0, 0, 0, by), expand=False)


def progress_page(
    progress: Progress, *, brief: bool = False, only: Collection[int] | None = None
) -> RenderableType:
    """Show how far a plan is, change by change, or `only` some, by their numbers from 0.

    `brief` is without words of what each changes.
    """
    table = Table(box=None, show_header=False, pad_edge=False)
    total = len(progress.steps)
    for number, step in enumerate(progress.steps, 1):
        if only is not None and number - 1 not in only:
            continue
        words = visible(step.change.call.action if brief else step.change.note)
        said = f"  {visible(step.message)}" if step.message else ""
        given = ", ".join(f"{name} {value}" for name, value in step.answers.items())
        said += f"\nAWS gave it {visible(given)}" if given else ""
        table.add_row(f"  {number}/{total}", Text(step.state), Text(words + said))
    return table


def entry_line(plan: Plan, entry: Entry) -> str:
    """Tell in a line what the journal of a plan has just kept."""
    if isinstance(entry, Left):
        return "verified: the readings agree"
    words = _heard(entry)
    if isinstance(entry, Intent):
        words = f"{'undoing' if entry.undo else 'sending'}  {plan.changes[entry.step].note}"
    return f"{entry.step + 1}/{len(plan.changes)}  {words}"


def _heard(entry: Done | Declined | Lost | Settled | Intent) -> str:
    """Say what became of a call."""
    made = "undone" if entry.undo else "done"
    match entry:
        case Declined(message=message):
            return f"not {made}: {message}"
        case Lost():
            return "no answer: what became of it is read from the account"
        case Settled(happened=happened):
            return f"{made if happened else f'not {made}'}, as the account shows"
        case _:
            return made


def interrupted_lines(one: Status, *, undo: bool) -> list[str]:
    """Say what an apply, or an `undo`, did and did not until it was stopped, and how to go on."""
    progress, plan = one.progress, one.plan.id
    by_words = {"Taken back": "undone", "In force": "done", "Not done": "planned"}
    parts = {words: _numbers(progress, state) for words, state in by_words.items()}
    told = [f"{words}: {numbers}." for words, numbers in parts.items() if numbers]
    stands = f"Plan {plan} is {one.state}."
    lines = [" ".join(["Interrupted.", *([] if one.state == "interrupted" else [stands]), *told])]
    if progress.open is not None:
        number, undoing = progress.open
        what = f"{'the undo of ' if undoing else ''}change {number + 1}"
        lines.append(
            f"The answer to {what} was not seen: whether it has happened is read from the account "
            "when you go on, for some minutes, and it is not done twice."
        )
    if undo:
        return [*lines, f"Go on, with the same options: trailmend rollback {plan}"]
    lines.append(f"Go on, with the same options: trailmend apply {plan} --resume")
    if progress.in_force:
        lines.append(f"Or take back what was done: trailmend rollback {plan}")
    return lines


def _numbers(progress: Progress, state: str) -> str:
    return ", ".join(str(n) for n, step in enumerate(progress.steps, 1) if step.state == state)


def effects_lines(effects: Iterable[Effect]) -> list[Text]:
    """Say what a rollback would give back or log no more, and the consent that each takes."""
    return [
        Text(
            f"A rollback of change {one.number + 1} takes {CONSENTS[one.kind]}: {visible(one.text)}"
        )
        for one in effects
    ]


def status_lines(one: Status) -> list[Text]:
    """Say who decided on a plan, what its rollback would bring back, and who approved that."""
    lines = []
    if one.decision is not None:
        said = one.decision
        reason = f": {said.reason}" if said.reason else ""
        told = f"{said.verdict.capitalize()} by {said.by.text}, {said.at:%F %T} UTC{reason}"
        lines.append(Text(visible(told)))
    lines += effects_lines(effects_of_undoing(one.plan, one.progress.in_force))
    for given in one.rollbacks:
        changes = numbered("change", given.changes)
        told = f"Rollback of {changes} approved by {given.by.text} until {given.expires:%F %T} UTC"
        lines.append(Text(visible(told)))
    return lines


def plans_table(found: Iterable[Status], altered: Iterable[Altered] = ()) -> Table:
    """List plans, a line each; of those that were altered nothing else can be believed."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("PLAN", no_wrap=True, min_width=8)
    for name in ("STATE", "CHANGES", "FIX", "FOR", "EXPIRES (UTC)"):
        table.add_column(name, overflow="fold")
    for one in found:
        plan = one.plan
        table.add_row(
            plan.id,
            one.state,
            str(len(plan.changes)),
            _fixes(plan),
            visible(plan.subject),
            f"{plan.expires:%Y-%m-%d %H:%M}",
        )
    for other in altered:
        table.add_row(visible(other.id), "altered", "", "", visible(other.subject), "")
    return table


def _fixes(plan: Plan) -> str:
    """Name the fix of a plan; count them where there are several, `status PLAN` shows each."""
    fixes = {part.fix for part in plan.parts}
    return fixes.pop() if len(fixes) == 1 else many(len(fixes), "fix", "fixes")


def altered_lines(plan: Altered) -> list[str]:
    """Say why a plan is refused that was altered, and what to do instead."""
    lines = [
        f"Plan {plan.id} was altered after it was made, or another version made it: it is refused. "
        "Find out who did that, and make a new plan: trailmend plan"
        + (f" {plan.subject}" if plan.subject.startswith(("F-", "S-")) else " --help")
    ]
    if plan.begun:
        lines.append(
            f"Calls of plan {plan.id} were sent, and it cannot be rolled back: undo by hand what "
            "shall not stay. The calls: trailmend audit-log show"
        )
    return lines
