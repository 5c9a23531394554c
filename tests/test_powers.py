"""What the policy of a finding grants, or whom it trusts, is told in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from tests.outputs_support import finding
from trailmend.findings import TargetPart, Why
from trailmend.report.markdown import finding_lines
from trailmend.report.powers import other_values, powers
from trailmend.report.terminal import console, whole_finding, whom
from trailmend.takeovers.acts import whole_target_name

UNKNOWN = "Whether what is granted makes an administrator is not known."
IF = "statement 2: everything on *: if aws:username is a; b"


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        ({"on_itself": True}, []),
        ({"grants_admin": False}, ["What is granted makes no administrator."]),
        (
            {"grants_admin": None},
            [
                UNKNOWN,
                "The log does not hold the document, or it is a policy of AWS not known here.",
            ],
        ),
        (
            {"grants_admin": None, "grants": f"{IF}; statement 3: all of IAM on *; and 2 more"},
            [UNKNOWN, IF, "statement 3: all of IAM on *", "and 2 more"],
        ),
        (
            {"grants_admin": None, "policy_problems": "statement 1: it has no Action"},
            [UNKNOWN, "Not read for sure: statement 1: it has no Action"],
        ),
        (
            {"trusts_outsider": True, "trusts_anyone": True, "trusted": "statement 1: anyone *"},
            ["Anyone may take the role.", "statement 1: anyone *"],
        ),
        (
            {"trusts_outsider": None, "trusts_anyone": False},
            ["Whether outsiders may take the role is not known."],
        ),
    ],
)
def test_policy_is_told_in_sentences(values: dict[str, Any], sentences: list[str]) -> None:
    assert powers(finding(why=Why("TRUE", values))) == sentences


def test_whom_a_store_of_events_lets_in_is_not_told_as_of_a_role() -> None:
    target = TargetPart("event_data_store", "lake", None, None)
    values = {"trusts_outsider": True, "trusts_anyone": False}

    assert powers(finding(target=target, why=Why("TRUE", values))) == ["Outsiders are let in."]


def test_boundary_grants_nothing_and_is_not_said_to() -> None:
    target = TargetPart("user", "bob", "permissions_boundary", "arn:aws:iam::1:policy/b")
    found = finding(target=target, why=Why("TRUE", {"grants_admin": True, "grants": "x"}))

    assert powers(found) == ["An administrator stays one within this boundary.", "x"]


def test_text_of_a_policy_that_is_known_to_deny_is_not_said_to_be_missing() -> None:
    target = TargetPart("organization", "ou-1-a", "organization_policy", "p-1")
    values = {"denies": True, "grants_admin": None}

    assert powers(finding(target=target, why=Why("TRUE", values))) == [
        "Whether an administrator of an account below stays one under this policy is not known."
    ]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (TargetPart("organization", None, None, None), "the organization"),
        (TargetPart("organization", None, "responsibility_transfer", "rt-1"), "the organization"),
        (TargetPart("organization", "ou-1-a", None, None), "ou-1-a"),
        (TargetPart("account", None, "handshake", "h-1"), "the account"),
    ],
)
def test_organization_as_a_whole_is_named_as_the_account_is(target: TargetPart, told: str) -> None:
    found = finding(target=target)

    assert (whom(found), whole_target_name(found).rpartition("/")[2]) == (told, told)


def test_policy_of_an_organization_grants_nothing_and_is_not_said_to() -> None:
    target = TargetPart("organization", "ou-1-a", "organization_policy", "p-1")
    found = finding(target=target, why=Why("TRUE", {"grants_admin": False}))
    lets_in = finding(
        target=TargetPart("organization", None, None, None),
        why=Why("TRUE", {"trusts_anyone": True}),
    )

    assert powers(found) == ["No administrator of the accounts below stays one under this policy."]
    assert powers(lets_in) == ["Anyone is let in."]


@pytest.mark.parametrize(
    ("hinders", "said"),
    [
        (True, ["It denies responders what they need."]),
        (None, ["It denies all but some what responders need."]),
        (False, []),
    ],
)
def test_what_an_organizations_policy_denies_is_told(hinders: bool | None, said: list[str]) -> None:
    denial = "statement 1: denies guardduty:*, if aws:principalarn is not like x"
    why = Why("TRUE", {"denies": True, "hinders": hinders, "refused": denial})

    assert powers(finding(why=why)) == [*said, denial]
    assert other_values(finding(why=why)) == {"denies": True, "hinders": hinders}


def test_what_is_told_in_sentences_is_not_told_again_as_a_value() -> None:
    values = {"grants_admin": None, "grants": IF, "policy_problems": None}
    found = finding(why=Why("grants_admin IS NULL", values))
    terminal = console()
    with terminal.capture() as captured:
        terminal.print(whole_finding(found))

    assert other_values(found) == {"grants_admin": None, "policy_problems": None}
    assert captured.get().count(IF) == 1
    assert "\n".join(finding_lines([found])).count("everything on") == 1
