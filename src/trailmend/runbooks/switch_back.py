"""A console session goes back from a role, renews it, or gives an OAuth token back."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "signin.amazonaws.com:ExitRole",
        "signin.amazonaws.com:RenewRole",
        "signin.amazonaws.com:RevokeOAuth2TokenWithIAM",
        "signin.amazonaws.com:IntrospectOAuth2TokenWithIAM",
    ),
    family="sign-in",
    tier=3,
    information=(
        Claim(
            "ExitRole ends a switch to a role in the console, RenewRole prolongs one; SwitchRole "
            "had begun it.",
            "AWS CloudTrail User Guide (archive of June 2023), AWS Management Console sign-in "
            "events; unchecked: RenewRole",
        ),
        Claim(
            "Two calls give an OAuth token of sign-in back, or ask whether one is valid.",
            "botocore signin (operation names); unchecked: their records",
        ),
    ),
    silence=(
        "Housekeeping: a session ends or goes on with what it had. What began it, ConsoleLogin, "
        "SwitchRole or CreateOAuth2Token, has a page of its own."
    ),
)
