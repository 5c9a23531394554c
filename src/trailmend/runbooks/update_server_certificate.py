"""A server certificate in IAM gets another name or path."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateServerCertificate",),
    family="keys and certificates",
    tier=3,
    information=(
        Claim(
            "Name and path change, and with them the ARN; certificate and private key stay.",
            "botocore iam UpdateServerCertificate",
        ),
        Claim(
            "Load balancers and distributions that are configured with the former ARN may not "
            "find it.",
            "botocore iam UpdateServerCertificate (implications named there)",
        ),
    ),
    silence=(
        "Housekeeping: no key is seen, replaced or deleted. What breaks is availability, and the "
        "name can be changed back."
    ),
)
