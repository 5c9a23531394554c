"""A document -> a rule, by pySigma: what it says of itself, its condition, its modifiers.

pySigma reads the rule; what it refuses is told with the place.  What it accepts and our table
cannot answer (fields that are not kept, keywords, placeholders) is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pyparsing import ParseException
from sigma import exceptions as said
from sigma.exceptions import SigmaError, SigmaRuleLocation
from sigma.modifiers import modifier_mapping
from sigma.rule import (
    SigmaDetection,
    SigmaDetectionItem,
    SigmaDetections,
    SigmaLevel,
    SigmaRule,
    SigmaStatus,
)

from trailmend.catalog import Level
from trailmend.near import did_you_mean, nearest
from trailmend.report.safe import json_line, visible
from trailmend.sigma.conditions import tree_of
from trailmend.sigma.faults import Fault, Faulty
from trailmend.sigma.fields import why_not
from trailmend.sigma.policy import policy
from trailmend.sigma.reading import Document
from trailmend.sigma.sql import READS_JSON, compiled
from trailmend.sigma.tree import And, Or, Place, Rule, Tree, fields_of, tests_of

LONGEST_CONDITION = 4000
DEEPEST_CONDITION = 20
LONGEST_TITLE = 256
MOST_TESTS = 2000
MOST_READS = 100
"""DuckDB takes a second to plan so many reads of JSON, and minutes for some more."""
_LEVELS: Mapping[str, Level] = {
    "informational": "info",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}
_LEVEL_UNSAID: Level = "medium"
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)
_KEYS: Mapping[type[SigmaError], str] = {
    said.SigmaAuthorError: "author",
    said.SigmaDateError: "date",
    said.SigmaDescriptionError: "description",
    said.SigmaFalsePositivesError: "falsepositives",
    said.SigmaFieldsError: "fields",
    said.SigmaIdentifierError: "id",
    said.SigmaLevelError: "level",
    said.SigmaLicenseError: "license",
    said.SigmaLogsourceError: "logsource",
    said.SigmaModifiedError: "modified",
    said.SigmaNameError: "name",
    said.SigmaReferencesError: "references",
    said.SigmaRelatedError: "related",
    said.SigmaScopeError: "scope",
    said.SigmaStatusError: "status",
    said.SigmaTagError: "tags",
    said.SigmaTaxonomyError: "taxonomy",
    said.SigmaTitleError: "title",
}
UNREADABLE = (TypeError, AttributeError, ValueError, KeyError, RecursionError)
"""What pySigma raises, beside its own errors, where a value has a type that it does not expect."""


def parse_rule(document: Document) -> Rule:
    """Read a rule that is no correlation.  Raises Faulty with all that is wrong with it."""
    faults = [*_frame(document)]
    if faults:
        raise Faulty(faults)
    try:
        faults += metadata_faults(document)
        tree = _tree(document)
    except Faulty as error:
        raise Faulty([*faults, *error.faults]) from error
    if sum(1 for _ in tests_of(tree)) > MOST_TESTS:
        reason = f"asks for more than {MOST_TESTS:,} values: part it into several rules"
        raise Faulty([*faults, document.fault(reason, "detection")])
    faults += [*_unkept(document, tree)]
    if faults:
        raise Faulty(faults)
    tests = own_tests(document)
    rule = compiled(Rule(**about(document), condition=_told(document), tree=tree, tests=tests))
    if str(rule.sql).count(READS_JSON) > MOST_READS:
        reason = f"reads JSON more than {MOST_READS} times: part it into several rules"
        raise Faulty([document.fault(reason, "detection")])
    return rule


def about(document: Document) -> dict[str, Any]:
    """Give what a rule says of itself."""
    value = document.value
    title = visible(" ".join(value["title"].split()))[:LONGEST_TITLE]
    slug = re.sub(r"[^a-z0-9]+", "_", value["title"].lower()).strip("_")[:100]
    given = value.get("id")
    level = value.get("level")
    tags = (_TECHNIQUE.fullmatch(tag) for tag in value.get("tags") or ())
    return {
        "id": str(UUID(given) if given else uuid5(NAMESPACE_URL, f"sigma:{value['title']}")),
        "key": f"sigma.{slug}",
        "name": value.get("name"),
        "title": title,
        "level": _LEVELS[level.lower()] if level else _LEVEL_UNSAID,
        "techniques": tuple(dict.fromkeys(tag[1].upper() for tag in tags if tag)),
        "source": document.file,
        "place": document.place(),
        "notes": () if level else (f"gives no level; {_LEVEL_UNSAID} is taken",),
    }


def metadata_faults(document: Document) -> Iterator[Fault]:
    """Let pySigma judge what a rule says of itself."""
    plain = {
        **{key: value for key, value in document.value.items() if key != "correlation"},
        "detection": {"search": {"eventName": "x"}, "condition": "search"},
        "logsource": document.value.get("logsource", {"product": "aws"}),
    }
    try:
        errors = SigmaRule.from_dict(plain, collect_errors=True).errors
    except UNREADABLE as error:
        raise Faulty([document.fault(f"is not as Sigma has it: {visible(error)}")]) from error
    for one in errors:
        key = next((key for kind, key in _KEYS.items() if isinstance(one, kind)), "title")
        yield document.fault(f"{visible(one.args[0])}{_near_value(key, document)}", key)
    title = document.value["title"]
    if not re.search("[A-Za-z0-9]", title):
        yield document.fault("the title has no letter to name the findings by", "title")


def _near_value(key: str, document: Document) -> str:
    known = {"level": SigmaLevel, "status": SigmaStatus}.get(key)
    if known is None:
        return ""
    names = [one.name.lower() for one in known]
    given = str(document.value.get(key))
    return "." + did_you_mean(given, names, f" There is: {', '.join(names)}.")


def _frame(document: Document) -> Iterator[Fault]:
    """Check what must be there before pySigma can read the rest."""
    value = document.value
    for key, kind, words in (("title", str, "a text"), ("detection", dict, "a map")):
        if not isinstance(value.get(key), kind):
            there = "is not" if key in value else "is missing: a Sigma rule has"
            yield document.fault(f"{key} {there} {words}{_near_key(key, value)}", key)
    for key in ("id", "name", "level", "status"):
        if value.get(key) is not None and not isinstance(value[key], str):
            yield document.fault(f"{key} is not a text", key)
    if not isinstance(value.get("tags") or [], list):
        yield document.fault("tags is not a list", "tags")
    for key in ("action", "filter"):
        if key in value:
            yield document.fault(f"{key}: Sigma's {key}s are not read; write whole rules", key)
    yield from _logsource(document)


def _near_key(key: str, value: Mapping[str, Any]) -> str:
    near = nearest(key, (one for one in value if isinstance(one, str)))
    return "" if near in (None, key) else f". Did you mean it by {near!r}?"


def _logsource(document: Document) -> Iterator[Fault]:
    asked = document.value.get("logsource")
    if not isinstance(asked, dict):
        yield document.fault("logsource is missing or no map: product aws, service cloudtrail")
        return
    given = {key: asked.get(key) for key in ("product", "service", "category")}
    if given != {"product": "aws", "service": "cloudtrail", "category": None}:
        words = " ".join(f"{key} {one}" for key, one in given.items() if one is not None)
        yield document.fault(
            f"is for {visible(words) or 'no product'}, not for product aws service cloudtrail",
            "logsource",
        )


def _tree(document: Document) -> Tree:
    """Build pySigma's detection piece by piece, so that each fault has its place."""
    searches = {
        name: _search(document, definition, "detection", name)
        for name, definition in document.value["detection"].items()
        if name not in ("condition", "timeframe")
    }
    conditions = _conditions(document)
    if not searches:
        raise Faulty([document.fault("has no search beside its condition", "detection")])
    try:
        detections = SigmaDetections(searches, conditions, policy=policy())
        parsed = [one.parsed for one in detections.parsed_condition]
    except (SigmaError, ParseException) as error:
        raise Faulty([_in_condition(document, error, list(searches))]) from error
    except RecursionError as error:
        raise Faulty([document.fault("is nested too deep", "detection", "condition")]) from error
    except UNREADABLE as error:
        reason = f"is not a condition of Sigma: {visible(error)}"
        raise Faulty([document.fault(reason, "detection", "condition")]) from error
    trees = tuple(tree_of(one, document) for one in parsed)
    return trees[0] if len(trees) == 1 else Or(trees)


def _search(document: Document, definition: Any, *path: str | int) -> SigmaDetection:
    """Build one search; the items of a map have places of their own."""
    if isinstance(definition, dict) and definition:
        return SigmaDetection(
            [_item(document, key, value, *path) for key, value in definition.items()]
        )
    if isinstance(definition, list) and definition and isinstance(definition[0], dict | list):
        return SigmaDetection(
            [_search(document, one, *path, place) for place, one in enumerate(definition)]
        )
    if definition in ({}, [], None):
        raise Faulty([document.fault("is an empty search: it would find nothing", *path)])
    reason = "are keywords without a field: name the field that is searched, as userAgent|contains"
    raise Faulty([document.fault(reason, *path)])


def _item(document: Document, key: str, value: Any, *path: str | int) -> SigmaDetectionItem:
    field, *modifiers = key.split("|")
    place = document.place(*path, key)
    if not field:
        raise Faulty([document.fault("is a keyword without a field: name the field", *path, key)])
    for modifier in modifiers:
        if modifier not in modifier_mapping:
            column = place.column + len(key[: key.index(f"|{modifier}") + 1])
            hint = did_you_mean(modifier, modifier_mapping)
            reason = f"Sigma has no modifier {modifier!r}.{hint}"
            raise Faulty([Fault(document.file, Place(place.line, column), reason)])
    if isinstance(value, dict) or (isinstance(value, list) and any(map(_is_nested, value))):
        raise Faulty([document.fault("has a map or a list where a value belongs", *path, key)])
    given = value if isinstance(value, list) else [value]
    if len(given) > (MOST_TESTS // 125 if "windash" in modifiers else MOST_TESTS):
        reason = "has too many values to run: part it into several rules"  # windash makes 125 each
        raise Faulty([document.fault(reason, *path, key)])
    if "re" in modifiers and not all(isinstance(one, str) for one in given):
        raise Faulty([document.fault("re takes a text: put quotes around it", *path, key)])
    at = SigmaRuleLocation(document.file, place.line, place.column)  # type: ignore[arg-type]
    try:
        return SigmaDetectionItem.from_mapping(key, value, at, policy())
    except SigmaError as error:
        raise Faulty([document.fault(visible(error.args[0]), *path, key)]) from error
    except UNREADABLE as error:
        reason = f"the value does not fit the modifiers: {visible(error)}"
        raise Faulty([document.fault(reason, *path, key)]) from error


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _conditions(document: Document) -> list[str]:
    given = document.value["detection"].get("condition")
    conditions = given if isinstance(given, list) else [given]
    if not conditions or not all(isinstance(one, str) for one in conditions):
        near = _near_key("condition", document.value["detection"])
        reason = f"detection has no condition, or one that is no text{near}"
        raise Faulty([document.fault(reason, "detection", "condition")])
    for one in conditions:
        if len(one) > LONGEST_CONDITION or one.count("(") > DEEPEST_CONDITION:
            reason = f"is over {LONGEST_CONDITION} letters or {DEEPEST_CONDITION} brackets"
            raise Faulty([document.fault(f"the condition {reason}", "detection", "condition")])
    return conditions


def _in_condition(document: Document, error: Exception, names: list[str]) -> Fault:
    """Place what is wrong with a condition; pyparsing tells the column in its text."""
    place = document.value_place("detection", "condition")
    reason = str(error.args[0]) if error.args else str(error)
    found = re.search(r"\(at char (\d+)\)", str(error))
    if found:
        place = Place(place.line, place.column + int(found[1]))
        reason = f"the condition cannot be read from here on: {reason.partition('(at char')[0]}"
    missing = re.search(r"Detection '([^']*)' not defined", reason)
    if missing:
        hint = did_you_mean(missing[1], names, f" There is: {', '.join(names)}.")
        reason = f"the condition names {missing[1]!r}, which is no search here.{hint}"
    return Fault(document.file, place, visible(reason.strip()))


def _unkept(document: Document, tree: Tree) -> Iterator[Fault]:
    """Name the fields that our table cannot answer, each once."""
    told: set[str] = set()
    for test in tests_of(tree):
        for field in fields_of(And((test,))):
            reason = why_not(field)
            if reason and field not in told:
                told.add(field)
                yield Fault(document.file, test.place, reason)


def _told(document: Document) -> str:
    """Write the condition as it stands in the rule, and the searches that it names."""
    detection = document.value["detection"]
    given = detection["condition"]
    condition = " or ".join(given) if isinstance(given, list) else given
    searches = {name: one for name, one in detection.items() if name != "condition"}
    return f"{' '.join(condition.split())} where {json_line(searches)}"


def own_tests(document: Document) -> dict[Any, list[list[dict[str, Any]]]]:
    """Read the cases that a rule brings under `trailmend_tests`: records, or lists of them."""
    given = document.value.get("trailmend_tests")
    if given is None:
        return {}
    if not isinstance(given, dict) or not set(given) <= {"fires", "quiet"}:
        reason = "trailmend_tests has the lists fires and quiet, and nothing else"
        raise Faulty([document.fault(reason, "trailmend_tests")])
    read: dict[Any, list[list[dict[str, Any]]]] = {}
    for side, cases in given.items():
        if not isinstance(cases, list):
            raise Faulty([document.fault(f"{side} is no list", "trailmend_tests", side)])
        read[side] = [case if isinstance(case, list) else [case] for case in cases]
        for number, case in enumerate(read[side]):
            if not case or not all(isinstance(record, dict) for record in case):
                reason = "is neither a record nor a list of records"
                raise Faulty([document.fault(reason, "trailmend_tests", side, number)])
    return read
