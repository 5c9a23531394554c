"""What the SQL of rules calls, and the statement that runs a rule; sqlglot is not needed for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trailmend.sigma.tree import Rule

MACROS = (
    # What a path meets on its way: a list stands for each of its items.
    "CREATE MACRO sigma_items(found) AS flatten(list_transform(found, lambda one: "
    "CASE json_type(one) WHEN 'ARRAY' THEN json_extract(one, '$[*]') ELSE [one] END))",
    "CREATE MACRO sigma_step(found, pointer) AS list_transform(sigma_items(found), "
    "lambda one: json_extract(one, pointer))",
    # An object is its JSON, as it stands and with the quotes of texts inside it undone.
    r"""CREATE MACRO sigma_texts(found) AS list_filter(flatten(list_transform(sigma_items(found),
    lambda one: CASE json_type(one) WHEN 'OBJECT' THEN [CAST(one AS VARCHAR),
    replace(replace(CAST(one AS VARCHAR), '\"', '"'), '\\', '\')] ELSE [one ->> '$'] END)),
    lambda one: one IS NOT NULL)""",
    "CREATE MACRO sigma_groups(text) AS "
    "list_filter(string_split(text, ':'), lambda part: part <> '')",
    # An address as hexadecimal digits: 8 of IPv4, 32 of IPv6, null for any other text.
    r"""CREATE MACRO sigma_address(text) AS CASE
    WHEN regexp_full_match(text, '\d{1,3}(\.\d{1,3}){3}') THEN array_to_string(list_transform(
        string_split(text, '.'), lambda part: format('{:02x}', CAST(part AS INTEGER))), '')
    WHEN regexp_full_match(text, '([0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}') THEN
        array_to_string(list_transform(CASE WHEN contains(text, '::') THEN
            list_concat(sigma_groups(split_part(text, '::', 1)), list_concat(list_transform(
                range(8 - len(sigma_groups(split_part(text, '::', 1)))
                - len(sigma_groups(split_part(text, '::', 2)))), lambda n: '0'),
                sigma_groups(split_part(text, '::', 2))))
        ELSE sigma_groups(text) END, lambda part: lpad(lower(part), 4, '0')), '') END""",
)
"""Made once in a connection."""


def statement(rule: Rule, fields: Iterable[str], columns: Mapping[str, str]) -> str:
    """Put together what gives `event_id` and the values of fields of what a rule hits.

    All parts were written by sqlglot; `columns` has the SQL of each field.
    """
    chosen = ", ".join(["event_id", *(columns[field] for field in fields)])
    return f"SELECT {chosen} FROM events WHERE {rule.sql}"  # noqa: S608
