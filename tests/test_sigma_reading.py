"""Rule files that are wrong or hostile: named with file, line, column, and what to do."""

from __future__ import annotations

from itertools import product

import pytest

from tests.sigma_rules import HEAD, one_rule, rule_text
from trailmend.sigma.faults import Faulty
from trailmend.sigma.reading import MAXIMUM_BYTES, read_documents

GOOD = "search: {eventName: X}\n  condition: search"
BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def searches(*lines: str) -> str:
    return rule_text("Wrong", "\n".join(f"  {line}" for line in lines))


WRONG = {
    "an unknown modifier": (
        searches("search: {eventName|contians: x}", "condition: search"),
        "4:22: Sigma has no modifier 'contians'. Did you mean contains?",
    ),
    "an unknown field": (
        searches("search: {eventname: x}", "condition: search"),
        "4:12: CloudTrail records have no field eventname. Did you mean eventName?",
    ),
    "a field without its path": (
        searches("search:", "  accessKeyId: x", "condition: search"),
        "5:5: CloudTrail records have no field accessKeyId. Did you mean userIdentity.accessKeyId?",
    ),
    "a field that is not kept": (
        searches("search: {tlsDetails.tlsVersion: x}", "condition: search"),
        "4:12: the field tlsDetails.tlsVersion is in CloudTrail records, "
        "but Trailmend does not keep it",
    ),
    "a field that fieldref names": (
        searches("search: {eventName|fieldref: eventNam}", "condition: search"),
        "4:12: CloudTrail records have no field eventNam. Did you mean eventName?",
    ),
    "keywords": (
        searches("search: [x, y]", "condition: search"),
        "4:3: are keywords without a field: name the field that is searched, as userAgent|contains",
    ),
    "a keyword with a modifier": (
        searches("search: {'|all': [x, y]}", "condition: search"),
        "4:12: is a keyword without a field: name the field",
    ),
    "a search that is not there": (
        searches("selection: {eventName: x}", "condition: selektion"),
        "5:14: the condition names 'selektion', which is no search here. Did you mean selection?",
    ),
    "a condition that does not end": (
        searches("a: {eventName: x}", "condition: a and (a"),
        "5:22: the condition cannot be read from here on: Unbalanced parentheses",
    ),
    "a selector of nothing": (
        searches("a: {eventName: x}", "condition: 1 of filter_*"),
        "5:14: Selector '1 of filter_*' doesn't match any detection",
    ),
    "an old aggregation": (
        searches("a: {eventName: x}", "condition: a | count() > 5"),
        "5:14: The pipe syntax in Sigma conditions has been deprecated and replaced by Sigma "
        "correlations. pySigma doesn't supports this syntax.",
    ),
    "a placeholder": (
        searches("a: {eventName|expand: '%names%'}", "condition: a"),
        "4:7: has a placeholder (|expand): write the values out",
    ),
    "an empty text": (
        searches("a: {errorCode: ''}", "condition: a"),
        "4:7: an empty text is kept as no value: write null in place of ''",
    ),
    "a type that is kept as another": (
        searches("a: {userIdentity.type: Role}", "condition: a"),
        "4:7: the type Role is kept as AssumedRole: write that",
    ),
    "a regular expression that RE2 has not": (
        searches("a: {eventName|re: '(?=x)'}", "condition: a"),
        "4:7: Regular expression '(?=x)' is invalid: invalid perl operator: (?=",
    ),
    "a network that is none": (
        searches("a: {sourceIPAddress|cidr: 10.0.0.1/8}", "condition: a"),
        "4:7: Invalid CIDR expression: 10.0.0.1/8 has host bits set",
    ),
    "a level that is none": (
        rule_text("Wrong", {"a": {"eventName": "x"}, "condition": "a"}, "level: hgih\n"),
        "3:1: 'hgih' is not a valid Sigma rule level. Did you mean high?",
    ),
    "an id that is none": (
        rule_text("Wrong", {"a": {"eventName": "x"}, "condition": "a"}, "id: 7-7\n"),
        "3:1: Sigma rule identifier must be an UUID",
    ),
    "a rule for other logs": (
        "title: x\nlogsource: {product: windows, category: process_creation}\n"
        f"detection:\n  {GOOD}",
        "2:1: is for product windows category process_creation, "
        "not for product aws service cloudtrail",
    ),
    "no detection": (
        HEAD.format("x") + "detektion: {}",
        "1:1: detection is missing: a Sigma rule has a map. Did you mean it by 'detektion'?",
    ),
    "an alias": (BOMB, "2:8: is a YAML alias: write the value out"),
    "a tag": ("title: !!python/name:os.system x", "1:8: has the YAML tag tag:yaml.org,2002:"),
    "deep nesting": ("a: " + "[" * 5000, "1:23: is nested deeper than 20 levels"),
    "a key given twice": ("title: x\ntitle: y", "2:1: gives the key 'title' twice; see line 1"),
    "a list": ("- title: x", "1:1: is no rule: a rule is a YAML map"),
    "no YAML": ("title: [x", "2:1: is not YAML: did not find expected ',' or ']'"),
    "a control letter": ("title: \0", "1:1: is not YAML: "),
    "a date that is none": ("title: x\ndate: 2026-13-41", "1:1: holds a value that cannot be: "),
    "a file too big": ("#" * (MAXIMUM_BYTES + 1), "1:1: is over 256 KiB; no rule is"),
    "values without end": (
        searches(f"a: {{eventName: [{', '.join(f'v{n}' for n in range(2001))}]}}", "condition: a"),
        "4:7: has too many values to run: part it into several rules",
    ),
    "fields without end": (
        searches(
            f"a: {{{', '.join(f'requestParameters.f{n}: x' for n in range(101))}}}", "condition: a"
        ),
        "3:1: reads JSON more than 100 times: part it into several rules",
    ),
    "a path without end": (
        searches(f"a: {{requestParameters{'.x' * 65}: y}}", "condition: a"),
        "4:7: the field requestParameters.x.x",
    ),
    "brackets without end": (
        searches("a: {eventName: x}", f"condition: {'(' * 500}a{')' * 500}"),
        "5:3: the condition is over 4000 letters or 20 brackets",
    ),
    "not without end": (
        searches("a: {eventName: x}", f"condition: {'not ' * 990}a"),
        "5:3: is nested too deep",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_fault_is_named_with_its_place(name: str) -> None:
    text, wanted = WRONG[name]

    with pytest.raises(Faulty) as caught:
        one_rule(text)

    fault = caught.value.faults[0]
    told = f"{fault.place.line}:{fault.place.column}: {fault.reason}"
    assert told.startswith(wanted)
    assert fault.file == "rules.yml"


def test_every_unknown_field_is_named_at_once() -> None:
    text = searches("a: {eventname: x, user: y}", "condition: a", "timeframe: 5m")

    with pytest.raises(Faulty) as caught:
        one_rule(text)

    assert [fault.place.column for fault in caught.value.faults] == [7, 21]


def test_value_of_any_kind_is_read_or_refused() -> None:
    """Nothing but Faulty comes out, whatever a rule holds."""
    good = {
        "title": "x",
        "logsource": "{product: aws, service: cloudtrail}",
        "detection": "{a: {eventName: x}, condition: a}",
    }
    keys = (
        *good,
        *("id name level status tags date related author references fields".split()),
        *("falsepositives license taxonomy scope description modified trailmend_tests".split()),
    )
    values = ("5", "[1, 2]", "[[1]]", "{a: 1}", "2026-01-01", "true", "null", "x", ".nan", "''")
    outcomes = set()
    for key, value in product(keys, values):
        text = "\n".join(f"{name}: {one}" for name, one in ({**good, key: value}).items())
        try:
            outcomes.add(one_rule(text).key)
        except Faulty as error:
            outcomes |= {"refused with a reason" if fault.reason else "" for fault in error.faults}

    assert outcomes == {"sigma.x", "refused with a reason"}


def test_value_of_a_field_of_any_kind_is_read_or_refused() -> None:
    modifiers = ("", "|re", "|gt", "|hour", "|cidr", "|exists", "|fieldref", "|contains|all", "|i")
    values = ("5", "[1, 2]", "[[1]]", "{a: 1}", "2026-01-01", "true", "null", "x", ".nan", "[]")
    outcomes = set()
    for modifier, value in product(modifiers, values):
        try:
            outcomes.add(
                one_rule(searches(f"a: {{eventName{modifier}: {value}}}", "condition: a")).key
            )
        except Faulty as error:
            outcomes |= {"refused with a reason" if fault.reason else "" for fault in error.faults}

    assert outcomes == {"sigma.wrong", "refused with a reason"}


def test_what_re2_says_does_not_reach_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Faulty, match="missing ]"):
        one_rule(searches(r'a: {eventName|re: "(\x1b[31m"}', "condition: a"))

    assert capfd.readouterr() == ("", "")


def test_two_documents_of_a_file_are_two_rules() -> None:
    text = f"{rule_text('One', f'  {GOOD}')}---\n{rule_text('Two', f'  {GOOD}')}"

    documents = read_documents(text.encode(), "rules.yml")

    assert [(one.value["title"], one.place("detection").line) for one in documents] == [
        ("One", 3),
        ("Two", 9),
    ]
    assert [one.text.splitlines()[0] for one in documents] == ['title: "One"', 'title: "Two"']


def test_title_is_shown_and_never_spoken_to_the_terminal() -> None:
    rule = one_rule(rule_text("Bad\x1b[31m\u202e title", f"  {GOOD}"))

    assert rule.title == "Bad\\x1b[31m\\u202e title"
    assert rule.key == "sigma.bad_31m_title"
