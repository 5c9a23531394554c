"""A call and its answer -> the CloudTrail record of it.

The shape follows published records: member names with the first letter in lower case, the name of
the exception as errorCode, nothing secret, and `requestParameters` null for denied calls.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from trailmend.lab.account import REGION, Record
from trailmend.lab.s3_records import event_name, request_of_s3
from trailmend.lab.wire import Answer, Call, error_code

# CloudTrail User Guide, CloudTrail concepts, global service events.
_GLOBAL_SERVICES = frozenset({"iam", "organizations", "route53", "cloudfront"})
_READ = re.compile(
    "^(Get(?!SessionToken|FederationToken)|List|Describe|Lookup|Head|Search|Simulate|Test|Validate|BatchGet|Assume|Decode"
    "|GenerateCredentialReport|GenerateServiceLastAccessed)"
)
# Reads whose answer CloudTrail keeps: the sessions that STS hands out.
_SESSIONS = re.compile("^AssumeRo(le|ot)")
# One-time codes, which the models of botocore do not mark as sensitive.
_CODES = frozenset({"AuthenticationCode1", "AuthenticationCode2", "TokenCode"})
# Published records of these show nothing else of the answer, and the name so.
_ONLY_ARN = frozenset({"secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"})
# Errors that no model names, and the denial of a JSON protocol: published records say AccessDenied.
_NAMES = {
    "AccessDeniedException": "AccessDenied",
    "Throttling": "ThrottlingException",
    "ValidationError": "ValidationException",
}
_DATA_EVENTS = {
    "s3": re.compile("Object|Upload|^HeadBucket$|^SelectObject"),
    "dynamodb": re.compile("Item|^Query$|^Scan$"),
    "events": re.compile("^PutEvents$"),
    "kinesis": re.compile("Records?$"),
    "lambda": re.compile("^Invoke"),
    "logs": re.compile("^PutLogEvents$"),
    "sns": re.compile("^Publish"),
    "sqs": re.compile("Message"),
}


def is_data_event(call: Call) -> bool:
    """Tell whether a trail leaves the call out by default."""
    pattern = _DATA_EVENTS.get(call.service)
    return bool(pattern and pattern.search(call.name))


def is_read(call: Call) -> bool:
    """Tell what CloudTrail says in readOnly, from the name of the operation."""
    return bool(_READ.match(call.name))


def make_record(
    call: Call, answer: Answer, when: datetime, shown_as: tuple[str | None, str | None]
) -> Record:
    """Write the record of a call whose caller is known; `shown_as` is an address and an agent."""
    address, agent = shown_as
    region = REGION if call.service in _GLOBAL_SERVICES else call.region
    record = {
        "eventVersion": "1.11",
        "userIdentity": dict(call.caller.identity),
        "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{call.signing_name}.amazonaws.com",
        "eventName": event_name(call),
        "awsRegion": region,
        "sourceIPAddress": address or call.address,
        "userAgent": agent or call.user_agent,
        **_error(call, answer),
        "requestParameters": _request_parameters(call, answer),
        "responseElements": _response_elements(call, answer),
        "requestID": call.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": is_read(call),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": call.caller.account_id,
        "eventCategory": "Management",
    }
    if call.caller.console:
        return record | {"sessionCredentialFromConsole": "true"}
    return record | {"tlsDetails": _tls_details(call)}


def _tls_details(call: Call) -> dict[str, str]:
    place = "" if call.service in _GLOBAL_SERVICES else f"{call.region}."
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": f"{call.signing_name}.{place}amazonaws.com",
    }


def _error(call: Call, answer: Answer) -> dict[str, str]:
    """Name the error as CloudTrail does: by its exception, `NoSuchEntityException`."""
    refusal = answer.refusal
    if refusal is None:
        return {}
    shapes = call.operation.service_model.error_shapes
    names = [shape.name for shape in shapes if refusal.code in (error_code(shape), shape.name)]
    code = _NAMES.get(refusal.code) or (names[0] if names else refusal.code)
    return {"errorCode": code, "errorMessage": refusal.message}


def _request_parameters(call: Call, answer: Answer) -> dict[str, Any] | None:
    if answer.refusal and " is not authorized to perform: " in answer.refusal.message:
        return None
    shape = call.operation.input_shape
    if call.service == "s3":
        return request_of_s3(call)
    if shape is None:
        return None
    return _shown(shape, {**_unsent(call, shape), **call.parameters}, call.service) or None


def _unsent(call: Call, shape: StructureShape) -> dict[str, bool]:
    """Find the switches of IAM that are never absent: AWS logs them as false when not sent.

    Published CreateLoginProfile records show `passwordResetRequired: false` for calls without it.
    In the model these members have the shape `booleanType`, the others `booleanObjectType`.
    """
    if call.service != "iam" or is_read(call):
        return {}
    return {name: False for name, member in shape.members.items() if member.name == "booleanType"}


def _response_elements(call: Call, answer: Answer) -> dict[str, Any] | None:
    shape = call.operation.output_shape
    kept = not is_read(call) or _SESSIONS.match(call.name)
    if shape is None or answer.refusal or not kept:
        return None
    if call.action in _ONLY_ARN:
        return {"arn": answer.result["ARN"]}
    return _shown(shape, answer.result, call.service) or None


def _shown(shape: Shape, value: Any, service: str) -> Any:
    """Write a value in CloudTrail's casing, without what is secret or binary."""
    if isinstance(shape, StructureShape):
        return {
            name[0].lower() + name[1:]: _shown(shape.members[name], member, service)
            for name, member in value.items()
            if name in shape.members and not _is_hidden(name, shape.members[name])
        }
    if isinstance(shape, ListShape):
        return [_shown(shape.member, member, service) for member in value]
    if isinstance(shape, MapShape):
        return {key: _shown(shape.value, member, service) for key, member in value.items()}
    if isinstance(value, datetime):
        return _date(value, service)
    return value


def _is_hidden(name: str, shape: Shape) -> bool:
    return name in _CODES or bool(shape.metadata.get("sensitive")) or shape.type_name == "blob"


def _date(when: datetime, service: str) -> str:
    """Write a date as published records do: `Jul 10, 2023 1:25:04 PM`, outside IAM with a comma."""
    comma = "" if service == "iam" else ","
    return f"{when:%b} {when.day}, {when.year}{comma} {when.hour % 12 or 12}:{when:%M:%S %p}"


def shown_identity(identity: Mapping[str, Any]) -> str:
    """Give the Username that LookupEvents shows: the user, `root`, or the name of the session."""
    if identity.get("type") == "Root":
        return "root"
    return str(identity.get("userName") or identity.get("principalId", "").split(":")[-1])
