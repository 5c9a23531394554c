"""Read a field that may be absent, empty or of another type than CloudTrail documents."""

from collections.abc import Mapping
from datetime import UTC, datetime
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


def as_time(value: object) -> datetime | None:
    """Read an ISO 8601 time as UTC, cut to the second; None where it is not one."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:  # year 1 or 9999 with an offset
        return None
