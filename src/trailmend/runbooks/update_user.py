"""An IAM user gets another name or path: the same id, another ARN."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.tries import tries

_MODEL = "botocore iam UpdateUser"
_NAMES = "AWS IAM User Guide (archive of June 2023), IAM identifiers, read 2026-11-22"
BOB = user("bob")


def _rename(by: Principal, name: str = "alice", **more: Any) -> dict[str, Any]:
    request = {"userName": name, "newUserName": "svc-backup"}
    return call("UpdateUser", by=by, request=request, **more)


_TAKEN = _rename(BOB, error="EntityAlreadyExistsException")
_DENIED = denied("UpdateUser", by=BOB, resource="user alice")
_MADE = call("CreateUser", by=BOB, request={"userName": "alice"}, at="08:00:00")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateUser",),
    family="users and groups",
    tier=2,
    first="Note both names: searches, alarms and policies that know the old one miss the new one.",
    information=(
        Claim("Name or path change, and with them the ARN; the id (AIDA...) stays.", _MODEL),
        Claim(
            "The request names the old name as userName and the new one as newUserName.",
            "botocore iam UpdateUserRequest; Splunk Common Information Model manual, sample of "
            "UpdateUser, read 2026-11-28",
        ),
        Claim(
            "Credentials, groups and policies stay with the user under the new name.",
            f"{_MODEL}; {_NAMES}",
        ),
    ),
    impact=(
        Claim(
            "Policies that name the user as a resource keep the old ARN and no longer mean the "
            "user; those of resources and roles that name them as the principal are brought up "
            "to date by AWS.",
            "AWS IAM User Guide, Rename an IAM user, read 2026-11-28",
        ),
        Claim(
            "A path can carry rights: policies may allow all users below /admins/.",
            _NAMES,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person changed their name, or a naming rule changed.",
            (Fact("Several users got names of one new form."),),
            (Fact("The new name is like a service's."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder slips away from alarms and denials that go by name, or hides among "
            "others.",
            (
                Fact("The caller renamed itself.", "known_relation = 'self'"),
                Fact("A policy or an alarm names the old ARN."),
            ),
            (Fact("The directory of people shows the new name."),),
        ),
    ),
    corrections=(
        Correction(
            "A renamed user is a new user.",
            Claim(
                "It is the same, by its id; what the log shows of the old name is its own.", _NAMES
            ),
        ),
    ),
    questions=(
        "Which policies, trust policies and alarms name the old ARN?",
        "To the caller (`actor`): who asked for the new name?",
    ),
    false_positives=("Marriages, and new naming rules.",),
    detections={
        "of_itself": Detection(
            title="A user gave itself another name or path",
            level="medium",
            when="known_relation = 'self'",
            techniques=("T1036.005",),
            fires=((_rename(user("alice")),),),
            quiet=((_rename(BOB),), (_rename(role("alice", session="alice")),)),
        ),
        "made_by_caller": Detection(
            title="A user got another name or path from whoever had made it",
            level="low",
            when=f"known_relation <> 'self' AND {_OWN}",
            fires=((_MADE, _rename(BOB)),),
            quiet=((_rename(BOB),), (_TAKEN,)),
        ),
        "renamed": Detection(
            title="A user got another name or path",
            level="low",
            when=f"known_relation <> 'self' AND NOT {_OWN}",
            fires=((_rename(BOB),), (_rename(root()),)),
            quiet=((_rename(user("alice")),), (_MADE, _rename(BOB)), (_DENIED,)),
        ),
        **tries("rename a user", denied=_DENIED, failed=_TAKEN, done=_rename(BOB)),
    },
)
