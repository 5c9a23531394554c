"""Whether policies allow or deny: yes, no, or that a condition decides."""

from typing import Any

import pytest

from trailmend.policies import allows, denies, given_mfa

CHANGE = "iam:ChangePassword"
BOB = "arn:aws:iam::111122223333:user/staff/bob"
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def document(*statements: dict[str, Any], effect: str = "Allow") -> dict[str, Any]:
    base = {"Effect": effect, "Resource": "*"}
    written = [{k: v for k, v in (base | one).items() if v is not None} for one in statements]
    return {"Version": "2012-10-17", "Statement": written if len(written) > 1 else written[0]}


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({"Action": "*"}, True),
        ({"Action": "iam:changepassword"}, True),
        ({"Action": ["s3:*", "iam:Change*"]}, True),
        ({"Action": "iam:ChangePasswor?"}, True),
        ({"Action": "iam:[C]hangePassword"}, False),
        ({"Action": []}, False),
        ({"NotAction": "iam:*"}, False),
        ({"NotAction": "s3:*"}, True),
        ({"Action": CHANGE, "Resource": "arn:aws:iam::*:user/*"}, True),
        ({"Action": CHANGE, "Resource": "arn:aws:iam::*:user/${aws:username}"}, False),
        ({"Action": CHANGE, "Resource": "arn:aws:iam::*:user/staff/${aws:username}"}, True),
        ({"Action": CHANGE, "Resource": "arn:aws:iam::*:user/${aws:PrincipalTag/x}"}, None),
        ({"Action": CHANGE, "Resource": ["arn:aws:iam::*:user/alice", BOB]}, True),
        ({"Action": CHANGE, "Resource": None, "NotResource": BOB}, False),
        ({"Action": CHANGE, "Resource": None, "NotResource": "arn:aws:s3:::x"}, True),
        ({"Action": CHANGE, "Resource": None, "NotResource": "${a}"}, None),
        ({"Action": CHANGE, "Condition": WITHOUT_MFA}, None),
        ({"Action": "s3:*", "Condition": WITHOUT_MFA}, False),
        ({"Action": CHANGE, "Condition": {}}, True),
    ],
)
def test_statement_speaks_of_an_action_on_a_resource(
    statement: dict[str, Any], allowed: bool | None
) -> None:
    allowing, denying = document(statement), document(statement, effect="Deny")

    assert allows([allowing], CHANGE, BOB) is allowed
    assert denies([denying], CHANGE, BOB) is allowed
    assert denies([allowing], CHANGE, BOB) is allows([denying], CHANGE, BOB) is False


def test_one_sure_statement_outweighs_those_that_a_condition_decides() -> None:
    perhaps = document({"Action": "*", "Condition": WITHOUT_MFA}, {"Action": "s3:*"})
    surely = document({"Action": "iam:*"})

    assert allows([perhaps], CHANGE) is None
    assert allows([perhaps, surely], CHANGE) is True
    assert allows([], CHANGE) is False


def test_without_a_resource_only_every_resource_is_sure() -> None:
    assert allows([document({"Action": "*"})], CHANGE) is True
    assert allows([document({"Action": "*", "Resource": BOB})], CHANGE) is None


@pytest.mark.parametrize(
    ("condition", "with_mfa", "without"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False, True),
        ({"BoolIfExists": {"aws:multifactorauthpresent": [False]}}, False, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True, False),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, False, True),
        ({"Null": {"aws:MultiFactorAuthAge": "false"}}, True, False),
        ({"Null": {"aws:MultiFactorAuthPresent": "true"}}, None, None),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, None, None),
        (
            {
                "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
                "Bool": {"aws:MultiFactorAuthPresent": "false"},
            },
            False,
            None,
        ),
    ],
)
def test_condition_of_mfa_is_decided_and_others_stay_open(
    condition: dict[str, Any], with_mfa: bool | None, without: bool | None
) -> None:
    documents = [document({"NotAction": "s3:*", "Condition": condition}, effect="Deny")]

    assert denies(given_mfa(documents, used=True), CHANGE, BOB) is with_mfa
    assert denies(given_mfa(documents, used=False), CHANGE, BOB) is without


def test_deciding_mfa_twice_is_deciding_it_once() -> None:
    documents = [
        document({"Action": "*"}, {"Action": "*", "Condition": WITHOUT_MFA}, effect="Deny"),
        document({"Action": "*", "Condition": {"StringEquals": {"aws:username": "bob"}}}),
    ]

    once = given_mfa(documents, used=False)

    assert given_mfa(once, used=False) == once
    assert given_mfa(once, used=True) == once


def test_variable_is_plain_text_under_the_old_version_and_under_none() -> None:
    own = {"Action": CHANGE, "Resource": "arn:aws:iam::*:user/staff/${aws:username}"}
    versions: list[dict[str, str]] = [{"Version": "2012-10-17"}, {"Version": "2008-10-17"}, {}]
    given = [document(own) | version for version in versions]
    for each in given[2:]:
        del each["Version"]

    told = [allows([each], CHANGE, BOB) for each in given]
    decided = [allows(given_mfa([each], used=True), CHANGE, BOB) for each in given]

    assert told == decided == [True, False, False]
