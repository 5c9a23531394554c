"""Runbooks as Markdown: the same page for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from inspect import cleandoc

from trailmend.catalog import LEVELS, Claim, Console, Detection, Explanation, Runbook, runbooks
from trailmend.guards import PERMISSIONS
from trailmend.plan import Remediation, rehearse
from trailmend.report.instructions import command_lines, python_snippet


def page(key: str, runbook: Runbook) -> str:
    """Write the page of one runbook."""
    return "\n".join(_page(key, runbook)).strip() + "\n"


def index() -> str:
    """Write the list of all runbooks, with the worst level that each can find."""
    lines = [
        "# Runbooks",
        "",
        "| Event | Situations | Worst level | Fixes |",
        "|---|---|---|---|",
    ]
    for key, runbook in runbooks().items():
        worst = max((one.level for one in runbook.detections.values()), key=LEVELS.index)
        fixes = ", ".join(f"`{fix.key}`" for fix in runbook.fixes) or "by hand"
        names = ", ".join(runbook.names)
        lines.append(f"| [{names}]({key}.md) | {len(runbook.detections)} | {worst} | {fixes} |")
    return "\n".join(lines) + "\n"


def _page(key: str, runbook: Runbook) -> Iterator[str]:
    yield from (f"# {', '.join(runbook.names)}", "", "## What it is", "")
    yield from _claims(runbook.information)
    yield from ("", "## What it does to you", "")
    yield from _claims(runbook.impact)
    yield from ("", "## How it may have come about", "")
    for explanation in runbook.explanations:
        yield from _explanation(explanation)
    if runbook.control_gaps:
        yield from ("## What let it happen", "")
        yield from (*_claims(runbook.control_gaps), "")
    if runbook.corrections:
        yield from ("## Often said, and not so", "")
        for one in runbook.corrections:
            yield f"- *{one.said}* {one.fact.text} ({one.fact.source})"
        yield ""
    yield from ("## Questions to ask", "", *(f"- {text}" for text in runbook.questions), "")
    yield from ("## When it is harmless", "", *(f"- {text}" for text in runbook.false_positives))
    yield from ("", "## What is found", "")
    yield from _detections(key, runbook)
    yield from ("", "## How to mend it", "")
    yield from _mending(runbook)


def _claims(claims: Iterable[Claim]) -> Iterator[str]:
    return (f"- {claim.text} ({claim.source})" for claim in claims)


def _explanation(one: Explanation) -> Iterator[str]:
    yield from (f"**{one.hypothesis.capitalize()}.** {one.text}", "")
    for word, facts in (("For", one.supports), ("Against", one.against)):
        for fact in facts:
            decided = f" `{fact.when}`" if fact.when else " *(ask)*"
            yield f"- {word}: {fact.text}{decided}"
    yield ""


def _detections(key: str, runbook: Runbook) -> Iterator[str]:
    yield from ("| Situation | Level | Outcome | Technique | Condition |", "|---|---|---|---|---|")
    for name, one in runbook.detections.items():
        techniques = ", ".join(one.techniques) or "none"
        yield (
            f"| {one.title} (`{key}.{name}`) | {one.level} | {one.outcome} | {techniques} "
            f"| `{_cell(one)}` |"
        )


def _cell(detection: Detection) -> str:
    return " ".join(detection.when.split()).replace("|", "\\|")


def _mending(runbook: Runbook) -> Iterator[str]:
    for fix in runbook.fixes:
        yield from _fix(fix)
    for console in runbook.console:
        yield from _console(console)
    if runbook.not_fixable:
        yield from ("### What no call can bring back", "")
        yield from _claims(runbook.not_fixable)


def _fix(fix: Remediation) -> Iterator[str]:
    """Show a fix by the calls of its example: the same calls that the engine sends."""
    calls = [change.call for change in rehearse(fix).changes]
    yield from (f"### {fix.title} (`{fix.key}`)", "", cleandoc(fix.text), "")
    yield from (f"Breaks: {fix.breaks}", "")
    yield from (
        f"Needs: {_actions(fix.permissions)}; with Trailmend also {_actions(PERMISSIONS)}",
        "",
    )
    yield from ("With Trailmend: `trailmend plan FINDING`, then `approve` and `apply`.", "")
    yield from ("With the AWS CLI, for the made-up case of the example:", "", "```sh")
    yield from (*command_lines(calls), "```", "", "With Python:", "", "```python")
    yield from (python_snippet(calls).rstrip(), "```", "")


def _actions(actions: Iterable[str]) -> str:
    return ", ".join(f"`{action}`" for action in actions)


def _console(console: Console) -> Iterator[str]:
    yield from (f"### In the console: {console.title}", "")
    yield from (f"{number}. {step}" for number, step in enumerate(console.steps, 1))
    read = "" if console.read in console.source else f", read {console.read}"
    yield from ("", f"Source: {console.source}{read}.", "")
