"""What a Sigma rule means on our table: each line is a rule and the records that it hits."""

from __future__ import annotations

import pytest

from tests.sigma_rules import EVENTS, NAMES, RECORDS, found_by, one_rule, rule_text
from trailmend.sigma.dispatch import SEEN, may_hit
from trailmend.sigma.tree import Rule

ALL = set(RECORDS)
RESETS = {"reset", "own reset", "role reset"}
_ARN = "arn:aws:iam::111122223333:user"
MEANINGS: dict[str, tuple[dict[str, object], set[str]]] = {
    "text is compared without case": ({"eventName": "updateLOGINprofile"}, RESETS),
    "cased is compared with case": ({"eventName|cased": "updateLoginProfile"}, set()),
    "a list is any of them": (
        {"eventName": ["ListUsers", "GetUser"]},
        {"listed", "text"},
    ),
    "all is every one of them": (
        {"eventName|contains|all": ["Login", "Update"]},
        RESETS,
    ),
    "a star is any letters": ({"eventName": "*LoginP*"}, RESETS),
    "a question mark is one letter": ({"eventName": "GetUse?"}, {"text"}),
    "an escaped star is a star": ({"eventName": r"Get\*"}, set()),
    "SQL's own wildcards are letters": (
        {"requestParameters.userName": "a_b%c"},
        {"failed"},
    ),
    "SQL's underscore is no wildcard": ({"eventName|startswith": "Get_ser"}, set()),
    "a quote is a letter": ({"requestParameters": "alice's own"}, {"text"}),
    "startswith": ({"eventName|startswith": "list"}, {"listed"}),
    "endswith": ({"userIdentity.arn|endswith": "/EVE"}, {"reset", "failed", "nested", "text"}),
    "re is found anywhere and with case": ({"eventName|re": "Login"}, RESETS),
    "re with another case is not found": ({"eventName|re": "login"}, set()),
    "re with the flag i is found": ({"eventName|re|i": "^update.*PROFILE$"}, RESETS),
    "cidr of IPv4": ({"sourceIPAddress|cidr": "10.20.0.0/15"}, {"listed"}),
    "cidr of IPv4 that ends inside four bits": (
        {"sourceIPAddress|cidr": "198.51.100.0/29"},
        ALL - {"listed", "nested"},
    ),
    "cidr of IPv6": ({"sourceIPAddress|cidr": "2001:db8::/33"}, {"nested"}),
    "cidr of everything is of its own kind": ({"sourceIPAddress|cidr": "::/0"}, {"nested"}),
    "null is a missing field": ({"errorCode": None}, ALL - {"failed"}),
    "exists": ({"errorCode|exists": True}, {"failed"}),
    "exists is not": ({"requestParameters.userName|exists": False}, {"listed", "nested", "text"}),
    "a null in JSON is missing": ({"requestParameters.nothing|exists": True}, set()),
    "a number": ({"requestParameters.count": 10}, {"nested"}),
    "a number as text": ({"requestParameters.count": "10"}, {"nested"}),
    "more than": ({"requestParameters.count|gt": 9.5}, {"nested"}),
    "not more than": ({"requestParameters.count|lte": 9}, set()),
    "true and false": ({"requestParameters.enable": False}, {"nested"}),
    "false as text": ({"requestParameters.enable": "False"}, {"nested"}),
    "a list in JSON is any of its items": ({"requestParameters.tags.value": "RED"}, {"nested"}),
    "a number in a list": ({"requestParameters.tags.value|gte": 42}, {"nested"}),
    "a path goes through objects alone": ({"requestParameters.tags.0.value": "red"}, set()),
    "a field below a text is missing": ({"requestParameters.userName.x": None}, ALL),
    "a whole tree is its JSON": ({"requestParameters|contains": '"enable":false'}, {"nested"}),
    "a whole tree is also its texts": (
        {"requestParameters|contains": '"Action":"iam:*'},
        {"nested"},
    ),
    "a hour of the day": ({"eventTime|hour": 21}, {"nested"}),
    "windash": (
        {"userIdentity.arn|windash|endswith": "-eve"},
        {"reset", "failed", "nested", "text"},
    ),
    "neq": ({"eventName|neq": "ListUsers"}, ALL - {"listed"}),
    "neq of what is missing": ({"errorCode|neq": "AccessDenied"}, ALL),
    "fieldref is equality of two fields": (
        {"userIdentity.userName|fieldref": "requestParameters.userName"},
        {"own reset"},
    ),
    "an ARN is never a name": (
        {"userIdentity.arn|fieldref": "requestParameters.userName"},
        set(),
    ),
    "fieldref of the end": (
        {"userIdentity.arn|fieldref|endswith": "requestParameters.userName"},
        {"own reset", "role reset"},
    ),
    "a role has no user name": (
        {"userIdentity.userName": "*"},
        ALL - {"role reset"},
    ),
    "a role's name is its issuer's": (
        {"userIdentity.sessionContext.sessionIssuer.userName": "deploy"},
        {"role reset"},
    ),
    "principalId has the session": (
        {"userIdentity.principalId|endswith": ":alice"},
        {"role reset"},
    ),
    "mfaAuthenticated is a text": (
        {"userIdentity.sessionContext.attributes.mfaAuthenticated": "true"},
        {"listed"},
    ),
    "mfaAuthenticated of a role": (
        {"userIdentity.sessionContext.attributes.mfaAuthenticated": "false"},
        {"role reset"},
    ),
    "mfaAuthenticated of a long-lived key is missing": (
        {"userIdentity.sessionContext.attributes.mfaAuthenticated": None},
        ALL - {"role reset", "listed"},
    ),
    "the whole ARN": ({"userIdentity.arn": f"{_ARN}/mia"}, {"listed"}),
}
CONDITIONS: dict[str, tuple[str, set[str]]] = {
    "a and b": ("a and b", {"reset"}),
    "a or b": ("a or b", RESETS | {"failed", "nested", "text"}),
    "a and not b": ("a and not b", RESETS - {"reset"}),
    "not of what is missing is true": ("not missing", ALL),
    "1 of": ("1 of filter_*", {"failed", "listed"}),
    "all of": ("all of filter_*", set()),
    "not 1 of": ("a and not 1 of filter_*", RESETS),
    "1 of them": ("1 of them", RESETS | {"failed", "listed", "nested", "text"}),
    "brackets": ("not (a or b)", {"listed"}),
}
SEARCHES = {
    "a": {"eventName": "UpdateLoginProfile"},
    "b": {"userIdentity.userName": "eve"},
    "missing": {"requestParameters.nowhere": "x"},
    "filter_failed": {"errorCode": "NoSuchEntityException"},
    "filter_listed": [{"eventName": "ListUsers"}, {"eventName": "ListRoles"}],
}


def _rules() -> dict[str, Rule]:
    texts = {
        name: rule_text(name, {"search": search, "condition": "search"})
        for name, (search, _) in MEANINGS.items()
    } | {
        name: rule_text(name, {**SEARCHES, "condition": condition})
        for name, (condition, _) in CONDITIONS.items()
    }
    return {name: one_rule(text) for name, text in texts.items()}


@pytest.fixture(scope="module")
def rules() -> dict[str, Rule]:
    return _rules()


@pytest.fixture(scope="module")
def hits(rules: dict[str, Rule]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {rule.key: set() for rule in rules.values()}
    for one in found_by(list(rules.values()), EVENTS):
        found[one.detection].add(NAMES[one.event.event_id])
    return found


@pytest.mark.parametrize("name", [*MEANINGS, *CONDITIONS])
def test_rule_hits_what_sigma_means(
    name: str, rules: dict[str, Rule], hits: dict[str, set[str]]
) -> None:
    wanted = (MEANINGS.get(name) or CONDITIONS[name])[1]

    assert hits[rules[name].key] == wanted


def test_what_a_glance_says_never_loses_a_hit(
    rules: dict[str, Rule], hits: dict[str, set[str]]
) -> None:
    """The glance shows the fields that the record has, or fewer."""
    lost = []
    for record in RECORDS.items():
        shown = {field: _field(record[1], field) for field in SEEN}
        for rule in rules.values():
            assert rule.tree is not None
            for seen in (shown, {field: shown[field] for field in SEEN[:2]}, {}):
                if record[0] in hits[rule.key] and not may_hit(rule.tree, seen):
                    lost.append((rule.key, record[0]))

    assert lost == []


def test_a_rule_of_one_event_is_not_tried_on_another(rules: dict[str, Rule]) -> None:
    other = {"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"}

    tree = rules["a and b"].tree

    assert tree is not None
    assert not may_hit(tree, other)
    assert may_hit(tree, {**other, "eventName": "updateloginprofile"})


def _field(record: dict[str, object], path: str) -> str | None:
    value: object = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
