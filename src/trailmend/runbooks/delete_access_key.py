"""An access key is deleted: for good, and with it the proof of whose it was in IAM."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_MODEL = "botocore iam DeleteAccessKey"
_KEYS = (
    "AWS IAM User Guide (archive of June 2023), Managing access keys for IAM users, read 2026-11-22"
)
_KEY = "AKIAEXAMPLE000000001"
ALICE, BOB = user("alice"), user("bob")


def _delete(by: Principal, name: str | None = "alice", **more: Any) -> dict[str, Any]:
    request = {"accessKeyId": _KEY, **({"userName": name} if name else {})}
    return call("DeleteAccessKey", by=by, request=request, **more)


_MADE = call(
    "CreateAccessKey",
    by=BOB,
    request={"userName": "alice"},
    response={"accessKey": {"accessKeyId": _KEY, "status": "Active", "userName": "alice"}},
    at="08:00:00",
)
_STOPPED = call(
    "UpdateAccessKey",
    by=BOB,
    request={"userName": "alice", "accessKeyId": _KEY, "status": "Inactive"},
    at="08:30:00",
)
_GONE = _delete(BOB, error="NoSuchEntityException")
_DENIED = denied("DeleteAccessKey", by=BOB, resource="user alice")
_OTHER = "known_relation <> 'self'"
_OWN = "COALESCE(made_by_actor, FALSE)"
# By another: one caller who switches a key off and deletes it at once locks its user out.
_OFF = "COALESCE(stopped_by_other, FALSE)"
_OTHERS = f"actor_type <> 'Root' AND {_OTHER} AND NOT {_OWN}"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeleteAccessKey",),
    family="keys and certificates",
    first="Ask the owner of the program; if it fails, it needs a new key, or better a role.",
    information=(
        Claim("The key is gone at once and for good; no call brings id or secret back.", _MODEL),
        Claim(
            "Without a user name it means the user whose key signs the call; root can delete its "
            "own.",
            _MODEL,
        ),
        Claim(
            "A key can be deleted while it is Active and in use.",
            f"{_MODEL}; {_KEYS}",
        ),
    ),
    impact=(
        Claim("Programs that sign with it fail from then on.", _KEYS),
        Claim(
            "Its calls stay in the log under its id: look for accessKeyId in userIdentity.",
            "AWS CloudTrail User Guide (archive of June 2023), CloudTrail userIdentity element, "
            "read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The last step of a rotation, or of off-boarding.",
            (
                Fact("The user deleted a key of their own.", "known_relation = 'self'"),
                Fact("The key was Inactive before; see `before`.", "before LIKE '%Inactive%'"),
            ),
            (Fact("The key signed calls in the last days."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder deletes the key that they had made, or locks a program out.",
            (
                Fact("The caller had made the key.", "made_by_actor"),
                Fact("The key was another user's.", "known_relation = 'other'"),
            ),
            (Fact("The user ordered it."),),
        ),
        Explanation(
            "insider",
            "A colleague stops a program on leaving.",
            (Fact("The colleague leaves within days, or has left."),),
            (Fact("The key had signed nothing for months."),),
        ),
        Explanation(
            "accident",
            "Of two keys the one in use was deleted.",
            (Fact("CreateAccessKey for the same user followed."),),
            (Fact("The user has another key in use."),),
        ),
        Explanation(
            "automation",
            "A rotation job, or a stack that takes its user away.",
            (Fact("The rotation's schedule names this day."),),
            (Fact("Somebody else had made the key.", "NOT made_by_actor"),),
        ),
    ),
    control_gaps=(
        Claim(
            "Keys are deleted without being switched off first, so a mistake cannot be taken back.",
            _KEYS,
        ),
    ),
    corrections=(
        Correction(
            "Delete a leaked key first of all.",
            Claim(
                "Switch it off: that stops it as well, can be undone, and keeps key and last use "
                "to look at.",
                _KEYS,
            ),
        ),
    ),
    questions=(
        "Which program used it? Look for access_key_id in the log.",
        "To the caller (`actor`): by which order?",
    ),
    false_positives=("Rotations, and stacks that come and go.",),
    not_fixable=(
        Claim(
            "A deleted key stays deleted. Give the program a role; if it must have a key, make a "
            "new one.",
            _MODEL,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root deleted a user's access key",
            level="medium",
            when=f"actor_type = 'Root' AND {_OTHER}",
            techniques=("T1531",),
            fires=((_delete(root()),),),
            quiet=((_delete(root(), None),), (_delete(BOB),)),
        ),
        "own": Detection(
            title="A user or root deleted a key of its own",
            level="info",
            when=f"NOT ({_OTHER})",
            fires=((_delete(ALICE),), (_delete(root(), None),)),
            quiet=((_delete(BOB),), (_delete(role("alice", session="alice")),)),
        ),
        "by_its_maker": Detection(
            title="An access key was deleted by whoever had made it",
            level="low",
            when=f"actor_type <> 'Root' AND {_OTHER} AND {_OWN}",
            fires=((_MADE, _delete(BOB)),),
            quiet=((_delete(BOB),), (_MADE, _delete(ALICE))),
        ),
        "of_another_user": Detection(
            title="Somebody else's access key was deleted",
            level="medium",
            takes_back=True,
            when=f"{_OTHERS} AND NOT {_OFF}",
            techniques=("T1531",),
            fixes=STOP_CALLER,
            fires=(
                (_delete(BOB),),
                (_delete(role("ci")),),
                (_MADE, _delete(role("ci"))),
                (_STOPPED, _delete(BOB)),
            ),
            quiet=(
                (_MADE, _delete(BOB)),
                (_delete(ALICE),),
                (_DENIED,),
                (_STOPPED, _delete(role("ci"))),
            ),
        ),
        "off_before": Detection(
            title="Somebody else's access key was deleted, which another had switched off",
            level="low",
            when=f"{_OTHERS} AND {_OFF}",
            fires=((_STOPPED, _delete(role("ci"))), (_MADE, _STOPPED, _delete(role("ci")))),
            quiet=((_delete(BOB),), (_STOPPED, _delete(BOB)), (_STOPPED, _delete(ALICE))),
        ),
        **tries(
            "delete an access key", denied=_DENIED, failed=_GONE, done=_delete(BOB), level="medium"
        ),
    },
)
