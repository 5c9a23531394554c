"""A rule's tree -> SQL of DuckDB over the table `events`.

Nothing of a rule's text is pasted: sqlglot builds each part and writes every literal.  Imported
rules need not run elsewhere, so this may use DuckDB's JSON and lists; the catalog's may not.

Each test is true or false, never null, because in Sigma what is missing is not equal to anything,
and `not` of that is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from ipaddress import IPv4Network, ip_network
from itertools import chain

import msgspec
from sqlglot import exp, parse_one

from trailmend.sigma.fields import COLUMNS, is_tree, path_of
from trailmend.sigma.patterns import plain
from trailmend.sigma.tree import (
    And,
    Exists,
    InNetwork,
    Like,
    Matches,
    Not,
    Number,
    Or,
    Rule,
    Same,
    Test,
    TimePart,
    Tree,
    fields_of,
)

READS_JSON = "SIGMA_TEXTS("
"""What stands in the SQL for each reading of a field of JSON."""
_ONE = "one"
Value = exp.Expr
Predicate = Callable[[Value], exp.Expr]
_ORDERS: dict[str, type[exp.Binary]] = {
    "eq": exp.EQ,
    "lt": exp.LT,
    "lte": exp.LTE,
    "gt": exp.GT,
    "gte": exp.GTE,
}


def compiled(rule: Rule) -> Rule:
    """Give a rule with its condition and the fields that it reads as SQL."""
    fields: Iterable[str] = fields_of(rule.tree) if rule.tree else ()
    if rule.correlation is not None:
        by_rule = rule.correlation.group_fields.values()
        fields = (*chain.from_iterable(by_rule), *rule.correlation.value_fields)
    return msgspec.structs.replace(
        rule,
        sql=condition(rule.tree).sql("duckdb") if rule.tree else None,
        columns={one: exp.alias_(values(one), one, quoted=True).sql("duckdb") for one in fields},
    )


def pretty(text: str) -> list[str]:
    """Write a statement over several lines."""
    return parse_one(text, dialect="duckdb").sql("duckdb", pretty=True).splitlines()


def condition(tree: Tree) -> exp.Expr:
    """Write a tree as a condition that is never null."""
    if isinstance(tree, Not):
        return exp.not_(exp.paren(condition(tree.part)))
    if isinstance(tree, And):
        return exp.paren(exp.and_(*map(condition, tree.parts)))
    if isinstance(tree, Or):
        return exp.paren(exp.or_(*map(_alternatives, _by_field(tree.parts))))
    return _test(tree)


def _by_field(parts: Iterable[Tree]) -> list[list[Tree]]:
    """Gather the tests of one text of the same field: whichever of them is met, by any text."""
    gathered: dict[object, list[Tree]] = {}
    for number, part in enumerate(parts):
        key: object = number
        if isinstance(part, Like | Matches | InNetwork | Number | TimePart):
            key = part.field
        gathered.setdefault(key, []).append(part)
    return list(gathered.values())


def _alternatives(parts: list[Tree]) -> exp.Expr:
    if len(parts) == 1:
        return condition(parts[0])
    tests = [part for part in parts if not isinstance(part, Not | And | Or)]
    return _any(tests[0].field, lambda one: exp.or_(*(_holds(test, one) for test in tests)))


def values(field: str) -> exp.Expr:
    """Write what a field is read as: a text of a column, a list of texts of JSON."""
    if not is_tree(field):
        return _column(COLUMNS[field]).copy()
    column, names = path_of(field)
    found: exp.Expr = exp.Array(expressions=[exp.cast(exp.column(column), "JSON")])
    for name in names:
        pointer = "/" + name.replace("~", "~0").replace("/", "~1")
        found = _call("sigma_step", found, exp.Literal.string(pointer))
    return _call("sigma_texts", found)


@cache
def _column(text: str) -> exp.Expr:
    return parse_one(text, dialect="duckdb")


def _test(test: Test) -> exp.Expr:
    if isinstance(test, Exists):
        there = values(test.field)
        if is_tree(test.field):
            return exp.GT(this=_call("len", there), expression=exp.Literal.number(0))
        return exp.not_(exp.Is(this=_wrapped(there), expression=exp.null()))
    if isinstance(test, Same):
        return _any(test.field, lambda one: _any(test.other, lambda two: _same(one, two, test.how)))
    return _any(test.field, lambda one: _holds(test, one))


def _any(field: str, holds: Predicate) -> exp.Expr:
    """Ask it of the text of a column, or of any text of a list; of none it is false."""
    if not is_tree(field):
        return exp.func("COALESCE", holds(_wrapped(values(field))), exp.false())
    # The name is the field's own, so that a list can be asked inside another.
    name = f"{_ONE}_{field}"
    asked = exp.Lambda(
        this=holds(exp.column(name, quoted=True)), expressions=[exp.to_identifier(name, True)]
    )
    met = _call("len", _call("list_filter", values(field), asked))
    return exp.GT(this=met, expression=exp.Literal.number(0))


def _holds(test: Test, one: Value) -> exp.Expr:
    match test:
        case Like():
            return _like(test, one)
        case Matches():
            return _call("regexp_matches", one, exp.Literal.string(test.regex))
        case InNetwork():
            return _in_network(test.network, one)
        case Number():
            number = exp.Literal.number(str(test.number))
            return _ORDERS[test.order](this=_cast(one, "DOUBLE"), expression=number)
        case TimePart():
            part = _call("date_part", exp.Literal.string(test.unit), _cast(one, "TIMESTAMP"))
            return part.eq(exp.Literal.number(test.number))
    raise TypeError(f"{type(test).__name__} is no test of one text")


def _like(test: Like, one: Value) -> exp.Expr:
    exact = plain(test.pattern)
    if exact is None:
        kind = exp.Like if test.cased else exp.ILike
        like = kind(this=one, expression=exp.Literal.string(test.pattern))
        return exp.Escape(this=like, expression=exp.Literal.string("\\"))
    text = exp.Literal.string(exact)
    if test.cased:
        return exp.EQ(this=one, expression=text)
    return exp.EQ(this=exp.Lower(this=one), expression=exp.Lower(this=text))


def _same(one: Value, two: Value, how: str) -> exp.Expr:
    left, right = exp.Lower(this=one.copy()), exp.Lower(this=two.copy())
    if how == "equals":
        return exp.EQ(this=left, expression=right)
    name = {"startswith": "starts_with", "endswith": "ends_with"}.get(how, how)
    return _call(name, left, right)


def _in_network(network: str, one: Value) -> exp.Expr:
    """Compare the digits that the network fixes; the last may be fixed in part."""
    found = ip_network(network)
    digits = 8 if isinstance(found, IPv4Network) else 32
    whole, bits = divmod(found.prefixlen, 4)
    text = f"{int(found.network_address):0{digits}x}"
    heads = [text[:whole]]
    if bits:
        first = int(text[whole], 16)
        heads = [f"{text[:whole]}{first + step:x}" for step in range(1 << (4 - bits))]
    address = _call("sigma_address", one)
    size = _call("length", address).eq(exp.Literal.number(digits))
    starts = (_call("starts_with", address.copy(), exp.Literal.string(head)) for head in heads)
    return exp.and_(size, exp.or_(*starts))


def _cast(one: Value, kind: str) -> exp.Expr:
    return exp.TryCast(this=one.copy(), to=exp.DataType.build(kind, dialect="duckdb"))


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _wrapped(value: exp.Expr) -> exp.Expr:
    return value if isinstance(value, exp.Column) else exp.paren(value)
