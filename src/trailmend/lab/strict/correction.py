"""One correction of moto: the behaviour of AWS, where that is written, and the function for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trailmend.lab.account import Account
from trailmend.lab.wire import Call

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Correction:
    """A behaviour of AWS that moto lacks.

    `act` raises a Refusal, or returns the answer, or None to let the next correction and then moto
    go on. `behaviour` is a claim; the test of that name proves it.
    """

    action: str
    behaviour: str
    source: str
    act: Callable[[Call, Account], Result | None]
