"""What a Sigma rule says that it cannot mean: each lint is one small question about its tree.

AWS's own words behind them: CloudTrail User Guide, "CloudTrail record contents" (errorCode is there
only where the request returned an error; eventSource ends in `.amazonaws.com`), "CloudTrail
userIdentity element" (types, ARNs), and the IAM User Guide's example of a sign-in with an unknown
name ("No username found in supplied account").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, product

from trailmend.near import did_you_mean
from trailmend.policies.actions import action_names
from trailmend.report.safe import visible
from trailmend.sigma.dispatch import SEEN, Glimpse, may_hit
from trailmend.sigma.faults import Fault
from trailmend.sigma.fields import ACTOR_TYPES, COLUMNS, TREES, why_not
from trailmend.sigma.patterns import plain
from trailmend.sigma.tree import (
    And,
    Exists,
    Like,
    Not,
    Or,
    Rule,
    Same,
    Test,
    Tree,
    asserted,
    fields_of,
    tests_of,
)

_MOST_TRIED = 5000
_KINDS = {"arn": "an ARN", "name": "a name", "account": "an account number", "time": "a time"}
_NO_USER_NAME = "No username found in supplied account"


def lint(rule: Rule) -> list[Fault]:
    """Name what is doubtful in a rule, in the order of the file."""
    if rule.tree is None:
        return []
    told = {
        Fault(rule.source, test.place, visible(reason))
        for test, reason in (
            *((test, reason) for test in tests_of(rule.tree) for reason in _of_test(test)),
            *_of_events(rule.tree),
            *_silenced(rule.tree),
            *_never(rule.tree),
        )
    }
    return sorted(told, key=lambda one: (one.place.line, one.place.column, one.reason))


def _of_test(test: Test) -> Iterator[str]:
    if isinstance(test, Same):
        yield from _of_two_fields(test)
    if isinstance(test, Like):
        yield from _of_text(test)


def _of_two_fields(test: Same) -> Iterator[str]:
    """Ask whether two fields can hold the same: rivals exclude `self` by an ARN and a name."""
    kinds = {field: _kind(field) for field in (test.field, test.other)}
    one, two = kinds[test.field], kinds[test.other]
    if one is None or two is None or one == two:
        return
    better = ""
    if {one, two} == {"arn", "name"}:
        name = test.field if one == "name" else test.other
        better = f" Did you mean userIdentity.userName|fieldref: {name}?"
    if test.how == "equals":
        yield (
            f"can never be true: {test.field} is {_KINDS[one]} and {test.other} {_KINDS[two]}."
            f"{better}"
        )
    elif one == "arn" and two == "name":
        yield (
            f"is also true for another user whose name ends so, and for a session of a role: its "
            f"caller chooses the end of {test.field}.{better}"
        )


def _kind(field: str) -> str | None:
    last = field.rpartition(".")[2].lower()
    if last.endswith("arn"):
        return "arn"
    if last.endswith("name") and field not in ("eventName",):
        return "name"
    if last in ("accountid", "recipientaccountid"):
        return "account"
    return "time" if last in ("eventtime", "creationdate") else None


def _of_text(test: Like) -> Iterator[str]:
    text = plain(test.pattern.strip("%"))
    exact = plain(test.pattern)
    if text and _is_field(text):
        apart = (_kind(test.field), _kind(text)) == ("arn", "name")
        field = "userIdentity.userName" if apart else test.field
        yield (
            f"compares with the letters {text!r}, which name a field: no record holds them there. "
            f"Did you mean {field}|fieldref: {text}?"
        )
    elif exact is not None:
        yield from _of_exact(test.field, exact)


def _is_field(text: str) -> bool:
    top, dot, _ = text.partition(".")
    return bool(dot) and (top in TREES or text in COLUMNS) and why_not(text) is None


def _of_exact(field: str, text: str) -> Iterator[str]:
    if field == "userIdentity.type" and text.lower() not in map(str.lower, ACTOR_TYPES):
        hint = did_you_mean(text, ACTOR_TYPES, f" There is: {', '.join(ACTOR_TYPES)}.")
        yield f"can never be true: CloudTrail has no type {text!r} of identity.{hint}"
    if field == "eventSource" and "." not in text:
        yield f"can never be true: a source is a host. Did you mean {text.lower()}.amazonaws.com?"
    if field == "errorCode" and text.lower() == "success":
        yield "is true of no call that succeeded: it has no errorCode. Did you mean null?"


def _of_events(tree: Tree) -> Iterator[tuple[Test, str]]:
    """Ask whether the events are there, of the right service, and all of those that are meant."""
    tests = [test for test in asserted(tree) if isinstance(test, Like)]
    texts = {test: plain(test.pattern) for test in tests}
    sources = {texts[test] for test in tests if test.field == "eventSource"}
    names = [test for test in tests if test.field == "eventName" and texts[test]]
    if names and "eventSource" not in fields_of(tree):
        yield names[0], "asks for a name of any service: name its eventSource too"
    if sources == {"iam.amazonaws.com"}:
        known = {name.lower() for name in action_names("iam")}
        for test in names:
            name = str(texts[test])
            if name.lower() not in known:
                hint = did_you_mean(name, action_names("iam"))
                yield test, f"AWS lists no action {name} of IAM.{hint}"
    told = {text for text in texts.values() if text}
    for test in tests:
        failed = test.field == "errorMessage" and texts[test] == "Failed authentication"
        if failed and _NO_USER_NAME not in told:
            yield test, f"misses sign-ins with an unknown name: {_NO_USER_NAME!r}"


def _silenced(tree: Tree) -> Iterator[tuple[Test, str]]:
    """Find what is left out for what the caller says of itself and nothing else."""
    if isinstance(tree, Not):
        branches = tree.part.parts if isinstance(tree.part, Or) else (tree.part,)
        for branch in branches:
            if fields_of(branch) == ("userAgent",) and not isinstance(branch, Exists):
                reason = "is silent for whoever sends this userAgent: the caller chooses it"
                yield next(tests_of(branch)), reason
    elif isinstance(tree, And | Or):
        for part in tree.parts:
            yield from _silenced(part)


def _never(tree: Tree) -> Iterator[tuple[Test, str]]:
    """Try the values that the rule itself names, and say where no set of them meets it."""
    fields = [field for field in fields_of(tree) if field in SEEN]
    values = [[*_values(tree, field), "something else", None] for field in fields]
    ways = islice(product(*values), _MOST_TRIED + 1)
    tried = 0
    for tried, way in enumerate(ways, 1):
        glimpse: Glimpse = dict(zip(fields, way, strict=True))
        if tried > _MOST_TRIED or may_hit(tree, _told(tree, glimpse)):
            return
    if tried:
        yield next(tests_of(tree)), "this rule can never be true: its parts exclude each other"


def _values(tree: Tree, field: str) -> Iterable[str]:
    tests = (test for test in tests_of(tree) if test.field == field)
    patterns = dict.fromkeys(test.pattern for test in tests if isinstance(test, Like))
    return filter(None, map(plain, patterns))


def _told(tree: Tree, glimpse: Glimpse) -> Glimpse:
    """Leave out the fields of which the rule asks more than single texts: any value may do."""
    open_ended = {
        test.field
        for test in tests_of(tree)
        if not isinstance(test, Exists | Like)
        or (isinstance(test, Like) and plain(test.pattern) is None)
    }
    return {field: text for field, text in glimpse.items() if field not in open_ended}
