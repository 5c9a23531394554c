"""Tags of an analyzer of IAM Access Analyzer are set or taken away."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "access-analyzer.amazonaws.com:TagResource",
        "access-analyzer.amazonaws.com:UntagResource",
    ),
    family="account",
    tier=3,
    information=(
        Claim(
            "Tags of an analyzer are added, or taken away by their keys.",
            "botocore accessanalyzer TagResource, UntagResource",
        ),
        Claim(
            "What an analyzer leaves out is chosen by the tags of what it looks at, and not by its "
            "own.",
            "botocore accessanalyzer AnalysisRuleCriteria (resourceTags)",
        ),
    ),
    silence=(
        "Housekeeping: the analyzer goes on looking at the same things. Where a policy of yours "
        "lets people change analyzers by this tag, write a rule of your own for it."
    ),
)
