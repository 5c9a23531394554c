"""What changes between two versions of a document, permissions or trust.

A version is weaker if some request is allowed by it that the other did not allow.  No: every
statement that allows is within one of the other, and every denial of the other is kept.  Yes: a
request was found that proves it.  Else None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, product

from msgspec import Struct
from msgspec.structs import replace

from trailmend.policies.document import Line, Names, PolicyDocument, Statement, Unreadable
from trailmend.policies.grants import Finding, grants
from trailmend.policies.limits import is_pattern
from trailmend.policies.patterns import covers, is_like, may_meet
from trailmend.policies.ranges import within_range
from trailmend.policies.roads import ANY
from trailmend.policies.trusts import Trusted, trusts

_MOST_REQUESTS = 200
_MOST_PAIRS = 1_000_000
_MOST_PARTS = 100
_ALL = Names(("*",))
_Request = tuple[str, str, str]
_NO, _DOUBT, _SOMETIMES, _ALWAYS = range(4)


class Changed(Struct, frozen=True):
    """What is new and what is gone; weakens and strengthens are None where that is not sure.

    `lifts_denial`: some denial of before is gone, or reaches less far; None if unreadable.
    """

    weakens: bool | None
    strengthens: bool | None
    lifts_denial: bool | None = None
    granted: tuple[Finding, ...] = ()
    withdrawn: tuple[Finding, ...] = ()
    let_in: tuple[Trusted, ...] = ()
    shut_out: tuple[Trusted, ...] = ()


def compare(
    before: PolicyDocument | Unreadable, after: PolicyDocument | Unreadable, account_id: str = ""
) -> Changed:
    """Compare two versions of one document; `account_id` tells outsiders in a trust policy."""
    if isinstance(before, Unreadable) or isinstance(after, Unreadable):
        return Changed(None, None)
    old, new = grants(before).findings, grants(after).findings
    known = trusts(before, account_id).trusted, trusts(after, account_id).trusted
    former, latter = _split(before, after)
    return Changed(
        weakens=_is_weaker(latter, former),
        strengthens=_is_weaker(former, latter),
        lifts_denial=bool(_denials_lost(former, latter)),
        granted=_beyond(new, old),
        withdrawn=_beyond(old, new),
        let_in=_not_among(known[1], known[0]),
        shut_out=_not_among(known[0], known[1]),
    )


def _split(*documents: PolicyDocument) -> list[PolicyDocument]:
    """Write each action, resource and principal as a statement of its own, unless they are many.

    What stood in two statements may stand in one now, and the other way round.
    """
    counts = [sum(map(_count, document.statements)) for document in documents]
    if max(counts) > _MOST_PARTS:
        return list(documents)
    return [
        replace(document, statements=tuple(p for one in document.statements for p in _parts(one)))
        for document in documents
    ]


def _count(one: Statement) -> int:
    return len(_singly(one.actions)) * len(_singly(one.resources)) * len(_singly(one.principals))


def _parts(one: Statement) -> Iterator[Statement]:
    sides = _singly(one.actions), _singly(one.resources), _singly(one.principals)
    for actions, resources, principals in product(*sides):
        whole = replace(one, principals=principals)
        yield replace(whole, actions=actions or one.actions, resources=resources or one.resources)


def _singly(names: Names | None) -> list[Names | None]:
    """Take names one by one; all but some are one thing, and so is no name at all."""
    if names is None or names.inverted or not names.patterns:
        return [names]
    return [Names((one,)) for one in names.patterns]


def _beyond(ones: tuple[Finding, ...], others: tuple[Finding, ...]) -> tuple[Finding, ...]:
    held = {(one.road, one.admin) for one in others}
    return tuple(one for one in ones if (one.road, one.admin) not in held)


def _not_among(ones: tuple[Trusted, ...], others: tuple[Trusted, ...]) -> tuple[Trusted, ...]:
    held = {(one.who, one.limits) for one in others}
    return tuple(one for one in ones if (one.who, one.limits) not in held)


def _is_weaker(after: PolicyDocument, before: PolicyDocument) -> bool | None:
    """Tell whether a document allows a request that the other does not."""
    kept, left = _differing(before, after), _differing(after, before)
    if not kept and not left:
        return False
    if _size(after) * _size(before) > _MOST_PAIRS:
        return None
    wider = [
        one
        for one in left
        if one.allows and not any(_within(one, old) for old in before.statements if old.allows)
    ]
    lost = _denials_lost(before, after)
    if not wider and not lost:
        return False
    freed = [one for one in after.statements if one.allows and lost]
    return _proved(wider + lost + freed, after, before) or _widened(wider, left, before) or None


def _denials_lost(before: PolicyDocument, after: PolicyDocument) -> list[Statement]:
    """Give the denials of a document that the other does not surely keep whole."""
    kept = [one for one in after.statements if not one.allows]
    gone = [one for one in _differing(before, after) if not one.allows]
    return [one for one in gone if not any(_within(one, new) for new in kept)]


def _differing(ones: PolicyDocument, others: PolicyDocument) -> list[Statement]:
    held = {_content(one) for one in others.statements}
    return [one for one in ones.statements if _content(one) not in held]


def _content(one: Statement) -> tuple[object, ...]:
    parts = (one.actions, one.resources, one.principals)
    named = tuple((frozenset(part.patterns), part.inverted) if part else None for part in parts)
    return (one.allows, named, one.conditions, one.doubtful)


def _within(inner: Statement, outer: Statement) -> bool:
    """Tell whether one statement surely speaks of nothing but what another speaks of."""
    if _content(inner) == _content(outer):
        return True
    if inner.doubtful or outer.doubtful:
        return False
    return all(_inside(i, o) for i, o in _sides(inner, outer)) and all(
        any(_narrower(i, o) for i in inner.conditions) for o in outer.conditions
    )


def _sides(inner: Statement, outer: Statement) -> Iterator[tuple[Names, Names]]:
    yield inner.actions, outer.actions
    yield inner.resources, outer.resources
    yield _whole_accounts(inner.principals), _whole_accounts(outer.principals)


def _whole_accounts(names: Names | None) -> Names:
    """Write the root of an account as all of the account, which it stands for."""
    if names is None:
        return _ALL
    return Names(tuple(map(_whole_account, names.patterns)), names.inverted)


def _whole_account(principal: str) -> str:
    if not principal.startswith("AWS:arn:") or not principal.endswith(":root"):
        return principal
    return f"AWS:arn:*:{principal.split(':')[5]}:*"


def _inside(inner: Names, outer: Names) -> bool:
    if not inner.inverted and not outer.inverted:
        return all(any(covers(wide, one) for wide in outer.patterns) for one in inner.patterns)
    if inner.inverted and outer.inverted:
        return all(any(covers(no, one) for no in inner.patterns) for one in outer.patterns)
    if outer.inverted:
        return not any(may_meet(one, no) for one in inner.patterns for no in outer.patterns)
    return "*" in outer.patterns


def _narrower(inner: Line, outer: Line) -> bool:
    """Tell whether a line of a condition holds only where another holds."""
    if inner == outer:
        return True
    if (inner.operator, inner.key) != (outer.operator, outer.key):
        return False
    if within_range(inner, outer):
        return True
    if "Not" in inner.operator:
        return set(outer.values) <= set(inner.values)
    if is_pattern(inner):
        return all(any(covers(wide, one) for wide in outer.values) for one in inner.values)
    return set(inner.values) <= set(outer.values)


def _proved(suspects: list[Statement], after: PolicyDocument, before: PolicyDocument) -> bool:
    """Look for a request that is allowed now, and was not, or only under a condition."""
    statements = (*after.statements, *before.statements)
    requests = (
        request
        for one in suspects[:_MOST_REQUESTS]
        for request in islice(_requests(one, statements), _MOST_REQUESTS)
    )
    for request in islice(requests, _MOST_PAIRS // (_size(after) + _size(before))):
        now, then = _decide(after, request), _decide(before, request)
        if now > max(then, _DOUBT) and then != _DOUBT:
            return True
    return False


def _size(document: PolicyDocument) -> int:
    return 1 + sum(
        len(one.actions.patterns) + len(one.resources.patterns) for one in document.statements
    )


def _widened(wider: list[Statement], left: list[Statement], before: PolicyDocument) -> bool:
    """Tell whether a statement grew, and no denial with it: its condition asks for less."""
    if any(not one.allows for one in left):
        return False
    return any(_within(old, one) for one in wider for old in before.statements if old.allows)


def _requests(one: Statement, statements: tuple[Statement, ...]) -> Iterator[_Request]:
    """Give requests that a statement speaks of: its own names, and one that nobody wrote."""
    yield from product(
        _examples(one.actions, (other.actions for other in statements)),
        _examples(one.resources, (other.resources for other in statements)),
        _examples(one.principals or _ALL, (other.principals or _ALL for other in statements)),
    )


def _examples(names: Names, others: Iterable[Names]) -> list[str]:
    """Fill the wildcards of patterns with a name that nobody wrote."""
    source = [names] if not names.inverted else [Names((ANY + ":" + ANY,)), *others]
    patterns = dict.fromkeys(one for group in source for one in group.patterns)
    filled = [one.replace("*", ANY).replace("?", ANY) for one in islice(patterns, _MOST_REQUESTS)]
    return [one for one in filled if _spoken(names, one)]


def _decide(document: PolicyDocument, request: _Request) -> int:
    """Tell how a document answers a request, over all that its conditions may ask."""
    allowed = denied = _NO
    for one in document.statements:
        answer = _answer(one, request)
        if one.allows:
            allowed = max(allowed, answer)
        else:
            denied = max(denied, answer)
    if _DOUBT in (allowed, denied) and denied != _ALWAYS:
        return _DOUBT
    return min(allowed, {_NO: _ALWAYS, _SOMETIMES: _SOMETIMES, _ALWAYS: _NO}[denied])


def _answer(one: Statement, request: _Request) -> int:
    action, resource, principal = request
    principals = _whole_accounts(one.principals)
    if not _spoken(one.actions, action) or not _spoken(principals, principal):
        return _NO
    if one.doubtful or any("${" in pattern for pattern in one.resources.patterns):
        return _DOUBT
    if not _spoken(one.resources, resource):
        return _NO
    return _SOMETIMES if one.conditions else _ALWAYS


def _spoken(names: Names, value: str) -> bool:
    return any(is_like(value, one) for one in names.patterns) != names.inverted
