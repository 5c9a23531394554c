"""SSH public keys: RSA of 2048 bits or more, once per user, five at most, in two encodings."""

import base64
import hashlib
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)
from moto.iam.models import SshPublicKey

from trailmend.lab.account import Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.strict.users import user_named
from trailmend.lab.wire import Call, Refusal

_LIMIT = 5
_SMALLEST = 2048  # bits


def _key(body: str) -> RSAPublicKey:
    """Read a key in ssh-rsa or PEM form, or refuse it."""
    load = load_pem_public_key if body.lstrip().startswith("-----BEGIN") else load_ssh_public_key
    try:
        key = load(body.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refusal("InvalidPublicKey", "The public key is invalid.") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST:
        raise Refusal("InvalidPublicKey", "The public key is invalid.")
    return key


def _as_ssh(key: RSAPublicKey) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _as_pem(key: RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(body: str) -> str:
    """Give the MD5 digest of the key as AWS writes it, `aa:bb:...`, 16 bytes."""
    blob = base64.b64decode(_as_ssh(_key(body)).split()[1])
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(":")


def _shown(key: SshPublicKey, body: str) -> dict[str, Any]:
    return {
        "UserName": key.user_name,
        "SSHPublicKeyId": key.ssh_public_key_id,
        "Fingerprint": key.fingerprint,
        "SSHPublicKeyBody": body,
        "Status": key.status,
        "UploadDate": key.upload_date,
    }


def _upload(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    body = call.parameters["SSHPublicKeyBody"]
    known = fingerprint(body)
    if known in {key.fingerprint for key in user.ssh_public_keys}:
        sentence = f"The SSH public key is already associated with the user {user.name}."
        raise Refusal("DuplicateSSHPublicKey", sentence)
    if len(user.ssh_public_keys) >= _LIMIT:
        sentence = f"Cannot exceed quota for SSHPublicKeysPerUser: {_LIMIT}"
        raise Refusal("LimitExceeded", sentence, 409)
    key = user.upload_ssh_public_key(body)
    key.fingerprint = known
    return {"SSHPublicKey": _shown(key, body)}


def _get(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    key = user.get_ssh_public_key(call.parameters["SSHPublicKeyId"])
    body, encoding = key.ssh_public_key_body, call.parameters["Encoding"]
    if encoding not in ("SSH", "PEM"):
        sentence = f"The encoding {encoding} is not SSH or PEM."
        raise Refusal("UnrecognizedPublicKeyEncoding", sentence)
    is_pem = body.lstrip().startswith("-----BEGIN")
    if is_pem and encoding == "SSH":
        body = _as_ssh(_key(body))
    elif not is_pem and encoding == "PEM":
        body = _as_pem(_key(body))
    return {"SSHPublicKey": _shown(key, body)}


CORRECTIONS = (
    Correction(
        "iam:UploadSSHPublicKey",
        "an_ssh_key_is_rsa_uploaded_once_and_five_at_most",
        'botocore UploadSSHPublicKeyRequest.SSHPublicKeyBody: "must be encoded in ssh-rsa format '
        'or PEM format. The minimum bit-length of the public key is 2048 bits"; '
        'botocore SSHPublicKey.Fingerprint: "The MD5 message digest of the SSH public key."; '
        "IAM User Guide, IAM quotas: 5 SSH public keys per user",
        _upload,
    ),
    Correction(
        "iam:GetSSHPublicKey",
        "an_ssh_key_is_given_in_the_encoding_asked_for",
        'botocore GetSSHPublicKeyRequest.Encoding: "To retrieve the public key in PEM format, use '
        'PEM "',
        _get,
    ),
)
