"""From where and by whom the console may be entered is limited, or the limits are taken away."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_GUIDE = (
    "AWS Sign-In User Guide, Control console access with resource-based policies and resource "
    "control policies, read 2026-11-28"
)
_PUT = "botocore signin PutResourcePermissionStatement"
_DELETE = "botocore signin DeleteResourcePermissionStatement"
_OFF = "botocore signin DeleteConsoleAuthorizationConfiguration"
BOB, CI = user("bob"), role("ci")


def _do(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, source="signin", **more)


_TAKE, _SWITCH_OFF = "DeleteResourcePermissionStatement", "DeleteConsoleAuthorizationConfiguration"
_SET, _SWITCH_ON = "PutResourcePermissionStatement", "PutConsoleAuthorizationConfiguration"
_NARROW = _do(_SET, request={"sourceIp": "198.51.100.0/24"})
_BUT_ONE = _do(
    _SET,
    request={
        "sourceIp": "198.51.100.0/24",
        "excludedPrincipal": "arn:aws:iam::111122223333:user/eve",
    },
)
_DENIED = denied(_TAKE, by=BOB, source="signin")
_FAILED = _do(_TAKE, error="ResourceNotFoundException")
_OPENS = f"event_name IN ('{_TAKE}', '{_SWITCH_OFF}')"
_SPARES = "COALESCE(request, '') LIKE '%\"excludedPrincipal\"%'"
_ROOT = "actor_type = 'Root'"

RUNBOOK = Runbook(
    events=tuple(f"signin.amazonaws.com:{name}" for name in (_SET, _TAKE, _SWITCH_ON, _SWITCH_OFF)),
    family="sign-in",
    first="Read the policy as it is now: `aws signin get-resource-policy`.",
    information=(
        Claim(
            "An account's sign-in policy admits people to the console by network: an address, a "
            "VPC, an endpoint; a statement can spare one principal.",
            _PUT,
        ),
        Claim(
            "Statements have no effect before console authorization is switched on for the "
            "account or the organization.",
            _GUIDE,
        ),
        Claim(
            "They are asked before the password is: from elsewhere not even root's is taken.",
            _GUIDE,
        ),
        Claim("Calls with access keys are not touched by them.", _GUIDE),
    ),
    impact=(
        Claim(
            "Where a statement or the switch is taken away, a stolen password works from anywhere "
            "again.",
            f"{_GUIDE}; {_DELETE}; {_OFF}",
        ),
        Claim(
            "A statement for the wrong network keeps everybody out of the console, and people of "
            "Identity Center's portal are kept out by any network condition.",
            _GUIDE,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The network of the company changes, or the limits are brought in.",
            (Fact("A limit was set, not taken away.", f"NOT ({_OPENS})"),),
            (Fact("A statement spares one principal.", _SPARES),),
        ),
        Explanation(
            "unauthorised",
            "An intruder opens the console for an address of their own.",
            (
                Fact("A limit was taken away.", _OPENS),
                Fact("A statement spares one principal.", _SPARES),
            ),
            (Fact("Another statement took its place within minutes."),),
        ),
        Explanation(
            "insider",
            "Somebody keeps a way in for themselves.",
            (Fact("A statement spares one principal.", _SPARES),),
            (Fact("It is the break-glass user."),),
        ),
        Explanation(
            "accident",
            "A limit locked people out, and was taken away in haste.",
            (Fact("A limit was taken away.", _OPENS),),
            (Fact("Nobody was locked out."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code replaces a statement: it has no update.",
            (Fact("Taking away and setting stand beside each other."),),
            (Fact("The code of the account knows no such policy."),),
        ),
    ),
    control_gaps=(
        Claim(
            "The limits are the account's own; a resource control policy of the organization "
            "could not be taken away from inside it.",
            _GUIDE,
        ),
    ),
    corrections=(
        Correction(
            "A statement protects from the moment it is put.",
            Claim("Only with console authorization switched on.", _GUIDE),
        ),
    ),
    questions=(
        "Which statement was it? Its text is in the PutResourcePermissionStatement of its id.",
        "Who signed in since, and from where?",
    ),
    false_positives=("A move of the office; a new VPN.",),
    console=(
        Console(
            "Put the limits back",
            (
                "Find the PutResourcePermissionStatement with the statement's id in the log.",
                "aws signin put-resource-permission-statement with the same conditions.",
                "aws signin get-console-authorization-configuration; if it is off, aws signin "
                "put-console-authorization-configuration.",
                "Keep a second way in: a wrong network locks everybody out of the console.",
            ),
            f"{_PUT}; {_GUIDE}",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix is made: a statement in error locks people out, and whether one is right only "
            "their network can tell.",
            _GUIDE,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root changed from where the console may be entered",
            level="high",
            when=_ROOT,
            techniques=("T1556",),
            fires=((_do(_TAKE, root()),), (_do(_SET, root()),)),
            quiet=((_do(_TAKE),), (_do(_TAKE, root(), error="AccessDenied"),)),
        ),
        "opened": Detection(
            title="A limit on where the console may be entered was taken away",
            level="medium",
            when=f"NOT {_ROOT} AND {_OPENS}",
            techniques=("T1556", "T1562"),
            fixes=STOP_CALLER,
            fires=((_do(_TAKE),), (_do(_SWITCH_OFF, CI),)),
            quiet=((_NARROW,), (_FAILED,), (_do(_SWITCH_ON),)),
        ),
        "one_spared": Detection(
            title="A limit on where the console may be entered was set that spares a principal",
            level="medium",
            when=f"NOT {_ROOT} AND NOT {_OPENS} AND {_SPARES}",
            techniques=("T1556",),
            fixes=STOP_CALLER,
            fires=((_BUT_ONE,),),
            quiet=((_NARROW,), (_do(_TAKE),)),
        ),
        "limited": Detection(
            title="A limit on where the console may be entered was set",
            level="low",
            when=f"NOT {_ROOT} AND NOT {_OPENS} AND NOT {_SPARES}",
            fires=((_NARROW,), (_do(_SWITCH_ON, CI),)),
            quiet=((_BUT_ONE,), (_do(_TAKE),), (_DENIED,)),
        ),
        **tries(
            "change from where the console may be entered",
            denied=_DENIED,
            failed=_FAILED,
            done=_NARROW,
            level="medium",
        ),
    },
)
