"""Service-specific credentials, which moto does not know: two for a user and service."""

import secrets
from typing import Any

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.strict.users import user_named
from trailmend.lab.wire import Call, Refusal

_MOST = 2
_SHOWN = ("ServiceSpecificCredentialId", "UserName", "ServiceName", "Status", "CreateDate")
_SERVICES = ("bedrock.amazonaws.com", "cassandra.amazonaws.com", "codecommit.amazonaws.com")
_STATUSES = ("Active", "Inactive", "Expired")
Credential = dict[str, Any]


def _held(account: Account, name: str) -> dict[str, Credential]:
    """Give what a user has, by ids; it is kept with moto's user, and goes with it."""
    user = user_named(account, name)
    held: dict[str, Credential] = vars(user).setdefault("service_specific_credentials", {})
    return held


def _one(call: Call, account: Account) -> Credential:
    number = call.parameters["ServiceSpecificCredentialId"]
    found = _held(account, call.parameters["UserName"]).get(number)
    if found is None:
        sentence = f"The credential with id {number} cannot be found."
        raise Refusal("NoSuchEntity", sentence, 404)
    return found


def _create(call: Call, account: Account) -> Result:
    name, service = call.parameters["UserName"], call.parameters["ServiceName"]
    held = _held(account, name)
    if service not in _SERVICES:
        raise Refusal("NotSupportedService", f"No such service: {service}.", 404)
    if sum(one["ServiceName"] == service for one in held.values()) >= _MOST:
        sentence = f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {_MOST}"
        raise Refusal("LimitExceeded", sentence, 409)
    number = f"ACCA{secrets.token_hex(8).upper()}"
    held[number] = {
        "ServiceSpecificCredentialId": number,
        "UserName": name,
        "ServiceName": service,
        "Status": "Active",
        "CreateDate": account.now(),
        "ServiceUserName": f"{name}-at-{ACCOUNT_ID}",
        "ServicePassword": secrets.token_urlsafe(32),
    }
    return {"ServiceSpecificCredential": held[number]}


def _list(call: Call, account: Account) -> Result:
    held = _held(account, call.parameters["UserName"]).values()
    shown = [{**{key: one[key] for key in _SHOWN}, **_named(one)} for one in held]
    return {"ServiceSpecificCredentials": shown}


def _named(one: Credential) -> Credential:
    return {"ServiceUserName": one["ServiceUserName"]}


def _update(call: Call, account: Account) -> Result:
    status = call.parameters["Status"]
    if status not in _STATUSES[:2]:
        raise Refusal("ValidationError", f"No such status: {status}.")
    _one(call, account)["Status"] = status
    return {}


def _reset(call: Call, account: Account) -> Result:
    found = _one(call, account)
    found["ServicePassword"] = secrets.token_urlsafe(32)
    return {"ServiceSpecificCredential": found}


def _delete(call: Call, account: Account) -> Result:
    found = _one(call, account)
    del _held(account, call.parameters["UserName"])[found["ServiceSpecificCredentialId"]]
    return {}


CORRECTIONS = (
    Correction(
        "iam:CreateServiceSpecificCredential",
        "a_user_has_two_credentials_for_a_service",
        'botocore CreateServiceSpecificCredential: "a maximum of two sets of service-specific '
        'credentials for each supported service per user"',
        _create,
    ),
    Correction(
        "iam:ListServiceSpecificCredentials",
        "a_list_of_credentials_for_services_holds_no_secret",
        "botocore ServiceSpecificCredentialMetadata: it has no ServicePassword",
        _list,
    ),
    Correction(
        "iam:UpdateServiceSpecificCredential",
        "a_credential_for_a_service_is_switched",
        'botocore UpdateServiceSpecificCredential: "Sets the status of a '
        'service-specific credential to Active or Inactive"',
        _update,
    ),
    Correction(
        "iam:ResetServiceSpecificCredential",
        "a_reset_gives_a_credential_for_a_service_another_secret",
        'botocore ResetServiceSpecificCredential: "immediately invalidates the previous password"',
        _reset,
    ),
    Correction(
        "iam:DeleteServiceSpecificCredential",
        "a_deleted_credential_for_a_service_is_not_there",
        "botocore DeleteServiceSpecificCredential",
        _delete,
    ),
)
