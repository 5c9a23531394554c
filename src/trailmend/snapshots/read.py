"""Snapshots out of what AWS answers: what people export, or what a live read asks for.

Sources of the forms: botocore iam GetAccountAuthorizationDetails, ListMFADevices,
ListVirtualMFADevices, ListAccessKeys; AWS IAM User Guide, "Getting credential reports for your AWS
account" (columns of the report).
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import unquote

import msgspec

from trailmend.errors import WrongUse
from trailmend.snapshots.account import NOT_SAID, of_aliases, of_password_policy, of_summary
from trailmend.snapshots.reports import NoReport, as_time, is_report, of_report
from trailmend.snapshots.shape import SeenBearer, SeenKey, SeenPolicy, SeenUser, Snapshot

_FORMS = (
    "the answers of aws iam get-account-authorization-details, get-credential-report (or its CSV), "
    "list-mfa-devices, list-virtual-mfa-devices, list-access-keys, get-account-summary, "
    "get-account-password-policy and list-account-aliases"
)


class _Contradiction(ValueError):
    """What an answer says cannot all be so of one account."""


def read_snapshot(data: bytes, name: str, taken_at: datetime, account_id: str = "") -> Snapshot:
    """Read one exported answer; `account_id` is used where the answer does not name the account.

    Raises WrongUse where the text is none of the known forms, is a part of an answer, contradicts
    itself, or names no account or another.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUse(f"{name} is no text in UTF-8: what can be read are {_FORMS}.") from error
    try:
        if is_report(text):
            found = of_report(text, taken_at)
        else:
            found = _of_answer(_parsed(text, name), name, taken_at)
    except (_Contradiction, NoReport) as error:
        raise WrongUse(f"{name}: {error}") from error
    account = account_id or found.account_id
    if not account:
        raise WrongUse(f"{name} names no account: say which, with --account.")
    if found.account_id and found.account_id != account:
        raise WrongUse(f"{name} is of account {found.account_id}, not of {account}: one at a time.")
    then = min(taken_at, found.taken_at)
    return msgspec.structs.replace(found, account_id=account, taken_at=then, sources=[name])


def _parsed(text: str, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise WrongUse(f"{name}, line {error.lineno}: {error.msg}. Read are {_FORMS}.") from error
    if not isinstance(found, dict):
        raise WrongUse(f"{name} holds no object: what can be read are {_FORMS}.")
    return found


def _of_answer(answer: Mapping[str, Any], name: str, taken_at: datetime) -> Snapshot:
    forms: Mapping[str, Callable[[Mapping[str, Any]], Snapshot]] = {
        "UserDetailList": of_authorization_details,
        "VirtualMFADevices": of_virtual_devices,
        "MFADevices": of_devices,
        "AccessKeyMetadata": of_access_keys,
        "SummaryMap": of_summary,
        "AccountAliases": of_aliases,
        "PasswordPolicy": of_password_policy,
        "Content": partial(_of_report_answer, taken_at),
    }
    if answer.get("IsTruncated") is True:
        raise _Contradiction(
            "it is a part of an answer (IsTruncated). Ask for all of it: the AWS CLI does, without "
            "--max-items and --no-paginate."
        )
    for key, read in forms.items():
        if key in answer:
            try:
                return read(answer)
            except (_Contradiction, NoReport):
                raise
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise WrongUse(
                    f"{name}: its {key} is not as AWS answers it ({error!r})."
                ) from error
    raise WrongUse(f"{name} is none of {_FORMS}.")


def of_authorization_details(answer: Mapping[str, Any]) -> Snapshot:
    """Read GetAccountAuthorizationDetails: who bears which policies, and what these say.

    It may have been asked for some kinds alone (botocore, parameter Filter), so only a kind of
    which it names one is told whole.
    """
    bearers: dict[str, SeenBearer] = {}
    users: dict[str, SeenUser] = {}
    arns: list[str] = []
    for kind, listed in (
        ("user", "UserDetailList"),
        ("group", "GroupDetailList"),
        ("role", "RoleDetailList"),
    ):
        for one in answer.get(listed, ()):
            name = one[f"{kind.capitalize()}Name"]
            bearers[f"{kind}/{name}"] = _bearer(kind, one)
            arns.append(one["Arn"])
            if kind == "user":
                users[name] = SeenUser(id=one.get("UserId"), created=as_time(one.get("CreateDate")))
    policies = {
        one["Arn"]: _policy(one)
        for one in answer.get("Policies", ())
        if ":aws:policy/" not in one["Arn"]
    }
    accounts = [arn.split(":")[4] for arn in (*arns, *policies)]
    whole = {key.partition("/")[0] for key in bearers} | ({"policy"} if policies else set())
    return _snapshot(accounts, users=users, bearers=bearers, policies=policies, whole=sorted(whole))


def _bearer(kind: str, one: Mapping[str, Any]) -> SeenBearer:
    boundary = one.get("PermissionsBoundary") or {}
    trust = one.get("AssumeRolePolicyDocument")
    return SeenBearer(
        created=as_time(one.get("CreateDate")),
        attached=[each["PolicyArn"] for each in one.get("AttachedManagedPolicies", ())],
        inline={
            each["PolicyName"]: _document(each["PolicyDocument"])
            for each in one.get(f"{kind.capitalize()}PolicyList", ())
        },
        boundary=boundary.get("PermissionsBoundaryArn"),
        trust=None if trust is None else _document(trust),
        groups=list(one.get("GroupList", ())),
    )


def _policy(one: Mapping[str, Any]) -> SeenPolicy:
    versions = {each["VersionId"]: _document(each["Document"]) for each in one["PolicyVersionList"]}
    return SeenPolicy(versions=versions, default=one["DefaultVersionId"])


def _document(value: str | Mapping[str, Any]) -> str:
    """Give a document as text: IAM answers it encoded for a URL, the AWS CLI as an object."""
    return unquote(value) if isinstance(value, str) else json.dumps(value)


def of_virtual_devices(answer: Mapping[str, Any]) -> Snapshot:
    """Read ListVirtualMFADevices: of a user it names the virtual devices, and no others."""
    users: dict[str, SeenUser] = {}
    accounts = []
    for one in answer["VirtualMFADevices"]:
        accounts.append(one["SerialNumber"].split(":")[4])
        owner = (one.get("User") or {}).get("UserName")
        if owner is not None:
            known = users.get(owner, SeenUser()).devices or {}
            users[owner] = SeenUser(
                devices=known | {one["SerialNumber"]: as_time(one.get("EnableDate"))},
                all_devices=False,
            )
    return _snapshot(accounts, users=users)


def of_devices(answer: Mapping[str, Any]) -> Snapshot:
    """Read ListMFADevices of one user."""
    users: dict[str, SeenUser] = {}
    for one in answer["MFADevices"]:
        known = users.get(one["UserName"], SeenUser()).devices or {}
        users[one["UserName"]] = SeenUser(
            devices=known | {one["SerialNumber"]: as_time(one.get("EnableDate"))}
        )
    return _snapshot((), users=users)


def of_access_keys(answer: Mapping[str, Any]) -> Snapshot:
    """Read ListAccessKeys of one user."""
    users: dict[str, SeenUser] = {}
    for one in answer["AccessKeyMetadata"]:
        known = users.get(one["UserName"], SeenUser()).access_keys or {}
        key = SeenKey(status=one.get("Status"), created=as_time(one.get("CreateDate")))
        users[one["UserName"]] = SeenUser(access_keys=known | {one["AccessKeyId"]: key})
    return _snapshot((), users=users)


def _of_report_answer(taken_at: datetime, answer: Mapping[str, Any]) -> Snapshot:
    """Read GetCredentialReport; AWS gives a report of the last four hours again."""
    content = answer["Content"]
    try:
        text = b64decode(content, validate=True).decode()
    except (NoBase64, UnicodeDecodeError):
        text = content
    made = as_time(answer.get("GeneratedTime"))
    return of_report(text, taken_at if made is None else min(made, taken_at))


def _snapshot(accounts: Iterable[str], **parts: Any) -> Snapshot:
    found = sorted(set(accounts))
    if len(found) > 1:
        raise _Contradiction(f"it names accounts {', '.join(found)}: one at a time.")
    return Snapshot(account_id="".join(found), taken_at=NOT_SAID, **parts)


def bearers_named(snapshot: Snapshot) -> Iterator[tuple[str, str, SeenBearer]]:
    """Give the kind, the name and the rest of each bearer."""
    for key, one in snapshot.bearers.items():
        kind, _, name = key.partition("/")
        yield kind, name, one
