"""Reading a policy document: what is accepted, what is named, and that nothing gets weaker."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from trailmend.policies import PolicyDocument, Unreadable, grants, read_document

ADMIN = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LOOK = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def read(*statements: Any, **elements: Any) -> PolicyDocument:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | elements)
    document = read_document(text)
    assert isinstance(document, PolicyDocument)
    return document


def problems(document: PolicyDocument) -> list[str]:
    return [str(one) for one in document.problems]


def test_json_text_json_encoded_for_a_url_and_json_already_read_are_one() -> None:
    raw = {"Version": "2012-10-17", "Statement": [ADMIN]}
    text = json.dumps(raw)

    assert read_document(text) == read_document(quote(text)) == read_document(raw)


def test_one_value_is_a_list_of_one() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/a": "b"}}
    listed = {
        "Effect": "Allow",
        "Action": ["s3:*"],
        "Resource": ["*"],
        "Condition": {"StringEquals": {"aws:PrincipalTag/a": ["b"]}},
    }
    single = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}

    assert read_document({"Statement": single}) == read_document({"Statement": [listed]})


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "line 1, 1", "it is no JSON: Expecting value"),
        ("[]", "document", "it is no JSON object"),
        ("null", "document", "it is no JSON object"),
        ("{}", "document", "it has no Statement"),
        ('{"Statement": 1}', "document", "it has no Statement"),
        ('{"Statement": "x"}', "document", "it has no Statement"),
        ('{"Statement": NaN}', "document", "NaN is no value of JSON"),
        ('{"Statement":\n[}', "line 2, 2", "it is no JSON: Expecting value"),
        ('{"Statement": [], "Statement": []}', "document", "Statement is written twice"),
        ('{"Statement": {"Effect": "Deny", "Effect": "Allow"}}', "document", "Effect is written"),
        ('{"a": "\x00"}', "line 1, 8", "it is no JSON: Invalid control character at"),
        ("HIDDEN_DUE_TO_SECURITY_REASONS", "line 1, 1", "it is no JSON: Expecting value"),
        ("%7B%FF", "document", "it is nested too deep or no text"),
        ("[" * 100_000, "document", "it is nested too deep or no text"),
        (" " * 1_000_000, "document", "1000000 characters; IAM takes no more than 131072"),
    ],
)
def test_document_that_cannot_be_read_is_named_and_never_judged_harmless(
    text: str, place: str, reason: str
) -> None:
    document = read_document(text)

    assert isinstance(document, Unreadable)
    assert document.place == place
    assert document.reason.startswith(reason)
    assert grants(document).admin is None


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (7, "it is no JSON object"),
        ({}, "its Effect is neither Allow nor Deny"),
        (ADMIN | {"Effect": "allow"}, "its Effect is neither Allow nor Deny"),
        (ADMIN | {"Action": 1}, "its Action is neither a text nor a list of texts"),
        (ADMIN | {"Action": [["*"]]}, "its Action is neither a text nor a list of texts"),
        (ADMIN | {"NotAction": "s3:*"}, "it has both Action and NotAction"),
        (ADMIN | {"action": "s3:*"}, "Action is written twice"),
        ({"Effect": "Allow", "Resource": "*"}, "it has no Action"),
        ({"Effect": "Allow", "Action": "*"}, "it has no Resource"),
        (ADMIN | {"Sid": []}, "its Sid is no text"),
        (ADMIN | {"Principal": {"aws": "*"}}, "its Principal names nothing but AWS"),
        (ADMIN | {"Condition": {"Bool": 1}}, "its Condition is no object of objects"),
        (ADMIN | {"Condition": {"Bool": {"a": None}}}, "the values of its condition key a"),
    ],
)
def test_broken_statement_is_named_the_rest_goes_on_and_nothing_is_sure(
    broken: Any, reason: str
) -> None:
    alone, beside_admin, beside_nothing = read(broken), read(ADMIN, broken), read(LOOK, broken)

    assert [one.place for one in alone.problems][-1] == "statement 1"
    assert alone.problems[-1].reason.startswith(reason)
    assert beside_nothing.problems[-1].place == "statement 2"
    assert grants(alone).admin is None
    assert grants(beside_admin).admin is None
    assert grants(beside_nothing).admin is None


@pytest.mark.parametrize(
    ("odd", "problem"),
    [
        ({"effect": "Allow"}, "statement 1, effect: no element of a statement is written so"),
        ({"Conditions": {}}, "statement 1, Conditions: no element of a statement is written so"),
        (
            {"Condition": {"StringSortOf": {"aws:username": "a"}}},
            "statement 1, Condition StringSortOf: AWS has no such condition operator",
        ),
        (
            {"Condition": {"ForAnyValue:ForAllValues:StringEquals": {"aws:username": "a"}}},
            "statement 1, Condition ForAnyValue:ForAllValues:StringEquals: "
            "AWS has no such condition operator",
        ),
        ({"Action": ["*", "iam:\x00"]}, "statement 1, Action: a character that no policy may hold"),
        (
            {"Resource": ["*", "\ud800"]},
            "statement 1, Resource: a character that no policy may hold",
        ),
    ],
)
def test_odd_statement_is_read_in_doubt(odd: dict[str, Any], problem: str) -> None:
    statement = {key: value for key, value in ADMIN.items() if key.lower() not in odd} | odd
    denial = statement | {"effect" if "effect" in odd else "Effect": "Deny"}

    assert problem in problems(read(statement))
    assert grants(read(statement)).admin is None
    assert grants(read(ADMIN, denial)).admin is None


def test_control_character_in_a_sid_is_named_and_changes_nothing() -> None:
    document = read(ADMIN | {"Sid": "a\x1b[2J"})

    assert problems(document) == ["statement 1, Sid: a character that no policy may hold"]
    assert grants(document).admin is True


def test_unknown_action_and_element_and_version_are_named() -> None:
    document = read(
        LOOK | {"Action": ["iam:CreatAccessKey", "iam:Get*", "s3:Nothing", "GetUser"]},
        Version="2020-01-01",
        Policy="x",
    )

    assert problems(document) == [
        "Policy: no element of a policy document has this name",
        "Version: neither 2012-10-17 nor 2008-10-17",
        "statement 1, Action iam:creataccesskey: no action known here has this name",
        "statement 1, Action getuser: no action known here has this name",
    ]


def test_every_operation_of_botocore_on_identity_is_a_known_action() -> None:
    import botocore.session

    session = botocore.session.get_session()
    models = {"iam": "iam", "sts": "sts", "cloudtrail": "cloudtrail", "sso": "sso-admin"}
    models |= {"organizations": "organizations", "identitystore": "identitystore"}
    actions = [
        f"{service}:{operation}"
        for service, model in models.items()
        for operation in session.get_service_model(model).operation_names
    ]

    document = read(LOOK | {"Action": [*actions, "iam:PassRole", "sts:TagSession"]})

    assert problems(document) == []
