"""What must be so for a follow-up on a role to count: whom it trusts, who comes, how long."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import lru_cache

from trailmend.ledger import document_of, parsed
from trailmend.policies import (
    Changed,
    PolicyDocument,
    Trusted,
    Unreadable,
    compare,
    read_document,
    trusts,
)
from trailmend.stories.facts import Scene, was_mended, worse_now
from trailmend.stories.facts_sessions import ends_the_session, refuses_everything
from trailmend.stories.steps import Step
from trailmend.stories.timeline import Key, last_until, later, target_of, visitor_of
from trailmend.stories.visits import HOLDS_A_ROLE

_MOST_HOPS, _MOST_TAKINGS = 20, 1000
"""So many are looked at: a log that is written without end must not take for ever."""
_SHORTEST = 3600
"""Seconds: the least that can be set, and the default (botocore iam CreateRole)."""


def trusts_no_more_than_before(scene: Scene) -> bool:
    """Say whether the trust policy lets in nobody whom the one before the finding kept out."""
    changed = _changed(scene, _former(scene.found), _set_by(scene.later))
    return changed is not None and changed.weakens is False


def trusts_no_outsider_now(scene: Scene) -> bool:
    """Say whether the role, or store of events, is closed to outsiders whom the finding let in."""
    found, later = scene.found.row, scene.later.row
    closed = later.trusts_outsider is False and later.trusts_anyone is False
    return found.trusts_outsider is True and closed


def trusts_the_same_again(scene: Scene) -> bool:
    """Say whether the trust policy lets in again whom the finding's let in."""
    before, now = _set_by(scene.found), _set_by(scene.later)
    changed = _changed(scene, before, now)
    if changed is not None and changed.weakens is False and changed.strengthens is False:
        return True
    strangers = _outsiders(scene, before) - _outsiders(scene, _former(scene.found))
    return bool(strangers & _outsiders(scene, now))


def by_a_new_outsider(scene: Scene) -> bool:
    """Say whether who takes the role is of an account that the finding let in, and only it."""
    return _let_in_by_the_finding(scene) and not _let_in_before(scene)


def in_a_session_of_a_new_outsider(scene: Scene) -> bool:
    """Say whether a call is signed by a session that such an outsider took since the finding.

    Or by one that was taken from it, over any number of roles.
    """
    chain = _takings(scene)
    return (
        bool(chain)
        and not chain[-1].event.by_own_account
        and chain[-1].time >= scene.found.time
        and by_a_new_outsider(replace(scene, later=chain[-1]))
    )


def _takings(scene: Scene) -> list[Step]:
    """Give how the session of a call was taken, and that from which, up to the outsider's own."""
    chain: list[Step] = []
    key = scene.later.event.access_key_id
    while len(chain) < _MOST_HOPS:
        found = last_until(scene.line, ("sts:AssumeRole", key), scene.later)
        chain += found[:1]
        if not found or not found[0].event.by_own_account:
            break
        key = found[0].event.access_key_id
    return chain


def in_a_chain_of_a_new_outsider(scene: Scene) -> bool:
    """Say whether the session that calls is of another role, taken from the outsider's."""
    return in_a_session_of_a_new_outsider(scene) and len(_takings(scene)) > 1


def in_a_chain_after_a_repair(scene: Scene) -> bool:
    """Say whether such a session of another role acts though the first role was closed."""
    return was_mended(scene) and in_a_chain_of_a_new_outsider(scene)


def in_it_after_a_repair(scene: Scene) -> bool:
    """Say whether such a session acts though the role was closed."""
    return was_mended(scene) and in_a_session_of_a_new_outsider(scene)


def closed_with_sessions_left(scene: Scene) -> bool:
    """Say whether outsiders are kept out now, of whom one took a session before."""
    return worse_now(scene) and trusts_no_outsider_now(scene)


def as_before_with_sessions_left(scene: Scene) -> bool:
    """Say whether the trust is no wider than before, and an outsider took a session meanwhile."""
    return worse_now(scene) and trusts_no_more_than_before(scene)


def ends_the_visits(scene: Scene) -> bool:
    """Say whether sessions begun before are denied everything, in a role that was closed.

    Those of roles that were taken from such a session must be denied as well, by now.
    """
    takings = _last_takings(scene)
    own = takings.get(target_of(scene.later))
    if own is None or not was_mended(scene) or not _ends(scene, own, scene.later):
        return False
    return all(_is_ended(scene, one) for one in takings.values())


def _last_takings(scene: Scene) -> dict[object, Step]:
    """Give the last session since the finding of the role, and of each that was taken from it."""
    role = target_of(scene.found)
    visits = last_until(scene.line, ("visit", role), scene.later)
    onward = later(scene.line, ("onward", role), scene.found.second, _MOST_TAKINGS)
    found = [one for one in (*visits, *onward) if scene.found.time <= one.time <= scene.later.time]
    return {target_of(one): one for one in sorted(found, key=lambda one: one.number)}


def _is_ended(scene: Scene, taking: Step) -> bool:
    return any(
        _ends(scene, taking, one)
        for name in HOLDS_A_ROLE
        for one in later(scene.line, (name, target_of(taking)), taking.second, _MOST_TAKINGS)
        if one.time <= scene.later.time
    )


def _ends(scene: Scene, taking: Step, denial: Step) -> bool:
    """Say whether a call denies everything to a session, at all or as one begun before."""
    seen = replace(scene, found=taking, later=denial)
    return refuses_everything(seen) or ends_the_session(seen)


def by_a_known_outsider(scene: Scene) -> bool:
    """Say whether who takes the role may be of an account that was let in before already."""
    return _let_in_by_the_finding(scene) and _let_in_before(scene)


def by_an_open_federation(scene: Scene) -> bool:
    """Say whether the finding let in a federation that outsiders can pass."""
    told = _trusted(_set_by(scene.found), scene.found.event.account_id)
    return any(one.kind in ("saml", "oidc") and one.outsider is True for one in told)


def for_a_machine(scene: Scene) -> bool:
    """Say whether EC2 takes the session, to hand it to a machine."""
    return scene.later.event.invoked_by == "ec2.amazonaws.com"


def lasts_no_longer_than_before(scene: Scene) -> bool:
    """Say whether the role's longest session is that of before the finding, or shorter."""
    now, former = _duration(scene.later), _former_duration(scene)
    return (
        _duration(scene.found) is not None
        and now is not None
        and (now == _SHORTEST or (former is not None and now <= former))
    )


def lasts_as_long_again(scene: Scene) -> bool:
    """Say whether the role's longest session is that of the finding again, or longer."""
    found, now = _duration(scene.found), _duration(scene.later)
    return found is not None and now is not None and now >= found


def _let_in_by_the_finding(scene: Scene) -> bool:
    account = scene.later.event.actor_account
    strange = account is not None and account != scene.later.event.account_id
    return strange and _lets_in(_set_by(scene.found), account or "", scene)


def _let_in_before(scene: Scene) -> bool:
    """Say whether the former trust lets the account in; unknown: whether this one came before."""
    found, event = scene.found, scene.later.event
    former = _former(found)
    if former is not None:
        return _lets_in(former, event.actor_account or "", scene)
    if found.event.event_name != "UpdateAssumeRolePolicy":
        return False
    visits: Key = "visitor", (target_of(found), visitor_of(event))
    return bool(last_until(scene.line, visits, found))


def _lets_in(document: str | None, account: str, scene: Scene) -> bool:
    """Say whether a trust policy lets in principals of an account, or may do so."""
    return any(
        f":{account}:" in one.who or (one.kind == "anyone" and one.outsider is not False)
        for one in _trusted(document, scene.found.event.account_id)
    )


def _outsiders(scene: Scene, document: str | None) -> set[str]:
    told = _trusted(document, scene.found.event.account_id)
    return {one.who for one in told if one.outsider is True}


def _former(found: Step) -> str | None:
    former = parsed(found.row.before).get("assume_role_policy_document")
    return former if isinstance(former, str) else None


def _set_by(step: Step) -> str | None:
    made = step.event.event_name != "UpdateAssumeRolePolicy"
    name = "assumeRolePolicyDocument" if made else "policyDocument"
    return document_of(parsed(step.event.request).get(name))


@lru_cache(maxsize=1024)
def _read(document: str) -> PolicyDocument | Unreadable:
    return read_document(document)


def _trusted(document: str | None, account_id: str) -> tuple[Trusted, ...]:
    return () if document is None else trusts(_read(document), account_id).trusted


def _changed(scene: Scene, before: str | None, now: str | None) -> Changed | None:
    if before is None or now is None:
        return None
    return compare(_read(before), _read(now), scene.found.event.account_id)


def _duration(step: Step) -> int | None:
    seconds = parsed(step.event.request).get("maxSessionDuration")
    return seconds if isinstance(seconds, int) else None


def _former_duration(scene: Scene) -> int | None:
    """Look for the last call before the finding's second that set it; the making sets it always."""
    target = target_of(scene.found)
    made, changed = (_before(scene, (name, target)) for name in ("CreateRole", "UpdateRole"))
    if changed is not None and (made is None or changed.number > made.number):
        return _duration(changed)
    return None if made is None else _duration(made) or _SHORTEST


def _before(scene: Scene, key: Key) -> Step | None:
    numbers = scene.line.index.numbers(key)
    place = bisect_left(numbers, scene.found.second)
    return scene.line.steps[numbers[place - 1]] if place else None
