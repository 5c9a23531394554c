"""Somebody tries from a new address what a key may do, is refused, and then changes identities."""

from datetime import timedelta
from typing import Any

from trailmend.catalog import Case, Chain, Claim, Explanation, Fact, Step
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.measures import STOP_CALLER
from trailmend.runbooks.assume_role import week

BOT = Principal({**user("bot").identity, "accessKeyId": "AKIA0000000000000009"})
_NEW, _USUAL = "203.0.113.9", "198.51.100.7"
_GIVES = (
    "AddUserToGroup AttachGroupPolicy AttachRolePolicy AttachUserPolicy CreateAccessKey "
    "CreateLoginProfile CreatePolicyVersion CreateRole CreateUser PutGroupPolicy PutRolePolicy "
    "PutUserPolicy SetDefaultPolicyVersion UpdateAssumeRolePolicy UpdateLoginProfile "
    "UploadSSHPublicKey"
).split()
# A key that is stored where its program runs does not travel; a session that moved was copied.
_ELSEWHERE = (
    "address_minutes < 1440 "
    "AND (access_key_id LIKE 'AKIA%' OR COALESCE(session_address_changed, FALSE))"
)
_REFUSED = "denied_before >= 5"


def _tried(count: int, by: Principal = BOT, address: str = _NEW) -> Case:
    return tuple(
        denied("ListUsers", by=by, at=f"09:0{n}:00", sourceIPAddress=address) for n in range(count)
    )


def _joins(by: Principal = BOT, address: str = _NEW, **more: Any) -> dict[str, Any]:
    request = {"userName": "bot", "groupName": "admins"}
    told: dict[str, Any] = {"request": request, "at": "09:30:00", "sourceIPAddress": address}
    return call("AddUserToGroup", by=by, **(told | more))


def _habit(by: Principal = BOT) -> Case:
    return week(call("GetUser", by=by, sourceIPAddress=_USUAL))


_FORMER, _SESSION = (
    Principal({**role("web").identity, "accessKeyId": f"ASIA000000000000000{number}"})
    for number in (8, 9)
)

CHAIN = Chain(
    title="From a new address a key was refused much, and then gave somebody access",
    level="high",
    steps=(
        Step(
            events=(
                *(f"iam.amazonaws.com:{name}" for name in _GIVES),
                "sts.amazonaws.com:GetFederationToken",
            ),
            when=f"{_ELSEWHERE} AND {_REFUSED}",
            by=("access_key_id",),
        ),
    ),
    joined=("the key",),
    within=timedelta(hours=1),
    techniques=("T1078.004", "T1087.004", "T1098"),
    fixes=STOP_CALLER,
    impact=(
        Claim(
            "Whoever finds a key does not know what it may do, and asks: what it may not is "
            "refused and recorded. What it made goes on when the key is switched off.",
            "MITRE ATT&CK, T1087.004 (attack.mitre.org/techniques/T1087/004), read 2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person works from a place that is new, and with rights that are too few at first.",
            (Fact("They say so, not by a channel that the key may open."),),
            (Fact("{denied_before} calls were refused in the hour before.", _REFUSED),),
        ),
        Explanation(
            "unauthorised",
            "The key leaked: it is tried, and used for what it may do.",
            (Fact("A program alone uses the key, and runs elsewhere."),),
            (Fact("The address belongs to the office, or to a service that you use."),),
        ),
        Explanation(
            "automation",
            "A program was moved to another machine before its rights were.",
            (Fact("The same program goes on calling from the new address."),),
            (Fact("A person's console session made the call.", "COALESCE(console, FALSE)"),),
        ),
    ),
    fires=(
        (*_habit(), *_tried(5), _joins()),
        (
            *_habit(_SESSION),
            call("GetUser", by=_SESSION, at="08:00:00", sourceIPAddress=_USUAL),
            *_tried(5, _SESSION),
            _joins(_SESSION),
        ),
    ),
    quiet=(
        (*_tried(5), _joins()),
        (*_habit(), *_tried(4), _joins()),
        (*_habit(), *_tried(5, address=_USUAL), _joins(address=_USUAL)),
        (*_habit(), *_tried(5), _joins(error="AccessDenied")),
        (*_habit(), *_tried(5), _joins(at="10:30:00")),
        (*_habit(_FORMER), *_tried(5, _SESSION), _joins(_SESSION)),
    ),
)
