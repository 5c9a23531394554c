"""The only room that talks to AWS: a call becomes an answer, an AWS error one of ours.

Reads are tried again by botocore.  A write is sent once: IAM has no idempotency tokens, and
botocore's retries would do it twice when an answer is lost.
"""

from __future__ import annotations

import logging
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.exceptions as aws
from botocore.config import Config
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError

from trailmend import __version__
from trailmend.calls import Call
from trailmend.changing.reads import is_harmless, is_read
from trailmend.credentials import not_accepted
from trailmend.errors import (
    AwsError,
    Busy,
    Denied,
    LostAnswer,
    NoCredentials,
    NotFound,
    Refused,
    Throttled,
    TrailmendError,
    Unreachable,
    WrongUse,
)

_SENT_AGAIN = ("secretsmanager",)
"""Services whose writes are sent again, because twice is as once.

botocore makes the ClientRequestToken that "helps ensure idempotency" (CreateSecretRequest), and a
seed that AWS tells once must not be lost because Secrets Manager was busy for a moment.
"""
_CODES: dict[str, type[AwsError]] = {
    "NoSuchEntity": NotFound,
    "ResourceNotFoundException": NotFound,
    "TrailNotFoundException": NotFound,
    "NoSuchBucket": NotFound,
    "NoSuchBucketPolicy": NotFound,
    "NoSuchLifecycleConfiguration": NotFound,
    "NoSuchPublicAccessBlockConfiguration": NotFound,
    "AWSOrganizationsNotInUseException": NotFound,
    "AccountNotFoundException": NotFound,
    "AccountNotRegisteredException": NotFound,
    "ChildNotFoundException": NotFound,
    "OrganizationalUnitNotFoundException": NotFound,
    "PolicyNotAttachedException": NotFound,
    "PolicyNotFoundException": NotFound,
    "TargetNotFoundException": NotFound,
    "404": NotFound,
    "AccessDenied": Denied,
    "AccessDeniedException": Denied,
    "UnauthorizedOperation": Denied,
    "RequestLimitExceeded": Throttled,
    "RequestThrottled": Throttled,
    "RequestThrottledException": Throttled,
    "SlowDown": Throttled,
    "ThrottledException": Throttled,
    "Throttling": Throttled,
    "ThrottlingException": Throttled,
    "TooManyRequestsException": Throttled,
    "ConcurrentModification": Busy,
    "ConcurrentModificationException": Busy,
    "ConflictException": Busy,
    "EntityTemporarilyUnmodifiable": Busy,
    "OperationAborted": Busy,
    "PolicyChangesInProgressException": Busy,
}
_BAD_CREDENTIALS = (
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_SSO = (aws.SSOError, aws.TokenRetrievalError)
_CREDENTIALS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.NoAuthTokenError,
)
_NOTHING_WAS_SENT = (
    aws.EndpointConnectionError,
    aws.ConnectTimeoutError,
    aws.ProxyConnectionError,
)


class AwsClient:
    """Answers calls with one set of credentials; it can write only if it is given a plan's id."""

    def __init__(
        self, session: boto3.Session, endpoint_url: str | None = None, plan_id: str = ""
    ) -> None:
        self._session = session
        self._endpoint_url = endpoint_url
        self._plan_id = plan_id
        self._clients: MutableMapping[tuple[str, ...], Any] = {}

    def __call__(self, call: Call) -> Mapping[str, Any]:
        """Send a call and give its answer, all pages of it; without a plan's id only a read."""
        service, _, method = call.name.partition(".")
        plan_id = "" if is_read(call) else self._plan_id
        client = self._client(service, plan_id, call.region)
        with _translated(call, self._session, once=bool(plan_id)):
            if client.can_paginate(method):
                pages = client.get_paginator(method).paginate(**call.params)
                return dict(pages.build_full_result())
            return dict(getattr(client, method)(**call.params))

    def writing(self, plan_id: str) -> AwsClient:
        """Give a client that can write; its writes carry the plan's id in their user agent."""
        writer = AwsClient(self._session, self._endpoint_url, plan_id)
        writer._clients = ChainMap({}, self._clients)  # its own for writes, these for reads
        return writer

    @property
    def access_key_id(self) -> str:
        """The key that the calls are signed with; raises NoCredentials if there is none."""
        with _translated(Call("sts.get_caller_identity"), self._session, once=False):
            credentials = self._session.get_credentials()
            if credentials is None:
                raise aws.NoCredentialsError
            return str(credentials.get_frozen_credentials().access_key)

    def _client(self, *which: str) -> Any:
        """Give boto3's client for the reads of a service in a region, or for a plan's writes."""
        if which not in self._clients:
            try:
                self._clients[which] = self._make_client(*which)
            except (aws.BotoCoreError, ValueError) as error:
                raise WrongUse(f"The AWS settings are wrong: {_line(error)}.") from error
        return self._clients[which]

    def _make_client(self, service: str, plan_id: str, region: str) -> Any:
        once = bool(plan_id) and service not in _SENT_AGAIN
        client = self._session.client(
            service,  # type: ignore[call-overload]  # any service, known only at run time
            region_name=region or self._session.region_name or "us-east-1",
            endpoint_url=self._endpoint_url,
            config=Config(
                user_agent_extra=f"trailmend/{__version__}" + f" plan/{plan_id}" * bool(plan_id),
                connect_timeout=10,
                read_timeout=30,
                retries={"mode": "standard", "total_max_attempts": 1 if once else 6},
            ),
        )
        if not plan_id:
            client.meta.events.register_first("before-call", _refuse_writes)
        return client


def connect(
    profile: str | None = None, region: str | None = None, endpoint_url: str | None = None
) -> AwsClient:
    """Make a client that can only read, with the credentials of a profile or of the environment.

    Nothing is sent yet.  Raises WrongUse if there is no such profile.
    """
    _keep_secrets_out_of_logs()
    with _translated(Call("sts.get_caller_identity"), None, once=False):
        return AwsClient(boto3.Session(profile_name=profile, region_name=region), endpoint_url)


def _refuse_writes(model: OperationModel, **_: Any) -> None:
    """Stop a write after boto3 has made it and before it is sent."""
    service = model.service_model.service_name
    if not is_harmless(service, model.name):
        raise Refused(f"{service}:{model.name} is a change, and is sent only by applying a plan.")


def _keep_secrets_out_of_logs() -> None:
    """Keep botocore from logging bodies: at DEBUG they hold passwords, keys and MFA seeds."""
    for name in ("boto3", "botocore", "urllib3", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("boto3", "botocore", "urllib3"):
            logger = logging.getLogger(name)
            logger.setLevel(max(logging.INFO, logger.level))


@contextmanager
def _translated(call: Call, session: boto3.Session | None, *, once: bool) -> Iterator[None]:
    """Make an AWS error one of ours; `once` says that the call is a write, sent once.

    Without a session, while one is made, there are no credentials yet that could be refused.
    """
    profile = session.profile_name if session else "default"
    try:
        yield
    except aws.ClientError as error:
        raise _answered(call, error, session, once) from error
    except aws.ProfileNotFound as error:
        raise WrongUse(f"{_line(error)}: `aws configure list-profiles` names them.") from error
    except (aws.ConfigParseError, aws.InvalidConfigError) as error:
        raise WrongUse(f"The AWS settings are wrong: {_line(error)}.") from error
    except _SSO as error:
        raise NoCredentials(
            f"The sign-in of profile {profile} is over: run `aws sso login --profile {profile}`."
        ) from error
    except aws.LoginError as error:
        raise NoCredentials(
            f"The sign-in of profile {profile} is over: run `aws login --profile {profile}`."
        ) from error
    except _CREDENTIALS as error:
        raise NoCredentials(
            f"No AWS credentials ({_line(error)}): choose a profile with --profile, "
            "or make one with `aws configure sso`."
        ) from error
    except aws.ParamValidationError as error:
        raise AwsError(
            f"{call.action} cannot be sent: {_line(error)}", error.__class__.__name__
        ) from error
    except _NOTHING_WAS_SENT as error:
        raise Unreachable(
            f"AWS cannot be reached for {call.action}: {_line(error)} "
            "Look at the network, the proxy and the endpoint, then try again."
        ) from error
    except aws.BotoCoreError as error:
        raise _unanswered(call, _line(error), once) from error
    except (ResponseParserError, ValueError):
        # The first repeats the whole answer, and that may be the seed of an MFA device.
        raise _unanswered(call, "it cannot be read.", once) from None


def _not_accepted(session: boto3.Session, code: str) -> str:
    """Look where the credentials came from, and say it; boto3 does not tell, botocore does."""
    found, read = session.get_credentials(), session._session.get_config_variable
    files = {name: str(read(name)) for name in ("credentials_file", "config_file")}
    method = found.method if found else ""
    return not_accepted(method, code, {"profile": session.profile_name, **files})


def _answered(
    call: Call, error: aws.ClientError, session: boto3.Session | None, once: bool
) -> TrailmendError:
    """Choose our error for an answer with an error code."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    metadata = error.response.get("ResponseMetadata", {})
    request_id, status = metadata.get("RequestId", ""), metadata.get("HTTPStatusCode", 0)
    said = _line(error.response.get("Error", {}).get("Message", ""))
    if session and code in _BAD_CREDENTIALS:
        return NoCredentials(_not_accepted(session, code))
    if code in _CODES:
        return _CODES[code](f"{call.action}: {_ADVICE[_CODES[code]]} ({said})", code, request_id)
    if once and status >= 500:
        return LostAnswer(f"{call.action} was answered {code} ({status}).", request_id)
    return AwsError(f"{call.action} was answered {code}: {said}", code, request_id)


_ADVICE: dict[type[AwsError], str] = {
    NotFound: "there is no such entity",
    Denied: "the caller may not do this, ask for the permission",
    Throttled: "AWS asks for fewer calls, try again in a minute",
    Busy: "the entity cannot be changed just now, try again in some minutes",
}


def _unanswered(call: Call, said: str, once: bool) -> TrailmendError:
    """Choose our error where an answer did not come or cannot be read."""
    if once:
        return LostAnswer(f"The answer to {call.action} was lost: {said}")
    return Unreachable(f"{call.action} was not answered: {said} Try again.")


def _line(text: object) -> str:
    """Put a text of AWS or botocore on one line of printable characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
