"""What must be so for a follow-up on a session to count: denied, revoked, used from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, ip_network

from trailmend.context import RECENT
from trailmend.ledger import document_of, parsed
from trailmend.policies import PolicyDocument, Unreadable, read_document
from trailmend.policies.document import Statement
from trailmend.stories.facts import Scene
from trailmend.stories.steps import Step
from trailmend.stories.timeline import FIRST_CALLERS, last_until, target_of

_DENY_ALL = ":iam::aws:policy/AWSDenyAll"
_INSIDE = tuple(
    ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
"""What is seen of a machine that calls through an endpoint of its own network."""
_CLOCKS = timedelta(minutes=5)
"""So far may lie between the record of a sign-in and the beginning of its session."""


def refuses_everything(scene: Scene) -> bool:
    """Say whether the later event denies everything to whoever holds the session."""
    return _denies_all_now(scene.later)


def ends_the_session(scene: Scene) -> bool:
    """Say whether the later event denies everything to sessions of before a time after this one."""
    return _ends(_set_by(scene.later), scene.found.time)


def by_an_outside_hand(scene: Scene) -> bool:
    """Say whether it is not the session itself, or its taker by a chain of roles, that acts."""
    taker, row = scene.found.event.actor_id, scene.later.row
    return row.on_itself is not True and (taker is None or row.origin_id != taker)


def by_anyone(scene: Scene) -> bool:
    """Say yes: it does not matter who acts."""
    return True


def gives_back(scene: Scene) -> bool:
    """Say whether the later event takes a denial away that had hit the session."""
    later, since = scene.later, scene.found.time
    if later.event.event_name.startswith("Detach"):
        return (later.event.object_id or "").endswith(_DENY_ALL)
    former = parsed(later.row.before).get("policy_document")
    was = _hits(document_of(former), since)
    return was and not _hits(_set_by(later), since)


def taken_anew(scene: Scene) -> bool:
    """Say whether the same principal takes the role again, and no denial of everything stands."""
    taker = scene.found.event.actor_id
    if taker is None or taker != scene.later.event.actor_id or scene.mended is None:
        return False
    target = target_of(scene.found)
    keys = [(call, target) for call in ("PutRolePolicy", "AttachRolePolicy")]
    last = [step for key in keys for step in last_until(scene.line, key, scene.later)]
    return not any(_denies_all_now(step) for step in last if step.time >= scene.found.time)


def from_the_same_place(scene: Scene) -> bool:
    """Say whether the call comes from the address of the finding's."""
    place = scene.found.event.source_ip
    return place is not None and place == scene.later.event.source_ip


def from_elsewhere(scene: Scene) -> bool:
    """Say whether the session is used from an address that its taker surely had not called from.

    An address that others share may be the taker's too, and a role's own machines are no
    strangers.
    """
    found, later = scene.found, scene.later
    address, taken_at = later.event.source_ip or "", found.event.source_ip or ""
    taker, callers = found.event.actor_id, scene.line.callers.get(address, {})
    if taker is None or address == taken_at or not (_outside(address) and _outside(taken_at)):
        return False
    if taker in callers:
        # A user's own session calls as the user: then this very call may be the first from there.
        first = callers[taker] == later.time and later.event.actor_id == taker
        return first or callers[taker] > later.time
    known_before = callers.get(later.event.actor_id, later.time) < found.time
    return not known_before and len(callers) < FIRST_CALLERS


def from_a_usual_place(scene: Scene) -> bool:
    """Say whether nothing is strange in the address that the session is used from."""
    return not from_elsewhere(scene)


def in_this_session(scene: Scene) -> bool:
    """Say whether the later call may come from the session that the sign-in began.

    A long-lived key has no session, and one that began before is another.
    """
    event = scene.later.event
    if event.assumed_root or (event.access_key_id or "").startswith("AKIA"):
        return False
    began, sign_in = event.session_created, scene.found.event.event_name == "ConsoleLogin"
    return began is None or not sign_in or began >= scene.found.time - _CLOCKS


def stays_in(scene: Scene) -> bool:
    """Say whether the session makes a way to stay; root, which sets users up, for itself only."""
    for_a_user = scene.later.row.owner_type == "user"
    by_root = scene.found.event.actor_type == "Root"
    return in_this_session(scene) and not (by_root and for_a_user)


def proved_otherwise(scene: Scene) -> bool:
    """Say whether MFA shows the owner, where whoever had signed in had not shown it.

    A device that was enabled in the day before, or since, may be that of whoever signed in.
    """
    found, later = scene.found, scene.later
    enabled = last_until(scene.line, ("EnableMFADevice", found.person), later)
    lately = any(step.time >= found.time - RECENT for step in enabled)
    return later.event.mfa == "yes" and found.event.mfa == "no" and not lately


def opened_by_the_link(scene: Scene) -> bool:
    """Say whether a federated session enters the console, as by the link that was made."""
    return scene.later.event.actor_type == "FederatedUser"


def by_the_organization(scene: Scene) -> bool:
    """Say whether the organization acts, by a session of the member's root for one task."""
    return scene.later.event.assumed_root


def with_the_sessions_key(scene: Scene) -> bool:
    """Say whether the later call is made with the key of the session that was found."""
    key = scene.found.event.object_id
    return key is not None and key == scene.later.event.access_key_id


def for_a_password(scene: Scene) -> bool:
    """Say whether the root session was taken to let a password of root be made."""
    return "IAMCreateRootUserPassword" in (scene.found.event.request or "")


def _outside(address: str) -> bool:
    """Say whether it is an IPv4 address that is not of a private network."""
    if not ("." in address and address[-1:].isdigit()):
        return False
    try:
        read = IPv4Address(address)
    except ValueError:
        return False
    return not any(read in network for network in _INSIDE)


def _denies_all_now(step: Step) -> bool:
    if step.event.event_name.startswith("Attach"):
        return (step.event.object_id or "").endswith(_DENY_ALL)
    return any(not one.conditions for one in _denials(_set_by(step)))


def _hits(document: str | None, since: datetime) -> bool:
    return any(not one.conditions for one in _denials(document)) or _ends(document, since)


def _ends(document: str | None, since: datetime) -> bool:
    return any(_before_when(one) > since for one in _denials(document) if one.conditions)


def _before_when(statement: Statement) -> datetime:
    """Give the time before which a session must have begun to be denied; the least if no other."""
    least = datetime.min.replace(tzinfo=UTC)
    if len(statement.conditions) != 1:
        return least
    (line,) = statement.conditions
    operator = line.operator.lower().removesuffix("ifexists")
    if line.key != "aws:tokenissuetime" or operator not in ("datelessthan", "datelessthanequals"):
        return least
    return max(map(_moment, line.values), default=least)


def _moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return read if read.tzinfo else datetime.min.replace(tzinfo=UTC)


def _set_by(step: Step) -> str | None:
    """Give the inline policy that a call writes."""
    if not step.event.event_name.startswith("Put"):
        return None
    return document_of(parsed(step.event.request).get("policyDocument"))


def _denials(document: str | None) -> list[Statement]:
    """Give the statements that deny every action on everything, with a condition or without."""
    read = None if document is None else _read(document)
    if not isinstance(read, PolicyDocument):
        return []
    return [one for one in read.statements if _is_of_everything(one)]


def _is_of_everything(one: Statement) -> bool:
    return (
        not one.allows
        and not one.doubtful
        and one.principals is None
        and not (one.actions.inverted or one.resources.inverted)
        and bool({"*", "*:*"} & set(one.actions.patterns))
        and "*" in one.resources.patterns
    )


@lru_cache(maxsize=1024)
def _read(document: str) -> PolicyDocument | Unreadable:
    return read_document(document)
