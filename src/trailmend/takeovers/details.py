"""What one acts on of a finding: the key or policy, whom it lets in, and what was set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trailmend.findings import Finding
from trailmend.takeovers.acts import shortened

_SAID = ("trusted", "grants")
"""Values of a finding that say whom or what a policy lets in, in words."""
_MOST_SETTINGS, _LONGEST = 6, 200
_Setting = str | int | float | None


def details(finding: Finding) -> str | None:
    """Tell in a line what a call was about, beyond its target; None where nothing is known."""
    told = [*_object(finding), *_said(finding), *_settings(finding)]
    return "; ".join(told) or None


def _object(finding: Finding) -> Iterator[str]:
    target = finding.target
    if target.object_type and target.object_id and target.object_id != target.name:
        yield shortened(f"{target.object_type}/{target.object_id}")


def _said(finding: Finding) -> Iterator[str]:
    for name in _SAID:
        said = finding.why.values.get(name)
        if isinstance(said, str) and said != finding.target.object_id:
            yield f"{name}: {_short(said)}"


def _settings(finding: Finding) -> Iterator[str]:
    """Tell what was set anew; documents and lists have a place of their own."""
    before, after = finding.before or {}, finding.after or {}
    changed = [
        f"{name}: {_word(before[name])} → {_word(value)}"
        for name, value in after.items()
        if name in before and _is_other(before[name], value)
    ]
    yield from changed[:_MOST_SETTINGS]


def _is_other(before: Any, after: Any) -> bool:
    """Say whether a value is another, and not the ARN of the same name."""
    both = str(before), str(after)
    arn = any(
        one.startswith("arn:") and one.endswith(f"/{name}") for one, name in (both, both[::-1])
    )
    return _plain(before) and _plain(after) and before != after and not arn


def _plain(value: Any) -> bool:
    document = isinstance(value, str) and value.lstrip().startswith(("{", "["))
    return isinstance(value, _Setting) and not document


def _word(value: Any) -> str:
    if value is None or value == "":
        return "none"
    return str(value).lower() if isinstance(value, bool) else _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
