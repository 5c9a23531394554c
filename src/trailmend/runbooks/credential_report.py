"""A report on all users' credentials, or on what principals last used, is made."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:GenerateCredentialReport",
        "iam.amazonaws.com:GenerateServiceLastAccessedDetails",
        "iam.amazonaws.com:GenerateOrganizationsAccessReport",
    ),
    family="account",
    tier=3,
    information=(
        Claim(
            "A credential report lists every user with the state and age of password, MFA device, "
            "access keys and certificates.",
            "botocore iam GenerateCredentialReport, GetCredentialReport; AWS IAM User Guide, "
            "Getting credential reports for your AWS account (archive of June 2023), read "
            "2026-11-28",
        ),
        Claim(
            "The other two reports say which services a principal, or an account of the "
            "organization, used and when.",
            "botocore iam GenerateServiceLastAccessedDetails, GenerateOrganizationsAccessReport",
        ),
        Claim(
            "Making a report changes nothing; what it says is fetched by a Get call of its own.",
            "botocore iam GetCredentialReport, GetServiceLastAccessedDetails",
        ),
    ),
    silence=(
        "Housekeeping: auditors and scanners make such reports every day. An intruder may read "
        "one to choose a victim: then it stands in the history of the principal, beside the calls "
        "that have findings."
    ),
)
