"""Somebody asks whose credentials these are, or what a refusal meant."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "sts.amazonaws.com:GetCallerIdentity",
        "sts.amazonaws.com:GetAccessKeyInfo",
        "sts.amazonaws.com:DecodeAuthorizationMessage",
    ),
    family="sessions",
    tier=3,
    information=(
        Claim(
            "GetCallerIdentity tells account, ARN and id of the caller, and needs no permission: "
            "a policy that denies it does not stop it.",
            "botocore sts GetCallerIdentity",
        ),
        Claim(
            "GetAccessKeyInfo tells the account of any access key id.",
            "botocore sts GetAccessKeyInfo",
        ),
        Claim(
            "DecodeAuthorizationMessage reads the coded part of a refusal, which may hold "
            "policies and resources.",
            "botocore sts DecodeAuthorizationMessage",
        ),
    ),
    silence=(
        "Housekeeping: every SDK, pipeline and console tab asks it, and so does whoever has found "
        "a key. Alone it tells nothing; a first call of a principal from a new address is told "
        "with the findings on what it does next."
    ),
)
