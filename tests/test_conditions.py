"""Conditions of the catalog: the subset that means the same on every engine."""

import re

import pytest

from trailmend.detect.columns import COLUMNS, columns_of
from trailmend.detect.conditions import parse_condition
from trailmend.errors import CatalogError


@pytest.mark.parametrize(
    "condition",
    [
        "mfa = 'yes' AND NOT console OR assumed_root",
        "COALESCE(devices_left, 0) < 1",
        "LOWER(user_agent) LIKE '%boto%'",
        "actor_name IS DISTINCT FROM target_name",
        "actor_name IS NOT DISTINCT FROM target_name",
        "relation NOT IN ('self', 'none')",
        "made_by_actor IS NULL OR (mfa <> 'no' AND devices_before >= 2)",
        "TRUE",
    ],
)
def test_condition_of_the_subset_is_taken(condition: str) -> None:
    assert parse_condition(condition).sql(dialect="duckdb") == condition.replace(
        "relation NOT IN", "NOT relation IN"
    )


@pytest.mark.parametrize(
    "condition",
    [
        "UPPER(mfa) = 'YES'",
        "mfa || 'x' = 'yesx'",
        "mfa ILIKE 'yes'",
        "mfa ~ 'y.*'",
        "mfa SIMILAR TO 'y'",
        "mfa BETWEEN 'a' AND 'z'",
        "devices_left + 1 = 2",
        "-devices_left = 1",
        "CAST(devices_left AS VARCHAR) = '1'",
        "devices_left::VARCHAR = '1'",
        "CASE WHEN console THEN TRUE ELSE FALSE END",
        "random() < 1",
        "now() > event_time",
        "read_text('/etc/passwd') = 'x'",
        "json_extract_string(request, '$.userName') = 'alice'",
        "getenv('HOME') = 'x'",
        "mfa LIKE 'a!%' ESCAPE '!'",
        "mfa COLLATE NOCASE = 'yes'",
        "mfa = ?",
        "mfa = $1",
        "COUNT(*) > 1",
        "ROW_NUMBER() OVER () = 1",
        "request -> 'userName' = 'alice'",
        "[mfa] = ['yes']",
    ],
)
def test_what_engines_do_differently_is_refused(condition: str) -> None:
    with pytest.raises(CatalogError, match="subset"):
        parse_condition(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "(SELECT TRUE)",
        "EXISTS (SELECT 1 FROM events)",
        "mfa IN (SELECT mfa FROM events)",
        "mfa = ANY (SELECT mfa FROM events)",
        "TRUE UNION SELECT 1",
        "TRUE EXCEPT SELECT 1",
        "TRUE; DROP TABLE events",
        "TRUE\n;\nSELECT 2",
        "TRUE GROUP BY mfa",
        "TRUE ORDER BY mfa",
        "TRUE LIMIT 0",
        "TRUE QUALIFY FALSE",
        "TRUE HAVING FALSE",
        "TRUE WINDOW w AS ()",
        "TRUE -- AND FALSE",
        "TRUE /* AND FALSE */",
        "TRUE) OR (TRUE",
        "mfa = 'yes' AS x",
        "mfa =",
        "",
        "   ",
        ";",
    ],
)
def test_text_that_is_more_or_less_than_one_condition_is_refused(condition: str) -> None:
    # Else the finding would print a condition that was never tried.
    with pytest.raises(CatalogError):
        parse_condition(condition)


@pytest.mark.parametrize(
    "condition", ["nothing = 1", "events.mfa = 'yes'", "context.mfa = 'yes'", "MFA = 'yes'", "*"]
)
def test_unknown_column_is_refused(condition: str) -> None:
    with pytest.raises(CatalogError, match=re.escape(condition.split(" ")[0]) + "|Star"):
        parse_condition(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "actor_name <> target_name",
        "actor_name != target_name",
        "(actor_name) <> target_name",
        "LOWER(actor_name) <> LOWER(target_name)",
        "NOT actor_name = target_name",
        "actor_name NOT IN (target_name)",
    ],
)
def test_columns_that_are_compared_to_differ_must_say_what_null_means(condition: str) -> None:
    with pytest.raises(CatalogError, match="IS DISTINCT FROM"):
        parse_condition(condition)


@pytest.mark.parametrize(
    "condition", ["actor_name = target_name", "mfa <> 'yes'", "actor_name IS DISTINCT FROM mfa"]
)
def test_comparisons_that_say_it_are_taken(condition: str) -> None:
    assert parse_condition(condition).sql(dialect="duckdb") == condition


@pytest.mark.parametrize(
    "condition",
    [
        "mfa",
        "devices_left",
        "1",
        "'yes'",
        "mfa = TRUE",
        "console = 'true'",
        "devices_left = '1'",
        "event_time > '2026-01-01'",
        "NOT devices_left",
        "user_agent LIKE 'a\\%'",
    ],
)
def test_condition_that_only_some_engines_take_is_refused(condition: str) -> None:
    # Trino compares no text with a number, a time or a truth; a backslash escapes in Spark alone.
    with pytest.raises(CatalogError):
        parse_condition(condition)


def test_columns_are_named_in_the_order_of_the_text() -> None:
    condition = "COALESCE(devices_left, 0) < 1 AND (mfa = 'no' OR mfa = 'unknown') AND console"

    assert columns_of(condition) == ("devices_left", "mfa", "console")


def test_every_column_of_the_tables_can_be_asked_for() -> None:
    assert [name for name in sorted(COLUMNS) if columns_of(f"{name} IS NULL") != (name,)] == []
