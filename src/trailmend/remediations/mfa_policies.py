"""Policies that make a user sign in with MFA.

They follow AWS's example "Allows MFA-authenticated IAM users to manage their own MFA device on the
Security credentials page" (IAM User Guide), with three differences: a user may change the password
before MFA is set up, or a forced change locks them out; nothing lets a user take a device away;
the user's path stands in the ARN, which `user/${aws:username}` alone does not match.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

from trailmend.calls import Beside, Change, Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.beside import devices_after, gets_password, keys_turned_off
from trailmend.remediations.users import the_user

POLICY = "trailmend-require-mfa"
_LIMIT = 2048
"""Characters of all inline policies of a user, white space not counted (IAM quotas)."""
_ANYWHERE = ("iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices")
_ON_DEVICES = ("iam:CreateVirtualMFADevice",)
_ON_SELF = (
    "iam:ChangePassword",
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ResyncMFADevice",
)
_WITHOUT_MFA = sorted((*_ANYWHERE, *_ON_DEVICES, *_ON_SELF, "sts:GetSessionToken"))
"""What a session without MFA may do.  DeleteVirtualMFADevice and DeactivateMFADevice are not in it:
AWS warns that they would let whoever has the password take the MFA away."""
_STRICT = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
"""Holds for everything without MFA, calls with long-lived keys too: those have no such context key
(IAM User Guide, AWS global condition context keys)."""
_LENIENT = {
    "Bool": {"aws:MultiFactorAuthPresent": "false"},
    "BoolIfExists": {"aws:ViaAWSService": "false"},
}
"""Holds for sessions without MFA, and not for long-lived keys.  Where a service goes on with the
caller's credentials (Athena, CloudFormation), even a key's call counts as a session without MFA;
such calls are excepted, or programs would break.  Some services do not send aws:ViaAWSService."""


def document_for(arn: str, *, keys: bool) -> dict[str, Any]:
    """Give the policy for the user of that ARN; `keys` spares calls with long-lived keys."""
    account, _, path = arn.partition(":user/")
    folder = f"{path.rpartition('/')[0]}/".lstrip("/")
    allowed = (
        ("Ask", _ANYWHERE, "*"),
        ("CreateDevice", _ON_DEVICES, f"{account}:mfa/*"),
        ("OwnSignIn", _ON_SELF, f"{account}:user/{folder}${{aws:username}}"),
    )
    denial = {
        "Sid": "DenyTheRestWithoutMFA",
        "Effect": "Deny",
        "NotAction": _WITHOUT_MFA,
        "Resource": "*",
        "Condition": _LENIENT if keys else _STRICT,
    }
    grants = [
        {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
        for sid, actions, resource in allowed
    ]
    return {"Version": "2012-10-17", "Statement": [*grants, denial]}


_ARN = "arn:aws:iam::111122223333:user/staff/bob"
_KEYS = "AccessKeyMetadata[].AccessKeyId"


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


_EXAMPLE = Example(
    facts=Facts(
        account_id="111122223333",
        finding_id="2b4d6f8091a3c5e7",
        event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d05",
        event_name="DeactivateMFADevice",
        event_time="2026-03-02T09:00:00Z",
        asked_at="2026-03-02T10:00:00Z",
        user_name="bob",
    ),
    reads=(
        (
            call("iam.get_user", UserName="bob"),
            {"id": "AIDAEXAMPLE0000000001", "created": "2025-01-07T08:00:00Z", "arn": _ARN},
        ),
        (call("iam.list_user_policies", UserName="bob"), ["reports"]),
        (
            call("iam.get_user_policy", UserName="bob", PolicyName="reports"),
            {"Version": "2012-10-17", "Statement": []},
        ),
        (call("iam.list_access_keys", UserName="bob"), ["AKIAIOSFODNN7EXAMPLE"]),
        (call("iam.list_ssh_public_keys", UserName="bob"), []),
        (call("iam.list_mfa_devices", UserName="bob"), ["arn:aws:iam::111122223333:mfa/phone"]),
        (call("iam.get_login_profile", UserName="bob"), "2025-01-07T08:00:00Z"),
    ),
    changes=(
        call(
            "iam.put_user_policy",
            UserName="bob",
            PolicyName=POLICY,
            PolicyDocument=_text(document_for(_ARN, keys=True)),
        ),
    ),
)


@remediation(
    title="Let the user do nothing without MFA",
    breaks="Sessions without MFA are refused at once, all but setting up MFA and the password.",
    example=_EXAMPLE,
    stage="contain",
    needs="user",
)
def require_mfa(facts: Facts) -> Steps:
    """Put an inline policy on the user: without MFA, only MFA and the password can be set up.

    The policy also allows these few calls on the user's own, or its denial would lock out a user
    who may not enrol.  A user with an access key or an SSH key, even an inactive one, gets the
    lenient form: calls that such a key signs stay as they are.  Others get AWS's strict form, which
    refuses every call without MFA, also with keys that are made later.  Other long-lived
    credentials, such as those for Git by HTTPS, are not looked for; the strict form refuses them.

    A policy of that name in either form needs nothing; one with other content comes back when the
    plan is rolled back.  While the user has no device, whoever has the password can enrol one:
    enrol a device as well (mfa_devices.enrol_virtual_device).
    """
    user = yield from the_user(facts)
    name, arn = user["name"], user["arn"]
    policies = yield from _inline_policies(name)
    former = policies.pop(POLICY, None)
    if former in (document_for(arn, keys=False), document_for(arn, keys=True)):
        return
    keys = yield from _long_lived(name)
    document = document_for(arn, keys=bool(keys))
    _check_size(name, sum(map(_size, policies.values())), _size(document))
    warnings = yield from _warnings(name, keys)
    yield _put(name, former, document, warnings)


def _inline_policies(user: str) -> Generator[Read, Any, dict[str, Any]]:
    names = yield read("iam.list_user_policies", UserName=user, pick="sort(PolicyNames)")
    found = {}
    for name in names or ():
        found[name] = yield read(
            "iam.get_user_policy", UserName=user, PolicyName=name, pick="PolicyDocument"
        )
    return found


def _long_lived(user: str) -> Generator[Read, Any, list[str]]:
    """Name the user's access keys and SSH keys; to turn one on again must not be in vain."""
    access = yield read("iam.list_access_keys", UserName=user, pick=f"sort({_KEYS})")
    ssh = yield read(
        "iam.list_ssh_public_keys", UserName=user, pick="sort(SSHPublicKeys[].SSHPublicKeyId)"
    )
    return [*(access or ()), *(ssh or ())]


def _size(document: Mapping[str, Any] | str | None) -> int:
    """Count the characters of a policy as AWS does, without white space."""
    text = document if isinstance(document, str) else _text(document or {})
    return len("".join(text.split()))


def _check_size(user: str, others: int, size: int) -> None:
    if others + size > _LIMIT:
        raise CannotFix(
            f"The inline policies of user {user} have {others} characters, {size} more are needed, "
            f"and {_LIMIT} is the limit: make one of them a managed policy, or put {user} into a "
            "group that demands MFA, and plan again."
        )


def _warnings(user: str, keys: list[str]) -> Generator[Read | Beside, Any, str]:
    devices = yield read(
        "iam.list_mfa_devices", UserName=user, pick="MFADevices[].SerialNumber", watch=False
    )
    password = yield read(
        "iam.get_login_profile", UserName=user, pick="LoginProfile.CreateDate", watch=False
    )
    others = yield Beside()
    said, off = [], keys_turned_off(others)
    used = [one for one in keys if one not in off]
    if used:
        said.append(f"{', '.join(used)} of {user} can be used without MFA as before.")
    if not devices_after(user, devices or (), others).text:
        said.append(f"{user} has no MFA device: whoever has the password can enrol one.")
    if password is None and not gets_password(user, others):
        said.append(f"{user} has no console password, so there is no sign-in to protect.")
    return " ".join(said)


def _put(user: str, former: Any, document: Mapping[str, Any], warnings: str) -> Change:
    target = {"UserName": user, "PolicyName": POLICY}
    if former is None:
        undo = call("iam.delete_user_policy", **target)
    else:
        text = former if isinstance(former, str) else _text(former)
        undo = call("iam.put_user_policy", **target, PolicyDocument=text)
    return change(
        "iam.put_user_policy",
        UserName=user,
        PolicyName=POLICY,
        PolicyDocument=_text(document),
        undo=undo,
        note=(
            f"Inline policy {POLICY} of user {user}: {'none' if former is None else 'other'} → "
            f"without MFA nothing but setting up MFA and the password. {warnings}"
        ).strip(),
        breaks=f"What {user} has open in the console without MFA is refused from now on.",
    )
