"""What a follow-up is: which later event counts, joined by what, and what it means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from trailmend.stories.facts import Fact, Who, against_a_third, was_mended

Verdict = Literal["resolves", "mends", "harms", "lifts", "reopens", "notes"]
Join = Literal[
    "owner",
    "object",
    "account",
    "use",
    "sign-in",
    "sign-in with MFA",
    "target",
    "target and object",
    "newly allowed",
    "anywhere",
    "newcomer",
    "visitor's call",
    "role taken from it",
    "membership",
    "place",
    "actor",
    "caller",
    "as object",
    "object as target",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One follow-up.

    The later event has one of the names `by` (see `timeline.called`) and is joined to the finding's
    by the same `owner`, `object`, `target`, `target and object` or `account`; `as object` it has
    the finding's target for its object, `object as target` the finding's object for its target;
    `anywhere` asks for nothing but the name, which must be one that `timeline` indexes so; by
    `newcomer` it is the first session of the target, since its trust was set, that somebody from
    outside the account takes; by `visitor's call` it is the first call of such a session, and its
    first since the trust was set again; by `role taken from it` it is about a role that such a
    session took; by `membership` it names the membership that the finding's call made;
    by `actor` the same principal acts; by `caller` the event is about who made the finding's call.
    Six joins need no name: the `visitor's call`, the first `use` of the key that was made, its
    first use from each `place` (an address), the first `sign-in` of the owner from the actor's
    address, the first `sign-in with MFA`, and what is `newly allowed`: the first call of the bearer
    that goes through where the same call was refused before.
    `who` acts (see `facts.Scene`); none given is anyone.  `when` and `within` must hold too.

    Verdicts: `resolves` puts right all that was found; `mends` does so unless something that made
    it worse still stands; `harms` makes it worse; `lifts` takes a harm away; `reopens` takes a mend
    away; `notes` changes nothing but should be seen.  Where a `final` rule leaves the finding
    resolved, nothing later is looked at.
    What holds `once` is told of the first event, whatever new thing each next one makes.
    An event of the same second counts where `in_second`: then the order is known (what has a new
    id was made before it was used, a user is deleted last) or does not matter.
    """

    by: tuple[str, ...]
    verdict: Verdict
    why: str
    joined: Join = "owner"
    who: tuple[Who, ...] = ()
    when: Fact | None = None
    within: timedelta | None = None
    final: bool = True
    once: bool = False
    in_second: bool = False


def joined_by(joined: Join, *rules: Rule) -> tuple[Rule, ...]:
    """Give rules another join."""
    return tuple(replace(rule, joined=joined) for rule in rules)


def in_second(*rules: Rule) -> tuple[Rule, ...]:
    """Let rules hold inside the finding's own second too."""
    return tuple(replace(rule, in_second=True) for rule in rules)


def put_right(by: tuple[str, ...], what: str, when: Fact | None = None) -> tuple[Rule, ...]:
    """Make the rules for what puts things right: for sure if a third principal does it."""
    return (
        Rule(
            by,
            "resolves",
            f"{{who}}, a third principal, {what}",
            who=("third",),
            when=when,
            final=False,
        ),
        Rule(by, "mends", f"{{who}} {what}", when=when, final=False),
    )


def done_again(by: tuple[str, ...], what: str, when: Fact | None = None) -> tuple[Rule, ...]:
    """Make the rules for what takes a mend away by the same as at the finding."""
    return undone(by, f"{what} again", when)


def undone(by: tuple[str, ...], what: str, when: Fact | None = None) -> tuple[Rule, ...]:
    """Make the rules for what takes a mend away."""

    def ask(fact: Fact) -> Fact:
        return fact if when is None else lambda scene: fact(scene) and when(scene)

    against = f"{{who}} {what}, against what a third principal had done."
    return (
        Rule(by, "harms", against, when=ask(against_a_third)),
        Rule(by, "reopens", f"{{who}} {what}.", when=ask(was_mended)),
    )
