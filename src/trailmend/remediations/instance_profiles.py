"""Which role the machines of an instance profile get: one that was put in is taken out again."""

from __future__ import annotations

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.holders import the_principal
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
            (
                call("iam.get_instance_profile", InstanceProfileName="web"),
                {"created": _DATE, "roles": ["deploy"]},
            ),
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
    who = yield from the_principal(facts)
    profile = facts.object_id
    if who.kind != "role" or facts.object_type != "instance_profile" or not profile:
        raise CannotFix("The finding names no role and profile: look at its event.")
    found = yield read(
        "iam.get_instance_profile",
        InstanceProfileName=profile,
        pick="InstanceProfile.{created: CreateDate, roles: Roles[].RoleName}",
    )
    if found is None:
        return
    if is_later(found["created"], facts.event_time):
        raise CannotFix(
            f"Instance profile {profile} was made at {found['created']}, after the event: it is "
            "another of the same name. Look who put a role into it."
        )
    if who.name in found["roles"]:
        yield change(
            "iam.remove_role_from_instance_profile",
            InstanceProfileName=profile,
            RoleName=who.name,
            undo=call(
                "iam.add_role_to_instance_profile", InstanceProfileName=profile, RoleName=who.name
            ),
            note=f"Instance profile {profile}: role {who.name} in it → without a role",
            breaks=f"Programs on instances with profile {profile} may stop when theirs expire.",
        )
