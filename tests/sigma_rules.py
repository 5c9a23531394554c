"""Small Sigma rules of our own wording, and records to try them on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trailmend.context import fold
from trailmend.events import Event, resolve
from trailmend.evidence import call, role, user
from trailmend.findings import Finding
from trailmend.records import Record
from trailmend.sigma.parsing import parse_rule
from trailmend.sigma.reading import read_documents
from trailmend.sigma.running import findings_of_rules
from trailmend.sigma.tree import Rule

HEAD = "title: {}\nlogsource: {{product: aws, service: cloudtrail}}\n"


def rule_text(title: str, detection: str | Mapping[str, Any], more: str = "") -> str:
    """Write a rule; `detection` is the YAML of its searches and condition, or a map of them."""
    body = f"\n{detection}" if isinstance(detection, str) else " " + json.dumps(detection)
    return f"{HEAD.format(json.dumps(title))}{more}detection:{body}\n"


def one_rule(text: str) -> Rule:
    (document,) = read_documents(text.encode(), "rules.yml")
    return parse_rule(document)


def events_of(*records: dict[str, Any]) -> list[Event]:
    return [resolve(Record(one, "log", place, 0, "file")) for place, one in enumerate(records)]


def found_by(rules: list[Rule], events: list[Event]) -> list[Finding]:
    return findings_of_rules(rules, events, {row.event_id: row for row in fold(events)}.get)


EVE, ALICE, DEPLOY = user("eve"), user("alice"), role("deploy", session="alice")
MFA = user("mia", mfa=True)
RECORDS: Mapping[str, dict[str, Any]] = {
    "reset": call("UpdateLoginProfile", by=EVE, request={"userName": "alice"}, at="09:00:00"),
    "own reset": call("UpdateLoginProfile", by=ALICE, request={"userName": "ALICE"}, at="09:01:00"),
    "role reset": call(
        "UpdateLoginProfile", by=DEPLOY, request={"userName": "alice"}, at="09:02:00"
    ),
    "failed": call(
        "DeleteUser",
        by=EVE,
        request={"userName": "a_b%c"},
        error="NoSuchEntityException",
        message="The user with name a_b%c cannot be found.",
        at="09:03:00",
    ),
    "listed": call("ListUsers", by=MFA, at="09:04:00", sourceIPAddress="10.20.30.40"),
    "nested": call(
        "CreatePolicy",
        by=EVE,
        request={
            "policyDocument": '{"Action":"iam:*"}',
            "tags": [{"key": "team", "value": "red"}, {"key": "cost:center", "value": 42}],
            "enable": False,
            "nothing": None,
            "count": 10,
        },
        at="21:05:00",
        sourceIPAddress="2001:db8::1",
    ),
    "text": call("GetUser", by=EVE, at="09:06:00") | {"requestParameters": "alice's own"},
}
EVENTS = events_of(*RECORDS.values())
NAMES = dict(zip((event.event_id for event in EVENTS), RECORDS, strict=True))
