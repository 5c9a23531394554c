"""Making a plan: reads only, and what the chosen fixes propose together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import UNSET

from trailmend import __version__
from trailmend.calls import Call, Client, ask
from trailmend.catalog import LEVELS
from trailmend.errors import CatalogError, Refused
from trailmend.plan import Part, Plan, Proposal, Remediation, find_remediation, joined, propose
from trailmend.planning.choosing import Choice, choose

_WHO = Call("sts.get_caller_identity")


@dataclass(frozen=True)
class OfStory:
    """What a plan is for where that is no single fix: of a story, or of an account.

    `open` and `tasks` are left to people, the first because they leave an intruder a way in.
    `notes` tells what people must know of the changes.  Of more than `most` changes only the first
    are planned.
    """

    subject: str
    title: str = ""
    level: str = "info"
    open: Sequence[str] = ()
    tasks: Sequence[str] = ()
    notes: Callable[[Sequence[Call], Client], Sequence[str]] = lambda calls, client: ()
    most: int | None = None


def make_plan(
    wanted: Sequence[Choice],
    client: Client,
    *,
    guard: Callable[[Call], None],
    now: datetime,
    asked_by: str = "",
    story: OfStory | None = None,
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
    of = story or OfStory(subject=first.finding_id)
    chosen = choose(wanted, client, guard, of.most)
    proposal = propose_whole(chosen.parts, client)
    level = max((of.level, *(choice[0].facts.level for choice in wanted)), key=LEVELS.index)
    fixes = [find_remediation(part.fix) for part in chosen.parts]
    still_open = (*chosen.waits_open(of.subject), *chosen.open, *of.open)
    return Plan(
        version=__version__,
        account_id=first.account_id,
        made_by=caller["Arn"],
        asked_by=asked_by,
        subject=of.subject,
        level=level,
        title=of.title or fixes[0].title,
        breaks=_breaks(fixes),
        parts=tuple(chosen.parts),
        reads=proposal.reads,
        changes=proposal.changes,
        tasks=(
            *of.notes([one.call for one in proposal.changes], client),
            *chosen.waits(of.subject),
            *chosen.tasks,
            *of.tasks,
        ),
        open=still_open or UNSET,
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
