"""Users, roles and groups as holders of policies: which is meant, and what room theirs leave."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from msgspec import Struct

from trailmend.calls import Call, Change, Read, call, change, read
from trailmend.errors import CannotFix, NothingThere
from trailmend.plan import Facts
from trailmend.remediations.users import is_later, the_user

Document = Mapping[str, Any]
_SHOWN = 5
"""How many of those whom a role trusts are named."""


class Principal(Struct, frozen=True):
    """A user, a role or a group, as the account knows it now; `kind` is the noun."""

    kind: str
    name: str
    id: str
    arn: str

    @property
    def text(self) -> str:
        """The principal within a sentence: `user bob`."""
        return f"{self.kind} {self.name}"

    @property
    def title(self) -> str:
        """The principal at the head of a sentence: `User bob`."""
        return f"{self.noun} {self.name}"

    @property
    def noun(self) -> str:
        """The kind as the API writes it in names: `User`."""
        return self.kind.title()

    @property
    def named(self) -> dict[str, Any]:
        """The parameter that names it."""
        return {f"{self.noun}Name": self.name}

    @property
    def deny_all(self) -> str:
        """The ARN of AWS's own policy that denies everything, in the principal's partition."""
        return f"arn:{self.arn.split(':')[1]}:iam::aws:policy/AWSDenyAll"

    def ask(self, verb: str, *, pick: str, watch: bool = True, **params: str) -> Read:
        """Ask about it; `verb` is the operation with the noun left open."""
        return read(f"iam.{verb.format(self.kind)}", pick=pick, watch=watch, **self.named, **params)

    def call(self, verb: str, **params: Any) -> Call:
        """Make a call about it; `verb` is the operation with the noun left open."""
        return call(f"iam.{verb.format(self.kind)}", **self.named, **params)


def policy_text(document: Document) -> str:
    """Write a policy as it is sent, without white space between its parts."""
    return json.dumps(document, separators=(",", ":"))


# Whom it is about --------------------------------------------------------------------------


def the_principal(facts: Facts) -> Generator[Read, Any, Principal]:
    """Read the user or role that the facts name; raises CannotFix if it must not be touched."""
    if facts.role_name is None:
        if facts.user_name is None:
            raise CannotFix("Neither a user nor a role is named: look in the event whom to stop.")
        user = yield from the_user(facts)
        return Principal("user", facts.user_name, user["id"], user["arn"])
    if facts.user_name is not None:
        raise CannotFix("A user and a role are named: plan for one of them at a time.")
    name = facts.role_name
    found = yield read(
        "iam.get_role", RoleName=name, pick="Role.{id: RoleId, created: CreateDate, arn: Arn}"
    )
    if found is None:
        raise NothingThere(
            f"Role {name} is not there: its sessions ended with it. See who made it."
        )
    if found["created"] and is_later(found["created"], facts.event_time):
        raise NothingThere(
            f"Role {name} was made at {found['created']}, after the event of {facts.event_time}: "
            "it is another role of the same name. Nothing is done to it; look at it by itself."
        )
    return Principal("role", name, found["id"], found["arn"])


def the_bearer(facts: Facts) -> Generator[Read, Any, Principal]:
    """Read the user, role or group that the facts name; raises CannotFix if it is another now."""
    if not isinstance(facts.group_name, str):
        return (yield from the_principal(facts))
    name = facts.group_name
    found = yield read(
        "iam.get_group",
        GroupName=name,
        pick="Group.{name: GroupName, id: GroupId, created: CreateDate, arn: Arn}",
    )
    if found is None:
        raise NothingThere(f"Group {name} is not there: what it gave or denied went with it.")
    if is_later(found["created"], facts.event_time):
        raise NothingThere(
            f"Group {name} was made at {found['created']}, after the event of {facts.event_time}: "
            "it is another group of the same name. Nothing is done to it; look at it by itself."
        )
    return Principal("group", found["name"], found["id"], found["arn"])


def the_caller(facts: Facts) -> Generator[Read, Any, Principal]:
    """Read the user or role that made the call; raises CannotFix if it cannot be held here."""
    actor = facts.actor
    if actor.kind == "root":
        raise CannotFix(
            "Root made the call, and no policy of the account holds root: sign in as root, change "
            "its password, delete its access keys and look at its MFA devices."
        )
    account = "".join(actor.arn.split(":")[4:5])
    if account not in ("", facts.account_id):
        raise CannotFix(
            f"The caller {actor.arn} is of account {account}: tell its owner, and take the other "
            "account out of the trust policies and resource policies of this one."
        )
    if facts.user_name is None and facts.role_name is None:
        raise CannotFix(
            f"The caller ({actor.kind or 'unknown'} {actor.arn or actor.name}) is neither a user "
            "nor a role. Of a federated user, quarantine the user whose key made the session."
        )
    who = yield from the_principal(facts)
    if actor.id.partition(":")[0] not in ("", who.id):
        raise CannotFix(
            f"{who.title} has the id {who.id}, the caller had {actor.id}: it is another of the "
            "same name. Nothing is done to it; see what became of the caller."
        )
    return who


# Inline policies ---------------------------------------------------------------------------


def inline_policy(who: Principal, name: str) -> Generator[Read, Any, Document | None]:
    """Read one inline policy; None if there is none of that name.

    Raises CannotFix where AWS lists it and does not show it: one of the two answers is old.
    """
    if not (yield who.ask("list_{}_policies", pick=f"PolicyNames[?@=='{name}']")):
        return None
    found: Document | None = yield who.ask("get_{}_policy", PolicyName=name, pick="PolicyDocument")
    if found is None:
        raise CannotFix(f"AWS lists the policy {name} and does not show it: try in a minute.")
    return found


def attached_and_quota(who: Principal) -> Generator[Read, Any, tuple[int, int]]:
    """Count the managed policies attached to a user or role, and give how many may be."""
    quota = yield read(
        "iam.get_account_summary",
        pick=f"SummaryMap.AttachedPoliciesPer{who.noun}Quota",
        watch=False,
    )
    count = yield who.ask("list_attached_{}_policies", pick="length(AttachedPolicies)", watch=False)
    return count or 0, quota or 0


def has_room(who: Principal, name: str, document: Document) -> Generator[Read, Any, bool]:
    """Tell whether an inline policy fits beside the others.

    The quota is of all inline policies of a user or role together, in characters; AWS counts no
    white space (IAM User Guide, "IAM and AWS STS quotas"), here that within texts is counted.
    """
    quota = yield read(
        "iam.get_account_summary", pick=f"SummaryMap.{who.noun}PolicySizeQuota", watch=False
    )
    names = yield who.ask("list_{}_policies", pick="PolicyNames", watch=False)
    size = len(policy_text(document))
    for other in names or ():
        if other != name:
            found = yield who.ask(
                "get_{}_policy", PolicyName=other, pick="PolicyDocument", watch=False
            )
            size += len(policy_text(found)) if found else 0
    return size <= (quota or 0)


def put_inline_policy(
    who: Principal,
    name: str,
    document: Document,
    former: Document | None,
    note: str,
    breaks: str,
) -> Change:
    """Put an inline policy; the undo puts the former one back, or deletes it."""
    back = who.call("put_{}_policy", PolicyName=name, PolicyDocument=policy_text(former or {}))
    return change(
        f"iam.put_{who.kind}_policy",
        **who.named,
        PolicyName=name,
        PolicyDocument=policy_text(document),
        undo=back if former else who.call("delete_{}_policy", PolicyName=name),
        note=note,
        breaks=breaks,
    )


def listed(value: Any) -> list[Any]:
    """Make a list of what a policy may write as one thing or as a list."""
    return value if isinstance(value, list) else [value]


def use_of_role(who: Principal) -> Generator[Read, Any, str]:
    """Say who may take the role, and when it was last used."""
    found = yield who.ask(
        "get_{}",
        pick="Role.{trust: AssumeRolePolicyDocument, used: RoleLastUsed.LastUsedDate}",
        watch=False,
    )
    if found is None:
        return ""
    trusted = list(dict.fromkeys(_trusted(found["trust"])))
    more = f" and {len(trusted) - _SHOWN} more" if len(trusted) > _SHOWN else ""
    used = found.get("used") or "not known"
    return f"Who may take it: {', '.join(trusted[:_SHOWN]) or 'nobody'}{more}; last use: {used}."


def _trusted(trust: Document) -> Iterator[str]:
    for statement in listed(trust["Statement"]):
        if statement["Effect"] == "Allow":
            principal = statement.get("Principal", {})
            for names in principal.values() if isinstance(principal, dict) else [principal]:
                yield from listed(names)
