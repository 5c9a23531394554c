"""A role is assumed: by a principal of the account, of another account, or by a service."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import (
    ACCOUNT,
    OTHER_ACCOUNT,
    Principal,
    call,
    denied,
    outsider,
    service,
    user,
)
from trailmend.evidence import role as role_session
from trailmend.remediations.principals import revoke_role_sessions
from trailmend.remediations.roles import close_trust
from trailmend.tries import FIFTH_DENIED

_MODEL = "botocore sts AssumeRole"
_LOGGED = (
    "AWS IAM User Guide (archive of June 2023), Logging IAM and AWS STS API calls with AWS "
    "CloudTrail, read 2026-11-28"
)
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ALICE, STRANGER = user("alice"), outsider()


def assume(by: Principal, name: str = "ops", *, account: str = ACCOUNT, **more: Any) -> Any:
    """Make the record of a session of a role."""
    request = {"roleArn": f"arn:aws:iam::{account}:role/{name}", "roleSessionName": "s"}
    response = {"credentials": {"accessKeyId": "ASIAASSUMED"}}
    return call("AssumeRole", by=by, source="sts", request=request, response=response, **more)


def week(*records: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Repeat records on each of the seven days before the day of the evidence."""
    days = ("02-23", "02-24", "02-25", "02-26", "02-27", "02-28", "03-01")
    return tuple(
        record | {"eventTime": f"2026-{day}T09:00:00Z", "eventID": f"{day}-{number}"}
        for day in days
        for number, record in enumerate(records)
    )


def _grant(name: str) -> dict[str, Any]:
    request = {"roleName": name, "policyArn": ADMIN}
    return call("AttachRolePolicy", by=user("carol"), request=request, at="08:00:00")


def _refused(number: int, at: str | None = None) -> dict[str, Any]:
    arn, at = f"arn:aws:iam::{ACCOUNT}:role/r{number}", at or f"09:0{number}:00"
    return denied("AssumeRole", by=ALICE, source="sts", resource=arn, at=at)


_HABIT = week(call("GetUser", by=ALICE), call("GetUser", by=STRANGER))
_FIFTH = tuple(_refused(number) for number in range(5))
_AT_ONCE = tuple(_refused(number, at="09:09:00") for number in range(3, 9))
_OUTSIDE = "actor_account IS NOT NULL AND actor_account IS DISTINCT FROM account_id"
_NEW = "COALESCE(first_pair, FALSE)"
_ADMIN = "COALESCE(target_is_admin, FALSE)"
_PERSON = "actor_type IN ('IAMUser', 'AssumedRole', 'Root', 'FederatedUser')"
_INSIDE = f"{_PERSON} AND (actor_account IS NULL OR actor_account = account_id)"

RUNBOOK = Runbook(
    events=("sts.amazonaws.com:AssumeRole",),
    family="sessions",
    tier=2,
    first="Ask the caller. If nobody answers, close the role's trust, then end its sessions.",
    information=(
        Claim(
            "The answer holds temporary credentials of 15 minutes to 12 hours; from a session of a "
            "role, at most one hour.",
            f"{_MODEL}, AssumeRoleWithSAML (role chaining)",
        ),
        Claim(
            "responseElements.credentials.accessKeyId (ASIA...) ties the record to all that is "
            "done in the session.",
            f"{_LOGGED}; sample: misc-permissive AssumeRole",
        ),
        Claim(
            "Across accounts both accounts get a record, with the same sharedEventID. The role's "
            "account sees the caller as AWSAccount: an account and an id, no name.",
            f"{_LOGGED}; sample: panther AssumeRole by AWSAccount",
        ),
        Claim(
            "Services of AWS assume roles by the thousand; their record has the type AWSService "
            "and names no account.",
            "sample: misc-permissive AssumeRole by config.amazonaws.com",
        ),
    ),
    impact=(
        Claim(
            "Whoever has the credentials has what the role's policies allow, less what session "
            "policies take away.",
            _MODEL,
        ),
        Claim(
            "They go on when the key or the password of the caller is taken away: end the "
            "sessions of the role itself.",
            "AWS IAM User Guide (archive of June 2023), Revoking IAM role temporary security "
            "credentials, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person or a supplier begins to work with a role that was made for it.",
            (Fact("The role was given to them by a change that somebody knows."),),
            (Fact("The role is known to be an administrator.", "target_is_admin"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder moves from a key to the roles that trust it.",
            (
                Fact("The role is known to be an administrator.", "target_is_admin"),
                Fact("Other roles were tried before, in vain."),
            ),
            (Fact("The trust policy was opened for this caller lately, by somebody known."),),
        ),
        Explanation(
            "automation",
            "A pipeline is pointed at another role.",
            (Fact("A deployment of the same hour changed the role's name in its settings."),),
            (Fact("No deployment was due at that hour."),),
        ),
    ),
    corrections=(
        Correction(
            "The session's name tells who works in it.",
            Claim(
                "The caller chooses it. What holds is sourceIdentity, where the trust policy "
                "demands it: it stays through further roles.",
                f"{_MODEL} (SourceIdentity)",
            ),
        ),
        Correction(
            "A session with mfaAuthenticated false was taken without MFA.",
            Claim(
                "AWS defines the value for root and IAM users alone. Published records of roles' "
                "sessions hold true and false: false proves nothing about who took the role.",
                "AWS CloudTrail User Guide (archive of June 2023), CloudTrail userIdentity element "
                "(mfaAuthenticated), read 2026-11-28; measured: false in all 76 role sessions of "
                "invictus, true in 111 of the samples of panther",
            ),
        ),
    ),
    questions=(
        "Whose is the account or the principal, and who lets it in? See the role's trust policy.",
        "What did the session do? Look for its access key (`object_id`) among later callers.",
    ),
    false_positives=(
        "A supplier's new scanner; a colleague's first day with a role.",
        "Roles that are made anew under another name.",
    ),
    silence=(
        "Most sessions are ordinary: services, programs, and whoever took the role before. Found "
        "are first sessions where the log is long enough to tell, and outsiders."
    ),
    detections={
        "outsider_first": Detection(
            title="A principal of another account took this role for the first time",
            level="medium",
            when=f"{_OUTSIDE} AND (COALESCE(first_call, FALSE) OR {_NEW})",
            techniques=("T1199", "T1078.004"),
            fixes=(close_trust, revoke_role_sessions),
            fires=(
                (*week(call("GetUser", by=ALICE)), assume(STRANGER)),
                (*week(assume(STRANGER, "audit")), assume(STRANGER)),
            ),
            quiet=(
                (assume(STRANGER),),
                (*week(assume(STRANGER)), assume(STRANGER)),
                (*_HABIT, assume(ALICE)),
                (*_HABIT, assume(service())),
            ),
        ),
        # While the log begins nobody can tell whether it is the first.
        "outsider": Detection(
            title="A principal of another account took a role",
            level="info",
            when=f"{_OUTSIDE} AND first_pair IS NULL AND NOT COALESCE(first_call, FALSE)",
            fires=((assume(STRANGER),), (assume(outsider(by_role=True)),)),
            quiet=(
                (assume(ALICE),),
                (assume(service()),),
                (assume(role_session("ops", session="alice")),),
            ),
        ),
        "admin_first": Detection(
            title="A principal took a role that is administrator for the first time",
            level="medium",
            when=f"{_INSIDE} AND {_NEW} AND {_ADMIN}",
            techniques=("T1078.004",),
            fixes=(close_trust, revoke_role_sessions),
            fires=((*_HABIT, _grant("ops"), assume(ALICE)),),
            quiet=(
                (_grant("ops"), assume(ALICE)),
                (*_HABIT, _grant("other"), assume(ALICE)),
                (*week(assume(ALICE)), _grant("ops"), assume(ALICE)),
                (*_HABIT, _grant("ops"), assume(STRANGER)),
            ),
        ),
        "first": Detection(
            title="A principal took this role for the first time",
            level="low",
            when=f"{_INSIDE} AND {_NEW} AND NOT {_ADMIN}",
            techniques=("T1078.004",),
            fires=(
                (*_HABIT, assume(ALICE)),
                (*_HABIT, assume(ALICE, account=OTHER_ACCOUNT)),
            ),
            quiet=(
                (assume(ALICE),),
                (*week(assume(ALICE)), assume(ALICE)),
                (*_HABIT, assume(service())),
                (*_HABIT, assume(ALICE, error="ExpiredTokenException")),
            ),
        ),
        "hunting": Detection(
            title="A fifth role or call was refused to one principal within an hour",
            level="medium",
            when=FIFTH_DENIED,
            outcome="denied",
            techniques=("T1087.004", "T1078.004"),
            fires=(_FIFTH, (*_FIFTH[:3], *_AT_ONCE)),
            quiet=(_FIFTH[:4], _AT_ONCE[:4], (*_HABIT, assume(ALICE))),
        ),
        "denied": Detection(
            title="A role was refused to a principal",
            level="low",
            when=f"NOT ({FIFTH_DENIED})",
            outcome="denied",
            fires=((_refused(0),), _FIFTH[:4]),
            quiet=((assume(ALICE),), (assume(ALICE, error="ExpiredToken"),)),
        ),
    },
)
