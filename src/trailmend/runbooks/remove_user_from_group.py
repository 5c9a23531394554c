"""A user leaves a group: rights go, and so may a denial that held it."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.groups import add_to_group_again
from trailmend.tries import tries

_MODEL = "botocore iam RemoveUserFromGroup"
_LOGIC = (
    "AWS IAM User Guide (archive of June 2023), Policy evaluation logic (an explicit deny "
    "overrides), read 2026-11-22"
)
ALICE, BOB = user("alice"), user("bob")
_DENY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
)


def _leave(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"userName": "alice", "groupName": "held"}
    return call("RemoveUserFromGroup", by=by, request=request, **more)


_HELD = call(
    "PutGroupPolicy",
    by=BOB,
    request={"groupName": "held", "policyName": "no", "policyDocument": _DENY},
    at="07:00:00",
)
_NEW = call("CreateUser", by=BOB, request={"userName": "alice"}, at="08:00:00")
_GONE = _leave(BOB, error="NoSuchEntityException")
_DENIED = denied("RemoveUserFromGroup", by=ALICE, resource="group held")
_PUT_IN = _leave(BOB, at="08:30:00") | {"eventName": "AddUserToGroup"}
_OWN = "COALESCE(made_by_actor, FALSE)"
_FREED = "COALESCE(denies, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:RemoveUserFromGroup",),
    family="users and groups",
    first="See whether the group denied something; if so, put the user back before all else.",
    information=(
        Claim("The user loses what the group's policies allow, and what they deny.", _MODEL),
        Claim(
            "An explicit denial stands above every permission, so a group that denies is a way to "
            "hold users: leaving it sets them free.",
            _LOGIC,
        ),
    ),
    impact=(
        Claim("A person or program may fail with AccessDenied from then on.", _LOGIC),
        Claim(
            "A user in quarantine by such a group can act again with all that it is allowed "
            "otherwise.",
            _LOGIC,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A colleague changes teams, or rights are taken back.",
            (Fact("The user joined another group by the same principal."),),
            (Fact("The group denies.", "denies"),),
        ),
        Explanation(
            "unauthorised",
            "A user who is held sets itself free, or an intruder locks colleagues out.",
            (
                Fact("The group denies.", "denies"),
                Fact("The user took itself out.", "on_itself"),
            ),
            (Fact("The incident for which the user was held is closed."),),
        ),
        Explanation(
            "automation",
            "Code that keeps memberships removes what its file does not name.",
            (Fact("The file of the group does not name the user."),),
            (Fact("The file of the group still names the user."),),
        ),
    ),
    corrections=(
        Correction(
            "Leaving a group only takes rights away.",
            Claim("It takes the group's denials away as well, and so can give rights.", _LOGIC),
        ),
    ),
    questions=(
        "What did the group allow and deny? `trailmend history group/NAME`.",
        "To the caller (`actor`): by which order?",
    ),
    false_positives=("Changes of teams, off-boarding.",),
    detections={
        "freed_itself": Detection(
            title="A user took itself out of a group that denies",
            level="high",
            when=f"{_FREED} AND COALESCE(on_itself, FALSE)",
            techniques=("T1548",),
            fixes=(add_to_group_again, *STOP_CALLER),
            fires=((_HELD, _leave(ALICE)),),
            quiet=((_HELD, _leave(BOB)), (_leave(ALICE),), (_HELD, _leave(role("alice")))),
        ),
        "freed": Detection(
            title="A user was taken out of a group that denies",
            level="medium",
            when=f"{_FREED} AND NOT COALESCE(on_itself, FALSE)",
            techniques=("T1548",),
            fixes=(add_to_group_again, *STOP_CALLER),
            fires=((_HELD, _leave(BOB)), (_HELD, _leave(root()))),
            quiet=((_leave(BOB),), (_HELD, _leave(ALICE))),
        ),
        "removed": Detection(
            title="A user was taken out of a group",
            level="low",
            when=f"NOT {_FREED} AND NOT {_OWN}",
            techniques=("T1531",),
            fixes=(add_to_group_again,),
            fires=((_leave(BOB),), (_NEW, _leave(BOB))),
            quiet=((_HELD, _leave(BOB)), (_PUT_IN, _leave(BOB)), (_GONE,)),
        ),
        "taken_back": Detection(
            title="A user was taken out of a group by whoever had put it in",
            level="low",
            # No fix: of a story it would give again what the intruder had given.
            when=f"NOT {_FREED} AND {_OWN}",
            fires=((_PUT_IN, _leave(BOB)),),
            quiet=((_leave(BOB),), (_PUT_IN, _leave(ALICE)), (_HELD, _PUT_IN, _leave(BOB))),
        ),
        **tries(
            "take a user out of a group",
            denied=_DENIED,
            failed=_GONE,
            done=_leave(BOB),
            level="medium",
        ),
    },
)
