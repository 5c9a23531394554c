"""The description of a role is changed."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateRoleDescription",),
    family="roles",
    tier=3,
    information=(
        Claim(
            "Only the text that describes the role changes; UpdateRole does the same and more.",
            "botocore iam UpdateRoleDescription",
        ),
    ),
    silence=(
        "Housekeeping: a description decides nothing. It may be changed to make a role look "
        "harmless, so read descriptions as what somebody wrote."
    ),
)
