"""What a password policy demands: against botocore's defaults, and against plain passwords."""

import itertools
import re
from typing import Any

import botocore.session
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailmend.password_policies import NO_POLICY, PasswordPolicy, read_policy, weaker_fields

UPDATE = (
    botocore.session.Session()
    .get_service_model("iam")
    .operation_model("UpdateAccountPasswordPolicy")
    .input_shape
)
CLASSES = ("symbols", "numbers", "uppercase_characters", "lowercase_characters")
POLICIES = st.builds(
    PasswordPolicy,
    minimum_password_length=st.integers(6, 10),
    require_symbols=st.booleans(),
    require_numbers=st.booleans(),
    require_uppercase_characters=st.booleans(),
    require_lowercase_characters=st.booleans(),
    allow_users_to_change_password=st.booleans(),
    max_password_age=st.sampled_from([0, 1, 90, 1095]),
    password_reuse_prevention=st.integers(0, 3),
    hard_expiry=st.booleans(),
)
Password = tuple[int, frozenset[str]]
"""A length, and the classes of characters that occur."""
PASSWORDS: list[Password] = [
    (length, frozenset(classes))
    for length in range(5, 12)
    for size in range(1, 5)
    for classes in itertools.combinations(CLASSES, size)
]


def accepted(policy: PasswordPolicy | None) -> set[Password]:
    """Try every kind of password, as AWS says that a policy, or its absence, would."""
    if policy is None:
        return {one for one in PASSWORDS if one[0] >= 8 and len(one[1]) >= 3}
    demanded = {name for name in CLASSES if getattr(policy, f"require_{name}")}
    return {
        one for one in PASSWORDS if one[0] >= policy.minimum_password_length and demanded <= one[1]
    }


def is_about_content(field: str) -> bool:
    return field in ("minimumPasswordLength", "characterClasses") or field.startswith("require")


def test_fields_and_their_defaults_are_those_of_botocore() -> None:
    # Subtlety 30: what is left out of an update returns to its default.
    assert UPDATE is not None
    documented = {
        name[0].lower() + name[1:]: re.findall(r"default value of <code>(\w+)</code>", text)[0]
        for name, text in ((n, m.documentation) for n, m in UPDATE.members.items())
    }

    defaults = msgspec.to_builtins(PasswordPolicy())

    assert {name: str(value).lower() for name, value in defaults.items()} == documented


def test_update_without_parameters_resets_every_field() -> None:
    # botocore iam UpdateAccountPasswordPolicy: "No parameters are required".
    assert read_policy({}) == PasswordPolicy()


@pytest.mark.parametrize(
    "request_sent",
    [
        {"omitted": True, "reason": "requestParameters too large"},
        {"minimumPasswordLength": "long"},
        {"minimumPasswordLength": None},
        {"requireSymbols": [True]},
    ],
)
def test_request_that_cannot_be_read_is_no_policy(request_sent: dict[str, Any]) -> None:
    assert read_policy(request_sent) is None


@pytest.mark.parametrize("request_sent", [{"futureField": 1}, {"minimumPasswordLength": "6"}])
def test_numbers_as_text_and_new_fields_are_read(request_sent: dict[str, Any]) -> None:
    assert read_policy(request_sent) == PasswordPolicy()


@given(POLICIES)
def test_policy_is_not_weaker_than_itself(policy: PasswordPolicy) -> None:
    assert weaker_fields(policy, policy) == ()


def test_no_policy_is_not_weaker_than_itself() -> None:
    assert weaker_fields(NO_POLICY, NO_POLICY) == ()


@given(POLICIES, POLICIES)
def test_weaker_is_what_lets_a_new_password_in(old: PasswordPolicy, new: PasswordPolicy) -> None:
    # An oracle that knows nothing of fields: passwords that were refused and now are not.
    let_in = accepted(new) - accepted(old)

    assert any(map(is_about_content, weaker_fields(old, new))) is bool(let_in)


@given(POLICIES)
def test_new_policy_is_weaker_than_none_where_it_lets_a_new_password_in(
    new: PasswordPolicy,
) -> None:
    # Subtlety 30: so an update can weaken more than a deletion.
    let_in = accepted(new) - accepted(NO_POLICY)

    assert any(map(is_about_content, weaker_fields(NO_POLICY, new))) is bool(let_in)


@given(POLICIES)
def test_deletion_is_weaker_where_shorter_passwords_or_fewer_classes_will_do(
    old: PasswordPolicy,
) -> None:
    # Any three of the four classes stand for three that were named; see the module.
    fewest = min(len(classes) for _, classes in accepted(old))
    shortest = min(length for length, _ in accepted(old))

    found = set(filter(is_about_content, weaker_fields(old, NO_POLICY)))

    expected = {"minimumPasswordLength"} if shortest > 8 else set()
    assert found == expected | ({"characterClasses"} if fewest > 3 else set())


@given(POLICIES, POLICIES, POLICIES)
def test_weakness_adds_up(
    first: PasswordPolicy, then: PasswordPolicy, last: PasswordPolicy
) -> None:
    """No path of updates hides in which fields the last policy demands less than the first."""
    steps = {*weaker_fields(first, then), *weaker_fields(then, last)}

    assert set(weaker_fields(first, last)) <= steps


@pytest.mark.parametrize(
    ("old", "new", "weaker"),
    [
        (PasswordPolicy(max_password_age=90), PasswordPolicy(), ("maxPasswordAge",)),
        (PasswordPolicy(), PasswordPolicy(max_password_age=90), ()),
        (
            PasswordPolicy(max_password_age=30),
            PasswordPolicy(max_password_age=90),
            ("maxPasswordAge",),
        ),
        (
            PasswordPolicy(password_reuse_prevention=5),
            PasswordPolicy(),
            ("passwordReusePrevention",),
        ),
        (PasswordPolicy(hard_expiry=True), PasswordPolicy(), ("hardExpiry",)),
        (PasswordPolicy(max_password_age=90), NO_POLICY, ("maxPasswordAge",)),
        (NO_POLICY, PasswordPolicy(), ("minimumPasswordLength", "characterClasses")),
        (PasswordPolicy(), NO_POLICY, ()),
        (
            PasswordPolicy(minimum_password_length=14, require_symbols=True),
            PasswordPolicy(require_numbers=True),
            ("minimumPasswordLength", "requireSymbols"),
        ),
    ],
)
def test_fields_that_became_weaker_are_named(
    old: PasswordPolicy | None, new: PasswordPolicy | None, weaker: tuple[str, ...]
) -> None:
    assert weaker_fields(old, new) == weaker
