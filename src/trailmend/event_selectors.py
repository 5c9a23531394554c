"""Event selectors of trails: whether they log all management events.

Which management events are left out on purpose may stay so: only those of KMS and of the RDS Data
API can be (botocore cloudtrail, EventSelector).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Selector = Mapping[str, Any]
_MAY_BE_LEFT_OUT = {"kms.amazonaws.com", "rdsdata.amazonaws.com"}
CATEGORY = {"Field": "eventCategory", "Equals": ["Management"]}
_KINDS = {"All": {True, False}, "ReadOnly": {True}, "WriteOnly": {False}}
_ADVANCED = {"true": {True}, "false": {False}}


def logs_all(selectors: Mapping[str, Sequence[Selector]]) -> bool:
    """Tell whether read and write management events are logged."""
    return logged(selectors) == {True, False}


def logged(selectors: Mapping[str, Sequence[Selector]]) -> set[bool]:
    """Give the management events that selectors log together; where there is none, both kinds."""
    basic, advanced = selectors["basic"], selectors["advanced"]
    each = [kinds(one) for one in basic] + [advanced_kinds(one) for one in advanced]
    return set[bool]().union(*each) if each else {True, False}


def kinds(selector: Selector) -> set[bool]:
    """Give the management events that a basic selector logs: True for reads, False for writes."""
    if not selector.get("IncludeManagementEvents", True):
        return set()
    return _KINDS.get(selector.get("ReadWriteType", "All"), set())


def advanced_kinds(selector: Selector) -> set[bool]:
    """Give what an advanced selector logs; one with a filter that is not known logs not all."""
    fields: Sequence[Selector] = selector["FieldSelectors"]
    logged = {True, False}
    for field in fields:
        name, tests = field["Field"], {key: field[key] for key in field if key != "Field"}
        if name == "readOnly" and set(tests) == {"Equals"}:
            logged &= set[bool]().union(*(_ADVANCED.get(one, set()) for one in tests["Equals"]))
        elif field != CATEGORY and not _leaves_out(name, tests):
            return set()
    return logged if CATEGORY in fields else set()


def _leaves_out(name: str, tests: Selector) -> bool:
    return (
        name == "eventSource"
        and set(tests) == {"NotEquals"}
        and set(tests["NotEquals"]) <= _MAY_BE_LEFT_OUT
    )
