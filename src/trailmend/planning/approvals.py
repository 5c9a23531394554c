"""Who may let a plan be applied: by its level, by what of it cannot be undone, and by who asked.

The rules are those of the settings.  What they protect against is haste and one stolen account;
whoever can write the workspace's files can write an approval too.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from msgspec import Meta, Struct

from trailmend.catalog import LEVELS
from trailmend.errors import Refused
from trailmend.plan import Actor, Plan

Level = Literal["info", "low", "medium", "high", "critical"]
Pattern = Annotated[str, Meta(min_length=1)]
_OF_SSO = "awsreservedsso_"


class ApprovalRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may approve plans of which level.

    From the level `second_person` on, and from `second_person_irreversible` on where a change
    cannot be undone, somebody else than who asked must approve; "never" switches that off.
    `approvers` are names of users on this machine or ARNs, with `*` and `?` as in the shell, for
    each level; a level that is not there may be approved by anybody.  `folder` is where other
    users of this machine find what they are asked to approve, and put their answers; these are
    of the owner of the file, and an ARN in `approvers` means none of them.
    """

    second_person: Level | Literal["never"] = "critical"
    second_person_irreversible: Level | Literal["never"] = "high"
    approvers: dict[Level, tuple[Pattern, ...]] = {}
    folder: Annotated[str, Meta(pattern=r"\A(/[^\0]*)?\Z")] = ""


class Person(Struct, frozen=True):
    """Somebody who approves: the user on this machine, and the ARN of their AWS credentials."""

    user: str
    arn: str = ""

    @property
    def text(self) -> str:
        """Name them."""
        return f"{self.user} ({self.arn})" if self.arn else self.user


def needs_second_person(plan: Plan, rules: ApprovalRules) -> bool:
    """Tell whether who asked for the plan may not approve it."""
    return _from(rules.second_person, plan) or (
        bool(plan.irreversible) and _from(rules.second_person_irreversible, plan)
    )


def restricts(plan: Plan, rules: ApprovalRules) -> bool:
    """Tell whether the settings list who may approve what is of the plan's level."""
    return _level(plan) in rules.approvers


def same_person(one: Person, other: Person) -> bool:
    """Tell whether two may be the same: the same user, or the same credentials."""
    return _same_user(one, other.user) or _same_principal(one.arn, other.arn)


def check_approver(plan: Plan, person: Person, rules: ApprovalRules) -> None:
    """Refuse an approval by who asked, by who did what is mended, or by who is not listed."""
    for part in plan.parts:
        if _is_actor(person, part.facts.actor):
            raise Refused(
                f"{person.text} did what plan {plan.id} mends: somebody else must approve it."
            )
    if needs_second_person(plan, rules) and _asked(plan, person):
        same = f"the same user of this machine, {plan.asked_by},"
        asker = same if person.arn and _same_user(person, plan.asked_by) else person.text
        raise Refused(
            f"Plan {plan.id} is {_why(plan)}, and {asker} asked for it: a second person "
            f"must approve it. Ask one to run: trailmend approve {where_to_approve(plan, rules)}"
        )
    listed = rules.approvers.get(_level(plan))
    if listed is not None and not any(_fits(person, pattern) for pattern in listed):
        raise Refused(
            f"{person.text} is not among those who may approve what is {plan.level}: "
            f"{', '.join(listed) or 'nobody'} (settings, [approval])."
        )


def request_name(plan: Plan, changes: Sequence[int] | None = None) -> str:
    """Name the file by which a plan, or the undoing of `changes` from 0, is asked to be let."""
    undone = "-".join(str(number + 1) for number in changes or ())
    rollback = f".rollback-{undone}" if changes is not None else ""
    return f"{plan.id}-{plan.hash[:16]}{rollback}.ask.json"


def needs_asking(plan: Plan, rules: ApprovalRules) -> bool:
    """Tell whether somebody is to be asked by a file: not anybody may approve, and it is shared."""
    return bool(rules.folder) and (needs_second_person(plan, rules) or restricts(plan, rules))


def where_to_approve(plan: Plan, rules: ApprovalRules) -> str:
    """Name what the approver gives to `trailmend approve`: the plan, or the file of it."""
    return f"{rules.folder}/{request_name(plan)}" if needs_asking(plan, rules) else plan.id


def _from(lowest: str, plan: Plan) -> bool:
    return lowest != "never" and LEVELS.index(_level(plan)) >= LEVELS.index(_level(lowest))


def _level(said: Plan | str) -> Level:
    """Give a level as one; a word that is none counts as the highest."""
    word = said if isinstance(said, str) else said.level
    return next((level for level in LEVELS if level == word), "critical")


def _asked(plan: Plan, person: Person) -> bool:
    """Tell whether the person asked for the plan: the same user, or the same credentials."""
    return _same_user(person, plan.asked_by) or _same_principal(person.arn, plan.made_by)


def _is_actor(person: Person, actor: Actor) -> bool:
    """Tell whether the person is the actor: by ARN, or by the name of an IAM user."""
    return (actor.kind == "user" and _same_user(person, actor.name)) or _same_principal(
        person.arn, actor.arn
    )


def _same_user(person: Person, name: str) -> bool:
    return bool(name) and person.user.casefold() == name.casefold()


def _same_principal(one: str, other: str) -> bool:
    """Tell whether two ARNs are of the same principal; an ARN that is not known is of nobody."""
    return bool(one and other) and _principal(one) == _principal(other)


def _principal(arn: str) -> tuple[str, ...]:
    """Give what of an ARN says who it is: the account, the kind and the name, under any path.

    A role is the same as its sessions: whoever holds it chooses their names.  Only IAM Identity
    Center names the sessions of its roles itself, by their users.  IAM holds names that differ in
    case alone for the same (botocore CreateUserRequest, CreateRoleRequest).
    """
    kind, *names = arn.casefold().rpartition(":")[2].split("/")
    account = arn.casefold().split(":")[4:5]
    if kind == "assumed-role":
        kind, names = "role", names if names[:1] and names[0].startswith(_OF_SSO) else names[:1]
    elif kind in ("role", "user"):
        names = names[-1:]
    return *account, kind, *names


def _fits(person: Person, pattern: str) -> bool:
    return fnmatchcase(person.user, pattern) or fnmatchcase(person.arn, pattern)


def _why(plan: Plan) -> str:
    return f"{plan.level} and cannot all be undone" if plan.irreversible else plan.level
