"""A tool introduces itself to Identity Center and asks for a code that a person shall approve."""

from trailmend.catalog import Claim, Runbook

_REGISTER = "botocore sso-oidc RegisterClient"
_START = "botocore sso-oidc StartDeviceAuthorization"

RUNBOOK = Runbook(
    events=(
        "sso-oauth.amazonaws.com:RegisterClient",
        "sso-oauth.amazonaws.com:StartDeviceAuthorization",
    ),
    family="sessions",
    tier=3,
    information=(
        Claim(
            "RegisterClient gives a tool an id and a secret, StartDeviceAuthorization a code and "
            "the address of AWS's page where a person approves it.",
            f"{_REGISTER}; {_START}",
        ),
        Claim(
            "Both are called without credentials of anybody, with the address of the company's "
            "portal (startUrl).",
            f"{_REGISTER}; {_START} (authtype none in the model)",
        ),
        Claim(
            "AWS does not name them among the events that CloudTrail records.",
            "AWS IAM Identity Center User Guide, IAM Identity Center information in CloudTrail, "
            "read 2026-11-28",
        ),
    ),
    silence=(
        "Nobody is known yet, and nothing is given: what counts is the token that comes of it. See "
        "CreateToken."
    ),
)
