"""Through what of the account a session was taken: a provider, a trust anchor, a profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trailmend.events import Event
from trailmend.ledger import parsed

_BY_WEB = ("AssumeRoleWithWebIdentity",)
_OF_CERTIFICATE = (("trustAnchorArn", "trust_anchor"), ("profileArn", "rolesanywhere_profile"))


def entrances(event: Event) -> Iterator[tuple[str, str, None]]:
    """Name the things that a call entered through, as `timeline.target_of` names them.

    Sources: botocore sts AssumeRoleWithSAMLRequest, AssumeRoleWithWebIdentityResponse; of
    CreateSession, which no model of botocore has, the AWS IAM Roles Anywhere User Guide, IAM Roles
    Anywhere CreateSession API (request syntax).
    """
    pair = event.event_source, event.event_name
    if pair == ("sts.amazonaws.com", "AssumeRoleWithSAML"):
        yield from _named("saml_provider", parsed(event.request).get("principalArn"))
    elif event.event_source == "sts.amazonaws.com" and event.event_name in _BY_WEB:
        yield from _named("oidc_provider", _whole(event, parsed(event.response).get("provider")))
    elif pair == ("rolesanywhere.amazonaws.com", "CreateSession"):
        sent = parsed(event.request)
        for field, kind in _OF_CERTIFICATE:
            arn = sent.get(field)
            yield from _named(kind, arn.rpartition("/")[2] if isinstance(arn, str) else None)


def _named(kind: str, name: Any) -> Iterator[tuple[str, str, None]]:
    if isinstance(name, str) and name:
        yield kind, name.lower(), None


def _whole(event: Event, provider: Any) -> str | None:
    """Give the ARN of an OIDC provider, which a record may name by its issuer alone."""
    if not isinstance(provider, str) or provider.startswith("arn:"):
        return provider if isinstance(provider, str) else None
    issuer = provider.partition("://")[2] or provider
    return f"arn:aws:iam::{event.account_id}:oidc-provider/{issuer}"
