"""What a change of a plan sends and what takes it back: short values whole, long ones compared.

Two long documents that are cut look alike, and so the reader is shown where they differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from trailmend.calls import Call, Change, Secret, is_answer, is_secret
from trailmend.report.differences import Line, contrast
from trailmend.report.parts import cut_apart

_LONG, _LONG_ARN = 60, 300
"""Characters of a value that a line still shows whole; of an ARN every part counts."""


class Sent(Struct, frozen=True):
    """A sentence about a change: what is done, what undoes it, of which document lines follow."""

    kind: Literal["do", "undo", "of", "meaning"]
    text: str


def sent(change: Change, account_id: str) -> Iterator[Sent | Line]:
    """Tell the call and its undo, and of each long document the lines in which they differ."""
    undo = change.undo
    yield Sent("do", _on_one_line(change.call, undo))
    if undo is not None:
        yield Sent("undo", _on_one_line(undo, change.call))
    before, after = undo.params if undo else {}, change.call.params
    for name in dict.fromkeys([*before, *after]):
        yield from _compared(name, before.get(name), after.get(name), account_id)


def _compared(name: str, before: object, after: object, account_id: str) -> Iterator[Sent | Line]:
    """Set two values side by side if a line cannot show both whole and they are documents."""
    if all(one is None or len(_json(one)) <= _LONG for one in (before, after)):
        return
    old, new = _document(before), _document(after)
    lines, meaning = contrast(old, new, account_id)
    if lines and old != new:
        yield Sent("of", f"{name}, {_how(old, new)}:")
        yield from lines
        yield from (Sent("meaning", text) for text in meaning)


def _how(old: Any, new: Any) -> str:
    if old is None:
        return "what comes"
    return "what goes" if new is None else "what changes"


def _on_one_line(call: Call, other: Call | None) -> str:
    beside = other.params if other else {}
    values = (f"{name}={_value(one, beside.get(name))}" for name, one in call.params.items())
    return f"{call.name}({', '.join(values)})"


def _value(value: object, beside: object) -> str:
    if is_answer(value):
        return "<the id that AWS gives>"
    if is_secret(value):
        return f"<secret {msgspec.convert(value, Secret).name}>"
    text = _json(value)
    if text.startswith('"arn:') and len(text) <= _LONG_ARN:
        return text
    if len(text) <= _LONG or _document(value) is None:
        return cut_apart(text, _json(beside), _LONG)
    return "<the same document>" if value == beside else "<document, see below>"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _document(value: object) -> Any:
    """Read a value as an object or a list; a policy may be text, and that encoded for a URL."""
    if is_answer(value) or is_secret(value):
        return None
    if isinstance(value, str):
        try:
            value = json.loads(unquote(value) if value.startswith("%") else value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict | list) else None
