"""A server certificate in IAM is uploaded or deleted."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore iam UploadServerCertificate"
_DELETE = "botocore iam DeleteServerCertificate"
BOB = user("bob")


def _do(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, request={"serverCertificateName": "shop"}, **more)


_UPLOADED = _do("UploadServerCertificate", at="08:00:00")
_IN_USE = _do("DeleteServerCertificate", error="DeleteConflictException")
_DENIED = denied("DeleteServerCertificate", by=BOB)
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:DeleteServerCertificate",
        "iam.amazonaws.com:UploadServerCertificate",
    ),
    family="keys and certificates",
    tier=2,
    first="After a deletion: see whether a load balancer still names the certificate.",
    information=(
        Claim(
            "It is certificate and private key of a web server, kept in IAM for load balancers and "
            "distributions; the private key cannot be read back.",
            f"{_MODEL}; botocore iam GetServerCertificate",
        ),
        Claim(
            "The certificate service of AWS (ACM) is recommended instead, where it is offered.",
            _MODEL,
        ),
        Claim(
            "A deletion may go unnoticed by a load balancer for a while, and then stop its "
            "listener.",
            _DELETE,
        ),
    ),
    impact=(
        Claim("A site stops, or goes on with the certificate until it is changed.", _DELETE),
        Claim("No identity of the account changes by it.", _MODEL),
    ),
    explanations=(
        Explanation(
            "intended",
            "A certificate is replaced before it expires.",
            (Fact("The caller had uploaded it.", "target_made_by_actor"),),
            (Fact("A listener still names it."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder stops a site.",
            (Fact("Listeners fail since."),),
            (Fact("Another certificate for the name was uploaded before."),),
        ),
    ),
    corrections=(
        Correction(
            "A deleted certificate can be downloaded and uploaded again.",
            Claim(
                "Its private key cannot be read out of IAM: whoever uploaded it must have it.",
                "botocore iam GetServerCertificate (no private key in the answer)",
            ),
        ),
    ),
    questions=("Which listeners and distributions name the certificate?",),
    false_positives=("Renewals by scripts.",),
    detections={
        "uploaded": Detection(
            title="A server certificate was uploaded",
            level="info",
            when="event_name = 'UploadServerCertificate'",
            fires=((_UPLOADED,),),
            quiet=((_do("DeleteServerCertificate"),), (_DENIED,)),
        ),
        "deleted_by_its_maker": Detection(
            title="A server certificate was deleted by whoever had uploaded it",
            level="info",
            when=f"event_name <> 'UploadServerCertificate' AND {_OWN}",
            fires=((_UPLOADED, _do("DeleteServerCertificate")),),
            quiet=((_do("DeleteServerCertificate"),),),
        ),
        "deleted": Detection(
            title="A server certificate was deleted",
            level="low",
            when=f"event_name <> 'UploadServerCertificate' AND NOT {_OWN}",
            techniques=("T1531",),
            fires=((_do("DeleteServerCertificate", role("ci")),),),
            quiet=((_UPLOADED,), (_IN_USE,)),
        ),
        **tries("change a server certificate", denied=_DENIED, failed=_IN_USE, done=_UPLOADED),
    },
)
