"""Read a field that may be absent, empty or of another type than CloudTrail documents."""

from collections.abc import Mapping
from typing import Any

_NOTHING: Mapping[str, Any] = {}


def as_text(value: object) -> str | None:
    """Give a text that is not empty, or None; numbers and booleans become text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        try:
            return str(value) or None
        except ValueError:  # an integer of more digits than Python turns into text
            return None
    return None


def as_mapping(value: object) -> Mapping[str, Any]:
    """Give a JSON object, or an empty one."""
    return value if isinstance(value, dict) else _NOTHING
