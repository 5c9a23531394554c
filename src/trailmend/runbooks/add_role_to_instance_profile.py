"""A role is put into an instance profile: machines that start with the profile act as the role."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.instance_profiles import take_role_out
from trailmend.tries import tries

_MODEL = "botocore iam AddRoleToInstanceProfile"
_EC2 = (
    "AWS IAM User Guide (archive of June 2023), Using an IAM role to grant permissions to "
    "applications running on Amazon EC2 instances, read 2026-11-22"
)
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
BOB, CI = user("bob"), role("ci")


def _add(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"roleName": "web", "instanceProfileName": "web"}
    return call("AddRoleToInstanceProfile", by=by, request=request, **more)


_MADE = call("CreateRole", by=BOB, request={"roleName": "web"}, at="08:00:00")
_STRONG = call(
    "AttachRolePolicy", by=BOB, request={"roleName": "web", "policyArn": ADMIN}, at="08:10:00"
)
_FULL = _add(BOB, error="LimitExceededException")
_DENIED = denied(
    "AddRoleToInstanceProfile", by=BOB, resource=f"arn:aws:iam::{ACCOUNT}:instance-profile/web"
)
_ADMIN = "COALESCE(target_is_admin, FALSE)"
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:AddRoleToInstanceProfile",),
    family="roles",
    first="See which instances have the profile, and what they called with the role since.",
    information=(
        Claim(
            "A profile holds one role; instances that have the profile get sessions of it.",
            f"{_MODEL}; {_EC2}",
        ),
        Claim(
            "The caller needs iam:PassRole for the role beside the right to this call.",
            f"{_MODEL} (iam:PassRole)",
        ),
        Claim(
            "The record names role and profile; which instances have the profile is in EC2.",
            "sample: invictus AddRoleToInstanceProfile",
        ),
    ),
    impact=(
        Claim(
            "Whoever can run a program on such an instance can take the role's sessions from its "
            "metadata.",
            _EC2,
        ),
        Claim(
            "It is a way up: a weak user who may fill profiles and start machines acts as a "
            "strong role.",
            "Rhino Security Labs, AWS IAM Privilege Escalation (iam:PassRole, ec2:RunInstances), "
            "read 2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A new kind of machine gets its role.",
            (Fact("The caller had made the role.", "target_made_by_actor"),),
            (Fact("The role is an administrator.", "target_is_admin"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder hands a strong role to a machine of theirs.",
            (
                Fact("The role is an administrator.", "target_is_admin"),
                Fact("RunInstances or AssociateIamInstanceProfile by the same principal followed."),
            ),
            (Fact("No instance has the profile."),),
        ),
        Explanation(
            "insider",
            "A developer wants more rights on a machine than they were given.",
            (Fact("The caller signed in to the machine, or sent it a command, soon after."),),
            (Fact("The role may do no more than the caller."),),
        ),
        Explanation(
            "accident",
            "The role of another environment was chosen.",
            (Fact("RemoveRoleFromInstanceProfile by the same principal followed."),),
            (Fact("Instances run with the profile."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code, or the console: it makes a profile of the same name for each "
            "role for EC2.",
            (Fact("The caller had made the role.", "target_made_by_actor"),),
            (Fact("Somebody else had made the role.", "NOT target_made_by_actor"),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:PassRole is allowed on all roles, where the ARNs of those for machines would do.",
            "AWS IAM User Guide (archive of June 2023), Granting a user permissions to pass a role "
            "to an AWS service, read 2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "Profile and role are the same thing.",
            Claim(
                "They have names and ARNs of their own, often alike; the role is the principal.",
                _EC2,
            ),
        ),
    ),
    questions=(
        "Which instances have the profile, and who may run programs on them?",
        "What may the role do? `trailmend history role/NAME`.",
    ),
    false_positives=("Every new stack with instances.",),
    not_fixable=(
        Claim(
            "Who has the credentials that a machine was handed out keeps them until they expire, "
            "whatever the profile holds: end the role's sessions "
            "(principals.revoke_role_sessions).",
            "AWS IAM User Guide, Revoke IAM role temporary security credentials, read 2026-11-22",
        ),
    ),
    detections={
        "administrator": Detection(
            title="A role that is an administrator was given to machines",
            level="high",
            when=_ADMIN,
            techniques=("T1098.003", "T1078.004"),
            fixes=(take_role_out, *STOP_CALLER),
            fires=((_MADE, _STRONG, _add(BOB)),),
            quiet=((_MADE, _add(BOB)), (_add(BOB),), (_STRONG, _FULL)),
        ),
        "own_role": Detection(
            title="A role was given to machines by whoever had made it",
            level="low",
            when=f"NOT {_ADMIN} AND {_OWN}",
            fires=((_MADE, _add(BOB)),),
            quiet=((_MADE, _add(CI)), (_MADE, _STRONG, _add(BOB))),
        ),
        "given": Detection(
            title="A role was given to machines",
            level="low",
            when=f"NOT {_ADMIN} AND NOT {_OWN}",
            techniques=("T1098.003",),
            fires=((_add(BOB),), (_add(root()),), (_MADE, _add(CI))),
            quiet=((_MADE, _add(BOB)), (_DENIED,)),
        ),
        **tries(
            "give a role to machines",
            denied=_DENIED,
            failed=_FULL,
            done=_add(BOB),
            level="medium",
            techniques=("T1098.003",),
        ),
    },
)
