"""What AWS says of an account's identities at one moment, to know what the log does not show."""

from trailmend.snapshots.plant import plant
from trailmend.snapshots.read import join, read_snapshot
from trailmend.snapshots.shape import SeenBearer, SeenKey, SeenPolicy, SeenUser, Snapshot

__all__ = [
    "SeenBearer",
    "SeenKey",
    "SeenPolicy",
    "SeenUser",
    "Snapshot",
    "join",
    "plant",
    "read_snapshot",
]
