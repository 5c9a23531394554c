"""Where credentials came from, and what to do where AWS does not accept them."""

from __future__ import annotations

from collections.abc import Mapping

_OTHER = "or choose a profile with --profile"
_KNOWN: Mapping[str, tuple[str, str]] = {
    "env": (
        "in the environment, AWS_ACCESS_KEY_ID and what goes with it",
        f"set them anew, {_OTHER}",
    ),
    "shared-credentials-file": (
        "of profile {profile} in {credentials_file}",
        "put a key there that is valid, or choose another profile with --profile",
    ),
    "config-file": (
        "of profile {profile} in {config_file}",
        "put a key there that is valid, or choose another profile with --profile",
    ),
    "sso": (
        "of profile {profile}, from IAM Identity Center",
        "sign in again with `aws sso login --profile {profile}`",
    ),
    "login": (
        "of profile {profile}, from a sign-in to the console",
        "sign in again with `aws login --profile {profile}`",
    ),
    "assume-role": (
        "of the role that profile {profile} assumes",
        "sign in again with the profile that it is assumed from (source_profile in {config_file})",
    ),
    "assume-role-with-web-identity": (
        "of a role that is assumed with a web identity token",
        f"renew the token in its file (AWS_WEB_IDENTITY_TOKEN_FILE), {_OTHER}",
    ),
    "custom-process": (
        "that the credential_process of profile {profile} gives",
        "sign in again to what that process asks",
    ),
    "iam-role": (
        "of the role of this EC2 instance",
        f"see whether the instance still has its role, {_OTHER}",
    ),
    "container-role": (
        "of the role of this container",
        f"see whether the task still has its role, {_OTHER}",
    ),
}
"""By botocore's name of the method (`credentials.py`, METHOD): whose they are, what to do."""
_UNKNOWN = ("of profile {profile}", f"sign in again, {_OTHER}")


def not_accepted(method: str, code: str, names: Mapping[str, str]) -> str:
    """Say whose credentials AWS does not accept, why in its word, and what to do.

    `method` is botocore's name of where they came from; `names` are the profile and the files.
    """
    whose, advice = _KNOWN.get(method, _UNKNOWN)
    return f"AWS does not accept the credentials {whose} ({code}): {advice}.".format_map(names)
