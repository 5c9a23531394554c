"""What a new version of a document allows that the old one did not, and the columns of an event."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from tests.test_policies_grants import _DOCUMENTS, _STATEMENTS, allow, deny
from tests.test_policies_trusts import GITHUB, OTHER, OWN, PROVIDER, lets_in, sub
from trailmend.events import Event
from trailmend.policies import Changed, compare, policy_columns, read_document

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ADDRESS = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
READ = allow("s3:GetObject", "arn:aws:s3:::b/*")


def changed(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Changed:
    old, new = (read_document({"Statement": one}) for one in (before, after))
    return compare(old, new, OWN)


@pytest.mark.parametrize(
    ("before", "after", "weakens", "strengthens"),
    [
        ([READ], [READ], False, False),
        ([READ], [allow("s3:Get*", "arn:aws:s3:::b/*")], True, False),
        ([READ], [allow("s3:GetObject")], True, False),
        ([READ], [READ, allow("iam:*")], True, False),
        ([READ], [allow("s3:PutObject", "arn:aws:s3:::b/*")], True, True),
        ([allow("*"), deny("iam:*")], [allow("*")], True, False),
        ([allow("*", Condition=MFA)], [allow("*")], True, False),
        ([allow("*", Condition=MFA | ADDRESS)], [allow("*", Condition=MFA)], True, False),
        ([allow("*", Condition=MFA)], [allow("*", Condition=ADDRESS)], None, None),
        ([READ], [READ, allow("iam:*", Condition=MFA)], True, False),
        ([READ], [READ, allow("iam:*", Condition={"X": {"a": "b"}})], None, False),
        ([READ], [READ, deny("s3:*")], False, True),
        ([READ], [READ, deny("s3:*", Condition=MFA)], False, True),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [allow("*")], True, False),
        ([allow("*")], [{"Effect": "Allow", "Action": "*", "NotResource": "arn:x"}], False, True),
        (
            [allow("iam:*", "arn:aws:iam::*:user/${aws:username}")],
            [allow("iam:*", "arn:aws:iam::*:user/*")],
            True,
            False,
        ),
        ([lets_in({"AWS": OWN})], [lets_in({"AWS": [OWN, OTHER]})], True, False),
        ([lets_in({"AWS": OWN})], [lets_in("*")], True, False),
        ([lets_in({"AWS": OWN})], [lets_in({"AWS": f"arn:aws:iam::{OWN}:role/x"})], False, True),
        ([lets_in({"AWS": OTHER}, MFA)], [lets_in({"AWS": OTHER})], True, False),
        (
            [lets_in(PROVIDER, sub("repo:octo/app:*"))],
            [lets_in(PROVIDER, sub("repo:octo/*"))],
            True,
            False,
        ),
        ([READ], [{"Effect": "Allow"}], None, None),
    ],
)
def test_version_is_weaker_stronger_both_or_unknown(
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    weakens: bool | None,
    strengthens: bool | None,
) -> None:
    found = changed(before, after)

    assert (found.weakens, found.strengthens) == (weakens, strengthens)


def test_what_is_new_and_gone_is_told() -> None:
    found = changed([allow("iam:CreateAccessKey")], [allow("iam:PutUserPolicy")])
    moved = changed([lets_in({"AWS": OWN})], [lets_in({"AWS": OTHER})])

    assert [one.road for one in found.granted] == ["iam:PutUserPolicy"]
    assert [one.road for one in found.withdrawn] == ["iam:CreateAccessKey"]
    assert [one.who for one in moved.let_in] == [f"arn:aws:iam::{OTHER}:root"]
    assert [one.who for one in moved.shut_out] == [f"arn:aws:iam::{OWN}:root"]


@settings(max_examples=100, deadline=None)
@given(_DOCUMENTS, _STATEMENTS)
def test_one_more_grant_is_never_stronger_and_one_more_denial_never_weaker(
    statements: list[dict[str, Any]], added: dict[str, Any]
) -> None:
    allowed = changed(statements, [*statements, added | {"Effect": "Allow"}])
    denied = changed(statements, [*statements, added | {"Effect": "Deny"}])

    assert allowed.strengthens is False
    assert denied.weakens is False
    assert changed(statements, list(reversed(statements))) == Changed(False, False)


def event(name: str, **request: Any) -> Event:
    filled: dict[str, Any] = dict.fromkeys(Event.__struct_fields__) | {
        "event_id": "1",
        "event_time": datetime(2026, 11, 1, tzinfo=UTC),
        "account_id": OWN,
        "event_source": "iam.amazonaws.com",
        "event_name": name,
        "request": msgspec.json.encode(request).decode(),
    }
    return Event(**filled)


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


NOTHING = dict.fromkeys(
    "grants_admin grants trusts_outsider trusts_anyone trusted widens narrows "
    "policy_problems".split()
)


@pytest.mark.parametrize(
    ("sent", "columns"),
    [
        (
            event("PutUserPolicy", userName="bob", policyDocument=text(allow("*"))),
            {"grants_admin": True, "grants": "statement 1: everything on *"},
        ),
        (event("CreatePolicy", policyDocument=text(READ)), {"grants_admin": False}),
        (
            event("CreatePolicyVersion", policyDocument="{"),
            {
                "policy_problems": "line 1, 2: it is no JSON: Expecting property name enclosed in "
                "double quotes"
            },
        ),
        (
            event("PutRolePolicy", omitted=True, reason="requestParameters too large"),
            {"policy_problems": "policyDocument: CloudTrail left it out"},
        ),
        (
            event("AttachRolePolicy", policyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
            {"grants_admin": True, "grants": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        (
            event("AttachUserPolicy", policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
            {"grants_admin": False, "grants": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        ),
        (event("AttachUserPolicy", policyArn=f"arn:aws:iam::{OWN}:policy/own"), {}),
        (
            event("CreateRole", assumeRolePolicyDocument=text(lets_in({"AWS": OTHER}))),
            {
                "trusts_outsider": True,
                "trusts_anyone": False,
                "trusted": f"statement 1: account arn:aws:iam::{OTHER}:root, without condition",
            },
        ),
        (event("DeleteUser", userName="bob"), {}),
    ],
)
def test_event_tells_what_its_policy_means(sent: Event, columns: dict[str, Any]) -> None:
    assert policy_columns(sent) == NOTHING | columns


def test_document_before_tells_whether_more_is_allowed() -> None:
    own = text(lets_in({"AWS": OWN}))
    sent = event("UpdateAssumeRolePolicy", policyDocument=text(lets_in("*")))

    found = policy_columns(sent, before=own)

    assert (found["trusts_anyone"], found["widens"], found["narrows"]) == (True, True, False)
    assert policy_columns(sent)["widens"] is None


def test_attached_policy_of_the_account_is_judged_where_it_is_known() -> None:
    sent = event("AttachUserPolicy", policyArn=f"arn:aws:iam::{OWN}:policy/own")

    assert policy_columns(sent, attached=text(allow("iam:*")))["grants_admin"] is True


def test_provider_of_github_without_a_subject_is_told_as_anyone() -> None:
    audience = {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}
    sent = event("CreateRole", assumeRolePolicyDocument=text(lets_in(PROVIDER, audience)))

    assert policy_columns(sent)["trusts_anyone"] is True
