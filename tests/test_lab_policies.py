"""Policies in the lab: their quotas, and that a denial holds for whom and when AWS says."""

import json
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from trailmend.lab import Credentials, Lab
from trailmend.lab.evaluation import applies

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ACCOUNT = "arn:aws:iam::123456789012"


def refused(call: Any, /, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def deny(**more: Any) -> str:
    statement = {"Effect": "Deny", "Resource": "*"} | more
    if not {"Action", "NotAction"} & set(more):
        statement["Action"] = "*"
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(length: int, pad: str = "") -> str:
    """Write a policy of so many characters, and white space."""
    statement = {"Sid": "", "Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    statement["Sid"] = "x" * (length - size(json.dumps(policy)))
    return json.dumps(policy) + pad


def size(document: str) -> int:
    return len("".join(document.split()))


def key_of(lab: Lab, name: str) -> Credentials:
    made = lab.client("iam").create_access_key(UserName=name)["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def session(given: Any) -> Credentials:
    made = given["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


@pytest.fixture
def iam(lab: Lab) -> Any:
    """Give the administrator's client in an account with a user, a role and a group."""
    client = lab.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": lab.account_id}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client.create_user(UserName="alice")
    client.create_role(RoleName="worker", AssumeRolePolicyDocument=document)
    client.create_group(GroupName="team")
    return client


@pytest.fixture(params=["user alice 2048", "role worker 10240", "group team 5120"])
def entity(request: pytest.FixtureRequest) -> tuple[str, dict[str, str], int]:
    noun, name, limit = request.param.split()
    return noun, {f"{noun.title()}Name": name}, int(limit)


Entity = tuple[str, dict[str, str], int]


def test_the_inline_policies_of_an_entity_have_a_size_without_white_space(
    iam: Any, entity: Entity
) -> None:
    noun, named, limit = entity
    put = getattr(iam, f"put_{noun}_policy")
    put(**named, PolicyName="most", PolicyDocument=allow(limit - 500, " " * 9000))

    code, message = refused(put, **named, PolicyName="rest", PolicyDocument=allow(501))

    (name,) = named.values()
    assert code == "LimitExceeded"
    assert message == f"Maximum policy size of {limit} bytes exceeded for {noun} {name}"
    assert getattr(iam, f"list_{noun}_policies")(**named)["PolicyNames"] == ["most"]
    put(**named, PolicyName="rest", PolicyDocument=allow(500))
    put(**named, PolicyName="most", PolicyDocument=allow(limit - 500))
    wrong = refused(put, **named, PolicyName="bad", PolicyDocument='{"Statement": 1}')
    assert wrong[0] == "MalformedPolicyDocument"


def test_an_inline_policy_comes_back_as_it_was_put(iam: Any, entity: Entity) -> None:
    noun, named, _ = entity
    document = deny(Resource="arn:aws:s3:::a%2Fb/${aws:username}/*+ü")

    answer = getattr(iam, f"put_{noun}_policy")(**named, PolicyName="deny", PolicyDocument=document)
    got = getattr(iam, f"get_{noun}_policy")(**named, PolicyName="deny")

    del answer["ResponseMetadata"], got["ResponseMetadata"]
    assert answer == {}
    assert got == {**named, "PolicyName": "deny", "PolicyDocument": json.loads(document)}
    details = iam.get_account_authorization_details(Filter=["User", "Role", "Group"])
    (shown,) = [
        each
        for each in details[f"{noun.title()}DetailList"]
        if each[f"{noun.title()}Name"] in named.values()
    ]
    inline = {"PolicyName": "deny", "PolicyDocument": json.loads(document)}
    assert shown[f"{noun.title()}PolicyList" if noun != "user" else "UserPolicyList"] == [inline]


def test_an_absent_inline_policy_and_an_absent_entity_are_named(iam: Any, entity: Entity) -> None:
    noun, named, _ = entity
    nobody = dict.fromkeys(named, "nobody")
    absent = ("NoSuchEntity", f"The {noun} with name nobody cannot be found.")

    for verb in ("get", "delete"):
        call = getattr(iam, f"{verb}_{noun}_policy")
        assert refused(call, **named, PolicyName="x") == (
            "NoSuchEntity",
            f"The {noun} policy with name x cannot be found.",
        )
        assert refused(call, **nobody, PolicyName="x") == absent
    assert refused(getattr(iam, f"list_{noun}_policies"), **nobody) == absent
    assert refused(getattr(iam, f"list_attached_{noun}_policies"), **nobody) == absent
    put = getattr(iam, f"put_{noun}_policy")
    assert refused(put, **nobody, PolicyName="x", PolicyDocument=deny()) == absent
    assert refused(getattr(iam, f"get_{noun}"), **nobody) == absent


def test_ten_managed_policies_are_attached_at_most_and_each_once(iam: Any, entity: Entity) -> None:
    noun, named, _ = entity
    attach = getattr(iam, f"attach_{noun}_policy")
    arns = [policy["Arn"] for policy in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]

    for arn in (*arns[:10], arns[0]):
        attach(**named, PolicyArn=arn)

    assert refused(attach, **named, PolicyArn=arns[10]) == (
        "LimitExceeded",
        f"Cannot exceed quota for PoliciesPer{noun.title()}: 10",
    )
    listed = getattr(iam, f"list_attached_{noun}_policies")(**named)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in listed] == arns[:10]
    assert iam.get_policy(PolicyArn=arns[0])["Policy"]["AttachmentCount"] == 1
    missing = f"{ACCOUNT}:policy/none"
    assert refused(attach, **named, PolicyArn=missing) == (
        "NoSuchEntity",
        f"Policy {missing} does not exist or is not attachable.",
    )


def test_a_policy_that_is_not_attached_is_not_detached(iam: Any, entity: Entity) -> None:
    noun, named, _ = entity
    detach = getattr(iam, f"detach_{noun}_policy")
    absent = ("NoSuchEntity", f"Policy {READ_ONLY} was not found.")

    assert refused(detach, **named, PolicyArn=READ_ONLY) == absent
    getattr(iam, f"attach_{noun}_policy")(**named, PolicyArn=READ_ONLY)
    detach(**named, PolicyArn=READ_ONLY)

    assert refused(detach, **named, PolicyArn=READ_ONLY) == absent


def test_a_managed_policy_has_a_size_without_white_space(iam: Any) -> None:
    call = iam.create_policy

    assert refused(call, PolicyName="long", PolicyDocument=allow(6145)) == (
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    )
    arn = call(PolicyName="fits", PolicyDocument=allow(6144, " " * 7000))["Policy"]["Arn"]
    version = refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=allow(6145))
    assert version[0] == "LimitExceeded"


def test_a_role_of_aws_is_not_changed(iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
    role = {"RoleName": made["RoleName"]}

    for call, more in (
        (iam.put_role_policy, {"PolicyName": "deny", "PolicyDocument": deny()}),
        (iam.delete_role_policy, {"PolicyName": "deny"}),
        (iam.attach_role_policy, {"PolicyArn": READ_ONLY}),
        (iam.detach_role_policy, {"PolicyArn": READ_ONLY}),
    ):
        code, message = refused(call, **role, **more)
        assert (code, made["RoleName"] in message) == ("UnmodifiableEntity", True)


def test_a_quarantine_stops_an_intruder_and_its_removal_lets_the_user_work(
    lab: Lab, iam: Any
) -> None:
    iam.create_user(UserName="bob")
    intruder = lab.client("iam", key_of(lab, "alice"))
    password = {"UserName": "bob", "Password": "Correct-horse-battery-7"}
    iam.create_login_profile(**password)
    intruder.delete_login_profile(UserName="bob")

    iam.put_user_policy(UserName="alice", PolicyName="quarantine", PolicyDocument=deny())

    assert refused(intruder.create_login_profile, **password) == (
        "AccessDenied",
        f"User: {ACCOUNT}:user/alice is not authorized to perform: iam:CreateLoginProfile "
        "on resource: user bob with an explicit deny in an identity-based policy",
    )
    assert refused(iam.get_login_profile, UserName="bob")[0] == "NoSuchEntity"
    assert lab.records()[-2]["errorCode"] == "AccessDenied"
    cloudtrail = lab.client("cloudtrail", key_of(lab, "alice"))
    assert refused(cloudtrail.describe_trails)[0] == "AccessDeniedException"
    assert lab.records()[-1]["errorCode"] == "AccessDenied"
    iam.delete_user_policy(UserName="alice", PolicyName="quarantine")
    intruder.create_login_profile(**password)


def test_revoked_sessions_of_a_role_are_refused_and_later_ones_work(lab: Lab, iam: Any) -> None:
    sts = lab.client("sts", key_of(lab, "alice"))
    role = {"RoleArn": f"{ACCOUNT}:role/worker", "RoleSessionName": "work"}
    old = lab.client("iam", session(sts.assume_role(**role)))
    iam.create_user(UserName="worker")  # a user of the same name is someone else
    key = lab.client("iam", key_of(lab, "worker"))
    old.list_users()
    lab.advance(60)

    before = f"{lab.now():%Y-%m-%dT%H:%M:%S.000Z}"
    condition = {"DateLessThan": {"aws:TokenIssueTime": before}}
    iam.put_role_policy(
        RoleName="worker",
        PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=deny(Condition=condition),
    )

    assert refused(old.list_users)[0] == "AccessDenied"
    key.list_users()
    lab.advance(1)
    new = lab.client("iam", session(sts.assume_role(**role)))
    new.list_users()
    iam.delete_role_policy(RoleName="worker", PolicyName="AWSRevokeOlderSessions")
    old.list_users()


def test_a_session_ends_with_its_role(lab: Lab, iam: Any) -> None:
    sts = lab.client("sts", key_of(lab, "alice"))
    role = {"RoleArn": f"{ACCOUNT}:role/worker", "RoleSessionName": "work"}
    worker = lab.client("iam", session(sts.assume_role(**role)))
    trust = worker.get_role(RoleName="worker")["Role"]["AssumeRolePolicyDocument"]

    iam.delete_role(RoleName="worker")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(trust))

    assert refused(worker.list_users)[0] == "InvalidClientTokenId"
    lab.client("iam", session(sts.assume_role(**role))).list_users()


def test_sessions_of_a_user_have_the_policies_of_the_user(lab: Lab, iam: Any) -> None:
    sts = lab.client("sts", key_of(lab, "alice"))
    plain = lab.client("sts", session(sts.get_session_token()))
    federated = lab.client("cloudtrail", session(sts.get_federation_token(Name="guest")))
    federated.describe_trails()

    iam.put_user_policy(UserName="alice", PolicyName="quarantine", PolicyDocument=deny())

    role = {"RoleArn": f"{ACCOUNT}:role/worker", "RoleSessionName": "work"}
    assert refused(plain.assume_role, **role)[0] == "AccessDenied"
    assert refused(sts.assume_role, **role)[0] == "AccessDenied"
    assert refused(federated.describe_trails)[0] == "AccessDeniedException"
    assert plain.get_caller_identity()["Account"] == lab.account_id


@pytest.mark.parametrize(
    ("operator", "key", "without", "with_mfa"),
    [("BoolIfExists", False, False, True), ("Bool", True, False, True)],
)
def test_who_has_no_mfa_is_denied_what_the_policy_says(
    lab: Lab, iam: Any, operator: str, key: bool, without: bool, with_mfa: bool
) -> None:
    """The condition is true for an absent key only if the operator says IfExists."""
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    totp, now = pyotp.TOTP(made["Base32StringSeed"].decode()), int(lab.now().timestamp())
    codes = {"AuthenticationCode1": totp.at(now - 30), "AuthenticationCode2": totp.at(now)}
    serial = {"SerialNumber": made["SerialNumber"]}
    iam.enable_mfa_device(UserName="alice", **serial, **codes)
    iam.create_login_profile(UserName="alice", Password="Correct-horse-battery-7")
    long_term = key_of(lab, "alice")
    sts = lab.client("sts", long_term)
    who = {
        "key": long_term,
        "without": session(sts.get_session_token()),
        "with": session(sts.get_session_token(**serial, TokenCode=totp.at(now))),
        "console": lab.sign_in("alice"),
    }
    condition = {operator: {"aws:MultiFactorAuthPresent": "false"}}
    document = deny(NotAction=["sts:Get*", "iam:ListUsers"], Condition=condition)

    iam.put_user_policy(UserName="alice", PolicyName="mfa", PolicyDocument=document)

    def works(name: str) -> bool:
        try:
            return bool(lab.client("cloudtrail", who[name]).describe_trails())
        except ClientError:
            return False

    assert (works("key"), works("without"), works("with")) == (key, without, with_mfa)
    assert works("console") is True
    lab.client("iam", long_term).list_users()


def test_a_denial_holds_for_the_resources_it_names(lab: Lab, iam: Any) -> None:
    iam.create_user(UserName="bob", Path="/staff/")
    alice = lab.client("iam", key_of(lab, "alice"))
    own = f"{ACCOUNT}:user/${{aws:username}}"

    iam.put_user_policy(
        UserName="alice",
        PolicyName="staff",
        PolicyDocument=deny(Action="iam:Get*", Resource=f"{ACCOUNT}:user/staff/*"),
    )
    assert refused(alice.get_user, UserName="bob")[0] == "AccessDenied"
    assert alice.get_user()["User"]["UserName"] == "alice"
    iam.put_user_policy(
        UserName="alice",
        PolicyName="staff",
        PolicyDocument=deny(Action="iam:get*", Resource=[own, "arn:aws:s3:::logs*"]),
    )
    assert refused(alice.get_user)[0] == "AccessDenied"
    assert alice.get_user(UserName="bob")["User"]["UserName"] == "bob"
    iam.put_user_policy(
        UserName="alice",
        PolicyName="staff",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Deny", "Action": "iam:*", "NotResource": own},
            }
        ),
    )
    assert refused(alice.list_users)[0] == "AccessDenied"
    assert alice.get_user()["User"]["UserName"] == "alice"


STATEMENT = {"Effect": "Deny", "Action": "*", "Resource": "*"}
CONTEXT = {"aws:username": "alice", "aws:tokenissuetime": None}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:username": ["bob", "alice"]}}, True),
        ({"StringEquals": {"AWS:Username": "${aws:username}"}}, True),
        ({"StringNotEquals": {"aws:username": ["bob", "alice"]}}, False),
        ({"StringLike": {"aws:username": "a[l]ice"}}, False),
        ({"StringLike": {"aws:username": "?lic*"}}, True),
        ({"StringNotLike": {"aws:tokenissuetime": "x"}}, True),
        ({"DateLessThan": {"aws:TokenIssueTime": "2030-01-01T00:00:00Z"}}, False),
        ({"DateLessThanIfExists": {"aws:TokenIssueTime": "2030-01-01T00:00:00Z"}}, True),
        ({"DateGreaterThan": {"aws:username": "2030-01-01T00:00:00Z"}}, False),
        ({"Null": {"aws:TokenIssueTime": "true"}}, True),
        ({"Null": {"aws:username": "true"}}, False),
        ({"StringEquals": {"aws:username": "alice"}, "Null": {"aws:username": True}}, False),
        ({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, False),
        ({"IpAddress": {"aws:username": "alice"}}, False),
        ({"ForAllValues:StringEquals": {"aws:username": "alice"}}, False),
    ],
)
def test_a_condition_that_is_not_known_does_not_match(
    condition: dict[str, Any], holds: bool
) -> None:
    assert applies(STATEMENT | {"Condition": condition}, "iam:GetUser", "*", CONTEXT) is holds


@given(issued=st.datetimes(), revoked=st.datetimes(), operator=st.sampled_from(["Less", "Greater"]))
def test_dates_are_compared_as_dates(issued: Any, revoked: Any, operator: str) -> None:
    context = {"aws:tokenissuetime": f"{issued.isoformat()}Z"}
    condition = {f"Date{operator}Than": {"aws:TokenIssueTime": f"{revoked.isoformat()}+00:00"}}

    told = applies(STATEMENT | {"Condition": condition}, "iam:GetUser", "*", context)

    assert told is (issued < revoked if operator == "Less" else issued > revoked)


def _own_policy(iam: Any) -> str:
    arn: str = iam.create_policy(PolicyName="own", PolicyDocument=allow(200))["Policy"]["Arn"]
    return arn


def test_whom_a_policy_bounds_is_listed_among_its_bearers(iam: Any) -> None:
    arn = _own_policy(iam)
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=arn)
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    iam.attach_group_policy(GroupName="team", PolicyArn=arn)

    listed = iam.list_entities_for_policy(PolicyArn=arn)

    assert [one["UserName"] for one in listed["PolicyUsers"]] == ["alice"]
    assert [one["RoleName"] for one in listed["PolicyRoles"]] == ["worker"]
    assert [one["GroupName"] for one in listed["PolicyGroups"]] == ["team"]


def test_a_role_s_boundary_is_a_policy_that_exists(iam: Any) -> None:
    code, _ = refused(
        iam.put_role_permissions_boundary,
        RoleName="worker",
        PermissionsBoundary=f"{ACCOUNT}:policy/none",
    )

    assert code == "NoSuchEntity"


def test_a_boundary_that_is_not_there_is_not_removed(iam: Any) -> None:
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=READ_ONLY)
    iam.delete_role_permissions_boundary(RoleName="worker")

    assert refused(iam.delete_role_permissions_boundary, RoleName="worker")[0] == "NoSuchEntity"


def test_a_policy_in_use_or_with_versions_is_not_deleted(iam: Any) -> None:
    arn = _own_policy(iam)
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=arn)
    in_use = refused(iam.delete_policy, PolicyArn=arn)
    iam.delete_role_permissions_boundary(RoleName="worker")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow(300))
    versions = refused(iam.delete_policy, PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")

    assert in_use[0] == versions[0] == "DeleteConflict"
    iam.delete_policy(PolicyArn=arn)
