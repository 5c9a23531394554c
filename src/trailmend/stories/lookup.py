"""Where the rules for a finding look: the events of the timeline that may follow it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby

from trailmend.context import RECENT
from trailmend.ledger import parsed
from trailmend.stories.rule import Join, Rule
from trailmend.stories.rules import RULES
from trailmend.stories.steps import Step
from trailmend.stories.timeline import (
    ACCOUNT,
    ANYWHERE,
    Key,
    Timeline,
    called,
    caller_as_bearer,
    caller_as_target,
    later,
    object_of,
    target_of,
)

MOST = 20
"""So many events of a key are looked at: a thing changed without end must not take for ever."""
_FIRST_ONLY = ("use", "sign-in", "sign-in with MFA")
Rules = tuple[Rule, ...]
Looked = tuple[Step, Rules]
Group = tuple[str, Join, Rules]


def what_followed(line: Timeline, found: Step) -> Iterator[list[Looked]]:
    """Give the later events that some rules look at, with these, one second after another."""
    succeeded = found.event.outcome == "success"
    groups = _groups(called(found.event)) if succeeded else [_tried(found)]
    steps = [
        (step, rules)
        for name, joined, rules in groups
        for step in _later(line, _key(name, joined, found), rules, found)
    ]
    steps.sort(key=_second)
    for _, second in groupby(steps, key=_second):
        yield list(second)


def _second(each: Looked) -> int:
    return each[0].second


@cache
def _groups(call: str) -> list[Group]:
    """Gather the rules for a call by what they look up, in their order."""
    rules = RULES.get(call, ())
    pairs = dict.fromkeys((name, rule.joined) for rule in rules for name in rule.by or ("",))
    return [
        (name, joined, tuple(r for r in rules if r.joined == joined and name in (r.by or ("",))))
        for name, joined in pairs
    ]


def _tried(found: Step) -> Group:
    """Make the rule for a call that was refused or failed: the same call goes through."""
    why = "{who} made the call again within a day, and it went through."
    joined: Join = "account"
    if found.event.object_id is not None:
        joined = "object"
    elif found.person is not None:
        joined = "owner"
    elif target_of(found) is not None:
        joined = "target"
    name = called(found.event)
    once = joined != "object"
    rule = Rule((name,), "harms", why, joined, who=("actor",), within=RECENT, once=once)
    return name, joined, (rule,)


def _key(name: str, joined: Join, found: Step) -> Key | None:
    """Name what is looked up; None where the finding's event does not tell it."""
    event, person, thing = found.event, found.person, object_of(found)
    if joined == "account":
        return name, ACCOUNT
    if joined == "membership":
        made = parsed(event.response).get("membershipId")
        return None if made is None else (name, made)
    if joined == "as object":
        return None if event.target_name is None else (name, event.target_name)
    if joined == "object as target":
        as_target = event.object_type, (event.object_id or "").lower(), None
        return None if event.object_id is None else (name, as_target)
    if joined == "anywhere":
        return name, ANYWHERE
    if joined == "actor":
        return None if event.actor_id is None else (name, ("by", event.actor_id))
    if joined == "caller":
        caller = caller_as_target(found)
        return None if caller is None else (name, caller)
    if joined in ("object", "use", "place"):
        return None if thing is None else (name or joined, thing)
    if joined == "newly allowed":
        grantee = _grantee(found)
        return None if grantee is None else (joined, grantee)
    if joined in (
        "target",
        "target and object",
        "newcomer",
        "role taken from it",
        "visitor's call",
    ):
        target = target_of(found)
        if joined == "role taken from it":
            return None if target is None else (f"onward {name}", target)
        if joined == "visitor's call":
            return None if target is None else (joined, target)
        if joined == "newcomer":
            return None if target is None else (f"newcomer {name}", target)
        if joined == "target":
            return None if target is None else (name, target)
        return None if None in (target, thing) else (name, (target, thing))
    if person is None:
        return None
    return (joined, (person, event.source_ip)) if joined == "sign-in" else (name or joined, person)


def _grantee(found: Step) -> object:
    """Name the user or role that may do more, or less, since a finding's event."""
    if found.event.target_type in ("user", "role"):
        return target_of(found)
    return caller_as_bearer(found) if found.row.on_itself else None


def _later(line: Timeline, key: Key | None, rules: Rules, found: Step) -> list[Step]:
    if key is None:
        return []
    in_second = any(rule.in_second for rule in rules)
    steps = later(line, key, found.second if in_second else found.after, MOST)
    steps = [step for step in steps if step != found]
    if key[0] not in _FIRST_ONLY or not steps:
        return steps
    first = [step for step in steps if step.second == steps[0].second]
    return [min(first, key=by_content)]


def by_content(step: Step) -> tuple[str, ...]:
    """Order the events of one second by what they say: an id is a random number."""
    event = step.event
    told = event.event_name, event.source_ip, event.actor_arn, event.request, event.event_id
    return tuple(map(str, told))
