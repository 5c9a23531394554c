"""Which records a trail takes: of its regions, and by its event selectors."""

from collections.abc import Mapping
from typing import Any

from moto.cloudtrail.models import Trail

from trailmend.lab.account import Record

_READ_WRITE: Mapping[str, tuple[bool, ...]] = {
    "All": (True, False),
    "ReadOnly": (True,),
    "WriteOnly": (False,),
}


def wants(trail: Trail, record: Record) -> bool:
    """Tell whether a trail that logs takes a record."""
    if not trail.is_multi_region and record["awsRegion"] != trail.region_name:
        return False
    if trail.advanced_event_selectors:
        return any(_chooses(selector, record) for selector in trail.advanced_event_selectors)
    selectors = trail.event_selectors
    return not selectors or any(_takes(selector, record) for selector in selectors)


def _takes(selector: Mapping[str, Any], record: Record) -> bool:
    """Apply a basic selector to a management event; the lab records no others."""
    return bool(
        selector["IncludeManagementEvents"]
        and bool(record.get("readOnly")) in _READ_WRITE[selector["ReadWriteType"]]
        and record["eventSource"] not in selector["ExcludeManagementEventSources"]
    )


def _chooses(selector: Mapping[str, Any], record: Record) -> bool:
    """Apply an advanced selector: all its fields have to match."""
    return all(_matches(field, record) for field in selector["FieldSelectors"])


def _matches(field: Mapping[str, Any], record: Record) -> bool:
    value = record.get(field["Field"])
    text = str(value).lower() if isinstance(value, bool) else str(value)
    tests = {
        "Equals": lambda wanted: text == wanted,
        "StartsWith": text.startswith,
        "EndsWith": text.endswith,
    }
    return all(
        any(tests[operator.removeprefix("Not")](wanted) for wanted in field[operator])
        != operator.startswith("Not")
        for operator in (
            "Equals",
            "StartsWith",
            "EndsWith",
            "NotEquals",
            "NotStartsWith",
            "NotEndsWith",
        )
        if field.get(operator)
    )
