"""Whom a call concerned, and the thing it touched, as far as the record itself says so.

The target is never guessed: not from a serial, not from a session's name or ARN.  What each
service writes where is in a table of its own; this module reads the tables.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from trailmend.events.actor import Actor
from trailmend.events.fields import as_mapping, as_text
from trailmend.events.target.arns import denied_name, denied_resource
from trailmend.events.target.guardrails import (
    ACCESS_ANALYZER,
    ACCOUNT,
    CLOUDTRAIL,
    ORGANIZATIONS,
    ROLES_ANYWHERE,
)
from trailmend.events.target.iam import IAM, NAME_MAY_BE_LEFT_OUT, ROOT_USER
from trailmend.events.target.identity_center import (
    DIRECTORY,
    PROVIDER,
    SSO,
    SSO_TOKENS,
    WANTED_OF_PROVIDERS,
)
from trailmend.events.target.places import NOTHING, Looked, Named, Service, named, places_for
from trailmend.events.target.sessions import (
    ROOT_CHANGES,
    ROOT_RECOVERY,
    SIGN_IN,
    SIGN_INS,
    STS,
    SWITCHES,
    UNPROVED,
)
from trailmend.events.target.stores import KMS, S3, SECRETS, WANTED_OF_STORES

__all__ = [
    "NAME_MAY_BE_LEFT_OUT",
    "ROOT_USER",
    "WANTED_OF_PROVIDERS",
    "WANTED_OF_STORES",
    "Target",
    "resolve_target",
    "same_name",
]

_SERVICES = {
    "iam.amazonaws.com": IAM,
    "sts.amazonaws.com": STS,
    "signin.amazonaws.com": SIGN_IN,
    "sso.amazonaws.com": SSO,
    "sso-directory.amazonaws.com": DIRECTORY,
    "sso-oauth.amazonaws.com": SSO_TOKENS,
    "identitystore.amazonaws.com": DIRECTORY,
    "identitystore-scim.amazonaws.com": PROVIDER,
    "rolesanywhere.amazonaws.com": ROLES_ANYWHERE,
    "organizations.amazonaws.com": ORGANIZATIONS,
    "account.amazonaws.com": ACCOUNT,
    "cloudtrail.amazonaws.com": CLOUDTRAIL,
    "access-analyzer.amazonaws.com": ACCESS_ANALYZER,
    "s3.amazonaws.com": S3,
    "kms.amazonaws.com": KMS,
    "secretsmanager.amazonaws.com": SECRETS,
}


class Target(msgspec.Struct, frozen=True):
    """Whom and what a call concerned; None where the record does not say."""

    type: str | None = None
    name: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    relation: str = "none"


def resolve_target(record: Mapping[str, Any], actor: Actor, outcome: str, account: str) -> Target:
    """Say whom the call concerned; a service that has no table here is not told, `unknown`."""
    source, name = str(record.get("eventSource")), str(record.get("eventName"))
    service = _SERVICES.get(source)
    if service is None:
        return Target(relation="unknown")
    if service is SIGN_IN and (found := _of_sign_in(name, actor, outcome, account)):
        return found
    request = as_mapping(record.get("requestParameters"))
    response = as_mapping(record.get("responseElements") or record.get("serviceEventDetails"))
    targets, objects = _places(source, name)
    thing = named(objects, request, response, account)
    if name in service.whole:
        return Target(service.whole[name], None, thing.kind, thing.name)
    if thing is NOTHING:
        thing = Named(service.bare.get(name))
    if name in service.nobody:
        return Target(None, None, thing.kind, thing.name)
    who = named(targets, request, response, account)
    if who is NOTHING and outcome == "denied":
        who, thing = _denied(record, service, name, thing, account)
    if who is NOTHING and _means_the_caller(record, service, name, outcome):
        who = _caller(actor)
    if who.name is None:
        return _nameless(record, service, name, outcome, who, thing)
    return Target(who.kind, who.name, thing.kind, thing.name, _relation(actor, who, account))


@lru_cache(maxsize=1024)
def _places(source: str, event_name: str) -> tuple[tuple[Looked, ...], tuple[Looked, ...]]:
    service = _SERVICES[source]
    return places_for(service.targets, event_name), places_for(service.objects, event_name)


def _denied(
    record: Mapping[str, Any], service: Service, name: str, thing: Named, account: str
) -> tuple[Named, Named]:
    """Read the target, or the object, out of the message: the parameters are not logged."""
    resource = denied_resource(as_text(record.get("errorMessage")))
    found = denied_name(resource, account, service.bare_names)
    if found is None:
        return NOTHING, thing
    it = Named(*found)
    as_object = it.kind == "mfa_device" or any(
        place.kind == it.kind and name in place.only for place in service.objects
    )
    if as_object:
        return NOTHING, thing if thing.name else it
    fits = name not in service.denied_otherwise and any(
        place.kind == it.kind and (not place.only or name in place.only)
        for place in service.targets
    )
    return (it if fits else NOTHING), thing


def _means_the_caller(record: Mapping[str, Any], service: Service, name: str, outcome: str) -> bool:
    """Say whether the call is on its caller: always, or because its request names nobody.

    A request that cannot be read may name somebody.
    """
    if name in service.caller:
        return True
    if outcome != "success" or name not in service.left_out:
        return False
    request = record.get("requestParameters")
    return request is None or (_is_whole(request) and request.get("userName") in (None, ""))


def _is_whole(request: object) -> bool:
    return isinstance(request, dict) and request.get("omitted") is not True


def _caller(actor: Actor) -> Named:
    if actor.type == "IAMUser":
        return Named("user", actor.name)
    return Named("root", "root") if actor.type == "Root" else NOTHING


def _nameless(
    record: Mapping[str, Any], service: Service, name: str, outcome: str, who: Named, thing: Named
) -> Target:
    """Say what is known of a target that has no name."""
    request = record.get("requestParameters")
    readable = outcome != "denied" and (request is None or _is_whole(request))
    if service.otherwise is not None and readable:
        return Target(service.otherwise, None, thing.kind, thing.name)
    relation = "none" if name in service.alone and outcome == "success" else "unknown"
    return Target(service.unnamed.get(name, who.kind), None, thing.kind, thing.name, relation)


def _of_sign_in(name: str, actor: Actor, outcome: str, account: str) -> Target | None:
    """Say who signs in, or None where it is not a sign-in.

    Until the sign-in has succeeded nobody has proved to be whom the record names: the relation of
    a failed one, and of a recovery by mail, is unknown.  A session of federation has no user.
    """
    if name in SWITCHES:
        who = Named("role", actor.name if actor.type == "AssumedRole" else None)
    elif name in ROOT_CHANGES | ROOT_RECOVERY:
        who = Named("root", "root")
    elif name not in SIGN_INS:
        return None
    elif actor.type not in ("IAMUser", "Root", "Unknown"):
        return Target()
    else:
        who = _caller(actor)
    proved = name not in UNPROVED and (outcome == "success" or name in ROOT_CHANGES)
    return Target(
        who.kind, who.name, None, None, _relation(actor, who, account) if proved else "unknown"
    )


def _relation(actor: Actor, who: Named, account: str) -> str:
    """Compare actor and target; only an IAM user or root can be `self`.

    A role session is never its namesake: the caller chose the session's name.
    """
    if who.name is None or actor.type == "Unknown":
        return "unknown"
    if actor.account is not None and actor.account != account:
        return "other"
    same_kind = (actor.type, who.kind) in (("IAMUser", "user"), ("Root", "root"))
    if actor.type == "IAMUser" and actor.name is None:
        return "unknown"
    return "self" if same_kind and same_name(actor.name, who.name) else "other"


def same_name(one: str | None, other: str | None) -> bool:
    """Compare names as IAM does: letters in upper and lower case are the same (IAM CreateUser)."""
    return one is not None and other is not None and one.lower() == other.lower()
