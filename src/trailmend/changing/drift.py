"""Where an account is not what a plan saw of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from trailmend.plan import Plan, Proposal


def differences(planned: Proposal | Plan, now: Proposal | Plan) -> list[str]:
    """Say where the account is not as planned; or else, where what would be done to it is not.

    Compared are the watched reads, and of the changes the calls and their undos; words are not.
    """
    return _differing(_watched(planned), _watched(now)) or _differing(_calls(planned), _calls(now))


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        f"{path}: {_said(before, path)} when planned, {_said(after, path)} now"
        for path in dict.fromkeys([*before, *after])
        if before.get(path, UNSET) != after.get(path, UNSET)
    ]


def _watched(proposed: Proposal | Plan) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    asked: set[str] = set()
    for one in proposed.reads:
        if one.watch:
            path = f"{one.call.text} {one.pick}" if one.call.text in asked else one.call.text
            asked.add(one.call.text)
            leaves |= _leaves(path, one.answer)
    return leaves


def _calls(proposed: Proposal | Plan) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for number, one in enumerate(proposed.changes, start=1):
        leaves |= _leaves(f"change {number}", msgspec.to_builtins(one.call))
        leaves |= _leaves(f"undo {number}", msgspec.to_builtins(one.undo))
    return leaves


def _said(leaves: dict[str, Any], path: str) -> str:
    return msgspec.json.encode(leaves[path]).decode() if path in leaves else "absent"


def _leaves(path: str, value: Any) -> dict[str, Any]:
    """Flatten JSON to its leaves; an empty dict or list is a leaf."""
    if isinstance(value, dict) and value:
        parts = [_leaves(f"{path}.{key}", part) for key, part in value.items()]
    elif isinstance(value, list) and value:
        parts = [_leaves(f"{path}[{place}]", part) for place, part in enumerate(value)]
    else:
        return {path: value}
    return {key: leaf for part in parts for key, leaf in part.items()}
