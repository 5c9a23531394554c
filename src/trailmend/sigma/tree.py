"""What a Sigma rule says, as plain data: a tree of tests on fields.

pySigma's own tree is tied to its parser; this one is stored beside the rule, so that a scan needs
no parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from trailmend.catalog import Level

Order = Literal["eq", "lt", "lte", "gt", "gte"]
Side = Literal["fires", "quiet"]
Kind = Literal["event_count", "value_count", "temporal", "temporal_ordered"]
"""What a correlation counts."""
TimeUnit = Literal["minute", "hour", "day", "week", "month", "year"]


class Place(msgspec.Struct, frozen=True):
    """Where something stands in a file, from 1."""

    line: int
    column: int


class _Test(msgspec.Struct, frozen=True, tag=True):
    field: str
    place: Place


class Like(_Test, frozen=True):
    r"""The text matches a pattern as SQL's LIKE has it, `\` escapes."""

    pattern: str
    cased: bool = False


class Matches(_Test, frozen=True):
    """A regular expression of RE2 matches anywhere in the text; its flags stand inside."""

    regex: str


class InNetwork(_Test, frozen=True):
    """The text is an address of a network."""

    network: str


class Number(_Test, frozen=True):
    """The text is a number that stands so to another."""

    order: Order
    number: int | float


class TimePart(_Test, frozen=True):
    """The text is a time with this part, UTC."""

    unit: TimeUnit
    number: int


class Exists(_Test, frozen=True):
    """The field is there and not null."""


class Same(_Test, frozen=True):
    """The text equals, begins with, ends with or holds that of another field of the record."""

    other: str
    how: Literal["equals", "startswith", "endswith", "contains"] = "equals"


class Not(msgspec.Struct, frozen=True, tag=True):
    """The part is not true; a test of a field that is missing is not true."""

    part: Tree


class And(msgspec.Struct, frozen=True, tag=True):
    """All parts are true."""

    parts: tuple[Tree, ...]


class Or(msgspec.Struct, frozen=True, tag=True):
    """A part is true."""

    parts: tuple[Tree, ...]


Test = Like | Matches | InNetwork | Number | TimePart | Exists | Same
Tree = Test | Not | And | Or


def tests_of(tree: Tree) -> Iterator[Test]:
    """Give the tests of a tree, in the order of the rule."""
    if isinstance(tree, Not):
        yield from tests_of(tree.part)
    elif isinstance(tree, And | Or):
        for part in tree.parts:
            yield from tests_of(part)
    else:
        yield tree


def fields_of(tree: Tree) -> tuple[str, ...]:
    """Name the fields that a tree reads, each once, in the order of the rule."""
    read: dict[str, None] = {}
    for test in tests_of(tree):
        read[test.field] = None
        if isinstance(test, Same):
            read[test.other] = None
    return tuple(read)


def asserted(tree: Tree) -> Iterator[Test]:
    """Give the tests that stand under no `not`."""
    if isinstance(tree, And | Or):
        for part in tree.parts:
            yield from asserted(part)
    elif not isinstance(tree, Not):
        yield tree


class Correlation(msgspec.Struct, frozen=True):
    """What a correlation asks of the hits of other rules within a time.

    `rules` are ids.  `group_by` and `values` name for each rule the fields that are read of its
    hits, in the same order: an alias stands for a field of another name in each rule.
    """

    kind: Kind
    rules: tuple[str, ...]
    seconds: int
    least: int
    group_by: tuple[str, ...]
    group_fields: dict[str, tuple[str, ...]]
    value_fields: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An imported rule: what it says of itself, and either a tree of tests or a correlation.

    `key` names its findings.  `id` is the rule's UUID, made from the title where it has none.
    `condition` is told in `why`.  `sql` is the tree, and `columns` the fields that it or a
    correlation reads, as SQL.  `tests` are the cases that the rule brings, by side.
    """

    id: str
    key: str
    name: str | None
    title: str
    level: Level
    techniques: tuple[str, ...]
    condition: str
    source: str
    place: Place
    tree: Tree | None = None
    sql: str | None = None
    columns: dict[str, str] = {}
    correlation: Correlation | None = None
    generate: bool = False
    tests: dict[Side, list[list[dict[str, Any]]]] = {}
    notes: tuple[str, ...] = ()
