"""An SSH public key of an IAM user is switched on or off."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.ssh_keys import deactivate_ssh_key, restore_ssh_key

_MODEL = "botocore iam UpdateSSHPublicKey"
_TRAIL = (
    "AWS CodeCommit User Guide, Logging AWS CodeCommit API calls with AWS CloudTrail "
    "(archived 2023-06), read 2026-11-22"
)
_SELF_MANAGED = (
    "AWS IAM User Guide, AWS: Allows MFA-authenticated IAM users to manage their own credentials "
    "on the My security credentials page (archived 2023-06), read 2026-11-22"
)

ALICE, BOB = user("alice"), user("bob")
HELP_DESK = role("help-desk", session="alice")
_OF_ALICE = {"userName": "alice", "sSHPublicKeyId": "APKAEXAMPLE0000000001"}
OFF, ON = "Inactive", "Active"


def _set(status: str, by: Principal, **more: Any) -> dict[str, Any]:
    return call("UpdateSSHPublicKey", by=by, request=_OF_ALICE | {"status": status}, **more)


def _uploaded(by: Principal) -> dict[str, Any]:
    body = "ssh-rsa AAAAB3NzaC1yc2E laptop"
    return call(
        "UploadSSHPublicKey",
        by=by,
        request={"userName": "alice", "sSHPublicKeyBody": body},
        response={"sSHPublicKey": _OF_ALICE | {"sSHPublicKeyBody": body, "status": "Active"}},
        at="08:00:00",
    )


_STOPPED = _set(OFF, BOB, at="08:30:00")
NO_STATUS = call("UpdateSSHPublicKey", by=BOB, request=_OF_ALICE)
EXPIRED = _set("Expired", BOB)
BY_NOBODY = _set(OFF, ALICE, userIdentity={"accountId": "111122223333"})
DENIED = denied("UpdateSSHPublicKey", by=BOB, resource="user alice")
# `request` is compact JSON, and neither a name nor a key id can hold a quotation mark (botocore).
_OFF = "COALESCE(request, '') LIKE '%\"status\":\"Inactive\"%'"
_ON = "COALESCE(request, '') LIKE '%\"status\":\"Active\"%'"
_OWN_WORK = f"(COALESCE(made_by_actor, FALSE) AND {_OFF})"
_AGAINST = f"(COALESCE(stopped_by_other, FALSE) AND {_ON})"
_OTHERS = "actor_type <> 'Root' AND known_relation = 'other'"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateSSHPublicKey",),
    family="keys and certificates",
    first=(
        "Ask the user whether they wanted it.  Turn a key off that nobody wanted on; put one back "
        "that was in use.  Both can be undone."
    ),
    information=(
        Claim(
            "The call sets the status of one SSH public key. An Inactive key authenticates nobody; "
            "an Active one opens CodeCommit as its user.",
            _MODEL,
        ),
        Claim("User name, key id and status must all be given.", _MODEL),
        Claim(
            "It does not change the key itself. To replace one, a new key is uploaded and the old "
            "is switched off, then deleted.",
            _MODEL,
        ),
        Claim(
            "The model lists a third status, Expired, and says nothing of its meaning for SSH "
            "keys.",
            _MODEL,
        ),
        Claim(
            "The new status stands in requestParameters. The former one is not told: it comes "
            "from an earlier event.",
            "unchecked: after botocore iam UpdateSSHPublicKey, which answers nothing; no record "
            "was at hand",
        ),
    ),
    impact=(
        Claim(
            "Off: Git over SSH with this key is refused until it is switched on again. Nothing "
            "is lost.",
            _MODEL,
        ),
        Claim(
            "On: whoever holds the private half can use CodeCommit as the user again, also "
            "somebody who left, or who stole it before.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A rotation, an off-boarding, or its taking back.",
            (
                Fact("The user did it.", "known_relation = 'self'"),
                Fact("A newer key of the user is active (ListSSHPublicKeys)."),
            ),
            (
                Fact("Somebody else did it.", "known_relation = 'other'"),
                Fact("The user is told nothing and misses the key."),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder shuts a user out, or wakes a forgotten key whose private half they have.",
            (
                Fact("An old key was switched on.", f"{_ON} AND known_relation <> 'self'"),
                Fact("GitPull or GitPush of this user follows from a new address."),
            ),
            (Fact("The caller switched off what they had uploaded.", _OWN_WORK),),
        ),
        Explanation(
            "insider",
            "A colleague stops another's work, or keeps a leaver's way in open.",
            (Fact("The key is of a user who left."),),
            (Fact("A ticket names the user and the key id."),),
        ),
        Explanation(
            "accident",
            "The wrong key of several was chosen.",
            (
                Fact("The status was set in the console.", "COALESCE(console, FALSE)"),
                Fact("The status is set back within minutes: see `next`."),
            ),
            (Fact("The user has one key only (ListSSHPublicKeys)."),),
        ),
        Explanation(
            "automation",
            "A job switches off keys above an age.",
            (Fact("Keys of several users are switched off in one session."),),
            (Fact("A key was switched on.", _ON),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:UpdateSSHPublicKey is allowed on all users; a policy on user/${aws:username} "
            "leaves each user their own keys.",
            _SELF_MANAGED,
        ),
        Claim(
            "Keys stay switched off where they could be deleted: a deleted key cannot be switched "
            "on.",
            "botocore iam DeleteSSHPublicKey",
        ),
    ),
    corrections=(
        Correction(
            "Update puts a new key in place of the old.",
            Claim("It takes a status, and no key.", _MODEL),
        ),
        Correction(
            "What is not Active is Inactive.",
            Claim("There is Expired besides.", _MODEL),
        ),
        Correction(
            "A key that is off is rubbish, and may be deleted at once.",
            Claim("Off is a step of a rotation that can be taken back; deletion cannot.", _MODEL),
        ),
    ),
    questions=(
        "To the user (`target`): does Git over SSH still work for you, and did you ask for this?",
        "To the caller (`actor`): why this key (`object_id`), and why this status?",
        "To the owner of the repositories: which GitPull and GitPush of this user came since?",
    ),
    false_positives=(
        "Off-boarding in steps: keys are switched off on the last day, deleted weeks later.",
        "A rotation that broke a build: the old key is switched on again for a day.",
    ),
    not_fixable=(
        Claim(
            "What was cloned or pushed while the key was on is not undone: see GitPull and "
            "GitPush.",
            _TRAIL,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root switched a user's SSH key on or off",
            level="high",
            when=f"actor_type = 'Root' AND known_relation <> 'self' AND NOT {_OWN_WORK}",
            techniques=("T1098",),
            fixes=(restore_ssh_key, deactivate_ssh_key),
            fires=((_set(OFF, root()),), (_uploaded(ALICE), _set(ON, root()))),
            quiet=((_set(OFF, role("root")),), (_uploaded(root()), _set(OFF, root()))),
        ),
        "own": Detection(
            title="A user switched their own SSH key on or off",
            level="low",
            when=f"known_relation = 'self' AND NOT {_AGAINST}",
            fires=((_set(OFF, ALICE),), (_set(ON, ALICE),)),
            quiet=(
                (_set(OFF, HELP_DESK),),
                (_set(OFF, BOB),),
                (_set(OFF, ALICE, error="NoSuchEntityException"),),
            ),
        ),
        "own_against_another": Detection(
            title="A user switched an SSH key of their own on that somebody else had switched off",
            level="medium",
            when=f"known_relation = 'self' AND {_AGAINST}",
            techniques=("T1098",),
            fixes=(deactivate_ssh_key, *STOP_CALLER),
            fires=((_STOPPED, _set(ON, ALICE)),),
            quiet=(
                (_STOPPED, _set(ON, HELP_DESK)),
                (_STOPPED, _set(OFF, ALICE)),
                (_set(OFF, ALICE, at="08:30:00"), _set(ON, ALICE)),
            ),
        ),
        "clean_up": Detection(
            title="An SSH key was switched off by the principal that had uploaded it",
            level="low",
            when=f"known_relation <> 'self' AND {_OWN_WORK}",
            fires=((_uploaded(BOB), _set(OFF, BOB)),),
            quiet=(
                (_uploaded(BOB), _set(ON, BOB)),
                (_uploaded(ALICE), _set(OFF, BOB)),
                (_uploaded(ALICE), _set(OFF, ALICE)),
            ),
        ),
        "switched_off": Detection(
            title="Somebody else switched a user's SSH key off",
            level="medium",
            takes_back=True,
            when=f"{_OTHERS} AND {_OFF} AND NOT {_OWN_WORK}",
            techniques=("T1531",),
            fixes=(restore_ssh_key, *STOP_CALLER),
            fires=((_set(OFF, BOB),), (_uploaded(ALICE), _set(OFF, HELP_DESK))),
            quiet=(
                (_set(ON, BOB),),
                (_set(OFF, ALICE),),
                (_uploaded(BOB), _set(OFF, BOB)),
                (_set(OFF, BOB, error="NoSuchEntityException"),),
                (NO_STATUS,),
            ),
        ),
        "switched_on": Detection(
            title="Somebody else switched a user's SSH key on",
            level="medium",
            when=f"{_OTHERS} AND {_ON} AND NOT {_OFF}",
            techniques=("T1098",),
            fixes=(deactivate_ssh_key, *STOP_CALLER),
            fires=((_set(ON, BOB),), (_uploaded(BOB), _set(ON, BOB)), (_set(ON, HELP_DESK),)),
            quiet=((_set(OFF, BOB),), (_set(ON, ALICE),), (_set(ON, root()),), (DENIED,)),
        ),
        "status_unknown": Detection(
            title="Somebody else set an SSH key's status; it is neither on nor off, or not logged",
            level="medium",
            when=f"{_OTHERS} AND NOT {_ON} AND NOT {_OFF}",
            techniques=("T1098",),
            fixes=(deactivate_ssh_key, restore_ssh_key, *STOP_CALLER),
            fires=((NO_STATUS,), (EXPIRED,)),
            quiet=((_set(ON, BOB),), (_set(OFF, BOB),)),
        ),
        "by_whom_unknown": Detection(
            title="A user's SSH key was switched; the log does not tell whose or by whom",
            level="medium",
            when="actor_type <> 'Root' AND known_relation NOT IN ('self', 'other') "
            f"AND NOT {_OWN_WORK}",
            techniques=("T1098",),
            fixes=(restore_ssh_key, deactivate_ssh_key, *STOP_CALLER),
            fires=((BY_NOBODY,), (call("UpdateSSHPublicKey", by=BOB),)),
            quiet=((_set(OFF, BOB),), (_set(OFF, ALICE),)),
        ),
        "denied": Detection(
            title="The switching of somebody's SSH key was tried and denied",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1098",),
            fixes=STOP_CALLER,
            fires=((DENIED,), (denied("UpdateSSHPublicKey", by=HELP_DESK, resource="user alice"),)),
            quiet=((denied("UpdateSSHPublicKey", by=ALICE, resource="user alice"),),),
        ),
        "denied_own": Detection(
            title="A user was not allowed to switch their own SSH key",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((denied("UpdateSSHPublicKey", by=ALICE, resource="user alice"),),),
            quiet=((denied("UpdateSSHPublicKey", by=HELP_DESK, resource="user alice"),), (DENIED,)),
        ),
        "failed": Detection(
            title="The switching of an SSH key failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((_set(OFF, BOB, error="NoSuchEntityException"),),),
            quiet=((_set(OFF, BOB),), (DENIED,)),
        ),
    },
)
