"""What AWS's own managed policies grant and deny, by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

_OF_AWS = re.compile(r"arn:[a-z-]+:iam::aws:policy/(?:.*/)?(?P<name>[^/]+)")
_DENYING = re.compile(r"AWSDenyAll|AWSCompromisedKeyQuarantine(V\d+)?")
"""AWS Managed Policy Reference: AWSDenyAll, AWSCompromisedKeyQuarantine, ...V2, ...V3."""


def admin_of_aws(arn: str) -> bool | None:
    """Tell whether one of AWS's own policies makes an administrator; None: one not known here."""
    found = _OF_AWS.fullmatch(arn)
    return _of_aws().get(found["name"]) if found else None


def told_of_aws(arn: str) -> str | None:
    """Say in what way one of AWS's own policies makes an administrator; None: it is not known to.

    The file keeps verdicts, not the statements that lead to them.
    """
    found = _OF_AWS.fullmatch(arn)
    if found is None or found["name"] not in _of_aws():
        return None
    verdict = _of_aws()[found["name"]]
    perhaps = f"{arn}: as far as a condition in it, or what the account holds, lets it"
    return {True: arn, None: perhaps}.get(verdict)


def denies_by_aws(arn: str) -> bool | None:
    """Tell whether one of AWS's own policies is there to deny; None: it is not AWS's own."""
    found = _OF_AWS.fullmatch(arn)
    return None if found is None else _DENYING.fullmatch(found["name"]) is not None


@cache
def _of_aws() -> Mapping[str, bool | None]:
    """Give AWS's own policies by name, judged by `grants` as they were on 2026-11."""
    data = files("trailmend.policies").joinpath("aws_policies.json").read_bytes()
    listed = msgspec.json.decode(data, type=dict[str, list[str]])
    verdicts = {"yes": True, "unknown": None, "no": False}
    return {name: verdicts[verdict] for verdict, names in listed.items() for name in names}
