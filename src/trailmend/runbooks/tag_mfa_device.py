"""Tags of a virtual MFA device are set or taken away."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:TagMFADevice",
        "iam.amazonaws.com:UntagMFADevice",
    ),
    family="MFA devices",
    tier=3,
    information=(
        Claim(
            "Tags of a virtual MFA device are set, or taken away by their keys; one with the same "
            "key is overwritten.",
            "botocore iam TagMFADevice, UntagMFADevice",
        ),
        Claim(
            "A policy can ask for the tags of a virtual MFA device in its conditions "
            "(aws:ResourceTag), where it allows or denies calls on it.",
            "botocore iam TagMFADevice (Access control)",
        ),
    ),
    silence=(
        "Housekeeping: a tag neither assigns a device nor takes it away. Where a condition of "
        "yours asks for a tag of the device, who may set it may do what the tag allows: let a "
        "rule of your own watch this call."
    ),
)
