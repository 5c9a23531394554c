"""STS and sign-in: whose session it is that a call opens."""

from trailmend.events.target.arns import parse_arn
from trailmend.events.target.places import Place, Service, other_account


def _root_of(said: str, account: str) -> str | None:
    """Name the root that sts:AssumeRoot asks for, by an account's number or by an ARN."""
    arn = parse_arn(said)
    number = arn.account if arn is not None else said
    if number == account:
        return "root"
    return said if arn is not None else f"arn:aws:iam::{said}:root"


_SESSION = Place(kind="session", response=("credentials.accessKeyId",))

STS = Service(
    targets=(
        Place(kind="role", request=("roleArn",)),
        Place(kind="root", request=("targetPrincipal",), read=_root_of),
        Place(
            kind="role",
            response=("assumedPrincipal",),
            only=frozenset({"GetDelegatedAccessToken"}),
        ),
    ),
    objects=(_SESSION, Place(kind="access_key", request=("accessKeyId",))),
    nobody=frozenset({"GetCallerIdentity", "DecodeAuthorizationMessage", "GetWebIdentityToken"}),
    caller=frozenset({"GetSessionToken", "GetFederationToken"}),
)
"""A session of GetFederationToken has its issuer's permissions: its name is the caller's choice."""

ROOT_RECOVERY = frozenset({"PasswordRecoveryRequested", "PasswordRecoveryCompleted"})
"""Whoever reads root's mail does these; nobody has signed in."""
ROOT_CHANGES = frozenset({"PasswordUpdated", "EmailUpdated"})
SIGN_INS = frozenset({"ConsoleLogin", "CheckMfa"})
UNPROVED = ROOT_RECOVERY | {"CheckMfa"}
"""Steps before the sign-in: whoever does them has not yet proved who it is."""
SWITCHES = frozenset({"SwitchRole", "ExitRole", "RenewRole"})
"""The record's actor is a session of the role; `SwitchFrom` tells from where it was entered."""

_CONSOLE_AUTHORIZATION = frozenset(
    {"PutConsoleAuthorizationConfiguration", "DeleteConsoleAuthorizationConfiguration"}
)

SIGN_IN = Service(
    targets=(Place(kind="organization_account", request=("targetId",), read=other_account),),
    objects=(_SESSION,),
    whole=dict.fromkeys(
        ("PutResourcePermissionStatement", "DeleteResourcePermissionStatement"), "account"
    ),
    unnamed=dict.fromkeys(_CONSOLE_AUTHORIZATION, "account"),
    alone=_CONSOLE_AUTHORIZATION,
    nobody=frozenset(
        """
        UserAuthentication CredentialChallenge CredentialVerification GetSigninToken
        CreateBearerToken CreateOAuth2Token CreateOAuth2TokenWithIAM
        CreateOAuth2TokenWithTokenExchange IntrospectOAuth2TokenWithIAM RevokeOAuth2TokenWithIAM
        """.split()
    ),
)
