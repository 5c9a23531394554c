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
            "ExitRole ends a switch to a role in the console, and RenewRole, by its name, prolongs "
            "one; SwitchRole had begun it.",
            "unchecked: no public record and no guide that was read describes the two",
        ),
        Claim(
            "The other two revoke an OAuth refresh token with all that came of it, or ask whether "
            "a token is valid.",
            "botocore signin RevokeOAuth2TokenWithIAM, IntrospectOAuth2TokenWithIAM",
        ),
    ),
    silence=(
        "Housekeeping: a session ends or goes on with what it had. What began it, ConsoleLogin, "
        "SwitchRole or CreateOAuth2Token, has a page of its own."
    ),
)
