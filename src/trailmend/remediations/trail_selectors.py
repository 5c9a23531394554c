"""Event selectors of trails: whether all management events are logged, and what adds the missing.

PutEventSelectors puts its list in the place of the whole former one (botocore), so what a trail
selects now is sent again.  Which management events are left out on purpose stays as it is: only
those of KMS and of the RDS Data API can be (botocore, EventSelector).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from trailmend.calls import Change, Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.event_selectors import CATEGORY, Selector, advanced_kinds, kinds, logs_all

_MOST = 5
"""Basic event selectors that a trail may have (botocore, PutEventSelectors)."""
_NAME = "All management events (trailmend)"


def read_selectors(trail: str, region: str) -> Read:
    """Ask for the event selectors of a trail by its ARN."""
    return read(
        "cloudtrail.get_event_selectors",
        TrailName=trail,
        region=region,
        pick="{basic: EventSelectors || `[]`, advanced: AdvancedEventSelectors || `[]`}",
    )


def select_all(trail: str, region: str, text: str) -> Generator[Read | Change, Any, None]:
    """Propose to log all management events beside what the trail logs already.

    Raises CannotFix if there is no room for one more selector.
    """
    now = yield read_selectors(trail, region)
    if now is None or logs_all(now):
        return
    former: dict[str, Any] = {"EventSelectors": now["basic"]}
    wanted: dict[str, Any] = {"EventSelectors": _with_all(now["basic"], text)}
    if now["advanced"]:
        former = {"AdvancedEventSelectors": now["advanced"]}
        wanted = {"AdvancedEventSelectors": _with_all_advanced(now["advanced"])}
    yield change(
        "cloudtrail.put_event_selectors",
        TrailName=trail,
        region=region,
        **wanted,
        undo=call("cloudtrail.put_event_selectors", TrailName=trail, region=region, **former),
        note=f"{text}: management events {_said(now)} → read and write; the rest as it is",
    )


def _with_all(now: Sequence[Selector], text: str) -> list[Selector]:
    """Add a selector of all management events, in the place of a lesser one if there is no room."""
    managing = [one for one in now if kinds(one)]
    left_out = [set(one.get("ExcludeManagementEventSources", ())) for one in managing]
    added = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": sorted(set.intersection(*left_out) if left_out else ()),
    }
    kept = [one for one in now if one.get("DataResources") or one not in managing]
    if len(now) < _MOST:
        kept = list(now)
    if len(kept) >= _MOST:
        raise CannotFix(
            f"{text} has {_MOST} event selectors, as many as it may have, and none logs all "
            "management events: join two of them, then plan again."
        )
    return [*kept, added]


def _with_all_advanced(now: Sequence[Selector]) -> list[Selector]:
    left_out = [
        {source for field in one["FieldSelectors"] for source in field.get("NotEquals", ())}
        for one in now
        if advanced_kinds(one)
    ]
    common = sorted(set.intersection(*left_out)) if left_out else []
    more = [{"Field": "eventSource", "NotEquals": common}] if common else []
    return [*now, {"Name": _NAME, "FieldSelectors": [CATEGORY, *more]}]


def _said(now: Mapping[str, Sequence[Selector]]) -> str:
    logged = [kinds(one) for one in now["basic"]] + [advanced_kinds(o) for o in now["advanced"]]
    return {frozenset([True]): "read only", frozenset([False]): "write only"}.get(
        frozenset[bool]().union(*logged), "not all"
    )
