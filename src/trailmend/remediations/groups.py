"""Who is in a group: a user taken out of it, or put back."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from msgspec.structs import replace

from trailmend.calls import Call, Read, call, change, read
from trailmend.errors import CannotFix, NothingThere
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.users import is_later, the_user

_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="AddUserToGroup",
    event_time="2026-03-02T09:00:00Z",
    user_name="bob",
    object_type="group",
    object_id="admins",
)
_BOB = (
    call("iam.get_user", UserName="bob"),
    {
        "id": "AIDAEXAMPLE0000000001",
        "created": "2025-01-01T00:00:00Z",
        "arn": "arn:aws:iam::111122223333:user/bob",
    },
)
_MEMBER = {"GroupName": "admins", "UserName": "bob"}


@remediation(
    title="Take the user out of the group",
    breaks="The user loses what the group allows, and is no longer held by what it denies.",
    example=Example(
        facts=_FACTS,
        reads=(
            _BOB,
            (call("iam.get_group", GroupName="admins"), "2025-01-01T00:00:00Z"),
            (call("iam.list_groups_for_user", UserName="bob"), ["admins", "staff"]),
        ),
        changes=(call("iam.remove_user_from_group", **_MEMBER),),
    ),
    stage="remove",
    needs="finding",
)
def remove_from_group(facts: Facts) -> Steps:
    """Take this one user out of this one group; its other groups and policies are left alone.

    A user who is not in the group needs nothing.  A group that denies holds its members: who is in
    it is not taken out by this fix unless the finding says that it was put in.
    """
    user, group, groups = yield from _membership(facts)
    if group in groups:
        yield change(
            "iam.remove_user_from_group",
            GroupName=group,
            UserName=user,
            undo=_joining(user, group),
            note=f"User {user} in group {group} → not in it",
        )


@remediation(
    title="Put the user back into the group",
    breaks="The user has what the group allows again, and is held by what it denies.",
    example=Example(
        facts=replace(_FACTS, event_name="RemoveUserFromGroup"),
        reads=(
            _BOB,
            (call("iam.get_group", GroupName="admins"), "2025-01-01T00:00:00Z"),
            (call("iam.list_groups_for_user", UserName="bob"), ["staff"]),
        ),
        changes=(call("iam.add_user_to_group", **_MEMBER),),
    ),
    needs="finding",
)
def add_to_group_again(facts: Facts) -> Steps:
    """Make the user a member again, with the group's policies as they are now.

    A group that was made after the event is another group of that name, and is refused.
    """
    user, group, groups = yield from _membership(facts)
    if group not in groups:
        yield change(
            "iam.add_user_to_group",
            GroupName=group,
            UserName=user,
            undo=call("iam.remove_user_from_group", GroupName=group, UserName=user),
            note=f"User {user} not in group {group} → in it",
        )


def _joining(user: str, group: str) -> Call:
    return call("iam.add_user_to_group", GroupName=group, UserName=user)


def _membership(facts: Facts) -> Generator[Read, Any, tuple[str, str, list[str]]]:
    """Give the user, the group of the event as it is spelt now, and the user's groups."""
    if facts.object_type != "group" or not facts.object_id:
        raise CannotFix("The finding names no group: look at its event, then at the user's groups.")
    user = yield from the_user(facts)
    found = yield read("iam.get_group", GroupName=facts.object_id, pick="Group.CreateDate")
    if found is None:
        raise NothingThere(f"Group {facts.object_id} is not there: nobody is in it.")
    if is_later(found, facts.event_time):
        raise CannotFix(
            f"Group {facts.object_id} was made at {found}, after the event: it is another group."
        )
    groups = yield read(
        "iam.list_groups_for_user", UserName=user["name"], pick="sort(Groups[].GroupName)"
    )
    same = [name for name in groups or () if name.lower() == facts.object_id.lower()]
    return user["name"], same[0] if same else facts.object_id, list(groups or ())
