"""What the lab delivers, its buckets, and the lab as a server for other processes."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import moto.iam.models
import pytest
from botocore.config import Config
from moto import mock_aws

from tests.lab_errors import ONCE, code
from tests.slow import soak
from trailmend.errors import Refused, WrongUse
from trailmend.lab import Fault, Lab, serve

pytestmark = pytest.mark.wire


def delivered(folder: Path) -> list[str]:
    files = sorted(folder.rglob("*.json.gz"))
    return [name["eventName"] for file in files for name in read(file.read_bytes())]


def read(packed: bytes) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(gzip.decompress(packed))["Records"]
    return records


def test_delivered_files_lie_where_cloudtrail_puts_them(lab: Lab, tmp_path: Path) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    lab.advance(3600)
    iam.delete_user(UserName="alice")
    lab.client("sts", region="eu-central-1").get_caller_identity()

    written = lab.deliver()

    assert written == sorted(written, key=str)
    assert [file for file in sorted(tmp_path.rglob("*")) if file.is_file()] == sorted(written)
    for file in written:
        records = read(file.read_bytes())
        region, *_ = {record["awsRegion"] for record in records}
        shape = rf"AWSLogs/123456789012/CloudTrail/{region}/\d{{4}}/\d\d/\d\d/123456789012_"
        shape += rf"CloudTrail_{region}_\d{{8}}T\d{{4}}Z_[0-9A-Za-z]{{16}}\.json\.gz"
        assert re.fullmatch(shape, file.relative_to(tmp_path / "trail").as_posix())
    assert sorted(delivered(tmp_path)) == ["CreateUser", "DeleteUser", "GetCallerIdentity"]
    assert lab.deliver() == []
    iam.create_user(UserName="bob")
    assert len(lab.deliver()) == 1


def open_bucket(lab: Lab) -> None:
    """Make a bucket that CloudTrail may write to."""
    s3 = lab.client("s3")
    who = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    look = who | {"Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::logs"}
    write = who | {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/AWSLogs/*"}
    s3.create_bucket(Bucket="logs")
    policy = {"Version": "2012-10-17", "Statement": [look, write]}
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))


def objects(lab: Lab, bucket: str) -> Iterator[str]:
    s3 = lab.client("s3")
    for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        yield from (record["eventName"] for record in read(body))


def test_a_trail_has_in_its_bucket_what_happened_while_it_logged(lab: Lab) -> None:
    trail, iam = lab.client("cloudtrail"), lab.client("iam")
    open_bucket(lab)
    trail.create_trail(Name="main", S3BucketName="logs", IsMultiRegionTrail=True)
    iam.create_user(UserName="before")
    trail.start_logging(Name="main")
    iam.create_user(UserName="during")
    trail.stop_logging(Name="main")
    iam.delete_user(UserName="during")

    lab.deliver()

    assert list(objects(lab, "logs")) == ["StartLogging", "CreateUser", "StopLogging"]


def test_a_trail_whose_bucket_is_gone_loses_its_files(lab: Lab, tmp_path: Path) -> None:
    trail, s3 = lab.client("cloudtrail"), lab.client("s3")
    open_bucket(lab)
    trail.create_trail(Name="main", S3BucketName="logs")
    trail.start_logging(Name="main")
    s3.delete_bucket(Bucket="logs")

    lab.deliver()

    assert "StartLogging" in delivered(tmp_path)


def test_a_record_can_be_put_and_a_malformed_one_cannot(lab: Lab, tmp_path: Path) -> None:
    record = {
        "eventID": "1",
        "eventName": "ConsoleLogin",
        "eventSource": "signin.amazonaws.com",
        "eventTime": "2026-11-22T10:00:00Z",
        "awsRegion": "us-east-2",
        "recipientAccountId": "111111111111",
    }

    lab.put(record)

    assert lab.records() == [record]
    lab.deliver()
    assert delivered(tmp_path) == ["ConsoleLogin"]
    for wrong in ({"awsRegion": "../../etc"}, {"recipientAccountId": "x"}, {"eventTime": "now"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            lab.put(record | wrong)


def test_reset_forgets_everything_but_the_keys(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    lab.deny("lab-admin", "iam:ListUsers")
    lab.fault("iam:GetUser", Fault.BUSY)
    lab.advance(86400)

    lab.reset()

    assert (lab.records(), lab.calls, lab.deliver()) == ([], [], [])
    assert abs(lab.now().timestamp() - time.time()) < 60
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["lab-admin"]
    assert iam.get_user()["User"]["UserName"] == "lab-admin"


def test_only_one_lab_runs_at_a_time(lab: Lab) -> None:
    with pytest.raises(WrongUse, match="stop it first"), Lab():
        pass

    assert lab.client("iam").get_user()


def test_a_lab_is_bound_to_loopback_only() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "example.org", "::"):
        with pytest.raises(Refused, match=r"127\.0\.0\.1"):
            Lab(host=host)


@pytest.mark.usefixtures("no_lab")
def test_a_taken_port_is_said_and_the_lab_can_start_on_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WrongUse, match="use another port"), Lab(port=port):
            pass
    with Lab() as lab:
        assert lab.client("iam").get_user()


@pytest.mark.usefixtures("no_lab")
def test_plain_moto_is_itself_again_after_a_lab() -> None:
    def state() -> tuple[object, ...]:
        backend = vars(moto.iam.models.IAMBackend)["_init_aws_policies"]
        return vars(moto.iam.models)["utcnow"], backend

    before = state()
    with Lab() as lab:
        lab.advance(400 * 86400)
        lab.client("iam").create_user(UserName="alice")
        assert state() != before
    assert state() == before

    with mock_aws():
        iam = boto3.client(
            "iam", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        assert iam.list_users()["Users"] == []
        made = iam.create_user(UserName="bob")["User"]
        assert not made["UserId"].startswith("AIDA")
        assert abs(made["CreateDate"].timestamp() - time.time()) < 60
        assert iam.list_policies(Scope="AWS")["Policies"] == []


def ask(
    lab: Lab, path: str, arguments: object | None = None, kind: str = "application/json"
) -> Any:
    body = None if arguments is None else json.dumps(arguments).encode()
    request = Request(f"{lab.endpoint_url}/_lab{path}", body, {"Content-Type": kind})
    with urlopen(request) as answer:
        return json.load(answer)


def test_another_process_controls_the_lab_over_http(lab: Lab, tmp_path: Path) -> None:
    about = ask(lab, "")
    assert about["account_id"] == "123456789012"
    assert about["administrator"]["access_key_id"] == lab.administrator.access_key_id
    before = lab.now()

    ask(lab, "/advance", {"seconds": 90})
    ask(lab, "/address", {"access_key_id": lab.administrator.access_key_id, "address": "192.0.2.9"})
    ask(lab, "/deny", {"user_name": "lab-admin", "action": "iam:DeleteUser"})
    ask(lab, "/fault", {"action": "iam:ListUsers", "kind": "busy"})

    assert (lab.now() - before).total_seconds() >= 90
    iam = lab.client("iam", config=ONCE)
    assert code(iam.delete_user, UserName="lab-admin") == "AccessDenied"
    assert code(iam.list_users) == "EntityTemporarilyUnmodifiable"
    assert {each["sourceIPAddress"] for each in ask(lab, "/records")} == {"192.0.2.9"}
    assert [call["error"] for call in ask(lab, "/calls")] == [
        "AccessDenied",
        "EntityTemporarilyUnmodifiable",
    ]
    (written,) = ask(lab, "/deliver", {})
    assert Path(written).is_relative_to(tmp_path)
    ask(lab, "/reset", {})
    assert ask(lab, "/records") == []


@pytest.mark.parametrize(
    ("path", "arguments", "kind", "status"),
    [
        ("/advance", {"seconds": "soon"}, "application/json", 400),
        ("/advance", {"hours": 1}, "application/json", 400),
        ("/fault", {"action": "iam:GetUser", "kind": "sad"}, "application/json", 400),
        ("/sign_in", {"user_name": "lab-admin"}, "application/json", 400),
        ("/client", {"service": "iam"}, "application/json", 404),
        ("/advance", {"seconds": 1}, "text/plain", 415),
        ("/nothing", None, "application/json", 404),
    ],
)
def test_a_wrong_control_request_is_answered_with_what_is_wrong(
    lab: Lab, path: str, arguments: object, kind: str, status: int
) -> None:
    with pytest.raises(HTTPError) as caught:
        ask(lab, path, arguments, kind)

    with caught.value as answer:
        assert (answer.code, "error" in json.load(answer)) == (status, True)


def aws(lab: Lab, *words: str) -> Any:
    """Run the real aws command on the lab."""
    command = [str(Path(sys.executable).with_name("aws")), *words]
    given = [*command, "--endpoint-url", lab.endpoint_url, "--output", "json"]
    environment = {**os.environ, **lab.environment(), "no_proxy": "127.0.0.1"}
    done = subprocess.run(given, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_real_aws_command_works_on_the_lab(lab: Lab) -> None:
    made = aws(lab, "iam", "create-user", "--user-name", "alice")["User"]
    looked = aws(
        lab, "cloudtrail", "lookup-events", "--lookup-attributes",
        "AttributeKey=EventName,AttributeValue=CreateUser",
    )  # fmt: skip

    (event,) = looked["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert record["responseElements"]["user"]["userId"] == made["UserId"]
    assert (event["Username"], event["EventId"]) == ("lab-admin", record["eventID"])
    assert record["userAgent"].startswith("aws-cli/")


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("stop", [signal.SIGINT, soak(signal.SIGTERM)])
def test_a_served_lab_delivers_and_ends_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    program = (
        "import sys, pathlib; from trailmend.lab import serve; "
        "ready = lambda lab: print(lab.endpoint_url, lab.administrator.access_key_id, flush=True); "
        "serve('127.0.0.1', 0, pathlib.Path(sys.argv[1]), every=0.2, ready=ready)"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as served:
        assert served.stdout is not None
        endpoint, key = served.stdout.readline().decode().split()
        iam = boto3.client(
            "iam",
            "us-east-1",
            endpoint_url=endpoint,
            aws_access_key_id=key,
            aws_secret_access_key="any",
            config=Config(proxies={}),
        )
        iam.create_user(UserName="alice")
        ends = time.monotonic() + 10
        while not delivered(tmp_path) and time.monotonic() < ends:
            time.sleep(0.05)
        assert delivered(tmp_path) == ["CreateUser"]
        iam.delete_user(UserName="alice")
        served.send_signal(stop)
        _, errors = served.communicate(timeout=20)

    assert (served.returncode, errors) == (0, b"")
    assert sorted(delivered(tmp_path)) == ["CreateUser", "DeleteUser"]


def test_a_lab_whose_trail_cannot_be_written_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    started: list[Lab] = []

    with pytest.raises(WrongUse, match=r"notes.txt: File exists. Name another folder"):
        serve("127.0.0.1", 0, file, ready=started.append)

    assert (started, file.read_text()) == ([], "mine")
