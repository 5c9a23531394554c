"""Buckets and secrets in the lab, and what its trail shows of them."""

import json
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from trailmend.lab import Fault, Lab

ONCE = Config(retries={"total_max_attempts": 1})
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
SECRET = "Correct-horse-battery-7"


def refused(call: Any, /, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def policy(**more: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:GetBucketAcl",
        "Resource": "arn:aws:s3:::logs",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | more]})


def last(lab: Lab, name: str) -> dict[str, Any]:
    return [record for record in lab.records() if record["eventName"] == name][-1]


@pytest.fixture
def s3(lab: Lab) -> Any:
    """Give a client, in an account with the bucket `logs`."""
    client = lab.client("s3")
    client.create_bucket(Bucket="logs")
    return client


def test_a_bucket_is_made_where_it_is_asked_for(lab: Lab, s3: Any) -> None:
    def there(region: str) -> dict[str, Any]:
        return {"CreateBucketConfiguration": {"LocationConstraint": region}}

    wrong = refused(s3.create_bucket, Bucket="other", **there("us-east-1"))
    assert wrong == "InvalidLocationConstraint"
    assert s3.get_bucket_location(Bucket="logs")["LocationConstraint"] is None
    away = lab.client("s3", region="eu-west-1")
    assert refused(away.create_bucket, Bucket="far") == "IllegalLocationConstraintException"
    away.create_bucket(Bucket="far", **there("eu-west-1"))
    assert s3.get_bucket_location(Bucket="far")["LocationConstraint"] == "eu-west-1"
    assert refused(s3.head_bucket, Bucket="none") == "404"
    assert s3.head_bucket(Bucket="far")["ResponseMetadata"]["HTTPStatusCode"] == 200
    s3.put_object(Bucket="logs", Key="one", Body=b"1")
    assert refused(s3.delete_bucket, Bucket="logs") == "BucketNotEmpty"
    s3.delete_object(Bucket="logs", Key="one")
    s3.delete_bucket(Bucket="logs")
    assert refused(s3.get_bucket_policy, Bucket="logs") == "NoSuchBucket"


def test_a_bucket_takes_only_a_policy_that_is_one_and_is_not_public(s3: Any) -> None:
    assert refused(s3.get_bucket_policy, Bucket="logs") == "NoSuchBucketPolicy"
    for wrong in (
        "{",
        "{}",
        policy(Resource="arn:aws:s3:::other/*"),
        policy(Resource="arn:aws:s3:::logs-too"),
        policy(Condition={"StringEquals": "aws:SourceArn"}),
        '{"Statement": ["Allow"]}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
    ):
        assert refused(s3.put_bucket_policy, Bucket="logs", Policy=wrong) == "MalformedPolicy"
    public = policy(**OPEN, Resource="arn:aws:s3:::logs/*")
    assert refused(s3.put_bucket_policy, Bucket="logs", Policy=public) == "AccessDenied"

    s3.put_bucket_policy(Bucket="logs", Policy=policy())

    assert s3.get_bucket_policy(Bucket="logs")["Policy"] == policy()
    s3.delete_public_access_block(Bucket="logs")
    s3.put_bucket_policy(Bucket="logs", Policy=public)
    s3.delete_bucket_policy(Bucket="logs")
    assert refused(s3.get_bucket_policy, Bucket="logs") == "NoSuchBucketPolicy"
    assert refused(s3.put_bucket_policy, Bucket="none", Policy=policy()) == "NoSuchBucket"


def test_a_new_bucket_is_closed_to_the_public_until_that_is_deleted(s3: Any) -> None:
    kinds = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    closed, half = dict.fromkeys(kinds, True), dict.fromkeys(kinds, True) | {kinds[0]: False}

    def shown() -> Any:
        return s3.get_public_access_block(Bucket="logs")["PublicAccessBlockConfiguration"]

    absent = "NoSuchPublicAccessBlockConfiguration"
    assert shown() == closed
    s3.delete_public_access_block(Bucket="logs")
    assert refused(s3.get_public_access_block, Bucket="logs") == absent
    s3.put_public_access_block(Bucket="logs", PublicAccessBlockConfiguration=half)
    assert shown() == half
    s3.create_bucket(Bucket="other")
    s3.delete_public_access_block(Bucket="other")
    assert refused(s3.get_public_access_block, Bucket="other") == absent
    assert refused(s3.get_public_access_block, Bucket="none") == "NoSuchBucket"


def test_the_trail_names_calls_to_s3_as_published_records_do(lab: Lab, s3: Any) -> None:
    here = {"bucketName": "logs", "Host": "s3.amazonaws.com"}
    s3.put_bucket_policy(Bucket="logs", Policy=policy())
    settings = {"BlockPublicPolicy": True}
    s3.put_public_access_block(Bucket="logs", PublicAccessBlockConfiguration=settings)
    s3.get_public_access_block(Bucket="logs")
    s3.delete_public_access_block(Bucket="logs")
    s3.delete_bucket_policy(Bucket="logs")

    shown = [
        (record["eventName"], record["readOnly"], record["requestParameters"])
        for record in lab.records()
        if record["eventSource"] == "s3.amazonaws.com"
    ]

    namespace = {"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"}
    block = here | {"publicAccessBlock": ""}
    sent = block | {"PublicAccessBlockConfiguration": namespace | settings}
    bucket_policy = {"policy": "", "bucketPolicy": json.loads(policy())}
    assert shown == [
        ("CreateBucket", False, here),
        ("PutBucketPolicy", False, here | bucket_policy),
        ("PutBucketPublicAccessBlock", False, sent),
        ("GetBucketPublicAccessBlock", True, block),
        ("DeleteBucketPublicAccessBlock", False, block),
        ("DeleteBucketPolicy", False, here | {"policy": ""}),
    ]
    refused(s3.get_bucket_policy, Bucket="logs")
    failed = last(lab, "GetBucketPolicy")
    assert (failed["errorCode"], failed["errorMessage"]) == (
        "NoSuchBucketPolicy",
        "The bucket policy does not exist",
    )


def test_an_absent_secret_is_not_found_and_its_forced_deletion_succeeds(lab: Lab) -> None:
    secrets = lab.client("secretsmanager")

    for call in (secrets.get_secret_value, secrets.describe_secret, secrets.delete_secret):
        assert refused(call, SecretId="password") == "ResourceNotFoundException"
    put = {"SecretId": "password", "SecretString": SECRET}
    assert refused(secrets.put_secret_value, **put) == "ResourceNotFoundException"
    secrets.delete_secret(SecretId="password", ForceDeleteWithoutRecovery=True)

    made = secrets.create_secret(Name="password", SecretString=SECRET)
    taken = refused(secrets.create_secret, Name="password", SecretString=SECRET)
    assert taken == "ResourceExistsException"
    assert secrets.get_secret_value(SecretId=made["ARN"])["SecretString"] == SECRET
    secrets.put_secret_value(SecretId="password", SecretString="second")
    assert secrets.get_secret_value(SecretId="password")["SecretString"] == "second"
    old = secrets.get_secret_value(SecretId="password", VersionStage="AWSPREVIOUS")
    assert (old["SecretString"], old["VersionId"]) == (SECRET, made["VersionId"])
    secrets.delete_secret(SecretId="password", ForceDeleteWithoutRecovery=True)
    assert refused(secrets.describe_secret, SecretId="password") == "ResourceNotFoundException"


def test_a_secret_to_be_deleted_keeps_its_name_and_gives_nothing(lab: Lab) -> None:
    secrets = lab.client("secretsmanager")
    secrets.create_secret(Name="password", SecretString=SECRET)
    lab.advance(3600)

    told = secrets.delete_secret(SecretId="password")["DeletionDate"]

    assert abs((told - lab.now()).total_seconds() - 30 * 86400) < 60
    invalid = "InvalidRequestException"
    new = {"Name": "password", "SecretString": SECRET}
    assert refused(secrets.create_secret, **new) == invalid
    assert refused(secrets.get_secret_value, SecretId="password") == invalid
    put = {"SecretId": "password", "SecretString": SECRET}
    assert refused(secrets.put_secret_value, **put) == invalid
    assert secrets.describe_secret(SecretId="password")["DeletedDate"] == told
    secrets.restore_secret(SecretId="password")
    assert secrets.get_secret_value(SecretId="password")["SecretString"] == SECRET


def test_a_secret_is_recorded_without_its_value(lab: Lab) -> None:
    secrets = lab.client("secretsmanager")
    arn = secrets.create_secret(Name="password", SecretString=SECRET, ClientRequestToken="1" * 32)
    put = {"SecretId": "password", "ClientRequestToken": "2" * 32}
    secrets.put_secret_value(**put, SecretBinary=SECRET.encode())
    secrets.get_secret_value(SecretId="password")
    secrets.delete_secret(SecretId="password", ForceDeleteWithoutRecovery=True)

    create, change, get, delete = lab.records()

    assert SECRET not in json.dumps(lab.records())
    token = {"clientRequestToken": "1" * 32}
    assert create["requestParameters"] == {"name": "password", **token}
    assert create["responseElements"] == change["responseElements"] == {"arn": arn["ARN"]}
    sent = {"secretId": "password", "clientRequestToken": "2" * 32}
    assert change["requestParameters"] == sent
    assert (get["requestParameters"], get["responseElements"]) == ({"secretId": "password"}, None)
    forced = {"secretId": "password", "forceDeleteWithoutRecovery": True}
    assert delete["requestParameters"] == forced
    assert set(delete["responseElements"]) == {"aRN", "name", "deletionDate"}


CallOf = tuple[str, str, dict[str, str]]
TRAILS: CallOf = ("cloudtrail", "DescribeTrails", {})
BUCKET = ("s3", "CreateBucket", {"Bucket": "logs"})
PASSWORD = ("secretsmanager", "CreateSecret", {"Name": "one"})


@pytest.mark.parametrize(
    ("call", "kind", "code"),
    [
        (TRAILS, Fault.THROTTLED, "ThrottlingException"),
        (TRAILS, Fault.BUSY, "ConflictException"),
        (TRAILS, Fault.FAILING, "InternalFailure"),
        (BUCKET, Fault.THROTTLED, "SlowDown"),
        (BUCKET, Fault.BUSY, "OperationAborted"),
        (BUCKET, Fault.FAILING, "InternalError"),
        (PASSWORD, Fault.THROTTLED, "ThrottlingException"),
        (PASSWORD, Fault.FAILING, "InternalServiceError"),
    ],
)
def test_trouble_on_order_has_the_code_of_the_service(
    lab: Lab, call: CallOf, kind: Fault, code: str
) -> None:
    service, name, parameters = call
    send = getattr(lab.client(service, config=ONCE), xform_name(name))
    lab.fault(f"{service}:{name}", kind)

    assert refused(send, **parameters) == code
    send(**parameters)

    assert [seen.error for seen in lab.calls] == [code, None]


def test_a_secret_whose_answer_was_lost_is_there(lab: Lab) -> None:
    secrets = lab.client("secretsmanager")
    lab.fault("secretsmanager:CreateSecret", Fault.LOST_ANSWER)

    made = secrets.create_secret(Name="password", SecretString=SECRET)  # sent again, same token

    assert [seen.error for seen in lab.calls] == [None, None]
    assert len(secrets.list_secret_version_ids(SecretId=made["ARN"])["Versions"]) == 1


def test_no_service_but_those_that_say_so_is_busy(lab: Lab) -> None:
    with pytest.raises(ValueError, match="No error of its service"):
        lab.fault("secretsmanager:CreateSecret", Fault.BUSY)


def test_a_lifecycle_has_rules_that_do_something_and_keeps_them_whole(lab: Lab, s3: Any) -> None:
    def put(*rules: dict[str, Any]) -> Any:
        return {"Bucket": "logs", "LifecycleConfiguration": {"Rules": list(rules)}}

    end: dict[str, Any] = {"Status": "Enabled", "Expiration": {"Days": 1}}
    both: dict[str, Any] = {"And": {"Prefix": "a", "Tags": [{"Key": "k", "Value": "v"}]}}
    whole = [
        end | {"ID": "one", "Filter": {"And": both["And"] | {"ObjectSizeLessThan": 5}}},
        end | {"ID": "two", "Filter": {}},
    ]
    absent = refused(s3.get_bucket_lifecycle_configuration, Bucket="logs")
    bad = [put(), put(end), put({"Status": "Enabled", "Prefix": ""}), put(whole[0], whole[0])]

    assert absent == "NoSuchLifecycleConfiguration"
    assert [refused(s3.put_bucket_lifecycle_configuration, **one) for one in bad] == [
        "MalformedXML",
        "MalformedXML",
        "InvalidRequest",
        "InvalidArgument",
    ]
    s3.put_bucket_lifecycle_configuration(**put(*whole))
    sent = last(lab, "PutBucketLifecycle")["requestParameters"]["LifecycleConfiguration"]
    both["And"]["Tag"] = both["And"].pop("Tags")[0]
    assert s3.get_bucket_lifecycle_configuration(Bucket="logs")["Rules"] == whole
    assert sent["Rule"] == [
        whole[0] | {"Filter": {"And": both["And"] | {"ObjectSizeLessThan": 5}}},
        whole[1] | {"Filter": ""},
    ]
    s3.put_bucket_lifecycle_configuration(**put(end | {"Prefix": ""}))
    (made,) = s3.get_bucket_lifecycle_configuration(Bucket="logs")["Rules"]
    assert made.pop("ID")
    assert made == end | {"Prefix": ""}
    s3.delete_bucket_lifecycle(Bucket="logs")
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket="logs") == absent
