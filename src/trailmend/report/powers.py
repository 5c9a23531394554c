"""What the policy of a finding grants, or whom it trusts, in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trailmend.findings import Finding

_SENTENCES = ("grants", "refused", "trusted", "policy_problems")
_VERDICTS = ("grants_admin", "hinders", "trusts_outsider", "trusts_anyone")
_APART = re.compile(r"; (?=statement \d|arn:|and \d+ more$)")
"""Between two sentences; a semicolon may also stand within what a policy names."""
_GRANTS = {
    True: "What is granted makes an administrator.",
    False: "What is granted makes no administrator.",
    None: "Whether what is granted makes an administrator is not known.",
}
_LETS_THROUGH = {
    True: "An administrator stays one within this boundary.",
    False: "No administrator stays one within this boundary.",
    None: "Whether an administrator stays one within this boundary is not known.",
}
_LEAVES = {
    True: "An administrator of an account below stays one under this policy.",
    False: "No administrator of the accounts below stays one under this policy.",
    None: "Whether an administrator of an account below stays one under this policy is not known.",
}
_TRUSTS = {
    True: "Outsiders may take the role.",
    False: "No outsider may take the role.",
    None: "Whether outsiders may take the role is not known.",
}
_HINDERS = {
    True: "It denies responders what they need.",
    None: "It denies all but some what responders need.",
}
_LIMITS = {"permissions_boundary": _LETS_THROUGH, "organization_policy": _LEAVES}
_RESOURCES = ("event_data_store", "channel", "dashboard", "organization")
_LETS_IN = {
    True: "Outsiders are let in.",
    False: "No outsider is let in.",
    None: "Whether outsiders are let in is not known.",
}


def powers(finding: Finding) -> list[str]:
    """Say whether a policy makes an administrator, by which statements, and what leaves it open."""
    values = finding.why.values
    return [*_verdict(finding, values), *_sentences(values)] if _judges(values) else []


def other_values(finding: Finding) -> dict[str, Any]:
    """Give the values that met the condition, without those that `powers` tells."""
    values = finding.why.values
    told = _SENTENCES if _judges(values) else ()
    return {
        name: one for name, one in values.items() if name not in told or not isinstance(one, str)
    }


def _judges(values: dict[str, Any]) -> bool:
    return any(name in values for name in _VERDICTS)


def _verdict(finding: Finding, values: dict[str, Any]) -> Iterator[str]:
    if "grants_admin" in values:
        limits = _LIMITS.get(finding.target.object_type or "", _GRANTS)
        yield limits[values["grants_admin"]]
        # Of a policy that is known to deny the text is known: a condition leaves it open.
        known = values.get("denies") or any(values.get(one) for one in _SENTENCES)
        if values["grants_admin"] is None and not known:
            yield "The log does not hold the document, or it is a policy of AWS not known here."
    if "hinders" in values and values["hinders"] in _HINDERS:
        yield _HINDERS[values["hinders"]]
    of_resource = finding.target.type in _RESOURCES
    if values.get("trusts_anyone"):
        yield "Anyone is let in." if of_resource else "Anyone may take the role."
    elif "trusts_outsider" in values:
        yield (_LETS_IN if of_resource else _TRUSTS)[values["trusts_outsider"]]


def _sentences(values: dict[str, Any]) -> Iterator[str]:
    for name in _SENTENCES:
        for one in _APART.split(str(values.get(name) or "")):
            if one:
                yield f"Not read for sure: {one}" if name == "policy_problems" else one
