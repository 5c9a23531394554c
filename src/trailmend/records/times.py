"""What is a time of CloudTrail, and what no CloudTrail wrote."""

from datetime import UTC, datetime

_FIRST_YEAR, _NO_YEAR = 2013, 3000
"""CloudTrail began in November 2013; what is counted around a time must stay a time too."""


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


def is_of_cloudtrail(moment: datetime) -> bool:
    """Tell whether CloudTrail can have written a time."""
    return _FIRST_YEAR <= moment.year < _NO_YEAR


def is_event_time(text: str) -> bool:
    """Tell whether this is the time of an event: `2026-02-30T10:00:00Z` is none."""
    moment = as_time(text)
    return moment is not None and is_of_cloudtrail(moment)
