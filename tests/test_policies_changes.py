"""What a new version of a document allows that the old one did not."""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.test_policies_grants import _DOCUMENTS, _STATEMENTS, allow, deny
from tests.test_policies_trusts import OTHER, OWN, PROVIDER, lets_in, sub
from trailmend.policies import Changed, compare, read_document

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ADDRESS = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
READ = allow("s3:GetObject", "arn:aws:s3:::b/*")


RANGES = {
    "IpAddress": ("192.0.2.0/24", "192.0.0.0/16"),
    "NotIpAddress": ("192.0.0.0/16", "192.0.2.0/24"),
    "DateLessThan": ("2026-01-01T00:00:00Z", "1798761600"),
    "DateGreaterThanEquals": ("2027-01-01", "2026-01-01"),
    "NumericLessThanEquals": ("900", "3600.0"),
    "NumericGreaterThanIfExists": ("7", "-1"),
}
"""A narrow and a wide value of each operator that asks for a range."""


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
        ([allow("s3:Get*"), allow("s3:Put*")], [allow(["s3:Get*", "s3:Put*"])], False, False),
        ([allow(["s3:Get*", "s3:Put*"])], [allow("s3:Get*"), allow("s3:Put*")], False, False),
        ([allow("*"), deny(["s3:*", "ec2:*"])], [allow("*"), deny("s3:*")], True, False),
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


@pytest.mark.parametrize(
    ("before", "after", "lifts_denial"),
    [
        ([deny("*")], [deny("s3:*")], True),
        ([deny("iam:*")], [], True),
        ([deny("iam:*")], [allow("*")], True),
        ([deny("iam:*")], [deny("*")], False),
        ([allow("*")], [deny("iam:*")], False),
        ([deny("iam:*"), allow("s3:*")], [deny("iam:*")], False),
        ([deny(["iam:*", "s3:*"])], [deny("s3:*"), deny("iam:*")], False),
        ([deny("iam:*"), deny("s3:*")], [deny(["s3:*", "iam:*"])], False),
    ],
)
def test_denial_that_is_gone_or_smaller_is_told_even_where_nothing_is_allowed(
    before: list[dict[str, Any]], after: list[dict[str, Any]], lifts_denial: bool
) -> None:
    assert changed(before, after).lifts_denial is lifts_denial


@settings(max_examples=100, deadline=None)
@given(_DOCUMENTS, _STATEMENTS)
def test_one_more_grant_is_never_stronger_and_one_more_denial_never_weaker(
    statements: list[dict[str, Any]], added: dict[str, Any]
) -> None:
    allowed = changed(statements, [*statements, added | {"Effect": "Allow"}])
    denied = changed(statements, [*statements, added | {"Effect": "Deny"}])

    assert allowed.strengthens is False
    assert denied.weakens is False
    assert denied.lifts_denial is False
    assert changed(statements, list(reversed(statements))) == Changed(False, False, False)


@pytest.mark.parametrize("operator", RANGES)
def test_wider_range_of_a_condition_weakens_and_a_narrower_one_strengthens(operator: str) -> None:
    narrow, wide = (
        [allow("*", Condition={operator: {"aws:x": value}})] for value in RANGES[operator]
    )
    told = [
        (found.weakens, found.strengthens)
        for found in (changed(narrow, wide), changed(wide, narrow), changed(wide, wide))
    ]

    assert told == [(True, False), (False, True), (False, False)]


@pytest.mark.parametrize("operator", RANGES)
def test_denial_that_reaches_further_is_not_lifted(operator: str) -> None:
    narrow, wide = (
        [allow("*"), deny("*", Condition={operator: {"aws:x": value}})]
        for value in RANGES[operator]
    )

    assert changed(narrow, wide).lifts_denial is False
    assert changed(wide, narrow).lifts_denial is True


@pytest.mark.parametrize(
    ("operator", "before", "after"),
    [
        ("IpAddress", "192.0.2.0/24", "2001:db8::/32"),
        ("IpAddress", "192.0.2.0/24", "everywhere"),
        ("DateLessThan", "2026-01-01", "soon"),
        ("NumericLessThan", "10", "NaN"),
    ],
)
def test_range_that_cannot_be_compared_is_not_known(operator: str, before: str, after: str) -> None:
    old, new = ([allow("*", Condition={operator: {"aws:x": one}})] for one in (before, after))

    assert (changed(old, new).weakens, changed(old, new).strengthens) == (None, None)
