"""Whether a change of a store of events (CloudTrail Lake) makes it keep less than before.

UpdateEventDataStore changes only what it sends (botocore cloudtrail UpdateEventDataStore).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from trailmend.context.trail_settings import ALL, Change, logged_in, worth
from trailmend.events import Event
from trailmend.ledger import Ledger, made_so, parsed, settings_before

STORE_SWITCHES = ("multiRegionEnabled", "organizationEnabled", "terminationProtectionEnabled")
_DAYS, _SELECTORS, _KEY = "retentionPeriod", "advancedEventSelectors", "kmsKeyId"
_MANAGEMENT = json.dumps({"equals": ["Management"], "field": "eventCategory"}, sort_keys=True)
_Way = Literal["weaker", "stronger", "unknown"]


def store_change(event: Event, ledger: Ledger) -> Change | None:
    """Compare a store's settings with those before; None for other events, or where unreadable."""
    sent = parsed(event.request)
    if event.event_name != "UpdateEventDataStore" or event.outcome != "success" or not sent:
        return None
    if event.event_source != "cloudtrail.amazonaws.com":
        return None
    ways = dict(_ways(sent, settings_before(ledger, event), made_so(ledger, event)))
    weaker, stronger, unknown = (
        tuple(name for name, way in ways.items() if way == one)
        for one in ("weaker", "stronger", "unknown")
    )
    return weaker, stronger, unknown


def _ways(
    sent: Mapping[str, Any], before: Mapping[str, Any], made: Mapping[str, Any]
) -> Iterator[tuple[str, _Way]]:
    """Tell of each setting that is sent which way it goes; nothing of one that stays."""
    for name in STORE_SWITCHES:
        if sent.get(name) is False and before.get(name) is not False:
            yield name, "weaker"
        elif sent.get(name) is True and before.get(name) is False:
            yield name, "stronger"
    if (days := sent.get(_DAYS)) is not None and (way := _longer(days, before.get(_DAYS))):
        yield _DAYS, way
    if _SELECTORS in sent and (way := _selects(sent, before, made)):
        yield _SELECTORS, way
    # A store that has a key keeps it for good: one that is sent is new, or the same.
    if sent.get(_KEY) and sent[_KEY] != before.get(_KEY):
        yield _KEY, "unknown"


def _longer(days: Any, was: Any) -> _Way | None:
    if not isinstance(days, int) or not isinstance(was, int):
        return "unknown"
    return None if days == was else "weaker" if days < was else "stronger"


def _selects(
    sent: Mapping[str, Any], before: Mapping[str, Any], made: Mapping[str, Any]
) -> _Way | None:
    """Judge the selection by management events; a store made without one takes in all of them."""
    now = logged_in(sent)
    was = logged_in(before) if _SELECTORS in before else ALL if made else None
    if now is None or was is None:
        return None if now == ALL else "unknown"
    if now == was:
        return "weaker" if _narrowed(sent[_SELECTORS], before.get(_SELECTORS)) else None
    return "weaker" if worth(now) < worth(was) else "stronger"


def _narrowed(now: Any, was: Any) -> bool:
    """Say whether management events are left out by one filter more than before.

    A selection with a filter that is not known counts as none, so a second filter leaves as much.
    """
    filters, former = _management(now), _management(was)
    return (
        bool(filters and former)
        and all(any(one > other for other in former) for one in filters if one not in former)
        and not all(one in filters for one in former)
    )


def _management(selectors: Any) -> list[frozenset[str]]:
    """Give the filters of each selector of management events, each as text."""
    try:
        told = [
            frozenset(json.dumps(part, sort_keys=True) for part in one["fieldSelectors"])
            for one in selectors or ()
        ]
    except (KeyError, TypeError):
        return []  # the shape is not that of the API: what was selected cannot be told
    return [one for one in told if _MANAGEMENT in one]
