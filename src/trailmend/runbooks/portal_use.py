"""A person uses the access portal of Identity Center: opens it, an application, an account."""

from trailmend.catalog import Claim, Runbook

_LOGGED = (
    "AWS IAM Identity Center User Guide, IAM Identity Center information in CloudTrail, read "
    "2026-11-28"
)
_SAMPLE = (
    "sample: Aidan Steele, Apps can now impersonate human access to AWS via IAM Identity Center "
    "(2026-07-01), read 2026-11-28"
)

RUNBOOK = Runbook(
    events=tuple(
        f"sso.amazonaws.com:{name}"
        for name in (
            *("Authenticate", "Federate", "GetRoleCredentials", "ListAccountRoles"),
            *("ListAccounts", "ListProfilesForApplication", "Logout"),
        )
    ),
    family="sessions",
    tier=3,
    information=(
        Claim(
            "Authenticate opens the portal, Federate an application or an account from it, and "
            "Logout ends the session; the lists show what the person is assigned.",
            f"{_LOGGED}; botocore sso Logout, ListAccounts, ListAccountRoles",
        ),
        Claim(
            "GetRoleCredentials gives a tool credentials of a role that the person is assigned. "
            "The account has a record of its own of the session, AssumeRoleWithSAML.",
            f"botocore sso GetRoleCredentials; {_SAMPLE}",
        ),
        Claim(
            "Which account and role it was stands in serviceEventDetails, and the request is "
            "empty.",
            _SAMPLE,
        ),
    ),
    silence=(
        "Plain use: these come with every sign-in and every command. How the person got in, and "
        "how a tool got their token, are judged by UserAuthentication and CreateToken."
    ),
)
