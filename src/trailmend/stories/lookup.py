"""Where the rules for a finding look: the events of the timeline that may follow it."""

from __future__ import annotations

from collections.abc import Iterator

from trailmend.context import RECENT
from trailmend.stories.rules import RULES, Join, Rule
from trailmend.stories.timeline import ACCOUNT, Key, Step, Timeline, later

MOST = 20
"""So many events of a key are looked at: a thing changed without end must not take for ever."""
_FIRST_ONLY = ("use", "sign-in", "sign-in with MFA")
Rules = tuple[Rule, ...]


def what_followed(line: Timeline, found: Step) -> Iterator[tuple[Step, Rules]]:
    """Give the later events that some rules look at, with these, in the order of time."""
    numbers = [
        (number, place, rules)
        for place, (key, rules) in enumerate(_rules_by_key(found).items())
        for number in later(line, key, found, 1 if key[0] in _FIRST_ONLY else MOST)
    ]
    for number, _, rules in sorted(numbers, key=lambda each: each[:2]):
        yield line.steps[number], rules


def _rules_by_key(found: Step) -> dict[Key, Rules]:
    keyed: dict[Key, Rules] = {}
    succeeded = found.event.outcome == "success"
    for rule in RULES.get(found.event.event_name, ()) if succeeded else (_tried(found),):
        for key in _keys(rule, found):
            keyed[key] = (*keyed.get(key, ()), rule)
    return keyed


def _tried(found: Step) -> Rule:
    """Make the rule for a call that was refused or failed: the same call goes through."""
    others: Join = "owner" if found.person is not None else "account"
    return Rule(
        (found.event.event_name,),
        "harms",
        "{who} made the call again within a day, and it went through.",
        joined=others if found.event.object_id is None else "object",
        who=("actor",),
        within=RECENT,
    )


def _keys(rule: Rule, found: Step) -> list[Key]:
    """Name what a rule looks up; nothing where the finding's event does not tell it."""
    event, person = found.event, found.person
    if rule.joined == "account":
        return [(name, ACCOUNT) for name in rule.by]
    if rule.joined in ("object", "use"):
        names = rule.by or ("use",)
        return [(name, event.object_id) for name in names if event.object_id is not None]
    if person is None:
        return []
    if rule.joined == "sign-in":
        return [("sign-in", (person, event.source_ip))]
    return [(name, person) for name in rule.by or ("sign-in with MFA",)]
