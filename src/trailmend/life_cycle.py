"""The order of events inside one second, which CloudTrail does not tell: that of a life."""

from __future__ import annotations

import re
from functools import lru_cache

_LIFE_CYCLE = (
    re.compile("Create(User|VirtualMFADevice)$|Assume|Get(Federation|Session)Token$"),
    re.compile("Create|Upload|Register"),
    re.compile("Enable|Start"),
    re.compile("Update(?!User$)|Change"),
    re.compile("UpdateUser$"),
    re.compile("Deactivate|Detach|Remove|Disable|Stop"),
    re.compile("Delete(?!User$|Role$|Group$|Policy$)"),
    re.compile("Delete(User|Role|Group|Policy)$"),
)
_MIDDLE = 3


@lru_cache(maxsize=1024)
def stage_of(event_name: str) -> int:
    """Give the place of a call in the life of what it touches; lower is earlier."""
    stages = (i for i, stage in enumerate(_LIFE_CYCLE) if stage.match(event_name))
    return next(stages, _MIDDLE)
