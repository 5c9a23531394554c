"""The resource of a call as an ARN, against which policies are held.

IAM by the group, role or user it names, or else by the ARN or the new name among its parameters;
a bucket or an object of S3; a trail; a secret. `*` for everything else, listings included.
"""

from typing import Any

from moto.iam.models import IAMBackend
from moto.secretsmanager.models import secretsmanager_backends

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.wire import Call

_ENTITIES = {"GroupName": "group", "RoleName": "role", "UserName": "user"}
_NEW = {"VirtualMFADeviceName": "mfa", "PolicyName": "policy"}


def arn_of_resource(call: Call, account: Account) -> str:
    """Name the resource of a call."""
    sent = call.parameters
    if call.service == "iam":
        return _of_iam(call, account.iam)
    if call.service == "s3" and "Bucket" in sent:
        return f"arn:aws:s3:::{sent['Bucket']}" + (f"/{sent['Key']}" if "Key" in sent else "")
    if call.service == "cloudtrail" and ("Name" in sent or "TrailName" in sent):
        return trail_arn(call.region, sent.get("Name") or sent["TrailName"])
    if call.service == "secretsmanager" and ("Name" in sent or "SecretId" in sent):
        return _of_secret(call.region, sent.get("SecretId") or sent["Name"])
    return _sent_arn(call)


def trail_arn(region: str, name: str) -> str:
    """Give the ARN of a trail by its name in a region, or as it is."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:cloudtrail:{region}:{ACCOUNT_ID}:trail/{name}"


def _of_iam(call: Call, iam: IAMBackend) -> str:
    for parameter, kind in _ENTITIES.items():
        name = call.parameters.get(parameter)
        if name is not None:
            known: dict[str, Any] = getattr(iam, f"{kind}s")
            arns = [entity.arn for entity in known.values() if entity.name == name]
            return arns[0] if arns else _made_arn(call, kind, name)
    for parameter, kind in _NEW.items():
        if parameter in call.parameters:
            return _made_arn(call, kind, call.parameters[parameter])
    shape = call.operation.input_shape
    own = call.name == "ChangePassword" or (shape is not None and "UserName" in shape.members)
    return call.caller.arn if own and call.caller.user_name else _sent_arn(call)


def _made_arn(call: Call, kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:{kind}{call.parameters.get('Path') or '/'}{name}"


def _of_secret(region: str, name: str) -> str:
    secret = secretsmanager_backends[ACCOUNT_ID][region].secrets.get(name)
    if secret is not None:
        return str(secret.arn)
    prefix = f"arn:aws:secretsmanager:{region}:{ACCOUNT_ID}:secret:"
    return name if name.startswith("arn:") else prefix + name


def _sent_arn(call: Call) -> str:
    return next((str(sent) for sent in call.parameters.values() if str(sent)[:4] == "arn:"), "*")
