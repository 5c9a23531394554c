"""A user's key is turned into a federated session, which outlives the key."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, root, user
from trailmend.measures import STOP_CALLER
from trailmend.runbooks.assume_role import ADMIN, week
from trailmend.tries import tries

_MODEL = "botocore sts GetFederationToken"
_LOGGED = (
    "AWS CloudTrail User Guide (archive of June 2023), CloudTrail userIdentity element, read "
    "2026-11-28"
)
BOB, ROOT = user("bob"), root()


def federate(by: Principal, **more: Any) -> dict[str, Any]:
    """Make the record of a federated session."""
    request = {"name": "guest", "durationSeconds": 129600}
    response = {"credentials": {"accessKeyId": "ASIAFEDERATED"}}
    fields: dict[str, Any] = {"request": request, "response": response} | more
    return call("GetFederationToken", by=by, source="sts", **fields)


_GRANT = call(
    "AttachUserPolicy",
    by=user("carol"),
    request={"userName": "bob", "policyArn": ADMIN},
    at="08:00:00",
)
_LOOKS = week(call("GetUser", by=BOB))
_DENIED = denied(
    "GetFederationToken",
    by=BOB,
    source="sts",
    resource=f"arn:aws:sts::{ACCOUNT}:federated-user/guest",
)
_FAILED = federate(BOB, error="PackedPolicyTooLargeException")
_ROOT = "actor_type = 'Root'"
_FIRST = "(COALESCE(first_action, FALSE) OR COALESCE(first_call, FALSE))"
# Where nobody can tell whether it is the first, an administrator's is graver than another's.
_ADMIN = "(first_action IS NULL AND COALESCE(target_is_admin, FALSE))"

RUNBOOK = Runbook(
    events=("sts.amazonaws.com:GetFederationToken",),
    family="sessions",
    first="Ask which broker it is. If none: turn the key off, then end the user's sessions.",
    information=(
        Claim(
            "A user's long-lived key is exchanged for credentials of up to 36 hours; by default "
            "12. Root's last an hour.",
            f"{_MODEL} (Session duration)",
        ),
        Claim(
            "The session may do what both the user's policies and the policy in the request "
            "allow; without a policy in the request almost nothing.",
            _MODEL,
        ),
        Claim(
            "With them no IAM call by CLI or API is possible, and of STS only GetCallerIdentity; "
            "a console session made from them has no such limit.",
            _MODEL,
        ),
        Claim(
            "Later calls of the session have the type FederatedUser, with the user in "
            "sessionIssuer; the name in the ARN is the caller's choice.",
            _LOGGED,
        ),
    ),
    impact=(
        Claim(
            "The session goes on when the key that made it is deactivated or deleted: an intruder "
            "keeps up to a day and a half.",
            "AWS IAM User Guide (archive of June 2023), Disabling permissions for temporary "
            "security credentials, read 2026-11-28",
        ),
        Claim(
            "By GetSigninToken it becomes a console session, in which IAM can be called again.",
            f"{_MODEL}; AWS IAM User Guide (archive of June 2023), Enabling custom identity broker "
            "access to the AWS console, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An old broker signs people of a company in by its own user.",
            (Fact("The user is the broker's, and its code names it."),),
            (Fact("The user is known to be an administrator.", "target_is_admin"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder with a stolen key makes a session that outlives it, and gets a console.",
            (
                Fact("The user is known to be an administrator.", "target_is_admin"),
                Fact("A call of GetSigninToken by a FederatedUser followed."),
            ),
            (Fact("The same principal has made such sessions for weeks, from the same hosts."),),
        ),
        Explanation(
            "insider",
            "A person keeps access over the day of leaving.",
            (Fact("The person has given or been given notice."),),
            (Fact("The session was used by a program alone."),),
        ),
        Explanation(
            "accident",
            "Somebody who wanted GetSessionToken with MFA took the wrong command.",
            (Fact("A GetSessionToken by the same user followed within minutes."),),
            (Fact("The credentials were used."),),
        ),
        Explanation(
            "automation",
            "A web application hands out narrow credentials for uploads.",
            (
                Fact(
                    "{same_action_10m} sessions like it within ten minutes.", "same_action_10m >= 3"
                ),
            ),
            (Fact("The request holds a policy that allows everything."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Users with long-lived keys may call sts:GetFederationToken though no program of the "
            "account needs it.",
            _MODEL,
        ),
    ),
    corrections=(
        Correction(
            "The session was made without MFA, for the record shows none.",
            Claim(
                "It can only be made with a long-lived key, and such a call has no session in "
                "which MFA could show: the log cannot tell.",
                f"{_MODEL}; {_LOGGED}",
            ),
        ),
        Correction(
            "Deleting the key ends what was made with it.",
            Claim(
                "Deny the user instead, by aws:TokenIssueTime: the session is limited by the "
                "user's policies at every call.",
                "AWS IAM User Guide (archive of June 2023), Disabling permissions for temporary "
                "security credentials, read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "Which calls have this access key (`object_id`), or the type FederatedUser?",
        "Where does the user's key lie, and who can read it there?",
    ),
    false_positives=("Brokers of before Identity Center.", "Tests that detonate the technique."),
    not_fixable=(
        Claim(
            "A federated session cannot be named and ended by itself: all of the user's sessions "
            "end together.",
            "AWS IAM User Guide (archive of June 2023), Disabling permissions for temporary "
            "security credentials, read 2026-11-28",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root made a federated session",
            level="high",
            when=_ROOT,
            techniques=("T1550.001", "T1078.004"),
            fires=((federate(ROOT),),),
            quiet=((federate(user("root")),), (federate(ROOT, error="AccessDenied"),)),
        ),
        "first": Detection(
            title="A user who had not done so made a federated session, or an administrator did",
            level="medium",
            when=f"NOT {_ROOT} AND ({_FIRST} OR {_ADMIN})",
            techniques=("T1550.001", "T1098.001"),
            fixes=STOP_CALLER,
            fires=(
                (*_LOOKS, federate(BOB)),
                (*week(call("GetUser", by=user("carol"))), federate(BOB)),
                (_GRANT, federate(BOB)),
            ),
            quiet=(
                (federate(BOB),),
                (*week(federate(BOB)), federate(BOB)),
                (federate(ROOT),),
                (*_LOOKS, _DENIED),
            ),
        ),
        "made": Detection(
            title="A user made a federated session",
            level="low",
            when=f"NOT {_ROOT} AND NOT {_FIRST} AND NOT {_ADMIN}",
            techniques=("T1550.001",),
            fires=((federate(BOB),), (*week(federate(BOB)), _GRANT, federate(BOB))),
            quiet=((*_LOOKS, federate(ROOT)), (_GRANT, _DENIED)),
        ),
        **tries(
            "make a federated session",
            denied=_DENIED,
            failed=_FAILED,
            done=federate(BOB),
            techniques=("T1550.001",),
        ),
    },
)
