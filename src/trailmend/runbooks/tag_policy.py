"""Tags of a managed policy are set or taken away."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:TagPolicy",
        "iam.amazonaws.com:UntagPolicy",
    ),
    family="permissions",
    tier=3,
    information=(
        Claim(
            "Tags of a managed policy are set, or taken away by their keys; one with the same key "
            "is overwritten.",
            "botocore iam TagPolicy, UntagPolicy",
        ),
        Claim(
            "A policy can ask for the tags of a managed policy in its conditions "
            "(aws:ResourceTag), where it allows or denies calls on it.",
            "botocore iam TagPolicy (Access control)",
        ),
    ),
    silence=(
        "Housekeeping: its document stays as it is. Where a condition of yours asks for a tag of "
        "the policy, who may set it may do what the tag allows: let a rule of your own watch this "
        "call."
    ),
)
