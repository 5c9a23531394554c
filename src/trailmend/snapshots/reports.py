"""What a credential report tells: a row for each user and one for root, without ids of keys.

Source: AWS IAM User Guide, "Generate credential reports for your AWS account" (the columns, and
what N/A, no_information and not_supported stand for).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from trailmend.snapshots.shape import Reported, ReportedCertificate, ReportedKey, SeenUser, Snapshot

_ROOT = "<root_account>"
_YES_OR_NO = {"true": True, "false": False, "": None, "n/a": None, "not_supported": None}
_PLACES = (1, 2)
Row = Mapping[str, str | None]


class NoReport(ValueError):
    """What is read is no report of AWS, or contradicts itself."""


def is_report(text: str) -> bool:
    """Say whether a text begins as a credential report does."""
    return text.lstrip().startswith("user,arn,")


def of_report(text: str, taken_at: datetime) -> Snapshot:
    """Read a credential report; it tells how many keys there are, and not which.

    Raises NoReport where a row is not as AWS writes it.
    """
    users: dict[str, SeenUser] = {}
    accounts, root = set(), None
    table = csv.DictReader(io.StringIO(text))
    for row in table:
        arn = (row["arn"] or "").split(":")
        if len(arn) < 5 or _lower(row, "password_enabled") not in _YES_OR_NO:
            raise NoReport(
                f"line {table.line_num} is none of a report of AWS: arn {row['arn']!r}, "
                f"password_enabled {_lower(row, 'password_enabled')!r}. Take the report anew."
            )
        accounts.add(arn[4])
        reported = _reported(row, taken_at)
        if row["user"] == _ROOT:
            root = reported
        else:
            users[row["user"]] = _user(reported)
    if len(accounts) > 1:
        raise NoReport(f"it names accounts {', '.join(sorted(accounts))}: one at a time.")
    return Snapshot(
        account_id="".join(accounts), taken_at=taken_at, users=users, root=root, whole=["user"]
    )


def _user(reported: Reported) -> SeenUser:
    return SeenUser(
        created=reported.created,
        password=reported.password,
        password_changed=reported.password_changed,
        devices={} if reported.mfa is False else None,
        report=reported,
    )


def _reported(row: Row, taken_at: datetime) -> Reported:
    more = row.get("additional_credentials_info")
    return Reported(
        taken_at=taken_at,
        created=_time(row, "user_creation_time"),
        password=_truth(row, "password_enabled"),
        password_used=_time(row, "password_last_used"),
        password_changed=_time(row, "password_last_changed"),
        password_expires=_time(row, "password_next_rotation"),
        mfa=_truth(row, "mfa_active"),
        keys=list(_keys(row)),
        certificates=list(_certificates(row)),
        more=more if more and more.lower() != "n/a" else None,
    )


def _keys(row: Row) -> Iterator[ReportedKey]:
    """Give the keys there are; one that is not active and was never made is none."""
    for place in _PLACES:
        column = f"access_key_{place}_"
        active, rotated = _truth(row, f"{column}active"), _time(row, f"{column}last_rotated")
        if active or rotated is not None:
            yield ReportedKey(
                place=place,
                active=bool(active),
                rotated=rotated,
                used=_time(row, f"{column}last_used_date"),
                region=_word(row, f"{column}last_used_region"),
                service=_word(row, f"{column}last_used_service"),
            )


def _certificates(row: Row) -> Iterator[ReportedCertificate]:
    for place in _PLACES:
        active, rotated = (
            _truth(row, f"cert_{place}_active"),
            _time(row, f"cert_{place}_last_rotated"),
        )
        if active or rotated is not None:
            yield ReportedCertificate(place=place, active=bool(active), rotated=rotated)


def _lower(row: Row, column: str) -> str:
    return (row.get(column) or "").lower()


def _truth(row: Row, column: str) -> bool | None:
    return _YES_OR_NO.get(_lower(row, column))


def _word(row: Row, column: str) -> str | None:
    text = row.get(column) or ""
    return None if text.lower() in ("", "n/a", "no_information", "not_supported") else text


def _time(row: Row, column: str) -> datetime | None:
    return as_time(row.get(column))


def as_time(value: object) -> datetime | None:
    """Read a time as AWS answers it; None for the words that stand in the place of one."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
