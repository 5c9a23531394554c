"""How a story is told: its title, who and whom, the chapters, and what is still open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trailmend.findings import Finding, NextEvent
from trailmend.life_cycle import stage_of
from trailmend.takeovers.acts import (
    caller_name,
    grave,
    is_whole,
    shortened,
    taker_name,
    target_name,
    whole_target_name,
    worse,
)
from trailmend.takeovers.details import details
from trailmend.takeovers.joins import CHANGES_SIGN_IN
from trailmend.takeovers.keys_in_hand import keys_in_hand
from trailmend.takeovers.openings import way_in
from trailmend.takeovers.shape import Caller, Chapter, Fate, Hit, Kind, Loose

_NAMED = 3
_WORDS: Mapping[Fate, str] = {
    "taken over": "took over {}",
    "aimed at": "moved to take over {}",
    "made": "made {}, with a way to sign in",
    "touched": "touched {}",
    "tried": "tried {} in vain",
}
_PEOPLE = ("IAMUser", "Root", "SAMLUser", "IdentityCenterUser")
_FATES: tuple[Fate, ...] = tuple(_WORDS)
_CASELESS = ("user", "group", "role")


def callers(findings: Iterable[Finding]) -> list[Caller]:
    """Gather who acted, in the order of first appearance."""
    of_caller: dict[tuple[str, str, str | None, str | None], list[Finding]] = {}
    for one in findings:
        origin = one.actor.origin
        taker = None if origin is None else taker_name(origin)
        key = one.actor.type, caller_name(one), one.actor.id, taker
        of_caller.setdefault(key, []).append(one)
    return [
        Caller(
            *key[:3],
            access_key_ids=sorted({one.actor.access_key_id or "" for one in acts} - {""}),
            addresses=sorted({one.actor.source_ip or "" for one in acts} - {""}),
            origin=acts[0].actor.origin,
            keys_now=_keys_now(acts),
        )
        for key, acts in of_caller.items()
    ]


def _keys_now(acts: Sequence[Finding]) -> dict[str, str]:
    """Tell what became of the keys that signed; of a use after its last change nothing is known."""
    last = {one.actor.access_key_id: one.actor.access_key_now for one in acts}
    return {key: now for key, now in last.items() if key and now}


def hits(findings: Sequence[Finding], supporting: Sequence[Finding] = ()) -> list[Hit]:
    """Gather whom the calls concerned, with the worst that was done to each; the worst first.

    Names that differ in case alone are one principal's: IAM keeps them apart by nothing else.
    Whom the story itself made was nobody else's before, and so is not taken over.
    """
    made = {_whom(one) for one in (*findings, *supporting) if _makes_a_user(one)}
    worst: dict[tuple[str, str], Hit] = {}
    for one in findings:
        kind = one.target.type
        if kind is not None and (one.target.name or is_whole(kind, None)):
            key, fate = _whom(one), _fate(one)
            if key in made and fate in ("taken over", "aimed at"):
                fate = "made"
            hit = Hit(kind, whole_target_name(one), fate)
            worst[key] = min(worst.get(key, hit), hit, key=_rank)
    return sorted(worst.values(), key=lambda hit: (_rank(hit), hit.name == f"the {hit.type}"))


def _rank(hit: Hit) -> int:
    return _FATES.index(hit.fate)


def _whom(finding: Finding) -> tuple[str, str]:
    name = whole_target_name(finding)
    return finding.target.type or "", name.lower() if finding.target.type in _CASELESS else name


def _makes_a_user(finding: Finding) -> bool:
    return finding.event.event_name == "CreateUser" and finding.event.outcome == "success"


def _fate(finding: Finding) -> Fate:
    if finding.event.outcome != "success":
        return "touched" if worse(finding) else "tried"
    person = finding.target.type in ("user", "root")
    step = grave(finding) and finding.event.event_name in CHANGES_SIGN_IN and person
    if not step or finding.relation == "self":
        return "touched"
    return "taken over" if worse(finding) else "aimed at"


def title(actors: Sequence[Caller], hit: Sequence[Hit]) -> str:
    """Say in one sentence who took what over.

    A user who was taken over, and acts then, is not named as a culprit, unless there is no other.
    Who took a session is named rather than its role or the directory's id of a person.
    """
    taken = {one.name for one in hit if one.fate in ("taken over", "aimed at", "made")}
    known = [one for one in actors if one.type != "IdentityCenterUser" or one.name != one.id]
    names = list(dict.fromkeys(map(_responsible, known or actors)))
    culprits = [name for name in names if name not in taken] or names
    who = _listed(culprits)
    done = [
        words.format(_listed(named))
        for fate, words in _WORDS.items()
        if (named := [_named(one, culprits) for one in hit if one.fate == fate])
    ]
    return f"{who} {'; '.join(done) or 'acted; on whom is not logged'}"


def _named(hit: Hit, culprits: Sequence[str]) -> str:
    alone = hit.type in ("user", "role") and culprits == [hit.name]
    return f"its own {hit.type}" if alone else shortened(hit.name)


def _responsible(actor: Caller) -> str:
    origin = actor.origin
    named = origin is not None and origin.type in _PEOPLE and origin.name is not None
    return taker_name(origin) if origin is not None and named else actor.name


def _listed(names: Sequence[str]) -> str:
    shown, more = list(names[:_NAMED]), len(names) - _NAMED
    if more > 0:
        shown.append(f"{more} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def chapters(serious: Iterable[Finding], supporting: Iterable[Finding]) -> list[Chapter]:
    """Tell every event once, in the order of time: findings, and what happened next to them."""
    told: dict[str, Chapter] = {}
    kinds: list[tuple[Kind, Iterable[Finding]]] = [
        ("finding", serious),
        ("supporting", supporting),
    ]
    for kind, findings in kinds:
        told |= {one.id: _chapter(one, kind) for one in findings}
    events = {one.event.event_id for _, findings in kinds for one in findings}
    for one in serious:
        for later in one.next:
            if later.event_id not in events:
                told.setdefault(later.event_id, _next_chapter(later, one))
    return sorted(told.values(), key=_in_turn)


def _in_turn(chapter: Chapter) -> tuple[str, bool, int, str]:
    next_to_a_finding = chapter.kind == "next"
    return chapter.time, next_to_a_finding, stage_of(chapter.event_name), chapter.finding


def _chapter(finding: Finding, kind: Kind) -> Chapter:
    event = finding.event
    return Chapter(
        time=event.event_time,
        event_name=event.event_name,
        who=caller_name(finding),
        whom=target_name(finding),
        sentence=finding.title,
        kind=kind,
        finding=finding.id,
        level=finding.level,
        outcome=event.outcome,
        about=details(finding),
    )


def _next_chapter(later: NextEvent, finding: Finding) -> Chapter:
    return Chapter(
        time=later.event_time,
        event_name=later.event_name,
        who=later.actor or "somebody unknown",
        whom=None,
        sentence=later.why,
        kind="next",
        finding=finding.id,
        level=None,
        outcome=None,
    )


@dataclass(frozen=True, slots=True)
class _Left:
    """What a call left open, and which events change that: the last of them tells.

    After `gone` nothing is left open; after `doubt` it is not known what is.
    """

    subject: str
    state: str
    gone: tuple[str, ...] = ()
    doubt: tuple[str, ...] = ()


_PASSWORD = _Left(
    "the password of {whose}",
    " is the one that {who} set, as far as the log shows",
    gone=("DeleteLoginProfile", "DeleteUser"),
    doubt=("ChangePassword", "UpdateLoginProfile", "CreateLoginProfile"),
)
_DEVICE = _Left(
    "MFA device {thing} of {whose}",
    " is gone, and no other came that is surely the owner's",
    gone=("DeleteUser",),
)
_POLICY = _Left("the password policy", " is not known to be as strong as before")
_SSH_KEY = _Left("SSH key {thing} of {whose}", " is not back as it was", gone=("DeleteUser",))
_KINDS = ("User", "Group", "Role")
_GONE = ("DeleteUser", "DeleteGroup", "DeleteRole")


def _of_bearers(operation: str, left: _Left) -> dict[str, _Left]:
    """Say the same of the call on a user, a group and a role."""
    return {operation.format(kind): left for kind in _KINDS}


_VERSION = _Left(
    "policy {thing}",
    ", of which {who} changed the version in force, is not known to be as it was",
    gone=("DeletePolicy",),
)
_BOUNDARY = _Left(
    "the permissions boundary of {whose}",
    " is not known to be the one of before",
    gone=_GONE,
)
_PERMISSIONS: Mapping[str, _Left] = {
    **_of_bearers(
        "Attach{}Policy",
        _Left(
            "policy {thing} of {whose}",
            ", which {who} attached, is still attached as far as the log shows",
            gone=(*(f"Detach{kind}Policy" for kind in _KINDS), *_GONE),
            doubt=tuple(f"Attach{kind}Policy" for kind in _KINDS),
        ),
    ),
    **_of_bearers(
        "Detach{}Policy",
        _Left("policy {thing} of {whose}", " is not attached again", gone=_GONE),
    ),
    **_of_bearers(
        "Put{}Policy",
        _Left(
            "inline policy {thing} of {whose}",
            ", which {who} wrote, is still there as far as the log shows",
            gone=(*(f"Delete{kind}Policy" for kind in _KINDS), *_GONE),
            doubt=tuple(f"Put{kind}Policy" for kind in _KINDS),
        ),
    ),
    **_of_bearers(
        "Delete{}Policy",
        _Left("inline policy {thing} of {whose}", " is not back as it was", gone=_GONE),
    ),
    **_of_bearers("Put{}PermissionsBoundary", _BOUNDARY),
    **_of_bearers("Delete{}PermissionsBoundary", _BOUNDARY),
    "CreatePolicyVersion": _VERSION,
    "SetDefaultPolicyVersion": _VERSION,
}
_LEFT: Mapping[str, _Left] = {
    **_PERMISSIONS,
    "CreateAccessKey": _Left(
        "access key {thing} of {whose}",
        " is still active as far as the log shows",
        gone=("DeleteAccessKey", "DeleteUser"),
        doubt=("UpdateAccessKey",),
    ),
    "CreateLoginProfile": _PASSWORD,
    "UpdateLoginProfile": _PASSWORD,
    "DeleteLoginProfile": _Left(
        "the console password of {whose}",
        " is gone",
        gone=("DeleteUser",),
        doubt=("CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"),
    ),
    "DeactivateMFADevice": _DEVICE,
    "DeleteVirtualMFADevice": _DEVICE,
    "EnableMFADevice": _Left(
        "MFA device {thing} of {whose}",
        ", which {who} enabled, is still there as far as the log shows",
        gone=("DeactivateMFADevice", "DeleteVirtualMFADevice", "DeleteUser"),
    ),
    "DeleteAccountPasswordPolicy": _POLICY,
    "UpdateAccountPasswordPolicy": _POLICY,
    "DeleteSSHPublicKey": _SSH_KEY,
    "UpdateSSHPublicKey": _SSH_KEY,
    "UploadSSHPublicKey": _Left(
        "SSH key {thing} of {whose}",
        ", which {who} uploaded, is still there as far as the log shows",
        gone=("DeleteSSHPublicKey", "DeleteUser"),
        doubt=("UpdateSSHPublicKey",),
    ),
}
"""By the event of a finding; of others the title is told."""
_DOUBT = " was changed since, and not surely by the right hands: read it"


def still_open(findings: Sequence[Finding]) -> list[Loose]:
    """Tell what nothing later in the log puts right, each thing once."""
    loose = [one for one in findings if one.status in ("open", "worsened")]
    told: dict[str, str] = {}
    for one in loose:
        for text in _left(one):
            told.setdefault(text, one.id)
    for key in keys_in_hand(findings):
        told.setdefault(key.text, key.finding.id)
    for one in loose:
        way = way_in(one)
        if way is not None:
            told.setdefault(way.text, one.id)
    return [Loose(text, finding) for text, finding in told.items()]


def _on_what(finding: Finding) -> str:
    """Tell on whom or what a call was made, ` on role/ops`; empty where the record names none."""
    kind, name = finding.target.type, finding.target.name
    return f" on {target_name(finding)}" if kind is not None and name else ""


def _by_what(finding: Finding) -> str:
    """Tell the call and what it was made on: one title stands for many things."""
    target = finding.target
    told = target.object_type and target.object_id and target.object_id != target.name
    thing = f" of {shortened(f'{target.object_type}/{target.object_id}')}" if told else ""
    whole = is_whole(target.type, target.name)
    on = f" on {target_name(finding)}" if whole else _on_what(finding)
    return f" ({finding.event.event_name}{thing}{on})"


def _left(finding: Finding) -> Iterator[str]:
    if finding.event.outcome != "success":
        aim = _on_what(finding)
        yield (
            f"{finding.event.event_name}{aim} was refused to {caller_name(finding)} and went "
            "through later: see what that did"
        )
        return
    left = _LEFT.get(finding.event.event_name)
    if left is None:
        yield f"{finding.title}{_by_what(finding)}: nothing later in the log puts it right"
        return
    changes = [one.event_name for one in finding.next if one.event_name in left.gone + left.doubt]
    state = _DOUBT if changes and changes[-1] in left.doubt else left.state
    if not changes or changes[-1] in left.doubt:
        yield f"{left.subject}{state}".format(
            whose=target_name(finding),
            who=caller_name(finding),
            thing=finding.target.object_id or "",
        )
