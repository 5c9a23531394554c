"""IAM Access Analyzer is asked for something: a policy, a preview of access, a scan."""

from trailmend.catalog import Claim, Runbook

_GENERATION = "botocore accessanalyzer StartPolicyGeneration, CancelPolicyGeneration"

RUNBOOK = Runbook(
    events=(
        "access-analyzer.amazonaws.com:StartPolicyGeneration",
        "access-analyzer.amazonaws.com:CancelPolicyGeneration",
        "access-analyzer.amazonaws.com:CreateAccessPreview",
        "access-analyzer.amazonaws.com:StartResourceScan",
    ),
    family="account",
    tier=3,
    information=(
        Claim(
            "A policy is generated for one user or role from what a trail recorded of them, or the "
            "job is given up. It is fetched by GetGeneratedPolicy, and attached to nobody.",
            f"{_GENERATION}, GetGeneratedPolicy",
        ),
        Claim(
            "The job reads the trail's files by a role that the request names (accessRole).",
            "botocore accessanalyzer CloudTrailDetails",
        ),
        Claim(
            "A preview tells what an analyzer would find if a resource had another policy; nothing "
            "is deployed.",
            "botocore accessanalyzer CreateAccessPreview",
        ),
        Claim(
            "A scan looks at one resource at once, and not only when it changes.",
            "botocore accessanalyzer StartResourceScan",
        ),
    ),
    silence=(
        "Housekeeping: it changes no access. An intruder may have a policy generated to learn what "
        "somebody uses: then it stands in the history of the principal, beside the calls that have "
        "findings."
    ),
)
