"""CloudTrail's log files: gz files in the real layout, in a folder and in the buckets of trails.

AWS delivers about every five minutes; a file of the lab holds the records of five minutes.
File names and layout: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
"""

import gzip
import json
import secrets
import string
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from moto.cloudtrail.models import Trail
from moto.s3.models import s3_backends

from trailmend.lab.account import Account, Record
from trailmend.lab.buckets import delivery_error_of
from trailmend.lab.selectors import wants

_WINDOW = 300  # seconds


def deliver(account: Account, folder: Path | None) -> list[Path]:
    """Write what was recorded since the last time; return the files in the folder.

    A record goes to the trails that were logging when it was made. StopLogging itself is such a
    record: the trail logged when it was called. The files of a trail whose bucket does not take
    them are lost; AWS tries again for 30 days.
    """
    batch = list(account.undelivered)
    written = [
        _write(folder, name, records)
        for name, records in _files(record for record, _ in batch)
        if folder is not None
    ]
    for trail in {trail: None for _, trails in batch for trail in trails}:
        meant = [record for record, trails in batch if trail in trails and wants(trail, record)]
        if meant and _note(account, trail, account.now().replace(microsecond=0)):
            for name, records in _files(meant):
                _put(trail, name, records)
    account.due.clear()
    del account.undelivered[: len(batch)]  # last: what is cut short is delivered again
    return written


def _files(records: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    """Part records into files: the name of each, and its records."""
    parts: dict[tuple[str, str, datetime], list[Record]] = defaultdict(list)
    for record in records:
        when = datetime.fromisoformat(record["eventTime"])
        end = datetime.fromtimestamp((int(when.timestamp()) // _WINDOW + 1) * _WINDOW, UTC)
        parts[record["recipientAccountId"], record["awsRegion"], end].append(record)
    return [(_name(*part), parts[part]) for part in sorted(parts)]


def _name(account_id: str, region: str, end: datetime) -> str:
    unique = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
    return (
        f"AWSLogs/{account_id}/CloudTrail/{region}/{end:%Y/%m/%d}/"
        f"{account_id}_CloudTrail_{region}_{end:%Y%m%dT%H%MZ}_{unique}.json.gz"
    )


def _packed(records: list[Record]) -> bytes:
    return gzip.compress(json.dumps({"Records": records}, separators=(",", ":")).encode())


def _write(folder: Path, name: str, records: list[Record]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_bytes(_packed(records))
    return half.rename(path)


def settle(account: Account) -> None:
    """Note what has become of records by now: each is delivered five minutes after its event.

    That is the average of AWS. The bucket as it is at this moment decides, so this runs before
    every call: none changes the bucket in between. The files themselves are written by `deliver`.
    """
    now, waiting = account.now(), []
    for record, trails in account.due:
        when = datetime.fromisoformat(record["eventTime"]) + timedelta(seconds=_WINDOW)
        if when > now:
            waiting.append((record, trails))
            continue
        for trail in trails:
            if wants(trail, record):
                _note(account, trail, when)
    account.due[:] = waiting


def _note(account: Account, trail: Trail, when: datetime) -> bool:
    """Note an attempt to deliver; tell whether it succeeds."""
    delivery = account.delivery_of(trail)
    delivery.error = delivery_error_of(trail)
    if delivery.error is None:
        delivery.last = when
    return delivery.error is None


def _put(trail: Trail, name: str, records: list[Record]) -> None:
    prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
    s3_backends[trail.account_id]["aws"].put_object(
        trail.bucket_name, prefix + name, _packed(records)
    )
