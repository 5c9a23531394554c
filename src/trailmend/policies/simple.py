"""Whether given policy documents allow or deny an action: yes, no, or None: a condition decides.

Only the documents are weighed: not who bears them, no permissions boundary, no service control
policy.  `allows` does not look at denials: ask `denies` too.

IAM User Guide, "IAM JSON policy elements reference" and "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trailmend.policies.patterns import is_like
from trailmend.policies.verdicts import any_of

Document = Mapping[str, Any]
_WITH_VARIABLES = "2012-10-17"
"""Under the other version, and under none, `${...}` is plain text."""


def allows(documents: Iterable[Document], action: str, resource: str = "") -> bool | None:
    """Tell whether a statement allows the action on the resource, an ARN; empty is any."""
    return _says("Allow", documents, action, resource)


def denies(documents: Iterable[Document], action: str, resource: str = "") -> bool | None:
    """Tell whether a statement denies the action on the resource, an ARN; empty is any."""
    return _says("Deny", documents, action, resource)


def given_mfa(documents: Iterable[Document], *, used: bool) -> list[Document]:
    """Decide the conditions that ask for MFA, for a session with it or without; keep the others.

    Decided are `Bool` and `BoolIfExists` of `aws:MultiFactorAuthPresent`, and `Null` of
    `aws:MultiFactorAuthAge`.
    """
    return [{**document, "Statement": list(_decided(document, used))} for document in documents]


def _says(effect: str, documents: Iterable[Document], action: str, resource: str) -> bool | None:
    return any_of(
        _speaks_of(statement, action, resource, document.get("Version") == _WITH_VARIABLES)
        for document in documents
        for statement in _listed(document["Statement"])
        if statement["Effect"] == effect
    )


def _speaks_of(statement: Document, action: str, resource: str, variables: bool) -> bool | None:
    inverted = "NotAction" in statement
    patterns = _listed(statement["NotAction" if inverted else "Action"])
    if any(is_like(action.lower(), one.lower()) for one in patterns) == inverted:
        return False
    covered = _covers(statement, resource, variables)
    return None if covered and statement.get("Condition") else covered


def _covers(statement: Document, resource: str, variables: bool) -> bool | None:
    inverted = "NotResource" in statement
    patterns = _listed(statement["NotResource" if inverted else "Resource"])
    covered = any_of(_is_in(resource, pattern, variables) for pattern in patterns)
    return not covered if inverted and covered is not None else covered


def _is_in(resource: str, pattern: str, variables: bool) -> bool | None:
    """Match an ARN; None if there is none, or if the pattern has a variable without a value."""
    if pattern == "*":
        return True
    if variables and ":user/" in resource:
        pattern = pattern.replace("${aws:username}", resource.rpartition("/")[2])
    return None if not resource or (variables and "${" in pattern) else is_like(resource, pattern)


def _decided(document: Document, used: bool) -> Iterator[Document]:
    for statement in _listed(document["Statement"]):
        left = _left(statement.get("Condition", {}), used)
        if left is not None:
            yield {**statement, "Condition": left}


def _left(condition: Document, used: bool) -> Document | None:
    """Give what of a condition is not decided; None if it cannot hold."""
    left: dict[str, dict[str, Any]] = {}
    for operator, keys in condition.items():
        for key, values in keys.items():
            holds = _holds(operator, key, _listed(values), used)
            if holds is False:
                return None
            if holds is None:
                left.setdefault(operator, {})[key] = values
    return left


def _holds(operator: str, key: str, values: list[Any], used: bool) -> bool | None:
    wanted = {str(value).lower() == "true" for value in values}
    match operator.lower(), key.lower():
        case (("bool" | "boolifexists"), "aws:multifactorauthpresent"):
            return used in wanted
        case "null", "aws:multifactorauthage":
            return (not used) in wanted
    return None


def _listed(value: Any) -> list[Any]:
    """Make a list of what a policy may write as one thing or as a list."""
    return value if isinstance(value, list) else [value]
