"""A new IAM user: an identity that stays until somebody deletes it."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.tries import tries

_MODEL = "botocore iam CreateUser"
BOB, CI = user("bob"), role("ci", session="alice")


def _make(by: Principal, name: str = "alice", **more: Any) -> dict[str, Any]:
    return call("CreateUser", by=by, request={"userName": name}, **more)


_TAKEN = _make(BOB, error="EntityAlreadyExistsException")
_DENIED = denied("CreateUser", by=BOB, resource="arn:aws:iam::111122223333:user/alice")

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:CreateUser",),
    family="users and groups",
    first="See what the user got within the hour: key, password, policies, groups.",
    information=(
        Claim(
            "The call makes a user without password, key, device, group or policy; a path, tags "
            "and a permissions boundary may be given.",
            _MODEL,
        ),
        Claim(
            "Names are unique in the account without regard to upper and lower case.",
            _MODEL,
        ),
        Claim(
            "The answer holds the user's id (AIDA...), which no later user of that name will have.",
            "sample: stratus CreateUser in invictus; botocore iam User",
        ),
    ),
    impact=(
        Claim(
            "Alone it opens nothing: a user can do nothing until something is given to it.", _MODEL
        ),
        Claim(
            "With a key and a policy it is a way back in that outlives every session and the "
            "password change of whoever was robbed.",
            "MITRE ATT&CK, T1136.003 (attack.mitre.org/techniques/T1136/003), read 2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person or a program begins to work with the account.",
            (Fact("A ticket or the code of the account names the user."),),
            (Fact("The first call of this kind by the caller.", "first_action"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes an identity of their own, often with a name like a service's.",
            (Fact("A key and AdministratorAccess followed; see chain.new_administrator."),),
            (Fact("The user has had neither key nor password for days."),),
        ),
        Explanation(
            "insider",
            "An administrator makes a second identity that off-boarding will forget.",
            (Fact("The name is close to that of another user."),),
            (Fact("The name is that of a person who was just taken on."),),
        ),
        Explanation(
            "accident",
            "A typing error, or a test in the wrong account.",
            (Fact("DeleteUser for the same name followed."),),
            (Fact("The user is in use."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code or an onboarding tool makes it.",
            (Fact("The user's name stands in the code or in the tool."),),
            (Fact("Its path and tags are not those that the code gives."),),
        ),
    ),
    control_gaps=(
        Claim(
            "People still get IAM users where Identity Center or federation would give them "
            "sessions.",
            "AWS IAM User Guide (archive of June 2023), Security best practices in IAM, read "
            "2026-11-22",
        ),
        Claim(
            "iam:CreateUser is allowed without the condition iam:PermissionsBoundary, so that a "
            "user may be made without a boundary.",
            "AWS IAM User Guide (archive of June 2023), Permissions boundaries for IAM entities, "
            "read 2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "A new user is dangerous in itself.",
            Claim("It has no credential and no right until it is given some.", _MODEL),
        ),
    ),
    questions=(
        "To the caller (`actor`): for whom or what is the user, by which ticket?",
        "What was done for it since? `trailmend history user/NAME`.",
    ),
    false_positives=("Onboarding, and stacks that make a user for a program.",),
    console=(
        Console(
            "Take all rights from a new user",
            (
                "Open the IAM console, choose Users, then the user's name.",
                "On Security credentials make its access keys inactive and disable console access.",
                "On Permissions remove its policies; on Groups leave its groups.",
            ),
            "AWS IAM User Guide (archive of June 2023), Managing IAM users; "
            "labels not checked on a live console",
            "2026-11-22",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix deletes the user: a deletion cannot be undone, and its id is in trust policies "
            "and in the log. Quarantine takes its rights and keeps the evidence: trailmend plan "
            "--fix principals.quarantine_target --user NAME.",
            "botocore iam DeleteUser",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root made a user",
            level="medium",
            when="actor_type = 'Root'",
            techniques=("T1136.003",),
            fires=((_make(root()),),),
            quiet=((_make(BOB),), (_make(role("root")),), (_TAKEN,)),
        ),
        "made": Detection(
            title="A user was made",
            level="low",
            when="actor_type <> 'Root'",
            techniques=("T1136.003",),
            fires=((_make(BOB),), (_make(CI),)),
            quiet=((_make(root()),), (_TAKEN,), (_DENIED,)),
        ),
        **tries(
            "make a user",
            denied=_DENIED,
            failed=_TAKEN,
            done=_make(BOB),
            level="medium",
            techniques=("T1136.003",),
        ),
    },
)
