"""The account of the lab: its clock, and all it keeps beside moto's own state."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from moto.cloudtrail.models import Trail, cloudtrail_backends
from moto.iam.models import IAMBackend, iam_backends

from trailmend.lab.faults import Faults
from trailmend.lab.identity import Credentials, Identities

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
Record = dict[str, Any]


@dataclass(frozen=True)
class SeenCall:
    """A request that reached the server; `error` says why it had no effect, None if it had one."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    access_key_id: str
    error: str | None


@dataclass
class Delivery:
    """How a trail fared: when it last delivered, and the error of S3 at the last attempt."""

    last: datetime | None = None
    error: str | None = None


@dataclass
class Account:
    """All state of the lab; whoever reads or writes it holds `lock`."""

    administrator: Credentials
    root: Credentials
    lock: threading.RLock = field(default_factory=threading.RLock)
    offset: timedelta = timedelta(0)
    records: list[Record] = field(default_factory=list)
    undelivered: list[tuple[Record, tuple[Trail, ...]]] = field(default_factory=list)
    due: list[tuple[Record, tuple[Trail, ...]]] = field(default_factory=list)
    deliveries: WeakKeyDictionary[Trail, Delivery] = field(default_factory=WeakKeyDictionary)
    calls: list[SeenCall] = field(default_factory=list)
    addresses: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    anywhere: dict[tuple[str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)
    applications: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    denials: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    faults: Faults = field(default_factory=Faults)
    identities: Identities = field(init=False)

    def __post_init__(self) -> None:
        self.identities = Identities(ACCOUNT_ID, self.root)

    @property
    def iam(self) -> IAMBackend:
        """Give moto's state of IAM."""
        return iam_backends[ACCOUNT_ID]["aws"]

    def now(self) -> datetime:
        """Tell the time of the lab."""
        return datetime.now(UTC) + self.offset

    def trails_logging(self) -> tuple[Trail, ...]:
        """Find the trails that log at this moment."""
        regions = cloudtrail_backends[ACCOUNT_ID].values()
        trails = (trail for backend in regions for trail in backend.trails.values())
        return tuple(trail for trail in trails if trail.status.is_logging)

    def delivery_of(self, trail: Trail) -> Delivery:
        """Give the state of a trail's deliveries."""
        return self.deliveries.setdefault(trail, Delivery())

    def add_record(self, record: Record, trails: tuple[Trail, ...]) -> None:
        """Keep a record for LookupEvents and for the next delivery."""
        self.records.append(record)
        self.undelivered.append((record, trails))
        if trails:
            self.due.append((record, trails))

    def forget(self) -> None:
        """Go back to the state of a new lab, moto's own state excepted."""
        self.offset = timedelta(0)
        self.faults = Faults()
        self.identities = Identities(ACCOUNT_ID, self.root)
        for kept in (self.records, self.undelivered, self.due, self.calls):
            kept.clear()
        for known in (self.deliveries, self.addresses, self.anywhere, self.denials):
            known.clear()
        self.applications.clear()
