"""Making a plan: reads only, one fix after the other, what cannot be done told to people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from trailmend import __version__
from trailmend.calls import Call, Change, Client, ask
from trailmend.catalog import LEVELS
from trailmend.conflicts import fights_with
from trailmend.errors import CannotFix, CatalogError, Refused
from trailmend.plan import Part, Plan, Proposal, Remediation, find_remediation, joined, propose

Choice = Sequence[Part]
"""Fixes for the same thing, the best first."""
_WHO = Call("sts.get_caller_identity")


def make_plan(
    wanted: Sequence[Choice],
    client: Client,
    *,
    guard: Callable[[Call], None],
    now: datetime,
    asked_by: str = "",
    subject: str = "",
    title: str = "",
    level: str = "info",
    tasks: Sequence[str] = (),
) -> Plan:
    """Ask the account and keep what the fixes propose; nothing is changed.

    Of each choice the first fix that can be planned is taken; what none of them can do becomes a
    task for people, unless nothing else was wanted.  A fix whose
    changes another proposes already is left out.  A plan lives 24 hours, and 1 hour if a finding
    is critical.  `guard` refuses what must never be changed.  Raises CannotFix, Refused, or the
    error of a read.
    """
    caller = client(_WHO)
    first = wanted[0][0].facts
    if caller["Account"] != first.account_id:
        raise Refused(
            f"The finding is of account {first.account_id}, the credentials are of "
            f"{caller['Account']}: choose the other account's profile with --profile."
        )
    parts, impossible = _possible(wanted, client, guard)
    proposal = propose_whole(parts, client)
    level = max((level, *(choice[0].facts.level for choice in wanted)), key=LEVELS.index)
    fixes = [find_remediation(part.fix) for part in parts]
    return Plan(
        version=__version__,
        account_id=first.account_id,
        made_by=caller["Arn"],
        asked_by=asked_by,
        subject=subject or first.finding_id,
        level=level,
        title=title or fixes[0].title,
        breaks=_breaks(fixes),
        parts=tuple(parts),
        reads=proposal.reads,
        changes=proposal.changes,
        tasks=(*impossible, *tasks),
        created=now,
        expires=now + timedelta(hours=1 if level == "critical" else 24),
    )


def _breaks(fixes: Sequence[Remediation]) -> str:
    """Tell what the fixes break, each by its title where there are several."""
    each = list(dict.fromkeys(fixes))
    return " ".join(one.breaks if len(each) == 1 else f"{one.title}: {one.breaks}" for one in each)


def propose_whole(parts: Sequence[Part], client: Client) -> Proposal:
    """Ask the account once, and have each fix say it again with what the others do beside it.

    So its words are true after the whole plan.  Raises CatalogError for a fix whose calls hang on
    that: they would be others when it is asked by itself.
    """
    asked = [(find_remediation(part.fix), part.facts) for part in parts]
    alone = [propose(fix, facts, lambda question: ask(client, question)) for fix, facts in asked]
    told = []
    for place, (fix, facts) in enumerate(asked):
        answers = iter(alone[place].reads)
        others = [one for number, one in enumerate(alone) if number != place]
        calls = [change.call for one in others for change in one.changes]
        told.append(propose(fix, facts, lambda _: next(answers).answer, calls))  # noqa: B023
        if _calls(told[-1]) != _calls(alone[place]):
            raise CatalogError(f"what {fix.key} calls hangs on the other fixes of the plan")
    return joined(told)


def _calls(proposal: Proposal) -> list[tuple[Call, Call | None]]:
    return [(one.call, one.undo) for one in proposal.changes]


def _possible(
    wanted: Sequence[Choice], client: Client, guard: Callable[[Call], None]
) -> tuple[list[Part], list[str]]:
    """Choose the fixes that can be planned and that add something; tell of the others why not."""
    parts, planned = list[Part](), list[Call]()
    tasks: dict[str, list[str]] = {}
    for choice in wanted:
        try:
            part, calls = _first(choice, parts, client, guard)
        except (CannotFix, Refused) as error:
            if len(wanted) == 1:
                raise
            title = find_remediation(choice[0].fix).title
            tasks.setdefault(f"{title}: {error}", []).append(choice[0].facts.finding_id)
            continue
        if len(wanted) == 1 or (calls and not any(one in planned for one in calls)):
            parts.append(part)
            planned += calls
    if not parts and tasks:
        raise CannotFix(f"Nothing of this can be done by call. {' '.join(tasks)}")
    return parts or [wanted[0][0]], [f"{task} ({', '.join(tasks[task])})" for task in tasks]


def _first(
    choice: Choice, parts: Sequence[Part], client: Client, guard: Callable[[Call], None]
) -> tuple[Part, list[Call]]:
    """Give the first fix of a choice that can be planned; raises what the first one raises."""
    reasons: list[CannotFix | Refused] = []
    for part in choice:
        try:
            calls = [one.call for one in _proposed(part, client)]
            against = fights_with(part, parts)
            if against:
                raise CannotFix(f"{against}.")
            for one in calls:
                guard(one)
        except (CannotFix, Refused) as error:
            reasons.append(error)
        else:
            return part, calls
    raise reasons[0]


def _proposed(part: Part, client: Client) -> tuple[Change, ...]:
    fix = find_remediation(part.fix)
    return propose(fix, part.facts, lambda question: ask(client, question)).changes
