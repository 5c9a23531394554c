"""The account's names are changed: its alias in the sign-in address, and what it is called."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:CreateAccountAlias",
        "iam.amazonaws.com:DeleteAccountAlias",
        "account.amazonaws.com:PutAccountName",
    ),
    family="account",
    tier=3,
    information=(
        Claim(
            "The alias stands in the sign-in address of the account's IAM users in place of the "
            "account's number; an account has one at most, and it is unique among all accounts of "
            "a partition.",
            "botocore iam CreateAccountAlias, ListAccountAliases",
        ),
        Claim(
            "A new alias takes the place of the old one; bookmarks of the old sign-in address "
            "stop working.",
            "AWS IAM User Guide (archive before June 2023), Your AWS account ID and its alias, "
            "read 2026-11-28",
        ),
        Claim(
            "PutAccountName changes the name of the account, or of a member account by the "
            "management account.",
            "botocore account PutAccountName",
        ),
    ),
    silence=(
        "Housekeeping: no password, key or permission changes. A lost sign-in address is "
        "annoying; the address with the account's number always works."
    ),
)
