"""Tags of a server certificate are set or taken away."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:TagServerCertificate",
        "iam.amazonaws.com:UntagServerCertificate",
    ),
    family="keys and certificates",
    tier=3,
    information=(
        Claim(
            "Tags of a server certificate are set, or taken away by their keys; one with the same "
            "key is overwritten.",
            "botocore iam TagServerCertificate, UntagServerCertificate",
        ),
        Claim(
            "A policy can ask for the tags of a server certificate in its conditions "
            "(aws:ResourceTag), where it allows or denies calls on it.",
            "botocore iam TagServerCertificate (Access control)",
        ),
    ),
    silence=(
        "Housekeeping: certificate and key stay as they are. Where a condition of yours asks for "
        "a tag of the certificate, who may set it may do what the tag allows: let a rule of your "
        "own watch this call."
    ),
)
