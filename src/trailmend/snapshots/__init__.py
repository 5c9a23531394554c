"""What AWS says of an account's identities at one moment, to know what the log does not show."""

from trailmend.snapshots.join import join
from trailmend.snapshots.plant import plant
from trailmend.snapshots.read import read_snapshot
from trailmend.snapshots.settle import Correction, settle
from trailmend.snapshots.shape import (
    Reported,
    ReportedCertificate,
    ReportedKey,
    SeenAccount,
    SeenBearer,
    SeenKey,
    SeenPolicy,
    SeenUser,
    Snapshot,
)

__all__ = [
    "Correction",
    "Reported",
    "ReportedCertificate",
    "ReportedKey",
    "SeenAccount",
    "SeenBearer",
    "SeenKey",
    "SeenPolicy",
    "SeenUser",
    "Snapshot",
    "join",
    "plant",
    "read_snapshot",
    "settle",
]
