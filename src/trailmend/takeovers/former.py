"""What stood before a story: what was changed again and again goes back to how it was first.

`before` of a finding is how the thing was right before its event, by whomever.  Where an earlier
event of the same story had made it so, that is the intruder's own, and to put it back would mend
nothing.  So of several changes in a row the last is mended, with what stood before the first; what
was deleted and made again under its name is repaired, and only what the story made is removed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Sequence
from itertools import groupby
from typing import Any

from msgspec.structs import replace

from trailmend.findings import Finding, in_order
from trailmend.plan import find_remediation

_State = dict[str, Any]
_Act = list[Finding]
"""The findings of one event on one thing."""
_REPAIRS = {
    "oidc_providers.remove_oidc_provider": "oidc_providers.restore_oidc_provider",
    "saml_providers.remove_saml_provider": "saml_providers.restore_metadata",
}
"""What takes a thing that was made again back to its former state, tried before it is removed."""
_BY_FORMER = frozenset(
    {
        *_REPAIRS,
        "boundaries.restore_boundary",
        "inline_policies.take_back_inline_policy",
        "password_policy.restore_password_policy",
    }
)
"""Fixes of what makes a thing anew, which need to know what was deleted."""
_SET_ON_BEARER = "permissions_boundary"
"""Of this the object of an event is the new one, not the thing that changes."""


def as_before_the_story(
    findings: Sequence[Finding], supporting: Sequence[Finding] = ()
) -> list[Finding]:
    """Give the findings so that each thing is mended once, by what stood before the story.

    What a later finding mends as well is no longer offered for the earlier one.  `supporting` are
    lower findings of the story: they mend nothing, and tell what was deleted and what is now.
    """
    planned = {one.id for one in findings}
    things: dict[Hashable, list[Finding]] = {}
    for one in sorted((*findings, *supporting), key=_in_turn):
        if _counts(one):
            things.setdefault(_thing(one), []).append(one)
    changed: dict[str, Finding] = {}
    for of_thing in things.values():
        acts = [list(act) for _, act in groupby(of_thing, key=lambda one: one.event.event_id)]
        mended = _mended_once(_with_lower_taken_in(acts, planned))
        changed |= {one.id: one for act in mended for one in act}
    return [changed.get(one.id, one) for one in findings]


def _in_turn(finding: Finding) -> tuple[str, int, str]:
    return *in_order(finding)[:2], finding.event.event_id


def _counts(finding: Finding) -> bool:
    done = finding.event.outcome == "success" and finding.target.type is not None
    return done and finding.status != "resolved" and finding.plan is None


def _thing(finding: Finding) -> Hashable:
    target = finding.target
    on_bearer = _SET_ON_BEARER in {**_before([finding]), **_after([finding])}
    return target.type, target.name, _SET_ON_BEARER if on_bearer else target.object_id


def _with_lower_taken_in(acts: list[_Act], planned: set[str]) -> list[_Act]:
    """Add what a lower finding set to the one that it followed on; of the others keep deletions."""
    kept: list[_Act] = []
    for act in acts:
        if planned.isdisjoint(one.id for one in act):
            known = kept and not _deletes(act) and _follows(kept[-1], act)
            if known:
                kept[-1] = [replace(one, after=_after([one]) | _after(act)) for one in kept[-1]]
            if not _deletes(act):
                continue
        kept.append(act)
    return kept


def _mended_once(acts: list[_Act]) -> list[_Act]:
    """Carry what stood before the first of several changes in a row to the last of them."""
    mended = list(acts)
    for number in range(1, len(acts)):
        earlier, act = mended[number - 1], acts[number]
        former = _former(earlier, act)
        if former is None:
            continue
        if _is_new(earlier):
            mended[number] = [_without(one, _restoring(one)) for one in act]
        else:
            mended[number] = [_repaired(one, former) for one in act]
            mended[number - 1] = [_without(one, _given(mended[number])) for one in earlier]
    return mended


def _former(earlier: _Act, act: _Act) -> _State | None:
    """Give what stood before two changes; None where the second did not follow on the first."""
    known, before = _before(earlier), _before(act)
    if _deletes(earlier):
        anew = not before and _BY_FORMER.intersection(_of_thing(act))
        return known if known and anew else None
    if not _follows(earlier, act):
        return None
    left = _after(earlier)
    kept = {name: value for name, value in before.items() if name not in left}
    return kept | {name: value for name, value in known.items() if name in left}


def _follows(earlier: _Act, act: _Act) -> bool:
    """Say whether a change left the thing as the next one found it."""
    left, before = _after(earlier), _before(act)
    shared = left.keys() & before.keys()
    return bool(shared) and all(_read(left[name]) == _read(before[name]) for name in shared)


def _read(value: Any) -> Any:
    """Read a document in text, which is written in several ways; names have no order."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    names = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return sorted(value) if names else value


def _is_new(act: _Act) -> bool:
    """Say whether the story made the thing, and its fix holds it or takes it away as a whole."""
    made = act[0].event.event_name.startswith("Create") and not _before(act)
    return made and any(find_remediation(fix).stage != "restore" for fix in _of_thing(act))


def _restoring(finding: Finding) -> set[str]:
    return {fix for fix in _of_thing([finding]) if find_remediation(fix).stage == "restore"}


def _repaired(finding: Finding, former: _State) -> Finding:
    """Have a change mended by what stood before; what was made again is not removed then."""
    repairs = [_REPAIRS[fix] for fix in finding.fixes if fix in _REPAIRS and former]
    return replace(finding, before=former or None, fixes=[*repairs, *finding.fixes])


def _given(act: _Act) -> set[str]:
    """Name what need not be done for the change before; a removal leaves the making to it."""
    fixes = set(_of_thing(act))
    own = {"inline_policies.restore_inline_policy"} if _BY_FORMER & fixes else set[str]()
    return fixes | own


def _without(finding: Finding, gone: Collection[str]) -> Finding:
    """Leave out fixes of the thing; to stop the caller is offered all the same."""
    of_thing = {fix for fix in _of_thing([finding]) if fix in gone}
    return replace(finding, fixes=[fix for fix in finding.fixes if fix not in of_thing])


def _of_thing(findings: Iterable[Finding]) -> list[str]:
    fixes = [fix for one in findings for fix in one.fixes]
    return [fix for fix in fixes if find_remediation(fix).about != "actor"]


def _deletes(act: _Act) -> bool:
    return act[0].event.event_name.startswith("Delete")


def _before(act: _Act) -> _State:
    return next((one.before for one in act if one.before), {})


def _after(act: _Act) -> _State:
    return next((one.after for one in act if one.after), {})
