"""STS: sessions of roles and users that really are someone, and end."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from moto.iam.models import Role

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.identity import Caller, Session, new_credentials
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.strict.mfa import are_codes
from trailmend.lab.wire import Call, Refusal


def _identity(call: Call, account: Account) -> Result:
    return {
        "UserId": call.caller.identity["principalId"],
        "Account": call.caller.account_id,
        "Arn": call.caller.arn,
    }


def open_session(
    account: Account,
    identity: Mapping[str, Any],
    seconds: int,
    *,
    mfa: bool = False,
    console: bool = False,
    for_iam: bool = True,
) -> dict[str, Any]:
    """Begin a session and return its Credentials as STS does."""
    now = account.now().replace(microsecond=0)
    attributes = {
        "creationDate": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "mfaAuthenticated": "true" if mfa else "false",
    }
    context = {**identity.get("sessionContext", {}), "attributes": attributes}
    key = new_credentials(account.iam.create_temp_access_key().access_key_id)
    expires = now + timedelta(seconds=seconds)
    account.identities.sessions[key.access_key_id] = Session(
        expires, {**identity, "sessionContext": context}, console, for_iam
    )
    return {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "SessionToken": key.session_token,
        "Expiration": expires,
    }


def _used_mfa(call: Call, account: Account) -> bool:
    """Check the code that came with the call; the sentence is the one users report."""
    serial = call.parameters.get("SerialNumber")
    if serial is None:
        return False
    user = account.iam.users.get(call.caller.user_name or "")
    code = call.parameters.get("TokenCode", "")
    if user is None or serial not in user.mfa_devices or not are_codes(account, serial, code):
        sentence = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
        raise Refusal("AccessDenied", sentence, 403)
    return True


def _refuse_sessions(caller: Caller, action: str) -> None:
    if "sessionContext" in caller.identity:
        sentence = f"Cannot call {action} with session credentials"
        raise Refusal("AccessDenied", sentence, 403)


def _session_token(call: Call, account: Account) -> Result:
    _refuse_sessions(call.caller, call.name)
    seconds = call.parameters.get("DurationSeconds", 43200)
    mfa = _used_mfa(call, account)
    identity = call.caller.identity
    return {"Credentials": open_session(account, identity, seconds, mfa=mfa, for_iam=mfa)}


def _federation_token(call: Call, account: Account) -> Result:
    caller = call.caller
    _refuse_sessions(caller, call.name)
    name = call.parameters["Name"]
    issuer = {key: value for key, value in caller.identity.items() if key != "accessKeyId"}
    identity = {
        "type": "FederatedUser",
        "principalId": f"{caller.account_id}:{name}",
        "arn": f"arn:aws:sts::{caller.account_id}:federated-user/{name}",
        "accountId": caller.account_id,
        "sessionContext": {"sessionIssuer": issuer},
    }
    seconds = call.parameters.get("DurationSeconds", 43200)
    user = {"FederatedUserId": identity["principalId"], "Arn": identity["arn"]}
    return {
        "Credentials": open_session(account, identity, seconds, for_iam=False),
        "FederatedUser": user,
    }


def _assume_role(call: Call, account: Account) -> Result:
    """Begin a session of a role of this account."""
    caller, arn = call.caller, call.parameters["RoleArn"]
    role = next((role for role in account.iam.roles.values() if role.arn == arn), None)
    if role is None or not _trusts(role, caller):
        sentence = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: "
        raise Refusal("AccessDenied", sentence + arn, 403)
    name = call.parameters["RoleSessionName"]
    identity = {
        "type": "AssumedRole",
        "principalId": f"{role.id}:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role.name}/{name}",
        "accountId": ACCOUNT_ID,
        "sessionContext": {"sessionIssuer": _issuer(role)},
    }
    seconds = call.parameters.get("DurationSeconds", 3600)
    return {
        "Credentials": open_session(account, identity, seconds, mfa=_used_mfa(call, account)),
        "AssumedRoleUser": {"AssumedRoleId": identity["principalId"], "Arn": identity["arn"]},
    }


def _issuer(role: Role) -> dict[str, str]:
    return {
        "type": "Role",
        "principalId": role.id,
        "arn": role.arn,
        "accountId": ACCOUNT_ID,
        "userName": role.name,
    }


def _trusts(role: Role, caller: Caller) -> bool:
    """Tell whether the trust policy names the caller or its account; conditions are not read."""
    account = f"arn:aws:iam::{caller.account_id}:root"
    names = {"*", caller.account_id, account, caller.arn}
    statements = json.loads(role.assume_role_policy_document)["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    return any(
        statement["Effect"] == "Allow" and names & _principals(statement)
        for statement in statements
    )


def _principals(statement: Mapping[str, Any]) -> set[str]:
    principal = statement.get("Principal", {})
    named = principal if isinstance(principal, str) else principal.get("AWS", [])
    return {named} if isinstance(named, str) else set(named)


CORRECTIONS = (
    Correction(
        "sts:GetCallerIdentity",
        "every_session_tells_whose_it_is",
        'botocore GetCallerIdentity: "details about the IAM user or role whose credentials are '
        'used to call the operation"',
        _identity,
    ),
    Correction(
        "sts:GetSessionToken",
        "a_session_token_works_for_its_user_until_it_expires",
        'botocore GetSessionToken: "You cannot call any IAM API operations unless MFA '
        'authentication information is included in the request."',
        _session_token,
    ),
    Correction(
        "sts:GetFederationToken",
        "a_federated_user_has_a_session_of_its_own",
        "CloudTrail User Guide, userIdentity element: type FederatedUser",
        _federation_token,
    ),
    Correction(
        "sts:AssumeRole",
        "a_role_is_assumed_only_if_it_exists_and_trusts_the_caller",
        'botocore AssumeRole: "account must be trusted by the role"; published AssumeRole records: '
        "AccessDenied",
        _assume_role,
    ),
)
