"""Values of a log in words: texts inside texts unfolded, nothing in the form of Python."""

from __future__ import annotations

import json
from typing import Any

from trailmend.report.safe import json_line

_WORDS: dict[object, str] = {True: "true", False: "false", None: "not known"}


def told(value: Any) -> str:
    """Tell a value in one line; JSON within a text is told as JSON, not with its escapes."""
    if isinstance(value, bool) or value is None:
        return _WORDS[value]
    if isinstance(value, list):
        return "; ".join(map(told, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {told(one)}" for name, one in value.items())
    plain = _unfolded(value)
    return plain if isinstance(plain, str) else _as_json(plain)


def _as_json(value: Any) -> str:
    return value if isinstance(value, str) else json_line(value)


def _unfolded(value: Any) -> Any:
    """Put JSON that stands in texts in their place, and other texts on one line."""
    if isinstance(value, dict):
        return {name: _unfolded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_unfolded(one) for one in value]
    if not isinstance(value, str):
        return value
    found = _document(value)
    if found is not None:
        return _unfolded(found)
    return " ".join(value.split()) if "\n" in value else value


def _document(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None
