"""Which changes of a plan come of which of its fixes, so that a few fixes can be asked alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from trailmend import __version__
from trailmend.calls import Read
from trailmend.errors import CatalogError, TrailmendError
from trailmend.plan import Part, Plan, Seen, find_remediation, propose


class Share(NamedTuple):
    """Fixes of a plan, and the numbers from 0 of the changes that they propose."""

    parts: tuple[Part, ...]
    numbers: range


def whole(plan: Plan) -> tuple[Share, ...]:
    """Give the plan as one share."""
    return (Share(plan.parts, range(len(plan.changes))),)


def shares(plan: Plan) -> tuple[Share, ...]:
    """Give the share of each fix, in the order of the plan.

    Each is asked again and told what the account said when the plan was made.  Where that is not
    the plan again, as in another version, the plan is one share.
    """
    if plan.version != __version__:
        return whole(plan)
    try:
        return tuple(_shares(plan))
    except TrailmendError:
        return whole(plan)


def shares_of(plan: Plan, numbers: Iterable[int]) -> tuple[Share, ...]:
    """Give the shares to which changes belong."""
    wanted = set(numbers)
    return tuple(one for one in shares(plan) if not wanted.isdisjoint(one.numbers))


def _shares(plan: Plan) -> Iterator[Share]:
    kept = iter(plan.reads)
    end = 0
    for part in plan.parts:
        again = propose(find_remediation(part.fix), part.facts, lambda asked: _told(asked, kept))
        start, end = end, end + len(again.changes)
        planned = [(one.call, one.undo) for one in plan.changes[start:end]]
        if [(one.call, one.undo) for one in again.changes] != planned:
            raise CatalogError(f"{part.fix} is not what it was when plan {plan.id} was made")
        yield Share((part,), range(start, end))
    if end != len(plan.changes):
        raise CatalogError(f"plan {plan.id} makes more than its fixes propose")


def _told(question: Read, kept: Iterator[Seen]) -> Any:
    """Give the answer that is kept to the question that is next."""
    seen = next(kept, None)
    if seen is None or (seen.call, seen.pick) != (question.call, question.pick):
        raise CatalogError(f"{question.call.text} was not asked when the plan was made")
    return seen.answer
