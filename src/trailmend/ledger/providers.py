"""Calls that set one part of an OIDC provider: what they make of its settings as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trailmend.events import Event

_ADDS, _REMOVES = "AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"
PARTS: Mapping[str, str] = {
    _ADDS: "clientIDList",
    _REMOVES: "clientIDList",
    "UpdateOpenIDConnectProviderThumbprint": "thumbprintList",
}
"""The field of the making that each of them sets anew."""


def part_set(event: Event, told: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """Give the field as it is after a call; nothing where what it was before is not known."""
    field = PARTS[event.event_name]
    if event.event_name not in (_ADDS, _REMOVES):
        return {field: told[field]} if field in told else {}
    listed, audience = part_before(event, former).get(field), told.get("clientID")
    if not isinstance(listed, list):
        return {}
    others = [one for one in listed if one != audience]
    return {field: [*others, audience] if event.event_name == _ADDS else others}


def part_before(event: Event, former: Mapping[str, Any]) -> dict[str, Any]:
    """Give the field as it was; a provider whose making named no audience had none."""
    field = PARTS[event.event_name]
    if field == "clientIDList" and "url" in former:
        return {field: former.get(field) or []}
    return {field: former[field]} if field in former else {}
