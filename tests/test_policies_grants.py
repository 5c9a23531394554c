"""Whether a policy makes an administrator: by which road, on what, and under which condition."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from trailmend.policies import Grants, admin_of_aws, grants, read_document

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ME = "arn:aws:iam::*:user/${aws:username}"
USERS = "arn:aws:iam::111122223333:user/*"
BOB = "arn:aws:iam::111122223333:user/bob"


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(actions, resources, **more) | {"Effect": "Deny"}


def judged(*statements: dict[str, Any]) -> Grants:
    return grants(read_document({"Version": "2012-10-17", "Statement": list(statements)}))


def passed_to(service: str) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}}


def attaching(operator: str, name: str) -> dict[str, Any]:
    return {"Condition": {operator: {"iam:PolicyARN": f"arn:aws:iam::aws:policy/{name}"}}}


def within(operator: str, region: str) -> dict[str, Any]:
    return {"Condition": {operator: {"aws:RequestedRegion": region}}}


LAUNCH = ["iam:PassRole", "ec2:RunInstances"]


@pytest.mark.parametrize(
    ("statements", "admin"),
    [
        ([allow("*")], True),
        ([allow("*:*")], True),
        ([allow("IAM:*")], True),
        ([allow("iam:*", "arn:aws:iam::111122223333:*")], True),
        ([allow("i*")], True),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}], None),
        ([{"Effect": "Allow", "NotAction": "i*", "Resource": "arn:aws:s3:::b/*"}], False),
        ([{"Effect": "Allow", "Action": "iam:*", "NotResource": BOB}], True),
        ([{"Effect": "Allow", "Action": "iam:PutUserPolicy", "NotResource": USERS}], False),
        ([allow("*", "arn:aws:s3:::b/*")], False),
        ([allow("iam:Get*")], False),
        ([allow("iam:*", ME)], True),
        ([allow("iam:PutUserPolicy", ME)], True),
        ([allow("iam:CreateAccessKey", ME)], False),
        ([allow("iam:CreateAccessKey", USERS)], True),
        ([allow("iam:CreateAccessKey", "arn:aws:iam::*:user/dev-*")], None),
        ([allow("iam:CreateAccessKey", BOB)], None),
        ([allow("iam:CreateAccessKey", "arn:aws:iam::*:role/*")], False),
        ([allow("iam:?reateAccessKey")], True),
        ([allow("iam:CreateAccessKeys")], False),
        ([allow("iam:ChangePassword")], False),
        ([allow("iam:SetDefaultPolicyVersion")], None),
        ([allow("iam:DeleteUserPermissionsBoundary")], None),
        ([allow("sts:AssumeRole")], None),
        ([allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/x")], False),
        ([allow("sso:CreateAccountAssignment")], None),
        ([allow("sso:PutInlinePolicyToPermissionSet")], False),
        ([allow("iam:PassRole")], False),
        ([allow("ec2:RunInstances")], False),
        ([allow(LAUNCH)], True),
        ([allow("iam:PassRole"), allow("ec2:RunInstances")], True),
        ([allow("iam:PassRole", **passed_to("ec2")), allow("ec2:RunInstances")], True),
        ([allow("iam:PassRole", **passed_to("lambda")), allow("ec2:RunInstances")], False),
        ([allow("iam:PassRole", "arn:aws:iam::*:role/x"), allow("ec2:RunInstances")], None),
        ([allow("lambda:UpdateFunctionCode", "arn:aws:lambda:*:*:function:*")], None),
        ([allow("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:1:function:f")], False),
        (
            [allow("cloudformation:UpdateStack", "arn:aws:cloudformation:eu-west-1:1:stack")],
            False,
        ),
        ([allow("lambda:UpdateFunctionConfiguration", "arn:aws:lambda:*:1:function:f")], None),
        (
            [allow("iam:PassRole"), allow("iot:CreateJob", "arn:aws:iot:eu-west-1:1:job/j")],
            None,
        ),
        ([allow("*", Condition=MFA)], None),
        ([allow("*", Condition={})], True),
        ([allow("*"), deny("*")], False),
        ([allow("*"), deny("iam:*")], None),
        ([allow("*"), deny("s3:*")], True),
        ([allow("*"), deny("*", Condition={"BoolIfExists": {"a": "false"}})], None),
        ([allow("*"), deny("*", BOB)], True),
        ([allow("iam:CreateAccessKey", BOB), deny("iam:*", USERS)], False),
        ([allow("iam:CreateAccessKey", [BOB, USERS]), deny("iam:*", BOB)], True),
        ([allow("iam:PutUserPolicy"), {"Effect": "Deny", "Action": "*", "NotResource": BOB}], None),
        ([allow("iam:*"), {"Effect": "Deny", "NotAction": "iam:Get*", "Resource": "*"}], False),
        (
            [
                allow(
                    "iam:AttachUserPolicy",
                    Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Admin*"}},
                )
            ],
            True,
        ),
        (
            [allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": "arn:x"}})],
            None,
        ),
        ([allow("iam:AttachUserPolicy", **attaching("ArnEquals", "ReadOnlyAccess"))], False),
        ([allow("iam:AttachUserPolicy", **attaching("ArnLike", "Read*"))], None),
        ([allow("iam:AttachUserPolicy", **attaching("ArnEquals", "IAMFullAccess"))], True),
        ([allow("iam:AttachUserPolicy", **attaching("ArnNotEquals", "AdministratorAccess"))], True),
        ([allow("iam:AttachUserPolicy", **attaching("ArnNotLike", "*"))], None),
        ([allow("iam:*", **attaching("ArnEquals", "ReadOnlyAccess"))], None),
        ([allow("*", **within("StringEquals", "us-east-1"))], True),
        ([allow("*", **within("StringNotEquals", "eu-west-1"))], True),
        ([allow("iam:*", **within("StringEquals", "eu-west-1"))], False),
        ([allow("iam:*", **within("StringEquals", "cn-north-1"))], None),
        ([allow(LAUNCH, **within("StringEquals", "eu-west-1"))], None),
        ([allow("iam:*"), deny("*", **within("StringNotEquals", "eu-west-1"))], False),
        ([allow("iam:*"), deny("*", **within("StringNotEquals", "us-east-1"))], True),
        ([], False),
    ],
)
def test_admin_is_granted_denied_or_unknown(
    statements: list[dict[str, Any]], admin: bool | None
) -> None:
    assert judged(*statements).admin is admin
    assert judged(*reversed(statements)).admin is admin


def test_finding_names_statement_road_and_resource() -> None:
    found = judged(allow("s3:*"), allow(LAUNCH, Sid="X"), allow("iam:CreateAccessKey", BOB))

    assert [one.sentence for one in found.findings] == [
        f"statement 3: iam:CreateAccessKey on {BOB}: for some of them, or where no condition of a "
        "denial holds",
        "statement 2 (Sid X): iam:PassRole on * with ec2:RunInstances",
    ]


def test_policies_of_aws_are_all_judged_and_as_recorded() -> None:
    documents = {
        name: grants(read_document(policy["Document"]))
        for name, policy in json.loads(aws_managed_policies_data).items()
    }

    verdicts = {name: one.admin for name, one in documents.items()}

    assert verdicts == {name: admin_of_aws(f"arn:aws:iam::aws:policy/{name}") for name in verdicts}
    named = "AdministratorAccess IAMFullAccess PowerUserAccess ReadOnlyAccess SecurityAudit".split()
    assert [verdicts[name] for name in named] == [True, True, None, False, False]
    sure = [name for name, admin in verdicts.items() if admin and "IAM" in name]
    assert sure == ["IAMFullAccess"]


@pytest.mark.parametrize("version", [{"Version": "2008-10-17"}, {}])
def test_variable_is_plain_text_under_the_old_version_and_under_none(
    version: dict[str, str],
) -> None:
    def admin(*statements: dict[str, Any]) -> bool | None:
        return grants(read_document(version | {"Statement": list(statements)})).admin

    named = allow("*", Condition={"StringEquals": {"aws:username": "${aws:username}"}})

    assert admin(allow("iam:AttachUserPolicy", ME)) is False
    assert admin(allow("iam:AttachUserPolicy", [ME, BOB])) is None
    assert admin(allow("iam:AttachUserPolicy"), deny("iam:*", ME)) is True
    assert admin(named) is None
    assert judged(allow("iam:AttachUserPolicy", ME)).admin is True
    assert judged(allow("iam:AttachUserPolicy", [ME, BOB])).admin is True


def test_plain_text_is_shown_as_it_was_written() -> None:
    statement = allow("glue:UpdateDevEndpoint", "arn:aws:glue:*:1:devEndpoint/${a}*")

    [found] = grants(read_document({"Statement": statement})).findings

    assert found.sentence == (
        "statement 1: glue:UpdateDevEndpoint on arn:aws:glue:*:1:devEndpoint/${a}*: as far as the "
        "account has something to take over so"
    )


_ACTIONS = st.sampled_from(
    ["*", "iam:*", "iam:PutUserPolicy", "iam:PassRole", "lambda:*", "s3:Get*", "sts:AssumeRole"]
)
_RESOURCES = st.sampled_from(["*", USERS, BOB, ME, "arn:aws:iam::*:role/*", "arn:aws:s3:::b"])
_STATEMENTS = st.builds(
    lambda effect, action, actions, resource, resources, condition: (
        {"Effect": effect, action: actions, resource: resources}
        | ({"Condition": condition} if condition else {})
    ),
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["Action", "Action", "NotAction"]),
    st.lists(_ACTIONS, min_size=1, max_size=2),
    st.sampled_from(["Resource", "Resource", "NotResource"]),
    st.lists(_RESOURCES, min_size=1, max_size=2),
    st.sampled_from([None, None, MFA, {"Unknown": {"a": "b"}}]),
)
_DOCUMENTS = st.lists(_STATEMENTS, max_size=4)
_ORDER = [False, None, True]


@settings(max_examples=150, deadline=None)
@given(_DOCUMENTS, _STATEMENTS)
def test_one_more_denial_never_grants_and_one_more_grant_never_denies(
    statements: list[dict[str, Any]], added: dict[str, Any]
) -> None:
    before = _ORDER.index(judged(*statements).admin)

    denied = _ORDER.index(judged(*statements, added | {"Effect": "Deny"}).admin)
    allowed = _ORDER.index(judged(*statements, added | {"Effect": "Allow"}).admin)

    assert denied <= before <= allowed


@settings(max_examples=100, deadline=None)
@given(_DOCUMENTS, st.randoms(use_true_random=False))
def test_order_of_statements_and_of_lists_does_not_matter(
    statements: list[dict[str, Any]], chance: Any
) -> None:
    shuffled = [one | {"Effect": one["Effect"]} for one in statements]
    chance.shuffle(shuffled)

    assert judged(*shuffled).admin is judged(*statements).admin
    assert {one.road for one in judged(*shuffled).findings} == {
        one.road for one in judged(*statements).findings
    }


@pytest.mark.parametrize(
    "statements",
    [
        [allow([f"iam:*x{i}" for i in range(8000)])],
        [allow([f"i*m:*a*b*c*{i}" for i in range(6000)])],
        [allow("*", [f"arn:aws:iam::*:user/a*{i}" for i in range(4000)])],
        [(allow, deny)[i % 2]("*", f"arn:aws:iam::*:user/a{i}") for i in range(1500)],
        [allow("*a" * 50_000, "*?" * 500)],
    ],
)
def test_hostile_document_is_judged_and_never_as_harmless_for_its_size(
    statements: list[dict[str, Any]],
) -> None:
    document = {"Statement": statements}

    assert read_document(json.dumps(document)) == read_document(document)
    assert judged(*statements, allow("iam:*")).admin in (True, None)
