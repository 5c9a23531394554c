"""The conditions of the catalog: SQL, held to a subset that means the same on every engine."""

from __future__ import annotations

from functools import cache

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from trailmend.detect.columns import COLUMNS
from trailmend.errors import CatalogError

_SUBSET = (
    *(exp.And, exp.Or, exp.Not, exp.Paren, exp.Column, exp.Identifier, exp.Literal, exp.Boolean),
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Like, exp.Is, exp.Null),
    *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.Coalesce, exp.Lower),
)
_ALIKE = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Like),
    *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.Coalesce),
)


@cache
def parse_condition(text: str) -> exp.Condition:
    """Parse a condition and hold it to the portable subset.

    Raises CatalogError, naming the part: an unknown column, anything outside the subset, a
    comment, a comparison of unlike types (engines convert differently), or a negated comparison
    of two columns, which is silent where either is null.
    """
    try:
        tree = parse_one(text, into=exp.Condition, dialect="duckdb")
    except SqlglotError as error:
        raise CatalogError(f"not a condition: {text!r}. {error}") from error
    for check in (_check_subset, _check_null, _check_kinds):
        for node in tree.walk():
            check(node, text)
    if _kind(tree) != "BOOLEAN":
        raise CatalogError(f"not true or false: {text!r}")
    return tree


def _check_subset(node: exp.Expr, text: str) -> None:
    if node.comments:
        raise CatalogError(f"a comment hides what is not tried, leave it out: {text!r}")
    if not isinstance(node, _SUBSET):
        raise CatalogError(f"{type(node).__name__} is outside the portable subset: {text!r}")
    if isinstance(node, exp.Column) and (node.name not in COLUMNS or node.table):
        raise CatalogError(f"no column {node.sql()!r} in events or context: {text!r}")
    if isinstance(node, exp.Like) and "\\" in node.expression.name:
        raise CatalogError(f"a backslash escapes on some engines only: {text!r}")


def _check_null(node: exp.Expr, text: str) -> None:
    if not isinstance(node, exp.NEQ | exp.EQ | exp.In):
        return
    negated = isinstance(node, exp.NEQ) or node.find_ancestor(exp.Not) is not None
    columns = sum(side.find(exp.Column) is not None for side in _sides(node))
    if negated and columns > 1:
        raise CatalogError(f"write IS DISTINCT FROM, <> is silent on null: {text!r}")


def _check_kinds(node: exp.Expr, text: str) -> None:
    kinds = {_kind(side) for side in _sides(node)}
    if isinstance(node, exp.Not | exp.And | exp.Or) and kinds != {"BOOLEAN"}:
        raise CatalogError(f"{node.sql()!r} joins what is not true or false: {text!r}")
    if isinstance(node, _ALIKE) and len(kinds) > 1:
        raise CatalogError(f"{node.sql()!r} compares what is not alike: {text!r}")


def _sides(node: exp.Expr) -> list[exp.Expr]:
    sides = [node.args.get("this"), node.args.get("expression"), *node.args.get("expressions", ())]
    return [side for side in sides if isinstance(side, exp.Expr)]


def _kind(node: exp.Expr) -> str:
    """Name the type of a part, as DuckDB does."""
    node = node.unnest()
    if isinstance(node, exp.Column):
        return COLUMNS.get(node.name, "")
    if isinstance(node, exp.Literal):
        return "VARCHAR" if node.is_string else "BIGINT"
    if isinstance(node, exp.Lower):
        return "VARCHAR"
    return _kind(node.this) if isinstance(node, exp.Coalesce) else "BOOLEAN"
