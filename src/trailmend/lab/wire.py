"""The AWS protocols: an HTTP request -> Call, and an answer of the lab -> the bytes of AWS."""

import io
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape

from botocore.awsrequest import HeadersDict
from botocore.exceptions import UnknownServiceError
from botocore.model import Shape
from botocore.parsers import create_parser
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from werkzeug.exceptions import NotFound

from trailmend.lab.identity import Caller

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Services whose signing name is not the name that boto3 gives them.
_BOTO3_NAMES = {
    "access-analyzer": "accessanalyzer",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "monitoring": "cloudwatch",
    "sso": "sso-admin",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}

# The calls of S3 whose body CloudTrail shows; other bodies are data.
_S3_BODIES = frozenset(
    {
        *("CreateBucket", "PutBucketLifecycleConfiguration", "PutBucketPolicy"),
        "PutPublicAccessBlock",
    }
)
_JSON_TYPES = {"rest-json": "application/json"}


class Refusal(Exception):
    """AWS says no: the wire code, the sentence, and the HTTP status where the model has none."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Call:
    """One request to an AWS operation; `signing_name` is also the first part of eventSource."""

    service: str
    signing_name: str
    operation: OperationModel
    parameters: Mapping[str, Any]
    protocol: str
    region: str
    access_key_id: str
    address: str
    user_agent: str
    authenticated: Caller | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def caller(self) -> Caller:
        """Give the principal; a call that is not authenticated gets no further than that."""
        assert self.authenticated is not None
        return self.authenticated

    @property
    def name(self) -> str:
        """Name the operation as CloudTrail does, `CreateUser`."""
        return str(self.operation.name)

    @cached_property
    def action(self) -> str:
        """Name the action as a policy does, `iam:CreateUser`."""
        return f"{self.service}:{self.name}"


@dataclass(frozen=True)
class Answer:
    """An HTTP response, with what it says: the result, or the refusal."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    refusal: Refusal | None = None
    operation: OperationModel | None = None
    protocol: str = ""

    @cached_property
    def result(self) -> Mapping[str, Any]:
        """Read the answer of an operation as a client would; most are never asked."""
        if self.operation is None:
            return {}
        return _parsed(self.operation, self.protocol, self.status, self.headers, self.body)


def decode(environ: Mapping[str, Any], body: bytes) -> Call | None:
    """Read a signed request; None for what is no AWS call the models know.

    The signature itself is not checked, only the key that made it.
    """
    signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not signed:
        return None
    access_key_id, region, signing_name = signed.groups()
    service = _BOTO3_NAMES.get(signing_name, signing_name)
    if signing_name == "ses" and environ["PATH_INFO"].startswith("/v2/"):
        service = "sesv2"
    request = _request(environ, body)
    try:
        operation, in_path = get_service_router(service).match(request)
    except (NotFound, UnknownServiceError):
        return None
    protocol = determine_request_protocol(operation.service_model, environ.get("CONTENT_TYPE"))
    return Call(
        service=service,
        signing_name=signing_name,
        operation=operation,
        parameters=_parameters(operation, protocol, in_path, request, body),
        protocol=protocol,
        region=region,
        access_key_id=access_key_id,
        address=environ["REMOTE_ADDR"],
        user_agent=environ.get("HTTP_USER_AGENT", ""),
    )


def _request(environ: Mapping[str, Any], body: bytes) -> Request:
    return Request({**environ, "wsgi.input": io.BytesIO(body)})


def _parameters(
    operation: OperationModel,
    protocol: str,
    in_path: Mapping[str, Any],
    request: Request,
    body: bytes,
) -> Mapping[str, Any]:
    """Parse the parameters by the model; of most calls of S3 only those in the path."""
    if operation.service_model.service_name == "s3" and operation.name not in _S3_BODIES:
        return dict(in_path)
    parsed = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": dict(in_path),
        }
    )
    return parsed or {}


def with_form_values(body: bytes, values: Mapping[str, str]) -> bytes:
    """Put values into the form of a query-protocol request; an empty one is taken out."""
    form = {**dict(parse_qsl(body.decode(), keep_blank_values=True)), **values}
    return urlencode({name: value for name, value in form.items() if value != ""}).encode()


def encode(call: Call, result: Mapping[str, Any]) -> Answer:
    """Write a result in the protocol of the service."""
    serializer = get_serializer_class(call.service, call.protocol)(
        call.operation, context=SerializationContext(call.request_id)
    )
    sent = serializer.serialize(result)
    body = sent["body"] if isinstance(sent["body"], bytes) else sent["body"].encode()
    headers = [*sent["headers"].items(), ("x-amzn-requestid", call.request_id)]
    return read_answer(call, int(sent["status_code"]), headers, body)


def refuse(call: Call, refusal: Refusal) -> Answer:
    """Write an error in the protocol of the service, with the status that its model gives it."""
    status = _error_status(call.operation, refusal)
    side = "Sender" if status < 500 else "Receiver"
    if call.protocol in ("query", "ec2", "rest-xml"):
        content_type, body = "text/xml", _xml_error(call, refusal, side)
    else:
        content_type = _JSON_TYPES.get(call.protocol, "application/x-amz-json-1.1")
        body = json.dumps({"__type": refusal.code, "message": refusal.message})
    headers = [
        ("Content-Type", content_type),
        ("x-amzn-requestid", call.request_id),
        ("x-amzn-errortype", refusal.code),
    ]
    return Answer(status, headers, body.encode(), refusal=refusal)


def _xml_error(call: Call, refusal: Refusal, side: str) -> str:
    error = f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
    if call.protocol == "rest-xml":
        return f"<Error>{error}<RequestId>{call.request_id}</RequestId></Error>"
    return (
        f"<ErrorResponse><Error><Type>{side}</Type>{error}</Error>"
        f"<RequestId>{call.request_id}</RequestId></ErrorResponse>"
    )


def error_code(shape: Shape) -> str:
    """Give the wire code of an error: `NoSuchEntity` of NoSuchEntityException."""
    return str(shape.metadata.get("error", {}).get("code", shape.name))


def _error_status(operation: OperationModel, refusal: Refusal) -> int:
    for shape in operation.service_model.error_shapes:
        if refusal.code in (error_code(shape), shape.name):
            return int(shape.metadata.get("error", {}).get("httpStatusCode", refusal.status))
    return refusal.status


def read_answer(call: Call, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Answer:
    """Take an answer for what it is; a stream is left unread."""
    headers = list(headers)
    if status < 300:
        read = None if call.operation.has_streaming_output else call.operation
        return Answer(status, headers, body, None, read, call.protocol)
    error = _parsed(call.operation, call.protocol, status, headers, body).get("Error", {})
    refusal = Refusal(error.get("Code", str(status)), error.get("Message", ""), status)
    return Answer(status, headers, body, refusal)


def _parsed(
    operation: OperationModel,
    protocol: str,
    status: int,
    headers: list[tuple[str, str]],
    body: bytes,
) -> dict[str, Any]:
    response = {"status_code": status, "headers": HeadersDict(headers), "body": body}
    parser: Any = create_parser(protocol)  # takes an absent shape, against its stub
    parsed: dict[str, Any] = parser.parse(response, operation.output_shape)
    parsed.pop("ResponseMetadata", None)
    return parsed
