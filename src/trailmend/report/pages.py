"""Runbooks as Markdown: the same page for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import get_args

from trailmend.catalog import (
    LEVELS,
    Chain,
    Claim,
    Explanation,
    Family,
    Hardening,
    Runbook,
    chains,
    runbooks,
)
from trailmend.report.event_names import shown_names
from trailmend.report.fix_pages import console_steps, fix_link, fix_sections, without_finding
from trailmend.report.following import following

_BESIDE = (
    "Beside them: [fixes](../fixes.md), [chains](../chains.md) of events, [explanations]"
    "(../explanations.md) that every event has, [columns](../columns.md) of conditions."
)
_OFTEN_NAMED = "Often named as the remedy: what each does for this event, and what not."
_CHAINS = (
    "Several events that mean more together than each alone.  A chain is found on the event that\n"
    "completes it, beside what is found on each; what joins its steps is never a user agent or\n"
    "the name of a session."
)
_ALL_FIXES = "[all fixes](../fixes.md), or `trailmend runbook` with the name after `--fix`"


def page(key: str, runbook: Runbook) -> str:
    """Write the page of one runbook."""
    return "\n".join(_page(key, runbook)).strip() + "\n"


def index() -> str:
    """Write the list of all runbooks by family, with the worst level that each can find."""
    return "\n".join(["# Runbooks", "", _BESIDE, *_families()]) + "\n"


def _families() -> Iterator[str]:
    for family in get_args(Family):
        entries = [_entry(*one) for one in runbooks().items() if one[1].family == family]
        if entries:
            yield from ("", f"## {family[0].upper()}{family[1:]}", "", *entries)


def _entry(key: str, runbook: Runbook) -> str:
    """Write a line of the list; as a table a narrow terminal would cut the names."""
    about = f"- [{', '.join(shown_names(runbook))}]({key}.md): {runbook.information[0].text}"
    if not runbook.detections:
        return f"{about} Housekeeping: no finding."
    worst = max((one.level for one in runbook.detections.values()), key=LEVELS.index)
    return (
        f"{about} Situations: {len(runbook.detections)}, up to {worst}. "
        f"Fixes by call: {len(runbook.fixes)}."
    )


def chain_pages() -> str:
    """Write all chains, in the order of their keys."""
    told = (line for key, chain in sorted(chains().items()) for line in _chain(key, chain))
    return "\n".join(["# Chains", "", _CHAINS, "", *told]).strip() + "\n"


def _chain(key: str, chain: Chain) -> Iterator[str]:
    order = "in this order" if chain.ordered else "in any order"
    yield from (f"## {chain.title} (`{key}`)", "")
    techniques = ", ".join(chain.techniques) or "no technique"
    common = ", ".join(chain.joined)
    yield f"{chain.level.capitalize()}, {techniques}; within {_span(chain.within)}, {order}."
    yield from (f"In common: {common}.", "")
    for number, step in enumerate(chain.steps, 1):
        names = ", ".join(event.partition(":")[2] for event in step.events)
        told = f" where `{' '.join(step.when.split())}`" if step.when != "TRUE" else ""
        yield f"{number}. {names}{told}"
    yield ""
    yield from (*_claims(chain.impact), "")
    for explanation in chain.explanations:
        yield from _explanation(explanation)


def _span(time: timedelta) -> str:
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    return f"{hours} hours" if not minutes else f"{hours * 60 + minutes} minutes"


def _page(key: str, runbook: Runbook) -> Iterator[str]:
    yield from (f"# {', '.join(shown_names(runbook))}", "")
    if runbook.first:
        yield from (f"**Do this first:** {runbook.first}", "")
    yield from _stopping(runbook)
    yield from _section("What it is", _claims(runbook.information))
    yield from _section("What it does to you", _claims(runbook.impact))
    yield from _section("How it may have come about", _explanations(runbook))
    yield from _section("What let it happen", _claims(runbook.control_gaps))
    yield from _section("Often said, and not so", _corrections(runbook))
    yield from _section("Questions to ask", _listed(runbook.questions))
    yield from _section("When it is harmless", _listed(runbook.false_positives))
    yield from _section("What is found", _found(key, runbook))
    yield from _section("What may happen next", following(runbook))
    yield from _section("How to mend it", _mending(runbook))


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """Write a section; one without lines is left out."""
    written = list(lines)
    while written and not written[-1]:
        written.pop()
    if written:
        yield from (f"## {heading}", "", *written, "")


def _listed(texts: Iterable[str]) -> Iterator[str]:
    return (f"- {text}" for text in texts)


def _explanations(runbook: Runbook) -> Iterator[str]:
    for explanation in runbook.explanations:
        yield from _explanation(explanation)
    if runbook.explanations:
        yield "What is asked of every event besides: [Explanations](../explanations.md)."


def _corrections(runbook: Runbook) -> Iterator[str]:
    for one in runbook.corrections:
        yield f"- *{one.said}* {one.fact.text} ({one.fact.source})"


def _found(key: str, runbook: Runbook) -> Iterator[str]:
    if runbook.silence:
        yield from (runbook.silence, "")
    yield from _detections(key, runbook)


def _stopping(runbook: Runbook) -> Iterator[str]:
    """Name the fixes that stop the caller: of what kind the caller is, only the finding tells."""
    stops = [fix for fix in runbook.fixes if fix.about == "actor"]
    if stops:
        yield from ("To stop the caller, `trailmend plan FINDING` with one of:", "")
        yield from (*(f"- `--fix {fix.key}`: {fix.title.lower()}" for fix in stops), "")


def _claims(claims: Iterable[Claim]) -> Iterator[str]:
    return (f"- {claim.text} ({claim.source})" for claim in claims)


def _explanation(one: Explanation) -> Iterator[str]:
    yield from (f"**{one.hypothesis.capitalize()}.** {one.text}", "")
    for word, facts in (("For", one.supports), ("Against", one.against)):
        for fact in facts:
            decided = f" `{fact.when}`" if fact.when else " *(ask)*"
            yield f"- {word}: {fact.named}{decided}"
    yield ""


_OF_SUSPECTS = ", who has another finding of level high or above within a week"


def _detections(key: str, runbook: Runbook) -> Iterator[str]:
    for name, one in runbook.detections.items():
        yield from (f"- **{one.title}** (`{key}.{name}`)", "")
        techniques = ", ".join(one.techniques) or "no technique"
        yield from (f"  {one.level.capitalize()}, on {one.outcome}, {techniques}.", "")
        if one.takes_back:
            yield from (
                "  Low where it puts right what another principal did and was found for"
                f"{_OF_SUSPECTS if one.only_of_suspects else ''}.",
                "",
            )
        yield from (f"  Condition: `{' '.join(one.when.split())}`", "")
        if one.fixes:
            fixes = ", ".join(map(fix_link, one.fixes))
            yield from (f"  Fixes, the first by default: {fixes}", "")


def _mending(runbook: Runbook) -> Iterator[str]:
    yield from fix_sections(runbook.fixes)
    for console in runbook.console:
        yield from console_steps(f"### By hand: {console.title}", console)
    if runbook.not_fixable:
        yield from ("### What no fix can do", "")
        yield from (*_claims(runbook.not_fixable), "")
    if runbook.hardening:
        yield from ("## Hardening the account", "", _OFTEN_NAMED, "")
        for one in runbook.hardening:
            yield from _hardening(one)
        yield from (f"Their commands, and the steps by hand: {_ALL_FIXES}.", "")


def _hardening(one: Hardening) -> Iterator[str]:
    yield from (f"- **{one.fix.title}**: `{without_finding(one.fix)}`", "")
    yield from (f"  For this event: {one.does}", "", f"  Not: {one.lacks} ({one.source})", "")
