"""Which role the machines of an instance profile get: taken out again, or put back."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from msgspec.structs import replace

from trailmend.calls import Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.holders import Principal, the_principal
from trailmend.remediations.users import is_later

_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="AddRoleToInstanceProfile",
    event_time="2026-03-02T09:00:00Z",
    role_name="deploy",
    object_type="instance_profile",
    object_id="web",
)
_DATE = "2025-01-01T00:00:00Z"
_ROLE = (
    call("iam.get_role", RoleName="deploy"),
    {
        "id": "AROAEXAMPLE0000000001",
        "created": _DATE,
        "arn": "arn:aws:iam::111122223333:role/deploy",
    },
)
_PROFILE = call("iam.get_instance_profile", InstanceProfileName="web")
_BOTH = {"InstanceProfileName": "web", "RoleName": "deploy"}


@remediation(
    title="Take the role out of the instance profile",
    breaks=(
        "Programs on instances that have the profile get no new credentials of the role; those "
        "that were handed out work until they expire."
    ),
    example=Example(
        facts=_FACTS,
        reads=(
            _ROLE,
            (_PROFILE, {"created": _DATE, "roles": ["deploy"]}),
        ),
        changes=(call("iam.remove_role_from_instance_profile", **_BOTH),),
    ),
    stage="remove",
    needs="finding",
    events=("AddRoleToInstanceProfile",),
)
def take_role_out(facts: Facts) -> Steps:
    """Take this one role out of this one profile; role, profile and instances stay.

    Which instances have the profile is asked in each region: aws ec2
    describe-iam-instance-profile-associations.  End what was handed out by
    principals.revoke_role_sessions.  A profile that holds another role by now is left alone.
    """
    who, profile = yield from _both(facts)
    roles = yield from _roles_in(profile, facts)
    if who.name in (roles or ()):
        yield change(
            "iam.remove_role_from_instance_profile",
            **_named(who, profile),
            undo=call("iam.add_role_to_instance_profile", **_named(who, profile)),
            note=f"Instance profile {profile}: role {who.name} in it → without a role",
            breaks=f"Programs on instances with profile {profile} may stop when theirs expire.",
        )


@remediation(
    title="Put the role back into the instance profile",
    breaks=(
        "Programs on instances that have the profile get credentials of the role again, with all "
        "that it may do by now."
    ),
    example=Example(
        facts=replace(_FACTS, event_name="RemoveRoleFromInstanceProfile"),
        reads=(_ROLE, (_PROFILE, {"created": _DATE, "roles": []})),
        changes=(call("iam.add_role_to_instance_profile", **_BOTH),),
    ),
    needs="finding",
    events=("RemoveRoleFromInstanceProfile",),
)
def put_role_back(facts: Facts) -> Steps:
    """Put this one role back into this one profile, which has none by now.

    Look first who runs the instances that have the profile in each region: aws ec2
    describe-iam-instance-profile-associations.  A profile or a role that was made after the event
    is another of the same name, and a profile that holds another role by now is left alone.  To
    have instances notice it at once, take the profile off them and give it to them again.
    """
    who, profile = yield from _both(facts)
    roles = yield from _roles_in(profile, facts)
    if roles is None:
        raise CannotFix(
            f"Instance profile {profile} is not there: deleted since. Make it anew (aws iam "
            "create-instance-profile), put the role in, and give it to the instances again: to "
            "those that run it is another, by another id."
        )
    others = [name for name in roles if name != who.name]
    if others:
        raise CannotFix(
            f"Instance profile {profile} holds role {others[0]} by now, and it has room for one: "
            "see who put that in, take it out if it is wrong, then plan again."
        )
    if not roles:
        yield change(
            "iam.add_role_to_instance_profile",
            **_named(who, profile),
            undo=call("iam.remove_role_from_instance_profile", **_named(who, profile)),
            note=f"Instance profile {profile}: without a role → role {who.name} in it",
        )


def _named(who: Principal, profile: str) -> dict[str, Any]:
    return {"InstanceProfileName": profile, "RoleName": who.name}


def _both(facts: Facts) -> Generator[Read, Any, tuple[Principal, str]]:
    """Give the role and the name of the profile; raises CannotFix where they are not named."""
    who = yield from the_principal(facts)
    profile = facts.object_id
    if who.kind != "role" or facts.object_type != "instance_profile" or not profile:
        raise CannotFix("The finding names no role and profile: look at its event.")
    return who, profile


def _roles_in(profile: str, facts: Facts) -> Generator[Read, Any, list[str] | None]:
    """Name the roles in a profile; None if it is gone, CannotFix if it is another by now."""
    found = yield read(
        "iam.get_instance_profile",
        InstanceProfileName=profile,
        pick="InstanceProfile.{created: CreateDate, roles: Roles[].RoleName}",
    )
    if found is None:
        return None
    if is_later(found["created"], facts.event_time):
        raise CannotFix(
            f"Instance profile {profile} was made at {found['created']}, after the event: it is "
            "another of the same name. See who put a role into it."
        )
    return list(found["roles"])
