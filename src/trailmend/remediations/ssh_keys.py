"""SSH public keys of IAM users.

They open CodeCommit repositories and nothing else (botocore, UploadSSHPublicKey).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Generator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from trailmend.calls import Answer, Call, Change, Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.users import the_user

_LIMIT = 5
"""SSH public keys that a user may have (IAM User Guide, "IAM and AWS STS quotas")."""
_NEW_ID = Answer("SSHPublicKey.SSHPublicKeyId", of="iam.upload_ssh_public_key")
_EXPONENT = b"\x00\x00\x00\x03\x01\x00\x01"
_MODULUS = b"\x00\x00\x01\x01\x00" + b"\xc5" * 256
_BLOB = b"\x00\x00\x00\x07ssh-rsa" + _EXPONENT + _MODULUS
_BODY = f"ssh-rsa {base64.b64encode(_BLOB).decode()}"
_OWN_ID = Answer(_NEW_ID.pick)
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="DeleteSSHPublicKey",
    event_time="2026-03-02T09:00:00Z",
    user_name="bob",
    object_type="ssh_key",
    object_id="APKAEXAMPLE0000000001",
    before={
        "ssh_public_key_body": _BODY,
        "fingerprint": "7b:f4:2d:5a:d9:1a:9e:7f:b8:66:36:c7:14:19:8f:6a",
        "status": "Inactive",
    },
)
_OTHER = {"UserName": "bob", "SSHPublicKeyId": "APKAEXAMPLE0000000002"}
_EXAMPLE = Example(
    facts=_FACTS,
    reads=(
        (call("iam.get_user", UserName="bob"), "AIDAEXAMPLE0000000001"),
        (call("iam.list_ssh_public_keys", UserName="bob"), ["APKAEXAMPLE0000000002"]),
        (
            call("iam.get_ssh_public_key", **_OTHER, Encoding="SSH"),
            {"body": "ssh-rsa AAAAB3NzaC1yc2E=", "status": "Active"},
        ),
    ),
    changes=(
        call("iam.upload_ssh_public_key", UserName="bob", SSHPublicKeyBody=_BODY),
        call(
            "iam.update_ssh_public_key", UserName="bob", SSHPublicKeyId=_NEW_ID, Status="Inactive"
        ),
    ),
)


class _Key(Struct, frozen=True):
    """A key as the account shows it."""

    id: str
    body: str
    status: str


_STRANGE = {"UserName": "bob", "SSHPublicKeyId": "APKAEXAMPLE0000000001"}


@remediation(
    title="Turn the SSH key off",
    breaks="Whoever holds the private key is refused by the user's CodeCommit repositories.",
    example=Example(
        facts=replace(_FACTS, event_name="UploadSSHPublicKey", before=None),
        reads=(
            (
                call("iam.get_user", UserName="bob"),
                {
                    "id": "AIDAEXAMPLE0000000001",
                    "created": "2025-01-01T00:00:00Z",
                    "arn": "arn:aws:iam::111122223333:user/bob",
                },
            ),
            (call("iam.list_ssh_public_keys", UserName="bob"), "Active"),
        ),
        changes=(call("iam.update_ssh_public_key", **_STRANGE, Status="Inactive"),),
    ),
    stage="remove",
    needs="user object",
)
def deactivate_ssh_key(facts: Facts) -> Steps:
    """Set this one SSH key Inactive; it stays as evidence, and the user's others are left alone.

    A key that is Inactive or gone needs nothing.  An SSH key of IAM opens CodeCommit repositories
    and no servers; what was fetched from them before stays with whoever fetched it.
    """
    key = facts.object_id or ""
    if not key.isalnum():
        raise CannotFix("The finding names no SSH key: look at its event, then at the user.")
    user = yield from the_user(facts)
    status = yield read(
        "iam.list_ssh_public_keys",
        UserName=user["name"],
        pick=f"SSHPublicKeys[?SSHPublicKeyId=='{key}'].Status | [0]",
    )
    if status == "Active":
        yield _set_status(user["name"], key, "Active", "Inactive", why="")


@remediation(
    title="Put the SSH key back as it was",
    breaks="Whoever holds the private key can reach the user's CodeCommit repositories again.",
    example=_EXAMPLE,
    needs="user object",
)
def restore_ssh_key(facts: Facts) -> Steps:
    """Give the key the status it had; where it is gone, upload the body that the log knows first.

    The body must have the fingerprint that the log has, else nothing is proposed.  AWS gives an
    uploaded key a new id, which is the `User` of the owner's ssh config.  Ask the owner first: a
    deletion of one's own is no damage.
    """
    user = facts.user_name
    if user is None:
        raise CannotFix("The finding names no user: ask around whose SSH key it was.")
    if (yield read("iam.get_user", UserName=user, pick="User.UserId")) is None:
        raise CannotFix(f"User {user} does not exist: make the user again before the key.")
    before = facts.before or {}
    status = "Active" if before.get("status") in (None, "Active") else "Inactive"
    keys = yield from _keys(user)
    mine = next((key for key in keys if key.id == facts.object_id), None)
    if mine is None:
        body = _checked(before.get("ssh_public_key_body"), before.get("fingerprint"))
        mine = next((key for key in keys if _same(key.body, body)), None)
    if mine is None:
        yield from _upload(facts, user, body, status, len(keys))
    elif mine.status != status:
        yield _set_status(user, mine.id, mine.status, status)


def find_uploaded_key(upload: Call) -> Generator[Read, Any, dict[str, Any] | None]:
    """Find the key that an upload made, by its body; a user has each body once."""
    for key in (yield from _keys(upload.params["UserName"])):
        if _same(key.body, upload.params["SSHPublicKeyBody"]):
            return {"SSHPublicKey": {"SSHPublicKeyId": key.id}}
    return None


def _checked(body: str | None, logged: str | None) -> str:
    """Give the body that the log holds; raises CannotFix if it is not surely the deleted key."""
    if not body:
        raise CannotFix(
            "The log does not hold the deleted SSH key: ask its owner for the public key, and "
            "upload that (aws iam upload-ssh-public-key)."
        )
    fingerprint = fingerprint_of(body)
    if logged and _plain(logged) != _plain(fingerprint):
        raise CannotFix(
            f"The SSH key in the log has the fingerprint {fingerprint}, the log says {logged}: "
            "ask its owner for the public key."
        )
    return body


def fingerprint_of(body: str) -> str:
    """Compute what AWS shows of an `ssh-rsa` key: the MD5 of its bytes, in pairs.

    Raises CannotFix for another form: a PEM body cannot be checked here.
    """
    words = body.split()
    try:
        if len(words) < 2 or words[0] != "ssh-rsa":
            raise binascii.Error("not in the form ssh-rsa")
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error as error:
        raise CannotFix(
            f"The SSH key in the log cannot be checked ({error}): ask its owner to upload it."
        ) from None
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(":")


def _plain(fingerprint: str) -> str:
    return fingerprint.replace(":", "").lower()


def _same(one: str, other: str) -> bool:
    """Compare the bytes of two keys; the comment behind them is free text."""
    return one.split()[1:2] == other.split()[1:2]


def _keys(user: str) -> Generator[Read, Any, list[_Key]]:
    ids = yield read(
        "iam.list_ssh_public_keys", UserName=user, pick="sort(SSHPublicKeys[].SSHPublicKeyId)"
    )
    keys = []
    for one in ids or ():
        found = yield read(
            "iam.get_ssh_public_key",
            UserName=user,
            SSHPublicKeyId=one,
            Encoding="SSH",
            pick="SSHPublicKey.{body: SSHPublicKeyBody, status: Status}",
        )
        if found:
            keys.append(_Key(one, **found))
    return keys


def _upload(facts: Facts, user: str, body: str, status: str, count: int) -> Steps:
    if count >= _LIMIT:
        raise CannotFix(
            f"User {user} has {count} SSH keys, and {_LIMIT} is the limit: ask {user} which "
            "one can go, delete it, and plan again."
        )
    yield change(
        "iam.upload_ssh_public_key",
        UserName=user,
        SSHPublicKeyBody=body,
        undo=call("iam.delete_ssh_public_key", UserName=user, SSHPublicKeyId=_OWN_ID),
        recover=find_uploaded_key,
        note=(
            f"SSH key {fingerprint_of(body)} of user {user}: uploaded again. It gets a new id "
            f"in place of {facts.object_id or 'its old one'}: {user} must put the new id after "
            "`User` in ~/.ssh/config for CodeCommit."
        ),
    )
    if status != "Active":
        yield _set_status(user, _NEW_ID, "Active", status)


def _set_status(
    user: str, key: str | Answer, now: str, status: str, why: str = ", as it was before"
) -> Change:
    target: dict[str, Any] = {"UserName": user, "SSHPublicKeyId": key}
    name = key if isinstance(key, str) else "that was uploaded"
    return change(
        "iam.update_ssh_public_key",
        **target,
        Status=status,
        undo=call("iam.update_ssh_public_key", **target, Status=now),
        note=f"SSH key {name} of user {user}: {now} → {status}{why}",
        breaks="" if status == "Active" else f"{user} cannot use this key for CodeCommit.",
    )
