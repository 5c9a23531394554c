"""The room that talks to AWS: what it refuses to send, how often it sends, what its errors say."""

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.credentials import BotoProvider, CredentialProvider, OriginalEC2Provider
from botocore.model import OperationModel, Shape

from tests.worlds import account_of
from trailmend.aws import AwsClient, connect
from trailmend.calls import Call, call
from trailmend.changing.reads import is_read
from trailmend.credentials import _KNOWN
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
from trailmend.lab import Fault, Lab

pytestmark = pytest.mark.wire
MODELS = botocore.session.get_session()
LIST = call("iam.list_users")
CREATE = call("iam.create_user", UserName="bob")


def providers() -> list[type[CredentialProvider]]:
    """Give the ways in which botocore gets credentials, but for those of tools before 2014."""
    old = (BotoProvider, OriginalEC2Provider)
    return [
        one
        for one in CredentialProvider.__subclasses__()
        if one not in old and one.__module__.startswith("botocore")
    ]


def operations(service: str) -> list[OperationModel]:
    model = MODELS.get_service_model(service)
    return [model.operation_model(name) for name in model.operation_names]


def smallest(shape: Shape | None) -> Any:
    """Make the smallest value that botocore accepts for a shape."""
    match shape and shape.type_name:
        case "structure":
            return {k: smallest(shape.members[k]) for k in shape.required_members}  # type: ignore[union-attr]
        case "list":
            return [smallest(shape.member)] * shape.metadata.get("min", 0)  # type: ignore[union-attr]
        case "string":
            return "a" * max(1, shape.metadata.get("min", 1))  # type: ignore[union-attr]
        case "integer" | "long":
            return shape.metadata.get("min", 1)  # type: ignore[union-attr]
        case "boolean":
            return True
        case "blob":
            return b"a"
        case "map" | None:
            return {}
        case other:
            raise AssertionError(f"no value for {other}")


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Take away every credential of the machine; give the path of an AWS config file."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "config"


# What is sent ------------------------------------------------------------------------------


def test_planning_client_sends_no_write_of_iam(lab: Lab) -> None:
    account = account_of(lab)
    sent = []

    for operation in operations("iam"):
        one = Call(f"iam.{xform_name(operation.name)}", smallest(operation.input_shape))
        if not operation.name.startswith(("Get", "List")):
            with pytest.raises(Refused, match=operation.name):
                account(one)
            sent.append(operation.name)

    assert len(sent) > 100
    assert lab.calls == []


@pytest.mark.parametrize("name", ["get_session_token", "get_federation_token", "assume_role"])
def test_planning_client_makes_no_credentials(name: str, lab: Lab) -> None:
    shapes = {xform_name(one.name): one.input_shape for one in operations("sts")}

    with pytest.raises(Refused):
        account_of(lab)(Call(f"sts.{name}", smallest(shapes[name])))

    assert lab.calls == []


def test_write_is_stopped_below_boto3(lab: Lab) -> None:
    account = account_of(lab)
    account(LIST)
    client = account._clients["iam", "", ""]

    with pytest.raises(Refused):
        client.create_user(UserName="bob")

    assert [one.operation for one in lab.calls] == ["ListUsers"]


def test_reads_are_the_operations_that_get_and_list() -> None:
    reads = {one.name for one in operations("iam") if is_read(Call(f"iam.{xform_name(one.name)}"))}

    assert reads == {one.name for one in operations("iam") if one.name.startswith(("Get", "List"))}


def test_writing_client_names_the_plan_in_its_user_agent(lab: Lab) -> None:
    account_of(lab).writing("P-4XQ7")(CREATE)

    assert lab.records()[-1]["userAgent"].endswith("plan/P-4XQ7")


def test_all_pages_are_read(lab: Lab) -> None:
    iam = lab.client("iam")
    for number in range(150):
        iam.create_user(UserName=f"user{number}")

    users = account_of(lab)(LIST)["Users"]

    assert len(users) == 151


def test_read_is_tried_again(lab: Lab) -> None:
    lab.fault("iam:ListUsers", Fault.THROTTLED)
    lab.fault("iam:ListUsers", Fault.FAILING)

    assert account_of(lab)(LIST)["Users"]
    assert [one.error for one in lab.calls] == ["Throttling", "ServiceFailure", None]


@pytest.mark.parametrize(
    ("fault", "error", "took_effect"),
    [
        (Fault.THROTTLED, Throttled, False),
        (Fault.BUSY, Busy, False),
        (Fault.FAILING, LostAnswer, False),
        (Fault.LOST_REQUEST, LostAnswer, False),
        (Fault.LOST_ANSWER, LostAnswer, True),
    ],
)
def test_write_is_sent_once_whatever_the_environment_says(
    fault: Fault,
    error: type[TrailmendError],
    took_effect: bool,
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    lab.fault("iam:CreateUser", fault, times=9)

    with pytest.raises(error):
        account_of(lab).writing("P-4XQ7")(CREATE)

    assert [one.operation for one in lab.calls] == ["CreateUser"]
    assert (lab.calls[0].error is None) == took_effect


# What errors say ---------------------------------------------------------------------------


def test_error_of_a_write_carries_the_request_id_that_the_trail_has(lab: Lab) -> None:
    lab.deny("lab-admin", "iam:CreateUser")

    with pytest.raises(Denied) as caught:
        account_of(lab).writing("P-4XQ7")(CREATE)

    assert caught.value.request_id == lab.records()[-1]["requestID"]
    assert caught.value.code == "AccessDenied"


def test_denied_read_names_the_action(lab: Lab) -> None:
    lab.deny("lab-admin", "iam:ListUsers")

    with pytest.raises(Denied, match=r"^iam:ListUsers: the caller may not do this, ask"):
        account_of(lab)(LIST)


def test_missing_entity_is_not_found(lab: Lab) -> None:
    with pytest.raises(NotFound) as caught:
        account_of(lab)(call("iam.get_user", UserName="nobody"))

    assert caught.value.code == "NoSuchEntity"


def test_other_error_keeps_its_code(lab: Lab) -> None:
    with pytest.raises(AwsError) as caught:
        account_of(lab).writing("P-4XQ7")(call("iam.create_user", UserName="lab-admin"))

    assert caught.value.code == "EntityAlreadyExists"


def test_invalid_parameters_are_not_sent(lab: Lab) -> None:
    with pytest.raises(AwsError, match="cannot be sent") as caught:
        account_of(lab).writing("P-4XQ7")(call("iam.create_user", UserName=7))

    assert caught.value.code == "ParamValidationError"
    assert "\n" not in str(caught.value)
    assert lab.calls == []


def test_refused_connection_is_not_a_lost_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    session = account_session()

    with pytest.raises(Unreachable, match="try again"):
        AwsClient(session, address).writing("P-4XQ7")(CREATE)


def account_session() -> Any:
    import boto3

    return boto3.Session(
        aws_access_key_id="AKIAEXAMPLE000000001",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )


@pytest.fixture
def answering_nonsense() -> Iterator[str]:
    """Run a server that answers 200 with a body that is no answer of AWS."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"<nonsense")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_answer_that_cannot_be_read_is_lost(answering_nonsense: str) -> None:
    with pytest.raises(LostAnswer):
        AwsClient(account_session(), answering_nonsense).writing("P-4XQ7")(CREATE)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "environment",
            "AWS does not accept the credentials in the environment, AWS_ACCESS_KEY_ID and what "
            "goes with it (InvalidClientTokenId): set them anew, or choose a profile with "
            "--profile.",
        ),
        (
            "credentials",
            "AWS does not accept the credentials of profile acorn in {folder}/credentials "
            "(InvalidClientTokenId): put a key there that is valid, or choose another profile "
            "with --profile.",
        ),
        (
            "config",
            "AWS does not accept the credentials of profile acorn in {folder}/config "
            "(InvalidClientTokenId): put a key there that is valid, or choose another profile "
            "with --profile.",
        ),
        (
            "process",
            "AWS does not accept the credentials that the credential_process of profile acorn "
            "gives (InvalidClientTokenId): sign in again to what that process asks.",
        ),
    ],
)
def test_credentials_that_aws_does_not_accept_are_told_by_where_they_came_from(
    given: str, said: str, no_environment: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, secret = "AKIASTRANGER00000001", "secret"
    lines = f"aws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    made = json.dumps({"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret})
    by_process = f"credential_process = printf '%s' '{made}'\n"
    folder = no_environment.parent
    (folder / "credentials").write_text("[acorn]\n" + lines * (given == "credentials"))
    more = {"config": lines, "process": by_process}.get(given, "")
    no_environment.write_text("[profile acorn]\n" + more)
    if given == "environment":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)

    profile = None if given == "environment" else "acorn"
    with pytest.raises(NoCredentials) as caught:
        connect(profile, "us-east-1", lab.endpoint_url)(LIST)

    assert (str(caught.value), caught.value.exit_code) == (said.format(folder=folder), 2)


@pytest.mark.parametrize("method", [one.METHOD for one in providers()])
def test_every_way_to_get_credentials_is_known_by_its_name(method: str) -> None:
    assert method in _KNOWN


def test_missing_credentials_say_how_to_get_some(no_environment: Path) -> None:
    with pytest.raises(NoCredentials, match="--profile"):
        connect(endpoint_url="http://127.0.0.1:9")(LIST)
    with pytest.raises(NoCredentials, match="--profile"):
        connect().access_key_id  # noqa: B018  # the look itself is the test


def test_unknown_profile_is_named(no_environment: Path) -> None:
    no_environment.write_text("[default]\n")

    with pytest.raises(WrongUse, match=r"acorn.*aws configure list-profiles"):
        connect("acorn")


def test_broken_config_file_is_named(no_environment: Path) -> None:
    no_environment.write_text("region = [\n")

    with pytest.raises(WrongUse, match="config"):
        connect("acorn")


def test_sign_in_that_is_over_names_the_command(no_environment: Path) -> None:
    no_environment.write_text(
        "[profile acorn]\nsso_session = acorn\nsso_account_id = 123456789012\n"
        "sso_role_name = responder\nregion = us-east-1\n"
        "[sso-session acorn]\nsso_start_url = https://acorn.example/start\n"
        "sso_region = us-east-1\n"
    )

    with pytest.raises(NoCredentials, match="aws sso login --profile acorn"):
        connect("acorn", endpoint_url="http://127.0.0.1:9")(LIST)


def test_endpoint_that_is_no_address_is_named() -> None:
    with pytest.raises(WrongUse, match="nowhere"):
        AwsClient(account_session(), "nowhere")(LIST)


def test_secrets_are_in_no_log_at_any_level(
    lab: Lab,
    no_environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", lab.administrator.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", lab.administrator.secret_access_key)
    logging.getLogger("botocore.parsers").setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)

    account = connect(endpoint_url=lab.endpoint_url).writing("P-4XQ7")
    account(CREATE)
    secret = account(call("iam.create_access_key", UserName="bob"))["AccessKey"]["SecretAccessKey"]

    assert secret not in caplog.text
    assert all(one.levelno >= logging.INFO for one in caplog.records if "botocore" in one.name)
