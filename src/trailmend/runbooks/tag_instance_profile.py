"""Tags of an instance profile are set or taken away."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:TagInstanceProfile",
        "iam.amazonaws.com:UntagInstanceProfile",
    ),
    family="roles",
    tier=3,
    information=(
        Claim(
            "Tags of an instance profile are set, or taken away by their keys; one with the same "
            "key is overwritten.",
            "botocore iam TagInstanceProfile, UntagInstanceProfile",
        ),
        Claim(
            "A policy can ask for the tags of an instance profile in its conditions "
            "(aws:ResourceTag), where it allows or denies calls on it.",
            "botocore iam TagInstanceProfile (Access control)",
        ),
    ),
    silence=(
        "Housekeeping: the role in the profile, and not the profile, is the principal. Where a "
        "condition of yours asks for a tag of the profile, who may set it may do what the tag "
        "allows: let a rule of your own watch this call."
    ),
)
