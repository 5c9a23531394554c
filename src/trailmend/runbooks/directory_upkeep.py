"""Steps in the console of Identity Center that by themselves let nobody in or out."""

from trailmend.catalog import Claim, Runbook

_ACTIONS = (
    "AWS Service Authorization Reference, Actions, resources, and condition keys for AWS IAM "
    "Identity Center directory, read 2026-11-28"
)

RUNBOOK = Runbook(
    events=tuple(
        f"sso-directory.amazonaws.com:{name}"
        for name in (
            *("CreateAlias", "StartVirtualMfaDeviceRegistration"),
            *("StartWebAuthnDeviceRegistration", "UpdateMfaDeviceForUser", "VerifyEmail"),
        )
    ),
    family="Identity Center",
    tier=3,
    information=(
        Claim(
            "The registration of an MFA device has a step that starts it and one that completes "
            "it.",
            f"{_ACTIONS} (CompleteVirtualMfaDeviceRegistration)",
        ),
        Claim(
            "CreateAlias gives the directory of Identity Center another name.",
            f"{_ACTIONS} (CreateAlias)",
        ),
        Claim(
            "UpdateMfaDeviceForUser changes what is noted of a device that is there, as its name; "
            "VerifyEmail settles that an address is its person's.",
            "unchecked: by the names of the calls, which no model of botocore describes",
        ),
    ),
    silence=(
        "Housekeeping: a device counts once its registration is complete "
        "(CompleteVirtualMfaDeviceRegistration, CompleteWebAuthnDeviceRegistration), and who a "
        "person is changes by UpdateUser: these are judged."
    ),
)
