"""A user is made, given a way in, and made an administrator."""

from datetime import timedelta
from typing import Any

from trailmend.catalog import Case, Chain, Claim, Explanation, Fact, Step
from trailmend.evidence import Principal, call, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.principals import quarantine_target

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BOB = user("bob")


def _done(
    event_name: str, at: str, by: Principal = BOB, name: str = "eve", **more: Any
) -> dict[str, Any]:
    return call(event_name, by=by, request={"userName": name, **more}, at=at)


_MADE, _KEY = _done("CreateUser", "09:00:00"), _done("CreateAccessKey", "09:01:00")
_ADMIN = _done("AttachUserPolicy", "09:02:00", policyArn=ADMIN)
_GROUP: Case = (
    call("CreateGroup", by=BOB, request={"groupName": "admins"}, at="08:00:00"),
    call(
        "AttachGroupPolicy",
        by=BOB,
        request={"groupName": "admins", "policyArn": ADMIN},
        at="08:01:00",
    ),
)

CHAIN = Chain(
    title="A new user was given a way in and made an administrator",
    level="high",
    steps=(
        Step(events=("iam.amazonaws.com:CreateUser",), by=("target_name",)),
        Step(
            events=("iam.amazonaws.com:CreateAccessKey", "iam.amazonaws.com:CreateLoginProfile"),
            by=("owner_name",),
        ),
        Step(
            events=(
                "iam.amazonaws.com:AddUserToGroup",
                "iam.amazonaws.com:AttachUserPolicy",
                "iam.amazonaws.com:PutUserPolicy",
            ),
            when="COALESCE(grants_admin, FALSE)",
            by=("target_name",),
        ),
    ),
    joined=("the user",),
    within=timedelta(hours=24),
    ordered=False,
    techniques=("T1136.003", "T1098.001", "T1098.003"),
    fixes=(quarantine_target, *STOP_CALLER),
    impact=(
        Claim(
            "Whoever has the key or the password is administrator from now on, also when the "
            "session that made the user has ended and its credentials are changed.",
            "MITRE ATT&CK, T1136.003 (attack.mitre.org/techniques/T1136/003), read 2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The account gets a new administrator, or a break-glass user.",
            (Fact("A second person knows of it and keeps the way in sealed."),),
            (Fact("The first call of this kind by the caller.", "first_action"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes a way back with all rights.",
            (Fact("The name is like a service's or a colleague's, and nobody ordered it."),),
            (Fact("The user signed in with MFA from the office's address."),),
        ),
        Explanation(
            "automation",
            "A bootstrap script of a new account makes its first administrator.",
            (Fact("The log begins here: it holds {log_days} days before.", "log_days < 3"),),
            (Fact("A person's console session made the call.", "COALESCE(console, FALSE)"),),
        ),
    ),
    fires=(
        (_MADE, _KEY, _ADMIN),
        (_MADE, _ADMIN, _done("CreateLoginProfile", "09:30:00")),
        (*_GROUP, _MADE, _KEY, _done("AddUserToGroup", "09:10:00", groupName="Admins")),
    ),
    quiet=(
        (_MADE, _ADMIN),
        (_MADE, _KEY, _done("AttachUserPolicy", "09:02:00", policyArn=READER)),
        (_MADE, _KEY, _done("AttachUserPolicy", "09:02:00", name="bob", policyArn=ADMIN)),
        (_MADE, _done("CreateAccessKey", "09:01:00", name="carol"), _ADMIN),
        (_MADE, _KEY, _ADMIN | {"errorCode": "AccessDenied"}),
    ),
)
