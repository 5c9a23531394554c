"""The user that a remedy is about: whether that user may be touched, and what they may do."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any

from trailmend.calls import Read, read
from trailmend.errors import CannotFix, NothingThere
from trailmend.plan import Facts
from trailmend.policies import Document


def the_user(facts: Facts) -> Generator[Read, Any, dict[str, Any]]:
    """Give the name, id, creation date (ISO 8601) and ARN of the user that the facts name.

    Raises CannotFix if they name none, if there is no such user now, and if the user of that name
    was made after the event: that is somebody else.
    """
    name = facts.user_name
    if name is None:
        raise CannotFix("The finding names no user: find out in its event whom it is about.")
    found = yield read(
        "iam.get_user", UserName=name, pick="User.{id: UserId, created: CreateDate, arn: Arn}"
    )
    if found is None:
        raise CannotFix(
            f"User {name} is not there: deleted or renamed. Look in the log for DeleteUser or "
            "UpdateUser of that name, then at the user as it is called now."
        )
    if is_later(found["created"], facts.event_time):
        raise NothingThere(
            f"User {name} was made at {found['created']}, after the event of {facts.event_time}: "
            "it is another user of the same name. Nothing is done to it; look at it by itself."
        )
    return {"name": name, **found}


def is_later(date: str | None, other: str) -> bool:
    """Tell whether a date is later than another, both ISO 8601; never later than an empty one.

    Raises CannotFix if AWS gave no date: what is not known is not taken for safe.
    """
    if date is None:
        raise CannotFix("AWS does not say when this was made: look at it, and mend it by hand.")
    return bool(other) and datetime.fromisoformat(date) > datetime.fromisoformat(other)


def documents_of(name: str) -> Generator[Read, Any, list[Document]]:
    """Give the policies of a user as they are in force: inline, attached, and of the groups.

    A permissions boundary is not among them: it allows nothing.
    """
    documents = yield from _inline("user", name)
    attached = yield from _attached("user", name)
    groups = yield read("iam.list_groups_for_user", UserName=name, pick="sort(Groups[].GroupName)")
    for group in groups or ():
        documents += yield from _inline("group", group)
        attached += yield from _attached("group", group)
    for arn in dict.fromkeys(attached):
        documents += yield from _managed(arn)
    return documents


def _inline(kind: str, name: str) -> Generator[Read, Any, list[Document]]:
    bearer: dict[str, Any] = {f"{kind.title()}Name": name}
    policies = yield read(f"iam.list_{kind}_policies", **bearer, pick="sort(PolicyNames)")
    documents = []
    for policy in policies or ():
        document = yield read(
            f"iam.get_{kind}_policy", **bearer, PolicyName=policy, pick="PolicyDocument"
        )
        documents += [document] if document else []
    return documents


def _attached(kind: str, name: str) -> Generator[Read, Any, list[str]]:
    bearer: dict[str, Any] = {f"{kind.title()}Name": name}
    arns = yield read(
        f"iam.list_attached_{kind}_policies",
        **bearer,
        pick="sort(AttachedPolicies[].PolicyArn)",
    )
    return list(arns or ())


def _managed(arn: str) -> Generator[Read, Any, list[Document]]:
    version = yield read("iam.get_policy", PolicyArn=arn, pick="Policy.DefaultVersionId")
    if version is None:
        return []
    document = yield read(
        "iam.get_policy_version",
        PolicyArn=arn,
        VersionId=version,
        pick="PolicyVersion.Document",
    )
    return [document] if document else []
