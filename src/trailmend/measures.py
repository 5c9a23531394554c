"""Fixes that several runbooks share: how a caller is stopped, and how the account is hardened.

The hardenings are what is often named as the remedy of these events.  None of them undoes one,
so each says what it does for the event and what it does not.
"""

from __future__ import annotations

from collections.abc import Iterable

from trailmend.catalog import Claim, Hardening
from trailmend.context import Context
from trailmend.events import Event
from trailmend.plan import Remediation
from trailmend.remediations.access_keys import deactivate_callers_key, deactivate_unused_keys
from trailmend.remediations.login_profiles import force_password_reset
from trailmend.remediations.mfa_devices import enrol_virtual_device
from trailmend.remediations.mfa_policies import require_mfa
from trailmend.remediations.password_policy import enforce_password_policy
from trailmend.remediations.principals import quarantine_caller, revoke_callers_sessions
from trailmend.remediations.trails import attach_trail_reader, repair_trail

STOP_CALLER: tuple[Remediation, ...] = (
    deactivate_callers_key,
    revoke_callers_sessions,
    quarantine_caller,
)
"""The smallest first: one key of a user, the sessions of a role or user, all that it may do."""
_CAN_BE_STOPPED = ("IAMUser", "AssumedRole")


def fitting(event: Event, row: Context, fixes: Iterable[Remediation]) -> list[str]:
    """Give the keys of the fixes that fit an event: not every caller can be stopped here.

    A fix of other calls than the event's is left out.  Root, a service and a principal of another
    account are held by no policy of this account, and only a long-lived key of a user of it can be
    turned off: the one that signed the call, or by which the caller's session was taken.
    """
    stoppable = event.by_own_account and event.actor_type in _CAN_BE_STOPPED
    taken_here = (row.origin_type, row.origin_account) == ("IAMUser", event.account_id)
    keys = event.access_key_id, row.origin_access_key_id if taken_here else None
    by_key = any((key or "").startswith("AKIA") for key in keys)
    return [
        fix.key
        for fix in fixes
        if not fix.events or event.event_name in fix.events
        if fix.about != "actor" or (stoppable and (by_key or fix != deactivate_callers_key))
    ]


_IAM = "AWS IAM User Guide (archive of June 2023)"
_TRAIL = "AWS CloudTrail User Guide (archive of June 2023)"
_POLICY = f"{_IAM}, Setting an account password policy for IAM users, read 2026-11-22"
_MFA = "AWS IAM User Guide, AWS Multi-factor authentication in IAM, read 2026-11-22"
_PROTECTED = f"{_IAM}, Configuring MFA-protected API access, read 2026-11-22"
_KEYS = f"{_IAM}, Managing access keys for IAM users, read 2026-11-22"
_HISTORY = f"{_TRAIL}, Security best practices in AWS CloudTrail, read 2026-11-22"
_READER = f"{_TRAIL}, AWS managed policies for AWS CloudTrail, read 2026-11-22"
_SSH = (
    "AWS CodeCommit User Guide (archive of June 2023), Setup steps for SSH connections, read "
    "2026-11-22"
)
_RESET = "botocore iam UpdateLoginProfile"

ROTATION = Claim(
    "No fix rotates access keys: a new key's secret is told once, and the programs must have it "
    "before the old key goes. It would not touch this event either. Keys that nobody uses can be "
    "turned off: access_keys.deactivate_unused_keys.",
    _KEYS,
)


def least_privilege(action: str, scope: str) -> Claim:
    """Say why no fix takes the right to an action away, and how people do it."""
    return Claim(
        f"No fix narrows policies: who needs {action}, only its owner can tell. When a user or "
        f"role last called {action}, `aws iam generate-service-last-accessed-details --arn ARN "
        f"--granularity ACTION_LEVEL` finds out. Then {scope}.",
        "botocore iam GenerateServiceLastAccessedDetails; "
        f"{_IAM}, Refining permissions in AWS using last accessed information, read 2026-11-22",
    )


LOGIN_PROFILE_DELETED = (
    Hardening(
        force_password_reset,
        "A user who has a password must set another at the next sign-in.",
        "The user of this event has none, so it is refused. A new password "
        "(login_profiles.create_login_profile) has to be changed anyway.",
        f"{_RESET} (NoSuchEntity)",
    ),
    Hardening(
        enrol_virtual_device,
        "With a device, the new password that was handed over does not open the console alone.",
        "It gives no password back, and a user without one is refused: make the password first.",
        _MFA,
    ),
    Hardening(
        deactivate_unused_keys,
        "Keys go on working after this call; those unused for 90 days are turned off.",
        "Keys in use stay on, and no sign-in comes back.",
        "botocore iam DeleteLoginProfile",
    ),
    Hardening(
        enforce_password_policy,
        "The password that replaces the deleted one must meet the policy.",
        "The policy has no say in who may delete a login profile.",
        "botocore iam CreateLoginProfile (PasswordPolicyViolation), PasswordPolicy",
    ),
    Hardening(
        repair_trail,
        "The next deletion is kept longer than the 90 days of event history, and can be checked.",
        "It prevents none, and brings back no record of a time when nothing was logged.",
        _HISTORY,
    ),
    Hardening(
        attach_trail_reader,
        "An analyst can look up who removed the password, without any right over users.",
        "It opens no log file in the bucket, and the user still cannot sign in.",
        _READER,
    ),
)

PASSWORD_POLICY_DELETED = (
    Hardening(
        force_password_reset,
        "A password chosen while the policy was gone gives way to one that the policy in force "
        "accepts: restore the policy first.",
        "It is one user at a time, and brings no policy back.",
        f"{_POLICY}; {_RESET}",
    ),
    Hardening(
        enrol_virtual_device,
        "A weak password of this user does not open the console alone.",
        "MFA did not go with the policy, which has no field for it, and a device replaces no "
        "policy.",
        f"botocore iam PasswordPolicy; {_MFA}",
    ),
    Hardening(
        deactivate_unused_keys,
        "Keys unused for 90 days are turned off.",
        "No password policy rules keys: this event changed nothing about them.",
        _POLICY,
    ),
    Hardening(
        enforce_password_policy,
        "Each rule is raised to the baseline of your settings, whatever the log knows.",
        "Passwords in use are not tried against it.",
        _POLICY,
    ),
    Hardening(
        repair_trail,
        "The values of a policy that is set from now on are kept. The record of a deletion holds "
        "none.",
        "It does not tell what the policy was that is gone.",
        "sample: splunk DeleteAccountPasswordPolicy, UpdateAccountPasswordPolicy",
    ),
    Hardening(
        attach_trail_reader,
        "An analyst can look up the UpdateAccountPasswordPolicy of 90 days: the former values.",
        "It does not let them set a policy.",
        f"{_READER}; {_HISTORY}",
    ),
)

VIRTUAL_DEVICE_DELETED = (
    Hardening(
        force_password_reset,
        "A password that may be known has to be changed at the next sign-in.",
        "Whoever knows it can be the one to change it (login_profiles.set_new_password is for "
        "that case), and the user still has no device.",
        _RESET,
    ),
    Hardening(
        enrol_virtual_device,
        "The user gets a new device with a new seed: the remedy of this event.",
        "The deleted seed does not come back. Security keys and passkeys are enrolled by the user, "
        "in the console.",
        "botocore iam CreateVirtualMFADevice; AWS IAM User Guide, Assign MFA devices in the AWS "
        "CLI or AWS API, read 2026-11-22",
    ),
    Hardening(
        require_mfa,
        "Until a device is there, sessions of the user can enrol one, set the password, no more.",
        "Whoever has the password can enrol theirs: enrol the user's own as well.",
        _PROTECTED,
    ),
    Hardening(
        deactivate_unused_keys,
        "Keys sign without MFA unless a policy demands it; those unused for 90 days go off.",
        "Keys in use go on as before, and no device comes back.",
        _PROTECTED,
    ),
    Hardening(
        enforce_password_policy,
        "Without a device the password is all there is, and the next one has to be stronger.",
        "The password in use stays as it is, and no password policy demands MFA.",
        f"{_POLICY}; botocore iam PasswordPolicy",
    ),
    Hardening(
        repair_trail,
        "The enabling and the deactivation are kept: they tell whose the device was, for this "
        "record names a serial alone.",
        "The owner of a device that was enabled before stays unknown.",
        "sample: splunk DeactivateMFADevice, DeleteVirtualMFADevice",
    ),
    Hardening(
        attach_trail_reader,
        "An analyst can look for DeactivateMFADevice of the same serial, and so for the owner.",
        "It shows no device of today: that takes iam:ListMFADevices.",
        f"{_READER}; botocore iam ListMFADevices",
    ),
)

SSH_KEY_DELETED = (
    Hardening(
        force_password_reset,
        "If somebody else used the owner's sign-in to delete the key, the password has to be "
        "changed at the next one.",
        "Git over SSH asks for no password, and the key does not come back.",
        f"{_RESET}; {_SSH}",
    ),
    Hardening(
        enrol_virtual_device,
        "Who signs in as the owner needs a code from then on.",
        "The set-up of SSH knows no code: the private key is enough. The key does not come back.",
        f"{_MFA}; {_SSH}",
    ),
    Hardening(
        deactivate_unused_keys,
        "Access keys, by which Git over HTTPS can sign, are turned off if unused for 90 days.",
        "SSH keys are not among them: see `aws iam list-ssh-public-keys`.",
        "AWS IAM User Guide, Using IAM with CodeCommit: Git credentials, SSH keys, and AWS access "
        "keys, read 2026-11-22",
    ),
    Hardening(
        enforce_password_policy,
        "Console passwords that are set from now on are stronger.",
        "It is about console passwords alone: no SSH key is held to it, kept or put back by it.",
        _POLICY,
    ),
    Hardening(
        repair_trail,
        "The next UploadSSHPublicKey is kept, and with it the body from which a key can be put "
        "back.",
        "A body that no log holds is with the owner alone.",
        "unchecked: after botocore iam UploadSSHPublicKey and a note on one published sample",
    ),
    Hardening(
        attach_trail_reader,
        "An analyst can look up who deleted the key, and who had uploaded it.",
        "It opens no repository and no log file.",
        _READER,
    ),
)

MFA_DEVICE_ENABLED = (
    Hardening(
        force_password_reset,
        "A user who enrolled with a password that somebody else had set has to choose another.",
        "The device stays, whoever holds it (mfa_devices.deactivate_device takes it off), and who "
        "knows the password can choose the next.",
        _RESET,
    ),
    Hardening(
        enrol_virtual_device,
        "A user who has no device gets one; seed and QR code are handed over by you.",
        "It says nothing about the device of this event, and none can be enabled without two of "
        "its codes.",
        "botocore iam EnableMFADevice, CreateVirtualMFADevice",
    ),
    Hardening(
        require_mfa,
        "What the user does without MFA is refused, so that the device protects more than sign-in.",
        "Calls with keys go on where the user has any. An intruder's device satisfies it too.",
        _PROTECTED,
    ),
    Hardening(
        deactivate_unused_keys,
        "Keys sign without the device; those unused for 90 days are turned off.",
        "Keys in use go on, with or without a device.",
        _PROTECTED,
    ),
    Hardening(
        enforce_password_policy,
        "The password beside the device has to be stronger when it is next set.",
        "It has no field for MFA, and touches no device.",
        f"{_POLICY}; botocore iam PasswordPolicy",
    ),
    Hardening(
        repair_trail,
        "What weakened the user's sign-in in the days before is kept: that tells hygiene from "
        "takeover.",
        "Logs of other services' data, as objects in S3, are not part of it.",
        f"{_HISTORY}; botocore cloudtrail PutEventSelectors",
    ),
    Hardening(
        attach_trail_reader,
        "An analyst can look up who enabled the device and what came before.",
        "It shows neither the devices of today nor the log files in the bucket.",
        _READER,
    ),
)
