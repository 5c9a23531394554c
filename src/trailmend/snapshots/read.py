"""Snapshots out of what AWS answers: what people export, or what a live read asks for.

Sources of the forms: botocore iam GetAccountAuthorizationDetails, ListMFADevices,
ListVirtualMFADevices, ListAccessKeys; AWS IAM User Guide, "Getting credential reports for your AWS
account" (columns of the report).
"""

from __future__ import annotations

import csv
import io
import json
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import reduce
from typing import Any
from urllib.parse import unquote

import msgspec

from trailmend.errors import WrongUse
from trailmend.snapshots.shape import SeenBearer, SeenKey, SeenPolicy, SeenUser, Snapshot

_ROOT = "<root_account>"
_PASSWORDS = {"true": True, "false": False, "": None, "n/a": None, "not_supported": None}
_FORMS = (
    "the answers of aws iam get-account-authorization-details, get-credential-report (or its CSV), "
    "list-mfa-devices, list-virtual-mfa-devices and list-access-keys"
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
        if text.lstrip().startswith("user,arn,"):
            found = _of_report(text)
        else:
            found = _of_answer(_parsed(text, name), name)
    except _Contradiction as error:
        raise WrongUse(f"{name}: {error}") from error
    account = account_id or found.account_id
    if not account:
        raise WrongUse(f"{name} names no account: say which, with --account.")
    if found.account_id and found.account_id != account:
        raise WrongUse(f"{name} is of account {found.account_id}, not of {account}: one at a time.")
    return msgspec.structs.replace(found, account_id=account, taken_at=taken_at, sources=[name])


def join(snapshots: list[Snapshot]) -> Snapshot:
    """Make one snapshot of several of one account; the later in the list wins where both tell.

    Raises WrongUse where they are of different accounts.
    """
    accounts = {one.account_id for one in snapshots}
    if len(accounts) != 1:
        raise WrongUse(
            f"these are of {len(accounts)} accounts, {', '.join(sorted(accounts))}: one at a time"
        )
    return reduce(_joined, snapshots)


def _joined(one: Snapshot, other: Snapshot) -> Snapshot:
    users = {
        name: _joined_user(one.users.get(name), other.users.get(name))
        for name in one.users | other.users
    }
    return Snapshot(
        account_id=one.account_id,
        taken_at=max(one.taken_at, other.taken_at),
        sources=[*one.sources, *other.sources],
        users=users,
        bearers={**one.bearers, **other.bearers},
        policies={**one.policies, **other.policies},
    )


def _joined_user(one: SeenUser | None, other: SeenUser | None) -> SeenUser:
    if one is None or other is None:
        return one or other or SeenUser()
    told = msgspec.structs.asdict(other)
    changes = {name: value for name, value in told.items() if value is not None}
    for name in ("devices", "access_keys"):
        both = getattr(one, name), told[name]
        if None not in both:
            changes[name] = {**both[0], **both[1]}
    return msgspec.structs.replace(one, **changes)


def _parsed(text: str, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise WrongUse(f"{name}, line {error.lineno}: {error.msg}. Read are {_FORMS}.") from error
    if not isinstance(found, dict):
        raise WrongUse(f"{name} holds no object: what can be read are {_FORMS}.")
    return found


def _of_answer(answer: Mapping[str, Any], name: str) -> Snapshot:
    forms: Mapping[str, Callable[[Mapping[str, Any]], Snapshot]] = {
        "UserDetailList": of_authorization_details,
        "VirtualMFADevices": of_virtual_devices,
        "MFADevices": of_devices,
        "AccessKeyMetadata": of_access_keys,
        "Content": _of_report_answer,
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
            except _Contradiction:
                raise
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise WrongUse(
                    f"{name}: its {key} is not as AWS answers it ({error!r})."
                ) from error
    raise WrongUse(f"{name} is none of {_FORMS}.")


def of_authorization_details(answer: Mapping[str, Any]) -> Snapshot:
    """Read GetAccountAuthorizationDetails: who bears which policies, and what these say."""
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
                users[name] = SeenUser(id=one.get("UserId"), created=_time(one.get("CreateDate")))
    policies = {
        one["Arn"]: _policy(one)
        for one in answer.get("Policies", ())
        if ":aws:policy/" not in one["Arn"]
    }
    accounts = [arn.split(":")[4] for arn in (*arns, *policies)]
    return _snapshot(accounts, users=users, bearers=bearers, policies=policies)


def _bearer(kind: str, one: Mapping[str, Any]) -> SeenBearer:
    boundary = one.get("PermissionsBoundary") or {}
    trust = one.get("AssumeRolePolicyDocument")
    return SeenBearer(
        created=_time(one.get("CreateDate")),
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
                devices=known | {one["SerialNumber"]: _time(one.get("EnableDate"))}
            )
    return _snapshot(accounts, users=users)


def of_devices(answer: Mapping[str, Any]) -> Snapshot:
    """Read ListMFADevices of one user."""
    users: dict[str, SeenUser] = {}
    for one in answer["MFADevices"]:
        known = users.get(one["UserName"], SeenUser()).devices or {}
        users[one["UserName"]] = SeenUser(
            devices=known | {one["SerialNumber"]: _time(one.get("EnableDate"))}
        )
    return _snapshot((), users=users)


def of_access_keys(answer: Mapping[str, Any]) -> Snapshot:
    """Read ListAccessKeys of one user."""
    users: dict[str, SeenUser] = {}
    for one in answer["AccessKeyMetadata"]:
        known = users.get(one["UserName"], SeenUser()).access_keys or {}
        key = SeenKey(status=one.get("Status"), created=_time(one.get("CreateDate")))
        users[one["UserName"]] = SeenUser(access_keys=known | {one["AccessKeyId"]: key})
    return _snapshot((), users=users)


def _of_report_answer(answer: Mapping[str, Any]) -> Snapshot:
    content = answer["Content"]
    try:
        text = b64decode(content, validate=True).decode()
    except (NoBase64, UnicodeDecodeError):
        text = content
    return _of_report(text)


def _of_report(text: str) -> Snapshot:
    """Read a credential report; it tells how many keys there are, and not which."""
    users, accounts = {}, []
    report = csv.DictReader(io.StringIO(text))
    for row in report:
        arn, password = (row["arn"] or "").split(":"), (row.get("password_enabled") or "").lower()
        if len(arn) < 5 or password not in _PASSWORDS:
            raise _Contradiction(
                f"line {report.line_num} is none of a report of AWS: arn {row['arn']!r}, "
                f"password_enabled {password!r}. Take the report anew."
            )
        accounts.append(arn[4])
        if row["user"] == _ROOT:
            continue
        without = row.get("mfa_active") == "false"
        users[row["user"]] = SeenUser(
            created=_time(row.get("user_creation_time")),
            password=_PASSWORDS[password],
            password_changed=_time(row.get("password_last_changed")),
            devices={} if without else None,
        )
    return _snapshot(accounts, users=users)


def _snapshot(accounts: Iterable[str], **parts: Any) -> Snapshot:
    found = sorted(set(accounts))
    if len(found) > 1:
        raise _Contradiction(f"it names accounts {', '.join(found)}: one at a time.")
    return Snapshot(account_id="".join(found), taken_at=datetime.min, **parts)


def _time(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None  # N/A, no_information and not_supported stand in the place of times


def bearers_named(snapshot: Snapshot) -> Iterator[tuple[str, str, SeenBearer]]:
    """Give the kind, the name and the rest of each bearer."""
    for key, one in snapshot.bearers.items():
        kind, _, name = key.partition("/")
        yield kind, name, one
