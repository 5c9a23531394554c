"""Which fixes a plan takes: of each choice the first that can be planned, and no more than fit.

The choices come in the order in which they are to be made: stop the intruder, remove what they
made, restore the rest.  Where not all of them fit into one plan, the first ones are taken and the
others wait for the next plan; a fix is never divided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from trailmend.calls import Call, Client, ask
from trailmend.counts import many
from trailmend.errors import CannotFix, NothingThere, Refused
from trailmend.plan import Part, find_remediation, propose
from trailmend.planning.conflicts import fights_with

Choice = Sequence[Part]
"""Fixes for the same thing, the best first."""
Guard = Callable[[Call], None]


class _Fights(CannotFix):
    """Another fix of the plan is about the same, in another way."""


@dataclass
class Chosen:
    """The fixes of a plan, what none of them can do, and the calls that wait for the next plan.

    `open` leaves an intruder a way in, `tasks` do not; each is told with the findings it is of.
    `is_mended` says that nothing of what cannot be done is there to be done.
    """

    parts: list[Part] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    later: list[Part] = field(default_factory=list)
    later_calls: list[Call] = field(default_factory=list)
    reasons: dict[tuple[bool, str], list[str]] = field(default_factory=dict)
    is_mended: bool = True

    @property
    def open(self) -> list[str]:
        """What could not be planned, and leaves a way in."""
        return _told(self.reasons, is_open=True)

    @property
    def tasks(self) -> list[str]:
        """What else could not be planned."""
        return _told(self.reasons, is_open=False)

    def waits_open(self, subject: str) -> list[str]:
        """Tell what waits for the next plan, where that leaves a way in."""
        shuts = any(find_remediation(part.fix).shuts_a_way_in for part in self.later)
        return [self._waiting(subject)] if shuts else []

    def waits(self, subject: str) -> list[str]:
        """Tell what waits for the next plan, where no way in is left by that."""
        told = self.later and not self.waits_open(subject)
        return [self._waiting(subject)] if told else []

    def _waiting(self, subject: str) -> str:
        left = many(len(self.later_calls), "more change")
        return (
            f"{left} did not fit into this plan and wait for the next one: apply this plan, then "
            f"trailmend plan {subject}"
        )


def _told(reasons: Mapping[tuple[bool, str], Sequence[str]], *, is_open: bool) -> list[str]:
    return [
        f"{text} ({', '.join(dict.fromkeys(ids))})"
        for (opens, text), ids in reasons.items()
        if opens == is_open
    ]


def choose(
    wanted: Sequence[Choice], client: Client, guard: Guard, most: int | None = None
) -> Chosen:
    """Choose the fixes that can be planned and that add something; tell of the others why not.

    Raises CannotFix where that is none of them, and what the one raises that is alone.
    """
    chosen = Chosen()
    for choice in wanted:
        try:
            part, calls = _first(choice, [*chosen.parts, *chosen.later], client, guard)
            if most is not None and len(calls) > most:
                raise CannotFix(
                    f"it takes {len(calls)} changes, and {most} is the limit of a plan: raise "
                    "[limits] in the settings."
                )
        except (CannotFix, Refused) as error:
            if len(wanted) == 1:
                raise
            _keep_reason(chosen, choice, error)
            continue
        if len(wanted) == 1 or (calls and not _is_planned(calls, chosen)):
            _take(chosen, part, calls, most)
    if not chosen.parts and not chosen.is_mended:
        texts = " ".join(text for _, text in chosen.reasons)
        raise CannotFix(f"Nothing of this can be done by call. {texts}")
    chosen.parts = chosen.parts or [wanted[0][0]]
    return chosen


def _take(chosen: Chosen, part: Part, calls: list[Call], most: int | None) -> None:
    """Take a fix into the plan; once one does not fit, all that follow wait: in their order."""
    if chosen.later or (most is not None and len(chosen.calls) + len(calls) > most):
        chosen.later.append(part)
        chosen.later_calls += calls
    else:
        chosen.parts.append(part)
        chosen.calls += calls


def _is_planned(calls: Sequence[Call], chosen: Chosen) -> bool:
    return any(one in chosen.calls or one in chosen.later_calls for one in calls)


def _keep_reason(chosen: Chosen, choice: Choice, error: CannotFix | Refused) -> None:
    fix = find_remediation(choice[0].fix)
    opens = fix.shuts_a_way_in and not isinstance(error, NothingThere | _Fights)
    key = opens, f"{fix.title}: {error}"
    chosen.is_mended = chosen.is_mended and isinstance(error, NothingThere)
    chosen.reasons.setdefault(key, []).append(choice[0].facts.finding_id)


def _first(
    choice: Choice, parts: Sequence[Part], client: Client, guard: Guard
) -> tuple[Part, list[Call]]:
    """Give the first fix of a choice that can be planned; raises what the first one raises."""
    reasons: list[CannotFix | Refused] = []
    for part in choice:
        try:
            calls = _calls(part, client)
            against = fights_with(part, parts)
            if against:
                raise _Fights(f"{against}.")
            for one in calls:
                guard(one)
        except (CannotFix, Refused) as error:
            reasons.append(error)
        else:
            return part, calls
    raise reasons[0]


def _calls(part: Part, client: Client) -> list[Call]:
    fix = find_remediation(part.fix)
    proposed = propose(fix, part.facts, lambda question: ask(client, question))
    return [one.call for one in proposed.changes]
