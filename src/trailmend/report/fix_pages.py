"""Fixes as Markdown: a page for each, a section for the runbooks that propose it, and the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from inspect import cleandoc

from trailmend.by_hand import by_hand
from trailmend.catalog import Console, chains, runbooks
from trailmend.guards import permissions_of
from trailmend.plan import Remediation, rehearse, remediations
from trailmend.report.event_names import shown_names
from trailmend.report.instructions import command_lines, python_snippet

_STAGES = {
    "contain": "Stop the intruder",
    "remove": "Remove what they made",
    "restore": "Restore what they took",
}

_OFTEN = 3
"""On so many pages, at most, a fix is told whole."""
_ELSEWHERE = (
    "Planned with `trailmend plan FINDING --fix NAME`.  What each does and breaks, its commands "
    "and its steps by hand: `trailmend runbook NAME`, or its page."
)


def fix_page(fix: Remediation) -> str:
    """Write what there is to know of one fix, and what proposes it."""
    pages = runbooks().values()
    found = bool(_proposing(fix))
    hardens = any(fix is one.fix for each in pages for one in each.hardening)
    ways = [f"`trailmend plan FINDING --fix {fix.key}`"] if found else []
    if hardens or not found:
        ways.append(f"`{without_finding(fix)}`")
    lines = [f"# {fix.title}", "", f"`{fix.key}`", "", *_fix(fix, " or ".join(ways))]
    return "\n".join([*lines, *_named_by(fix)]).strip() + "\n"


def _named_by(fix: Remediation) -> Iterator[str]:
    proposing = [(key, runbooks()[key]) for key in _proposing(fix)]
    hardening = [
        (key, one)
        for key, one in runbooks().items()
        if any(fix is each.fix for each in one.hardening)
    ]
    chained = [(key, one) for key, one in sorted(chains().items()) if fix in one.fixes]
    for heading, named in (("Proposed on", proposing), ("Often named beside", hardening)):
        if named:
            yield from (f"## {heading}", "")
            links = ((key, ", ".join(shown_names(one))) for key, one in named)
            yield from (f"- [{names}](../runbooks/{key}.md)" for key, names in links)
            yield ""
    if chained:
        yield from ("## Proposed on chains", "")
        yield from (f"- [{one.title}](../chains.md) (`{key}`)" for key, one in chained)
        yield ""


def fixes() -> str:
    """Write the list of all fixes by their place in a plan, in the order of their keys."""
    lines = ["# Fixes", "", "In a plan of several they stand in this order."]
    for stage, heading in _STAGES.items():
        lines += ["", f"## {heading}", ""]
        lines += [
            f"- [{one.title}](fixes/{key}.md) (`{key}`)"
            for key, one in sorted(remediations().items())
            if one.stage == stage
        ]
    return "\n".join(lines) + "\n"


def fix_link(fix: Remediation) -> str:
    """Name a fix on the page of a runbook, with the way to its own page."""
    return f"[`{fix.key}`](../fixes/{fix.key}.md)"


def fix_sections(fixes: Iterable[Remediation]) -> Iterator[str]:
    """Show fixes on the page of a runbook that proposes them: what many pages propose by its name.

    What a fix does, its commands and its steps by hand are then read once, on its own page.
    """
    shared = []
    for fix in fixes:
        if len(_proposing(fix)) > _OFTEN:
            shared.append(fix)
            continue
        yield from (f"### {fix.title} ({fix_link(fix)})", "")
        yield from _fix(fix, f"`trailmend plan FINDING --fix {fix.key}`")
    if shared:
        yield from ("### Fixes of many events", "", _ELSEWHERE, "")
        yield from (f"- {fix.title}: {fix_link(fix)}" for fix in shared)
        yield ""


def _proposing(fix: Remediation) -> list[str]:
    return [key for key, one in runbooks().items() if fix in one.fixes]


def without_finding(fix: Remediation) -> str:
    """Write how the fix is planned for the account, with what must be named."""
    words = {"user": "--user NAME", "role": "--role NAME", "object": "--object ID"}
    named = [words[group.partition("/")[0]] for group in fix.needs.split() if group != "finding"]
    more = [f"[{words[kind]}]" for kind in fix.may.split()]
    return " ".join([f"trailmend plan --fix {fix.key}", *named, *more])


def _fix(fix: Remediation, how: str) -> Iterator[str]:
    """Show a fix by the calls of its example: the same calls that the engine sends."""
    calls = [change.call for change in rehearse(fix).changes]
    guards = permissions_of(calls)
    yield from (cleandoc(fix.text), "", f"Breaks: {fix.breaks}", "")
    yield from (
        f"Needs, in the case of the example: {_actions(fix.permissions)}; with Trailmend also "
        f"{_actions(guards)}",
        "",
    )
    yield from (f"With Trailmend: {how}, then `approve` and `apply`.", "")
    yield from ("With the AWS CLI, for the made-up case of the example:", "", "```sh")
    yield from (*command_lines(calls), "```", "", "With Python:", "", "```python")
    yield from (python_snippet(calls).rstrip(), "```", "")
    console = by_hand()[fix.key]
    yield from console_steps(f"In the console: {console.title}.", console)


def _actions(actions: Iterable[str]) -> str:
    return ", ".join(f"`{action}`" for action in actions)


def console_steps(heading: str, console: Console) -> Iterator[str]:
    """Write the steps of a fix by hand, and where they stand."""
    yield from (heading, "")
    yield from (f"{number}. {step}" for number, step in enumerate(console.steps, 1))
    read = "" if console.read in console.source else f", read {console.read}"
    yield from ("", f"Source: {console.source}{read}.", "")
