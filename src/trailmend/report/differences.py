"""What a change changed: what a thing was beside what it became, policies line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal
from urllib.parse import unquote

from msgspec import Struct

from trailmend.findings import Finding
from trailmend.policies import compare, read_document
from trailmend.report.safe import json_line

_GONE = "gone"
_AROUND = 2
"""Lines of a policy that are shown around a line that changed."""
_MOST_LINES, _MOST_COMPARED, _MOST_SAID = 120, 1500, 8
_ORDER = (
    *("Version", "Id", "Statement"),
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)
"""The order in which people write the parts of a policy: IAM gives them in another at times."""


class Line(Struct, frozen=True):
    """A line of a policy: gone, new, kept, or a place where kept lines are left out."""

    kind: Literal["gone", "new", "kept", "left out"]
    text: str

    @property
    def mark(self) -> str:
        """The sign before the line."""
        return {"gone": "-", "new": "+", "kept": " ", "left out": " "}[self.kind]


class Change(Struct, frozen=True):
    """One part of a thing, before and after; `lines` are those of a policy.

    `meaning` says in sentences what of a policy is newly allowed, or no more.
    """

    name: str
    before: str
    after: str
    lines: tuple[Line, ...] = ()
    meaning: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Say whether the two are known to differ."""
        return self.before != self.after


def changes(finding: Finding) -> list[Change]:
    """Give what is known of a thing before or after the event, part by part.

    After a deletion nothing is left.  A call that had no effect changed nothing.
    """
    before, after = finding.before or {}, finding.after or {}
    return [
        _change(name, before, _after(finding, before), finding.event.account_id)
        for name in (*before, *(name for name in after if name not in before))
    ]


def _after(finding: Finding, before: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """Give the parts after the event, or in a word what became of all of them."""
    if finding.event.outcome != "success":
        return before
    if finding.event.event_name.startswith("Delete"):
        return _GONE
    return finding.after if finding.after is not None else "see the record"


def _change(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any] | str, account_id: str
) -> Change:
    old, new = _document(before.get(name)), None
    if isinstance(after, str):
        told = after
    else:
        new, told = _document(after.get(name)), "not told"
        told = json_line(after[name]) if name in after else told
    was = json_line(before[name]) if name in before else "not known"
    if new is None and (old is None or told != _GONE):
        return Change(name, was, told)
    lines, meaning = contrast(old, new, account_id)
    return Change(name, was, told, lines, meaning)


def contrast(old: Any, new: Any, account_id: str) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Compare two values of JSON line by line; of two policies say what the new one means.

    None is no value.
    """
    policies = [one for one in (old, new) if isinstance(one, dict) and "Statement" in one]
    meaning = _meaning(old, new, account_id) if len(policies) > 1 else ()
    return tuple(_lines(old, new)), tuple(meaning)


def _document(value: object) -> dict[str, Any] | None:
    """Read a policy, which a log holds as text, some of it percent-encoded, or as an object."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "%7B")):
        try:
            value = json.loads(value if value.lstrip().startswith("{") else unquote(value))
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) and "Statement" in value else None


def _lines(old: Any, new: Any) -> Iterator[Line]:
    """Compare two values line by line; long runs of kept lines are left out."""
    before, after = _pretty(old), _pretty(new)
    made = list(_compared(before, after))
    yield from made[:_MOST_LINES]
    if len(made) > _MOST_LINES:
        yield Line("left out", f"{len(made) - _MOST_LINES:,} more lines")


def _pretty(document: Any) -> list[str]:
    text = "" if document is None else json.dumps(_ordered(document), indent=2, ensure_ascii=False)
    lines = text.splitlines()
    more = len(lines) - _MOST_COMPARED
    return lines if more <= 0 else [*lines[:_MOST_COMPARED], f"and {more:,} more lines"]


def _ordered(value: Any) -> Any:
    """Put the parts of a policy in the usual order; any other value stays as it is."""
    if not isinstance(value, dict) or "Statement" not in value:
        return value
    inside = value["Statement"]
    statements = [_sorted(one) for one in inside] if isinstance(inside, list) else _sorted(inside)
    return _sorted(value | {"Statement": statements})


def _sorted(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    known = [name for name in _ORDER if name in part]
    return {name: part[name] for name in dict.fromkeys([*known, *part])}


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """Compare by what the lines say; a comma at the end of one says nothing."""
    old, new = ([line.rstrip(",") for line in lines] for lines in (before, after))
    groups = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND)
    end = 0
    for group in groups:
        if skipped := group[0][1] - end:
            yield Line("left out", f"{skipped:,} lines as before")
        for kind, old_start, old_end, new_start, new_end in group:
            if kind == "equal":
                yield from (Line("kept", text) for text in before[old_start:old_end])
                continue
            yield from (Line("gone", text) for text in before[old_start:old_end])
            yield from (Line("new", text) for text in after[new_start:new_end])
        end = group[-1][2]
    if skipped := len(before) - end:
        yield Line("left out", f"{skipped:,} lines as before")


def _meaning(old: dict[str, Any], new: dict[str, Any], account_id: str) -> Iterator[str]:
    told = compare(read_document(old), read_document(new), account_id)
    said = [
        *(f"Newly allowed: {one.sentence}" for one in told.granted),
        *(f"No more allowed: {one.sentence}" for one in told.withdrawn),
        *(f"Let in, {one}" for one in told.let_in),
        *(f"Shut out, {one}" for one in told.shut_out),
    ]
    return iter(said[:_MOST_SAID])
