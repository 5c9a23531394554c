"""What must be so for a follow-up to count: questions about a finding's event and a later one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import msgspec

from trailmend.context import RECENT
from trailmend.events import principal_of
from trailmend.ledger import parsed
from trailmend.password_policies import NO_POLICY, PasswordPolicy, weaker_fields
from trailmend.stories.steps import Step
from trailmend.stories.timeline import FIRST_CALLERS, Timeline, happened, last_until, same_second

Who = Literal["owner", "actor", "third", "unknown"]
_LEAVES_ACTIVE = (
    *("CreateAccessKey", "CreateServiceSpecificCredential", "ResetServiceSpecificCredential"),
    *("UploadSSHPublicKey", "UploadSigningCertificate"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A finding's event and a later one: who acts now, and what stood before.

    `who` is `owner` (whose thing it is), `actor` (who caused the finding), `third` (somebody else)
    or `unknown`.  `harms` are the objects that made the finding worse, with who did it; `mended`
    is who put things right.
    """

    line: Timeline
    found: Step
    later: Step
    who: Who
    harms: dict[str, str | None]
    mended: Who | None


Fact = Callable[[Scene], bool]


def who_acts(line: Timeline, found: Step, later: Step) -> Who:
    """Tell the owner, the finding's actor and a third principal apart, by their stable ids.

    Who signs with a key that the finding's actor made is not told: the actor has its secret.
    """
    if later.row.known_relation == "self":
        return "owner"
    if not different(found, later):
        return "unknown" if None in (found.event.actor_id, later.event.actor_id) else "actor"
    return "unknown" if _by_key_of_the_actor(line, found, later) else "third"


def different(found: Step, later: Step) -> bool:
    """Say whether two steps are surely of two principals."""
    ids = principal_of(found.event.actor_id), principal_of(later.event.actor_id)
    return None not in ids and ids[0] != ids[1]


def _by_key_of_the_actor(line: Timeline, found: Step, later: Step) -> bool:
    makers = last_until(line, ("CreateAccessKey", later.event.access_key_id), later)
    return any(not different(found, maker) for maker in makers)


def by_another(scene: Scene) -> bool:
    """Say whether somebody else than the finding's actor acts now."""
    return scene.who != "unknown" and different(scene.found, scene.later)


def in_doubt(scene: Scene) -> bool:
    """Say whether whoever acts as the owner may be somebody else.

    So it is where the finding's actor set the owner's password last, from a day before the finding
    on, or made the key that signed the call; and where anybody else set the password within the
    day before and the owner has not changed it.
    """
    line, found, later = scene.line, scene.found, scene.later
    setters = [
        setter
        for setter in last_until(line, ("password", found.person), later)
        if setter.event.event_name != "DeleteLoginProfile" and setter.time >= found.time - RECENT
    ]
    return (
        any(not different(found, setter) for setter in setters)
        or _by_key_of_the_actor(line, found, later)
        or later.row.password_set_by_other
    )


def proved(scene: Scene) -> bool:
    """Say whether the session shows the owner's own device: MFA, and no device that came since."""
    line, found, later = scene.line, scene.found, scene.later
    actor = found.event.actor_id
    return (
        later.event.mfa == "yes"
        and actor is not None
        and not happened(line, ("EnableMFADevice", found.person), found, later)
        and not last_until(line, ("enabled by", (found.person, actor)), later)
    )


def same_device(scene: Scene) -> bool:
    """Say whether the device that was taken away is enabled again, with the codes that it makes.

    A device that was deleted or made anew under the same serial has another secret.
    """
    serial = scene.later.event.object_id
    renewals = [(name, serial) for name in ("CreateVirtualMFADevice", "DeleteVirtualMFADevice")]
    return (
        serial is not None
        and serial == scene.found.event.object_id
        and not any(happened(scene.line, key, scene.found, scene.later) for key in renewals)
    )


def by_the_taker(scene: Scene) -> bool:
    """Say whether who acts now took the device away, deleted it, or set the owner's password."""
    found, actor = scene.found, scene.later.event.actor_id
    removers: list[Step] = []
    if found.event.event_name == "DeleteVirtualMFADevice" and actor is not None:
        removers = last_until(scene.line, ("DeactivateMFADevice", found.event.object_id), found)
    took = any(remover.event.actor_id == actor for remover in removers)
    return scene.who == "actor" or took or scene.later.row.password_set_by_actor


def of_an_intruder(scene: Scene) -> bool:
    """Say whether somebody else than its maker takes a device or key away that made it worse."""
    serial, actor = scene.later.event.object_id or "", scene.later.event.actor_id
    enabler = scene.harms.get(serial)
    return enabler is not None and actor is not None and enabler != actor


def private_address(scene: Scene) -> bool:
    """Say whether the address was the actor's alone: nobody else had called from it.

    An office's address is many people's, and one that the owner had used is the owner's too.
    """
    found, later = scene.found, scene.later
    callers = scene.line.callers.get(later.event.source_ip or "", {})
    actor, owner = found.event.actor_id, later.event.actor_id
    strangers = [who for who, since in callers.items() if since <= later.time]
    return (
        found.row.known_relation != "self"
        and later.event.source_ip is not None
        and None not in (actor, owner)
        and set(strangers) <= {actor, owner}
        and callers.get(owner, later.time) > found.time
    )


def tells_of_the_password(scene: Scene) -> bool:
    """Say whether a sign-in shows that the password which another had set is in use."""
    same_place = scene.found.event.source_ip == scene.later.event.source_ip
    at_the_actors = same_place and private_address(scene)
    return scene.found.row.known_relation != "self" and not at_the_actors


def strange_sign_in(scene: Scene) -> bool:
    """Say whether it is without MFA, from where the owner had not called before the finding.

    An address that many call from may be the owner's too, and a new user has no former ones.
    """
    found, event = scene.found, scene.later.event
    callers = scene.line.callers.get(event.source_ip or "", {})
    known = callers.get(event.actor_id, scene.later.time) < found.time
    return (
        tells_of_the_password(scene)
        and not for_a_new_user(scene)
        and event.mfa == "no"
        and not known
        and len(callers) < FIRST_CALLERS
    )


def worse_now(scene: Scene) -> bool:
    """Say whether something made the finding worse and still stands."""
    return bool(scene.harms)


def proved_in_spite(scene: Scene) -> bool:
    """Say whether the owner's own device shows the owner, though the finding had become worse."""
    return worse_now(scene) and proved(scene)


def was_mended(scene: Scene) -> bool:
    """Say whether the finding had been put right before."""
    return scene.mended is not None


def against_a_third(scene: Scene) -> bool:
    """Say whether the finding's actor, who may be the owner, acts after a third put it right."""
    actor = scene.found.event.actor_id
    return actor is not None and actor == scene.later.event.actor_id and scene.mended == "third"


def for_a_new_user(scene: Scene) -> bool:
    """Say whether the finding's actor had made the user: then a key is made to be used."""
    return scene.found.row.target_made_by_actor is True


def made_anew(scene: Scene) -> bool:
    """Say whether the owner had no password before the finding."""
    return scene.found.event.event_name == "CreateLoginProfile"


def was_on(scene: Scene) -> bool:
    """Say whether the finding's event left the key Active."""
    return _status(scene.found) == "Active"


def switched_back(scene: Scene) -> bool:
    """Say whether a key is switched to the other state than the finding's event left."""
    return {_status(scene.found), _status(scene.later)} == {"Active", "Inactive"}


def switched_again(scene: Scene) -> bool:
    """Say whether a key comes back to the state that the finding's event left."""
    same = _status(scene.found) is not None and _status(scene.found) == _status(scene.later)
    return same and scene.mended is not None


def unsettled(scene: Scene) -> bool:
    """Say whether a key is switched to both states in one second, so that neither is the last."""
    key = scene.later.event.event_name, scene.later.event.object_id
    return len({_status(step) for step in same_second(scene.line, key, scene.later)}) > 1


def undone_by_the_actor(scene: Scene) -> bool:
    """Say whether the finding's actor takes back what a third principal had put right."""
    return switched_again(scene) and against_a_third(scene)


def _status(step: Step) -> str | None:
    """Give the state that a credential is left in; a new one is Active (botocore iam, answers).

    A new secret counts as one that works: an Inactive credential stays so, but is ready.
    """
    if step.event.event_name in _LEAVES_ACTIVE:
        return "Active"
    status = parsed(step.event.request).get("status")
    return status if status in ("Active", "Inactive") else None


def same_body(scene: Scene) -> bool:
    """Say whether the SSH key that is uploaded is the one of the finding; comments do not count."""
    before = parsed(scene.found.row.before).get("ssh_public_key_body")
    now = parsed(scene.later.event.request).get("sSHPublicKeyBody")
    if not isinstance(before, str) or not isinstance(now, str):
        return False
    return _material(before) == _material(now)


def same_body_deleted(scene: Scene) -> bool:
    """Say whether the SSH key that is deleted is that of the finding, under whatever id."""
    found, later = (
        parsed(step.row.before).get("ssh_public_key_body") for step in (scene.found, scene.later)
    )
    if not isinstance(found, str) or not isinstance(later, str):
        return False
    return _material(found) == _material(later)


def same_body_as_switched_off(scene: Scene) -> bool:
    """Say whether the SSH key that was switched off is uploaded anew."""
    return _status(scene.found) == "Inactive" and same_body(scene)


def _material(body: str) -> list[str]:
    """Give type and key of an OpenSSH line without its comment; another form as it is."""
    return body.split() if body.lstrip().startswith("---") else body.split()[:2]


@lru_cache(maxsize=4096)
def _decoded(text: str | None) -> PasswordPolicy | None:
    return msgspec.json.decode(text, type=PasswordPolicy) if text else NO_POLICY


def unreadable_policy(scene: Scene) -> bool:
    """Say whether the record does not tell the policy that it sets."""
    return scene.later.number not in scene.line.policies


def policy_before_known(scene: Scene) -> bool:
    """Say whether the log shows the policy that stood before the finding."""
    return scene.found.row.weakens is not None


def policy_before_unknown(scene: Scene) -> bool:
    """Say whether the log does not show the policy that stood before the finding."""
    return not policy_before_known(scene)


def missing_fields(scene: Scene) -> tuple[str, ...]:
    """Name the fields in which the policy demands less than the one before the finding."""
    return weaker_fields(
        _decoded(scene.found.row.before), scene.line.policies.get(scene.later.number)
    )


def worse_fields(scene: Scene) -> tuple[str, ...]:
    """Name the fields in which the policy demands less than the one that the finding left."""
    left, now = (scene.line.policies.get(step.number) for step in (scene.found, scene.later))
    return weaker_fields(left, now) if scene.found.number in scene.line.policies else ()


def policy_restored(scene: Scene) -> bool:
    """Say whether the policy is equal to the one before or stronger, in every field."""
    return policy_before_known(scene) and not missing_fields(scene)


def policy_weaker_still(scene: Scene) -> bool:
    """Say whether the policy demands less, in some field, than the one that the finding left."""
    return bool(worse_fields(scene))


def policy_at_default(scene: Scene) -> bool:
    """Say whether the policy demands at least what AWS's default does."""
    policy = scene.line.policies.get(scene.later.number)
    return policy_before_unknown(scene) and not weaker_fields(NO_POLICY, policy)
