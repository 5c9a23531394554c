"""A document with `correlation` -> a rule that looks at the hits of other rules, by pySigma."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from sigma.correlations import (
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaCorrelationType,
)
from sigma.exceptions import SigmaError

from trailmend.near import did_you_mean
from trailmend.report.safe import visible
from trailmend.sigma.faults import Fault, Faulty
from trailmend.sigma.fields import why_not
from trailmend.sigma.parsing import UNREADABLE, about, metadata_faults, own_tests
from trailmend.sigma.reading import Document
from trailmend.sigma.sql import compiled
from trailmend.sigma.tree import Correlation, Kind, Rule

LONGEST_TIME = 366 * 86400
MOST_RULES = 20
KINDS: tuple[Kind, ...] = get_args(Kind)


def parse_correlation(document: Document, known: Iterable[Rule]) -> Rule:
    """Read a correlation of known rules.  Raises Faulty with all that is wrong with it."""
    faults = [*_frame(document)]
    if faults:
        raise Faulty(faults)
    faults = [*metadata_faults(document)]
    try:
        read = SigmaCorrelationRule.from_dict(document.value)
    except SigmaError as error:
        near = _near_type(document)
        raise Faulty([*faults, _fault(document, f"{visible(error.args[0])}{near}")]) from error
    except UNREADABLE as error:
        reason = f"is no correlation of Sigma: {visible(error)}"
        raise Faulty([*faults, _fault(document, reason)]) from error
    faults += [*_not_run(document, read)]
    if faults:
        raise Faulty(faults)
    rules = _referred(document, read, known)
    correlation = _correlation(document, read, rules)
    rule = Rule(
        **about(document),
        condition=_told(read, correlation),
        correlation=correlation,
        generate=read.generate,
        tests=own_tests(document),
    )
    return compiled(rule)


def _fault(document: Document, reason: str, *path: str | int) -> Fault:
    return document.fault(reason, "correlation", *path)


def _frame(document: Document) -> Iterator[Fault]:
    value = document.value
    if not isinstance(value.get("title"), str):
        yield document.fault("title is missing, or no text", "title")
    for key in ("id", "name", "level", "status"):
        if value.get(key) is not None and not isinstance(value[key], str):
            yield document.fault(f"{key} is not a text", key)
    if not isinstance(value.get("tags") or [], list):
        yield document.fault("tags is not a list", "tags")
    if not isinstance(value["correlation"], dict):
        yield document.fault("correlation is no map", "correlation")
    if "detection" in value:
        reason = "a rule has a detection or a correlation: make two documents of it"
        yield document.fault(reason, "detection")


def _near_type(document: Document) -> str:
    given = document.value["correlation"].get("type")
    if not isinstance(given, str) or given in KINDS:
        return ""
    return "." + did_you_mean(given, KINDS, f" There is: {', '.join(KINDS)}.")


def _not_run(document: Document, read: SigmaCorrelationRule) -> Iterator[Fault]:
    """Name what Sigma has and we do not run."""
    kind, condition = read.type.name.lower(), read.condition
    if kind not in KINDS:
        yield _fault(document, f"{kind} is not run. There is: {', '.join(KINDS)}.", "type")
    if not isinstance(condition, SigmaCorrelationCondition):
        reason = "a condition of rule names is not run: list the rules"
        yield _fault(document, reason, "condition")
    elif condition.op.name not in ("GTE", "GT"):
        reason = (
            f"{condition.op.name.lower()} is not run: while the time goes on the number can still "
            "rise. Did you mean gte?"
        )
        yield _fault(document, reason, "condition", condition.op.name.lower())
    elif not isinstance(condition.count, int):
        yield _fault(document, f"{condition.count} is no whole number", "condition")
    elif read.type is SigmaCorrelationType.TEMPORAL_ORDERED and _least(condition) != len(
        read.rules or ()
    ):
        yield _fault(document, "temporal_ordered asks for all of its rules", "condition")
    if read.timespan.seconds > LONGEST_TIME:
        yield _fault(document, "timespan is over a year", "timespan")
    if len(read.rules or ()) > MOST_RULES:
        yield _fault(document, f"names over {MOST_RULES} rules", "rules")


def _least(condition: SigmaCorrelationCondition) -> int:
    return int(condition.count) + (condition.op.name == "GT")


def _referred(
    document: Document, read: SigmaCorrelationRule, known: Iterable[Rule]
) -> dict[str, Rule]:
    """Find the rules that it names, by name or id."""
    by_name: dict[str, Rule] = {}
    for rule in known:
        by_name |= {rule.id: rule} | ({rule.name: rule} if rule.name else {})
    found = {}
    for place, one in enumerate(read.rules or ()):
        name = str(one.reference)
        if name not in by_name:
            hint = did_you_mean(name, by_name)
            reason = f"no rule has the name or id {name!r}.{hint} Import it with this one."
            raise Faulty([_fault(document, visible(reason), "rules", place)])
        if by_name[name].tree is None:
            reason = f"{name} is a correlation: one of correlations is not run"
            raise Faulty([_fault(document, visible(reason), "rules", place)])
        found[name] = by_name[name]
    return found


def _correlation(
    document: Document, read: SigmaCorrelationRule, rules: Mapping[str, Rule]
) -> Correlation:
    condition = read.condition
    assert isinstance(condition, SigmaCorrelationCondition)
    asked = condition.fieldref if read.type is SigmaCorrelationType.VALUE_COUNT else None
    values = [asked] if isinstance(asked, str) else [str(one) for one in asked or ()]
    group_by = [str(one) for one in read.group_by or ()]
    aliases = {
        alias.alias: {str(ref.reference): str(field) for ref, field in alias.mapping.items()}
        for alias in read.aliases
    }
    for read_field in (*values, *(one for one in group_by if one not in aliases)):
        where = "condition" if read_field in values else "group-by"
        reason = why_not(read_field)
        if reason:
            raise Faulty([_fault(document, visible(reason), where)])
    return Correlation(
        kind=_kind(read),
        rules=tuple(rule.id for rule in rules.values()),
        seconds=read.timespan.seconds,
        least=_least(condition),
        group_by=tuple(group_by),
        group_fields={
            rule.id: tuple(_aliased(document, aliases, one, name) for one in group_by)
            for name, rule in rules.items()
        },
        value_fields=tuple(values),
    )


def _aliased(
    document: Document, aliases: Mapping[str, Mapping[str, str]], asked: str, rule: str
) -> str:
    """Give the field of a rule that an alias stands for; a field stands for itself."""
    if asked not in aliases:
        return asked
    if rule not in aliases[asked]:
        reason = f"the alias {asked} says nothing of the rule {rule}"
        raise Faulty([_fault(document, visible(reason), "aliases", asked)])
    field = aliases[asked][rule]
    why = why_not(field)
    if why:
        raise Faulty([_fault(document, visible(why), "aliases", asked, rule)])
    return field


def _kind(read: SigmaCorrelationRule) -> Kind:
    return next(kind for kind in KINDS if kind == read.type.name.lower())


def _told(read: SigmaCorrelationRule, correlation: Correlation) -> str:
    rules = ", ".join(str(one.reference) for one in read.rules or ())
    fields = f" of {', '.join(correlation.value_fields)}" if correlation.value_fields else ""
    by = f" by {', '.join(correlation.group_by)}" if correlation.group_by else ""
    return visible(
        f"{correlation.kind}{fields} of the rules {rules}{by} within {read.timespan.spec}: "
        f"{correlation.least} or more"
    )
