"""Whom a federated principal lets in: one's own provider, or one that everybody can use.

IAM User Guide, "Identity-provider controls for shared OIDC providers": a provider shared by its
customers tells them apart only by claims.  The table here is shorter than that of the page, and was
not compared with it: a shared provider that is not here is judged as the account's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from trailmend.policies.document import Line, is_operator
from trailmend.policies.limits import holds_if_absent, is_pattern, limits
from trailmend.policies.patterns import is_like

GITHUB = "token.actions.githubusercontent.com"
_COGNITO = "cognito-identity.amazonaws.com"
_SHARED = {
    GITHUB: "sub job_workflow_ref repository repository_id repository_owner repository_owner_id "
    "enterprise_id",
    "accounts.google.com": "aud sub oaud",
    "agent.buildkite.com": "sub",
    "api.pulumi.com/oidc": "aud sub",
    "app.terraform.io": "sub",
    _COGNITO: "aud sub",
    "gitlab.com": "sub",
    "graph.facebook.com": "app_id id",
    "oidc.vercel.com": "aud sub",
    "www.amazon.com": "app_id user_id",
}
"""Providers that anyone can get a token from, and the claims that tell whose the token is."""
_PROVIDER = re.compile(
    r"arn:[a-z-]+:iam::(?P<account>\d{12}):(?P<kind>saml|oidc)-provider/(?P<name>.+)", re.DOTALL
)


def federated(
    value: str, lines: Iterable[Line], own: frozenset[str] | None
) -> tuple[str, bool | None, bool | None]:
    """Give kind, outsider and anyone of a federated principal under the lines of a condition."""
    found = _PROVIDER.fullmatch(value)
    name = found["name"] if found else value
    if value == "*":
        return "anyone", True, True
    if name in _SHARED:
        anyone = _lets_anyone_in(name, list(lines))
        return "oidc", anyone or None, anyone
    if found is None:
        return "unknown", None, None
    if own is None:
        return found["kind"], None, False
    if found["account"] not in own:
        return found["kind"], True, False
    narrowed = any(limits(line) and line.key.startswith(f"{name.lower()}:") for line in lines)
    return found["kind"], False if narrowed or found["kind"] == "saml" else None, False


def claim_of_others(value: str, lines: Iterable[Line]) -> str | None:
    """Name a claim that a condition asks for, and that only the tokens of another provider have.

    A claim is a key under its provider's name, those of SAML stand under `saml` (IAM User Guide,
    "IAM and AWS STS condition context keys").
    """
    found = _PROVIDER.fullmatch(value)
    name, kind = (found["name"].lower(), found["kind"]) if found else (value.lower(), "")
    if "*" in name or "?" in name:
        return None
    own = "saml" if kind == "saml" else name
    asked = (one for one in lines if is_operator(one.operator) and not holds_if_absent(one))
    others = (line.key for line in asked if _provider_of(line.key) not in (own, ""))
    return min(others, default=None)


def _provider_of(key: str) -> str:
    """Name the provider of a claim, by its address; empty for a key that is none."""
    provider = key.rpartition(":")[0]
    is_one = provider == "saml" or ("." in provider and ":" not in provider)
    return provider if is_one else ""


def _lets_anyone_in(name: str, lines: list[Line]) -> bool | None:
    """Tell whether anybody may come by a shared provider: whose token it is, and as a guest.

    Amazon Cognito Developer Guide, "Role trust and permissions": `amr` tells the guests of a pool,
    whom nobody signs in, from its users.  None: they may, if the pool has any.
    """
    if _is_open(name, lines):
        return True
    told = [line for line in lines if limits(line)]
    if name != _COGNITO or any(line.key == f"{_COGNITO}:sub" for line in told):
        return False
    ways = [value for line in told if line.key == f"{_COGNITO}:amr" for value in line.values]
    if any(is_like("unauthenticated", one) for one in ways):
        return True
    return False if ways else None


def _is_open(name: str, lines: list[Line]) -> bool:
    """Tell whether no line names whose token it must be."""
    claims = {f"{name}:{claim}" for claim in _SHARED[name].split()}
    telling = [line for line in lines if line.key in claims and limits(line)]
    return all(any(_fits_anybody(one, line, name) for one in line.values) for line in telling)


def _fits_anybody(value: str, line: Line, name: str) -> bool:
    """Tell whether a value leaves open whose the token is; of GitHub: the owner's name."""
    if not is_pattern(line):
        return False
    if name == GITHUB:
        value = value.removeprefix("repo:").partition("/")[0]
    elif name == "gitlab.com":
        value = value.partition("/")[0].partition(":")[2]
    elif name in ("app.terraform.io", "agent.buildkite.com"):
        value = value.removeprefix("organization:").partition(":")[0]
    return "*" in value or "?" in value
