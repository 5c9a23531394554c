"""An access key is switched off, or on again."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.access_keys import deactivate_access_key
from trailmend.tries import tries

_MODEL = "botocore iam UpdateAccessKey"
_KEYS = (
    "AWS IAM User Guide (archive of June 2023), Managing access keys for IAM users, read 2026-11-22"
)
_KEY = "AKIAEXAMPLE000000001"
ALICE, BOB = user("alice"), user("bob")
HELP_DESK = role("help-desk", session="alice")


def _set(by: Principal, status: str, name: str | None = "alice", **more: Any) -> dict[str, Any]:
    request = {"accessKeyId": _KEY, "status": status, **({"userName": name} if name else {})}
    return call("UpdateAccessKey", by=by, request=request, **more)


_MADE = call(
    "CreateAccessKey",
    by=BOB,
    request={"userName": "alice"},
    response={"accessKey": {"accessKeyId": _KEY, "status": "Active", "userName": "alice"}},
    at="08:00:00",
)
_GONE = _set(BOB, "Inactive", error="NoSuchEntityException")
_DENIED = denied("UpdateAccessKey", by=BOB, resource="user alice")
_ON = 'request LIKE \'%"status":"Active"%\''
_OTHER = "known_relation <> 'self'"
_OWN = "COALESCE(made_by_actor, FALSE)"
_AGAINST = "COALESCE(stopped_by_other, FALSE)"
_STOPPED = _set(BOB, "Inactive", at="08:30:00")

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateAccessKey",),
    family="keys and certificates",
    first="A key that was switched on: switch it off. One that was switched off: ask its program.",
    information=(
        Claim(
            "It sets one key to Active or Inactive; both can be undone by the same call.", _MODEL
        ),
        Claim(
            "Without a user name it means the user whose long-lived key signs the call; with a "
            "temporary key the name is required.",
            _MODEL,
        ),
        Claim(
            "An inactive key counts among the two that a user may have.",
            "AWS IAM User Guide (archive of June 2023), IAM and AWS STS quotas, read 2026-11-22",
        ),
        Claim(
            "The record names key and new status; the former status is not in it.",
            "botocore iam UpdateAccessKeyRequest; sample: traildiscover UpdateAccessKey (denied)",
        ),
    ),
    impact=(
        Claim(
            "A key that is on again works with the secret that it always had: whoever kept it is "
            "back, without a new key that anybody would see.",
            _KEYS,
        ),
        Claim("A key that is off stops its program at the next call.", _KEYS),
    ),
    explanations=(
        Explanation(
            "intended",
            "A rotation ends with the old key off, or a leaked key is stopped.",
            (
                Fact("The user switched a key of their own.", "known_relation = 'self'"),
                Fact("It was switched off.", 'request LIKE \'%"status":"Inactive"%\''),
            ),
            (Fact("It was switched on.", _ON),),
        ),
        Explanation(
            "unauthorised",
            "An intruder wakes an old key whose secret they have, or stops a program.",
            (
                Fact("It was switched on.", _ON),
                Fact("The key is another user's.", "known_relation = 'other'"),
            ),
            (Fact("The key's program was waiting for it."),),
        ),
        Explanation(
            "insider",
            "A colleague wakes a key of a user who left.",
            (Fact("The user has not signed in for months."),),
            (Fact("The user who left had handed the program over."),),
        ),
        Explanation(
            "accident",
            "The key of a program that still ran was switched off.",
            (Fact("It was switched on again within the hour."),),
            (Fact("GetAccessKeyLastUsed tells no use for weeks."),),
        ),
        Explanation(
            "automation",
            "A job switches unused keys off.",
            (
                Fact(
                    "The caller switched {targets_10m} users' keys within ten minutes.",
                    "targets_10m >= 3",
                ),
            ),
            (Fact("It was switched on.", _ON),),
        ),
    ),
    control_gaps=(
        Claim(
            "Keys stay Inactive for years instead of being deleted after a quiet time: each can "
            "be woken.",
            _KEYS,
        ),
    ),
    corrections=(
        Correction(
            "An inactive key is harmless.",
            Claim("Whoever may call UpdateAccessKey can wake it in one call.", _MODEL),
        ),
    ),
    questions=(
        "To the user (`target`): whose program uses the key, and who has its secret?",
        "To the caller (`actor`): why now?",
    ),
    false_positives=("Rotations: the new key on, the old key off.", "Sweeps of unused keys."),
    console=(
        Console(
            "Switch the key back",
            (
                "Open the IAM console, choose Users, then the user's name.",
                "On Security credentials, under Access keys, choose Actions, then Activate or "
                "Deactivate.",
            ),
            "AWS IAM User Guide (archive of June 2023), Managing access keys for IAM users; "
            "labels not checked on a live console",
            "2026-11-22",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix wakes a key: whether a program needs it only its owner knows. It is one call, "
            "and can be taken back.",
            _MODEL,
        ),
    ),
    detections={
        "woken_by_root": Detection(
            title="Root switched an access key on",
            level="high",
            when=f"{_ON} AND actor_type = 'Root'",
            techniques=("T1098.001",),
            fixes=(deactivate_access_key,),
            fires=((_set(root(), "Active"),),),
            quiet=((_set(root(), "Inactive"),), (_set(BOB, "Active"),)),
        ),
        "woken_by_another": Detection(
            title="Somebody else switched a user's access key on",
            level="medium",
            when=f"{_ON} AND actor_type <> 'Root' AND {_OTHER} AND NOT {_OWN}",
            techniques=("T1098.001",),
            fixes=(deactivate_access_key, *STOP_CALLER),
            fires=((_set(BOB, "Active"),), (_set(HELP_DESK, "Active"),)),
            quiet=((_set(ALICE, "Active"),), (_MADE, _set(BOB, "Active")), (_GONE,)),
        ),
        "against_another": Detection(
            title=(
                "An access key's user or maker switched it on after somebody else had "
                "switched it off"
            ),
            level="medium",
            when=f"{_ON} AND actor_type <> 'Root' AND (NOT ({_OTHER}) OR {_OWN}) AND {_AGAINST}",
            techniques=("T1098.001",),
            fixes=(deactivate_access_key, *STOP_CALLER),
            fires=(
                (_STOPPED, _set(ALICE, "Active")),
                (_MADE, _set(HELP_DESK, "Inactive", at="08:30:00"), _set(BOB, "Active")),
            ),
            quiet=(
                (_STOPPED, _set(HELP_DESK, "Active")),
                (_set(ALICE, "Inactive", at="08:30:00"), _set(ALICE, "Active")),
                (_STOPPED, _set(BOB, "Active", at="08:40:00"), _set(ALICE, "Active")),
                (_GONE, _set(ALICE, "Active")),
            ),
        ),
        "woken_by_its_maker": Detection(
            title="An access key was switched on by whoever had made it",
            level="low",
            when=f"{_ON} AND actor_type <> 'Root' AND {_OTHER} AND {_OWN} AND NOT {_AGAINST}",
            fires=((_MADE, _set(BOB, "Active")),),
            quiet=((_set(BOB, "Active"),), (_MADE, _set(BOB, "Inactive"))),
        ),
        "own": Detection(
            title="A user switched on an access key of their own",
            level="low",
            when=f"{_ON} AND actor_type <> 'Root' AND NOT ({_OTHER}) AND NOT {_AGAINST}",
            fires=((_set(ALICE, "Active"),), (_set(ALICE, "Active", None),)),
            quiet=((_set(BOB, "Active"),), (_set(HELP_DESK, "Active"),)),
        ),
        # A request that CloudTrail left out falls here: nothing shows that it was switched on.
        "switched_off": Detection(
            title="An access key was switched off",
            level="low",
            when=f"NOT COALESCE({_ON}, FALSE)",
            techniques=("T1531",),
            fires=((_set(BOB, "Inactive"),), (_set(ALICE, "Inactive"),)),
            quiet=((_set(BOB, "Active"),), (_DENIED,)),
        ),
        **tries(
            "switch an access key",
            denied=_DENIED,
            failed=_GONE,
            done=_set(BOB, "Inactive"),
            level="medium",
        ),
    },
)
