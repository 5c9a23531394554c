"""What must be so for a follow-up on federation to count: former settings, who comes in by what."""

from __future__ import annotations

from typing import Any

from trailmend.ledger import parsed
from trailmend.stories.facts import Fact, Scene
from trailmend.stories.facts_settings import requested
from trailmend.stories.former import UNKNOWN, said_before, settings
from trailmend.stories.timeline import Key, called, happened, same_second, target_of

_OF_SAML = ("sAMLMetadataDocument", "assertionEncryptionMode")
_LIST_SET = ("rolesanywhere:ImportCrl", "rolesanywhere:UpdateCrl")


def as_it_was(*fields: str, by: tuple[str, ...], or_none: bool = False) -> Fact:
    """Ask that the later call sets all that the finding's call set to what it was before.

    What it was, the last of the calls `by` says that tells the field; the first of them makes the
    thing.  The finding's call may set no other fields than `fields`, but names.  A field that the
    making left out was empty, where `or_none` lets that be set back.
    """

    def restored(scene: Scene) -> bool:
        was_set = settings(scene.found)
        if not was_set or not set(was_set) <= set(fields) or not _alone(scene):
            return False
        now = settings(scene.later)
        former = {field: said_before(scene, field, by) for field in was_set}
        return all(
            field in now
            and former[field] is not UNKNOWN
            and (or_none or former[field] is not None)
            and now[field] == former[field]
            for field in was_set
        )

    return restored


def same_metadata(scene: Scene) -> bool:
    """Say whether the provider that was deleted is made again with its former metadata."""
    making = "CreateSAMLProvider", "UpdateSAMLProvider"
    now = settings(scene.later)
    former = {field: said_before(scene, field, making) for field in _OF_SAML}
    return former[_OF_SAML[0]] is not None and all(
        value is not UNKNOWN and now.get(field) == value for field, value in former.items()
    )


def _alone(scene: Scene) -> bool:
    """Say whether no call of the later one's second sets something else: which stayed, is open."""
    key: Key = called(scene.later.event), target_of(scene.later)
    together = same_second(scene.line, key, scene.later)
    return not scene.later.event.truncated and all(
        settings(step) == settings(scene.later) for step in together
    )


def first_entrance(scene: Scene) -> bool:
    """Say whether the way in stands open, and nobody is known to have come by it."""
    return scene.mended is None and not scene.harms


def by_another_authority(scene: Scene) -> bool:
    """Say whether the anchor no longer believes the authority that it believed before."""
    making = "rolesanywhere:CreateTrustAnchor", "rolesanywhere:UpdateTrustAnchor"
    former = said_before(scene, "source", making)
    if not first_entrance(scene) or not isinstance(former, dict):
        return False
    old, new = (_believed(source) for source in (former, requested(scene.found, "source")))
    return old is not None and new is not None and old not in new


def _believed(source: Any) -> str | None:
    """Give what an anchor believes: certificates as text, or the ARN of a private CA."""
    data = source.get("sourceData") if isinstance(source, dict) else None
    told = [part.strip() for part in data.values()] if isinstance(data, dict) else []
    return told[0] if len(told) == 1 and told[0] else None


def in_a_new_role(scene: Scene) -> bool:
    """Say whether the session is of a role that the finding's call gave to the profile."""
    making = "rolesanywhere:CreateProfile", "rolesanywhere:UpdateProfile"
    former = said_before(scene, "roleArns", making)
    taken, given = requested(scene.later, "roleArn"), requested(scene.found, "roleArns")
    known = isinstance(former, list) and isinstance(given, list)
    return first_entrance(scene) and known and taken in given and taken not in former


def for_the_new_audience(scene: Scene) -> bool:
    """Say whether the token was for the audience that the provider got."""
    audience = parsed(scene.later.event.response).get("audience")
    return first_entrance(scene) and audience == (requested(scene.found, "clientID") or UNKNOWN)


def made_with_the_audience(scene: Scene) -> bool:
    """Say whether the provider is made for the audience that the finding's call had given."""
    return requested(scene.found, "clientID") in (requested(scene.later, "clientIDList") or ())


def list_replaced(scene: Scene) -> bool:
    """Say whether another revocation list took the place of the former, since the finding."""
    key: Key = "rolesanywhere:UpdateCrl", target_of(scene.found)
    return happened(scene.line, key, scene.found, scene.later)


def same_list(scene: Scene) -> bool:
    """Say whether the deleted revocation list is imported again, for its anchor, and enabled."""
    former = said_before(scene, "crlData", _LIST_SET)
    return (
        former not in (UNKNOWN, None)
        and former == requested(scene.later, "crlData")
        and requested(scene.later, "enabled") is True
        and same_anchor(scene)
    )


def same_anchor(scene: Scene) -> bool:
    """Say whether the list that is imported is for the anchor of the deleted one."""
    former = said_before(scene, "trustAnchorArn", _LIST_SET)
    if not isinstance(former, str):
        deleted = parsed(scene.found.event.response).get("crl")
        former = deleted.get("trustAnchorArn") if isinstance(deleted, dict) else None
    return former is not None and former == requested(scene.later, "trustAnchorArn")
