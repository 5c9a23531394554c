"""Lints of the catalog: each is one small claim about every runbook."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from trailmend.by_hand import by_hand
from trailmend.catalog import Detection, Runbook, detections, runbooks
from trailmend.context import Context
from trailmend.detect.columns import COLUMNS, columns_of
from trailmend.detect.conditions import parse_condition
from trailmend.detect.explanations import COMMON
from trailmend.events import Event
from trailmend.plan import remediations

HARDENED = {
    "delete_account_password_policy",
    "delete_login_profile",
    "delete_ssh_public_key",
    "delete_virtual_mfa_device",
    "enable_mfa_device",
}
OFTEN_NAMED = {
    "access_keys.deactivate_unused_keys",
    "login_profiles.force_password_reset",
    "mfa_devices.enrol_virtual_device",
    "password_policy.enforce_password_policy",
    "trails.attach_trail_reader",
    "trails.repair_trail",
}
COLUMN_TYPES = COLUMNS
NEVER_NULL = {
    name
    for row in (Event, Context)
    for name, hint in row.__annotations__.items()
    if "None" not in str(hint)
}
RELATIONS = ["self", "other", "none", "unknown"]
FIXED = {
    "relation": RELATIONS,
    "known_relation": RELATIONS,
    "mfa": ["yes", "no", "unknown"],
    "actor_type": [
        "IAMUser",
        "AssumedRole",
        "Root",
        "FederatedUser",
        "IdentityCenterUser",
        "AWSService",
        "Unknown",
    ],
}


def _comparison(literal: exp.Expr) -> exp.Expr:
    """Climb to the comparison that a literal stands in."""
    above = literal.find_ancestor(exp.Predicate)
    return above if above is not None else literal


def domain(column: str, conditions: Iterable[exp.Expr]) -> list[Any]:
    """Give the values of a column that can make a difference to the conditions."""
    if column in FIXED:
        return list(FIXED[column])
    values: list[Any] = [None] if column not in NEVER_NULL else []
    kind = COLUMN_TYPES[column]
    if kind == "BOOLEAN":
        return [*values, True, False]
    literals = {
        literal.name.strip("%")
        for condition in conditions
        for literal in condition.find_all(exp.Literal)
        if column in {one.name for one in _comparison(literal).find_all(exp.Column)}
    }
    if kind == "BIGINT":
        numbers = {int(text) for text in literals if text.lstrip("-").isdecimal()}
        return [*values, *sorted({n + step for n in numbers for step in (-1, 0, 1)})]
    return [*values, *sorted(literals), "something else"]


def every_row(situations: Collection[Detection]) -> tuple[str, list[Any]]:
    """Write the query that gives every combination of values, and its parameters."""
    conditions = [parse_condition(one.when) for one in situations]
    columns = sorted({c for one in situations for c in columns_of(one.when)})
    lists = [
        f"(SELECT unnest(CAST(? AS {COLUMN_TYPES[column]}[])) AS {column})" for column in columns
    ]
    values = [domain(column, conditions) for column in columns]
    return f"SELECT * FROM {', '.join(['(SELECT 1 AS number)', *lists])}", values


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


FOUND = [key for key, one in runbooks().items() if one.tier != 3]


@pytest.mark.parametrize("outcome", ["success", "denied", "failed"])
@pytest.mark.parametrize("key", FOUND)
def test_each_event_gives_exactly_one_finding(
    key: str, outcome: str, engine: duckdb.DuckDBPyConnection
) -> None:
    runbook = runbooks()[key]
    situations = {n: d for n, d in runbook.detections.items() if d.outcome == outcome}
    table, values = every_row(situations.values())
    fired = ", ".join(f"CASE WHEN {d.when} THEN '{n}' END" for n, d in situations.items())
    wanted = "> 1" if runbook.silence else "<> 1"
    if runbook.silence and not situations:
        return
    assert situations, "no detection for this outcome"
    engine.execute(f"CREATE OR REPLACE TABLE rows AS {table}", values)
    wrong = engine.execute(
        f"SELECT *, list_filter([{fired}], x -> x IS NOT NULL) AS hits FROM rows "
        "WHERE len(list_filter([" + fired + f"], x -> x IS NOT NULL)) {wanted} LIMIT 5"
    ).fetchall()

    assert wrong == []


@pytest.mark.parametrize("key", runbooks())
def test_every_claim_has_a_source(key: str) -> None:
    runbook = runbooks()[key]
    claims = (
        *runbook.information,
        *runbook.impact,
        *runbook.control_gaps,
        *runbook.not_fixable,
        *(correction.fact for correction in runbook.corrections),
    )

    assert runbook.information
    assert [claim.text for claim in claims if not claim.source.strip()] == []


@pytest.mark.parametrize("key", runbooks())
def test_page_is_whole(key: str) -> None:
    runbook = runbooks()[key]

    if runbook.tier == 3:
        assert runbook.silence
        assert not runbook.detections
        return
    assert runbook.first
    assert runbook.impact
    assert runbook.explanations
    assert runbook.detections
    assert runbook.questions
    assert runbook.false_positives
    assert all(explanation.supports for explanation in runbook.explanations)
    assert all(explanation.against for explanation in runbook.explanations)
    assert runbook.tier == 2 or runbook.fixes or runbook.not_fixable or runbook.console
    for explanation in runbook.explanations:
        for fact in (*explanation.supports, *explanation.against):
            if fact.when is not None:
                parse_condition(fact.when)


def authored(runbook: Runbook) -> Iterator[str]:
    """Give every text of a page that somebody wrote for it."""
    claims = (*runbook.information, *runbook.impact, *runbook.control_gaps, *runbook.not_fixable)
    yield from (one.text for one in claims)
    for wrong in runbook.corrections:
        yield from (wrong.said, wrong.fact.text)
    for one in runbook.explanations:
        yield one.text
        yield from (fact.text for fact in (*one.supports, *one.against))
    yield from (*runbook.questions, *runbook.false_positives, runbook.first, runbook.silence)
    yield from (step for console in runbook.console for step in console.steps)
    yield from (one.title for one in runbook.detections.values())
    for hardening in runbook.hardening:
        yield from (hardening.does, hardening.lacks)


def sentences(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.?!])\s+", text) if " " in one]


def test_no_sentence_stands_on_more_than_three_pages() -> None:
    pages: dict[str, set[str]] = {}
    for key, runbook in runbooks().items():
        for one in (one for text in authored(runbook) for one in sentences(text or "")):
            pages.setdefault(one, set()).add(key)

    assert {text: found for text, found in pages.items() if len(found) > 3} == {}


def test_no_page_repeats_a_fact_that_is_asked_of_every_event() -> None:
    def bare(condition: str | None) -> str | None:
        return condition and condition.replace("COALESCE(console, FALSE)", "console")

    again = [
        (key, one.hypothesis, fact.text)
        for key, runbook in runbooks().items()
        for one in runbook.explanations
        for of_page, of_all in zip((one.supports, one.against), COMMON[one.hypothesis], strict=True)
        for fact in of_page
        if fact.when and bare(fact.when) in {common.when for common in of_all}
    ]

    assert again == []


def test_an_event_stands_on_one_page() -> None:
    pages: dict[str, list[str]] = {}
    for key, runbook in runbooks().items():
        for event in runbook.events:
            pages.setdefault(event, []).append(key)

    assert {event: found for event, found in pages.items() if len(found) > 1} == {}


def test_no_step_changes_a_role_of_identity_center() -> None:
    # AWS refuses it to administrators too: "this role is only modifiable by AWS".
    of_pages = [console for runbook in runbooks().values() for console in runbook.console]
    steps = [step for page in (*of_pages, *by_hand().values()) for step in page.steps]

    assert [step for step in steps if "AWSReservedSSO" in step] == []


def test_every_fix_has_its_steps_by_hand() -> None:
    assert set(by_hand()) == set(remediations())


@pytest.mark.parametrize("key", sorted(HARDENED))
def test_what_is_often_named_as_the_remedy_is_told_for_the_event(key: str) -> None:
    page = runbooks()[key]

    assert {one.fix.key for one in page.hardening} >= OFTEN_NAMED
    assert [one.fix.key for one in page.hardening if not (one.does and one.lacks)] == []
    assert [one.fix.key for one in page.hardening if not one.source.strip()] == []
    assert any("narrows policies" in one.text for one in page.not_fixable)


def test_a_low_finding_has_no_fix_that_stops_its_caller() -> None:
    low = {key: one for key, (_, one) in detections().items() if one.level in ("info", "low")}

    assert [key for key, one in low.items() if any(f.stage == "contain" for f in one.fixes)] == []


def test_a_finding_of_root_has_no_fix_that_cannot_hold_root() -> None:
    by_root = {key: one for key, (_, one) in detections().items() if "by_root" in key}

    assert [key for key, one in by_root.items() if any(f.about == "actor" for f in one.fixes)] == []


def test_fix_by_default_mends_where_one_is_known_that_does() -> None:
    late = [
        key
        for key, (_, one) in detections().items()
        if (stages := [fix.stage for fix in one.fixes if one.outcome == "success"])
        if stages[0] == "contain" and set(stages) != {"contain"}
    ]

    assert late == []


NOBODY_TO_STOP = {
    "assume_root.denied",
    "assume_root.to_make_a_password",
    "assume_root.to_unlock",
    "attach_policy.quarantined_by_aws",
    "console_access.by_root",
    "console_login.by_root",
    "console_login.guessing",
    "console_login.guessing_root",
    "create_access_key.root_key",
    "create_login_profile.for_root",
    "create_oauth2_token.by_root",
    "create_token.elsewhere",
    "create_user.by_root",
    "deactivate_mfa_device.root_unprotected",
    "delegation_request.given_by_root",
    "delete_access_key.by_root",
    "directory_sign_in.after_failures",
    "directory_sign_in.guessing",
    "enable_mfa_device.roots_own",
    "get_delegated_access_token.traded",
    "get_federation_token.by_root",
    "primary_email.changed",
    "primary_email.started",
    "root_recovery.denied",
    "root_recovery.mail_changed",
    "root_recovery.password_changed",
    "root_recovery.recovered",
    "root_recovery.requested",
}
"""Root, AWS itself, another account's principal, somebody of a directory, or nobody proved."""


def test_tier_one_finding_of_medium_or_worse_has_a_fix_unless_nobody_can_be_stopped() -> None:
    without = {
        key
        for key, (runbook, one) in detections().items()
        if one.level not in ("info", "low") and runbook.tier == 1
        if not one.fixes
    }

    assert without == NOBODY_TO_STOP
