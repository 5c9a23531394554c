"""The plan of a story: stop the intruder, remove what they made, restore what they took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter

from trailmend.calls import Call, Client
from trailmend.catalog import advice
from trailmend.counts import many
from trailmend.desk import Desk, plan_fix
from trailmend.errors import CannotFix, WrongUse
from trailmend.findings import Finding, told_time
from trailmend.guards import administrators_after
from trailmend.plan import Part, Plan, find_remediation
from trailmend.planning.choosing import Choice
from trailmend.planning.conflicts import stands_in
from trailmend.planning.kept import plans_of
from trailmend.planning.making import OfStory
from trailmend.planning.parts import (
    CALLERS_KEY,
    has_taker_with_key,
    part_of,
    parts_on_the_way,
    time_of_asking,
)
from trailmend.planning.restored import with_restored
from trailmend.planning.sessions_ended import Begun, if_needed_again
from trailmend.stories.gone import is_gone
from trailmend.takeovers import Story
from trailmend.takeovers.acts import taker_name
from trailmend.takeovers.former import as_before_the_story
from trailmend.takeovers.keys_in_hand import keys_in_hand
from trailmend.takeovers.openings import cannot_be_held, lets_in, way_in

_STAGES = ("contain", "remove", "restore")
_CALLER = 0, False
"""The place of what stops a caller: before all other."""
_HOLD = "principals.quarantine_caller"
_CLOSES = ("roles.close_trust", "roles.restore_trust_policy")
_MAKES = ("CreateGroup", "CreatePolicy", "CreateRole")
_SHOWN, _FEW = 5, 2


def plan_story(
    desk: Desk,
    story: Story,
    findings: Sequence[Finding],
    without: Sequence[str] = (),
    supporting: Sequence[Finding] = (),
) -> Plan:
    """Plan all that mends a story: stop the intruder, remove what they made, restore the rest.

    Of each finding that is not resolved the first fix of each of these stages is taken; to stop the
    intruder, and to hold the target, the first that can; where a user took the caller's session,
    that user's key is turned off too, and the sessions on the way are ended.  A key with which
    somebody can still sign is turned off also where all that it did is resolved.  What a fix cannot
    do, and what none is known for, becomes a task for people, and so do the findings left out:
    those whose ids begin as one of `without`.  A thing that the story changed several times goes
    back to what stood before the first of them.  What does not fit into one plan waits for the
    next.
    Raises CannotFix where nothing can be done by call, and what `desk.plan_fix` raises.
    """
    spared = _spared(findings, without)
    left = [
        one
        for one in findings
        if one.status != "resolved" and one.plan is None and one.id not in spared
    ]
    now = time_of_asking(desk)
    held = _of_held_keys(desk, findings, spared, now)
    if not left and not held and not spared:
        raise CannotFix(f"Nothing is left to do: each finding of {story.id} is resolved.")
    begun = plans_of(desk.engine, {one.id for one in findings})
    staged = [
        (order, [_told(part_of(desk, one, fix, now), begun, left) for fix in fixes])
        for one in as_before_the_story(left, supporting)
        for order, fixes in _to_choose_from(one)
    ]
    if not staged and not held:
        raise CannotFix(f"{story.id} has no fix by call. Look at it: trailmend story {story.id}")
    unheld = [[part_of(desk, one, _HOLD, now)] for one in left if cannot_be_held(one)]
    still_open, tasks = _left_to_people(left, [one for one in findings if one.id in spared])
    in_order = (choice for _, choice in sorted(staged, key=itemgetter(0)))
    choices = [*held, *_of_takers(desk, left, begun, now), *in_order, *unheld]
    return plan_fix(
        desk,
        choices,
        OfStory(
            subject=story.id,
            title=story.title,
            level=story.level,
            open=[*still_open, *_ways_left(left, choices)],
            tasks=[
                *_done_since(begun, story, left),
                *_made_again(left, [*findings, *supporting]),
                *_elsewhere(story),
                *tasks,
            ],
            notes=partial(_administrators, story, left),
            most=desk.settings.limits.changes_per_plan,
        ),
        not_as=_callers(story),
    )


def _of_held_keys(
    desk: Desk, findings: Sequence[Finding], spared: set[str], now: str
) -> list[Choice]:
    """Turn off the keys that still work of those whose acts others put right."""
    held = [one.finding for one in keys_in_hand(findings) if one.finding.status == "resolved"]
    return [
        [part_of(desk, one, CALLERS_KEY, now)]
        for one in held
        if one.id not in spared and (CALLERS_KEY in one.fixes or has_taker_with_key(one))
    ]


def _of_takers(desk: Desk, left: Sequence[Finding], begun: Begun, now: str) -> list[Choice]:
    """Turn off the keys by which sessions were taken, and end those on the way to the callers'."""
    keys = [[part_of(desk, one, CALLERS_KEY, now)] for one in left if has_taker_with_key(one)]
    on_the_way = [part for one in left for part in parts_on_the_way(desk, one, now)]
    of_whom = {(one.facts.user_name, one.facts.role_name): one for one in on_the_way}
    return [*keys, *([_told(one, begun, left)] for one in of_whom.values())]


def _callers(story: Story) -> list[str]:
    """Name who acted in the story, and who took their sessions."""
    takers = [taker_name(one.origin) for one in story.actors if one.origin is not None]
    return list(dict.fromkeys([*(one.name for one in story.actors), *takers]))


def _spared(findings: Sequence[Finding], without: Sequence[str]) -> set[str]:
    """Find what is to be left out; raises WrongUse for a start that no finding of them has."""
    spared = set[str]()
    for start in without:
        named = {one.id for one in findings if one.id.startswith(start.upper())}
        if not named:
            raise WrongUse(f"{start} is no finding of this story: see trailmend story")
        spared |= named
    return spared


def _to_choose_from(finding: Finding) -> list[tuple[tuple[int, bool], list[str]]]:
    """Give the fixes that a story takes one of, with their place in the plan.

    Those are any that contains; of the other stages the first; and beside a fix what can stand in
    for it.  What contains the target and is preferred to stopping the caller does not replace that,
    unless the target is the caller.  Callers are stopped first.
    """
    choices: dict[tuple[int, bool], list[str]] = {}
    of_taker = has_taker_with_key(finding)
    for fix in finding.fixes:
        if of_taker and fix == CALLERS_KEY:
            continue
        known = find_remediation(fix)
        contains = known.stage == "contain"
        of_caller = known.about == "actor" or finding.relation == "self" or _CALLER in choices
        place = _CALLER if contains and of_caller else (_STAGES.index(known.stage), True)
        stands = next((one for one in choices.values() if stands_in(fix, one[0])), None)
        if stands is not None:
            stands.append(fix)
        elif contains or place not in choices:
            choices.setdefault(place, []).append(fix)
    return list(choices.items())


def _told(part: Part, begun: Begun, left: Sequence[Finding]) -> Part:
    """Tell a fix what earlier plans of the story did already."""
    return if_needed_again(with_restored(part, begun), begun, left)


# What is left to people --------------------------------------------------------------------


def _left_to_people(
    left: Iterable[Finding], spared: Iterable[Finding]
) -> tuple[list[str], list[str]]:
    """Tell what no fix takes back and what is left out: what lets an intruder in, and the rest."""
    still_open, tasks = list[str](), list[str]()
    for one in left:
        if _is_left_as_it_is(one):
            text = f"{one.title} ({one.id}). {advice(one.event.event_source, one.event.event_name)}"
            is_open = lets_in(one) and not is_gone(one)
            (still_open if is_open else tasks).append(text)
    tasks += [f"{one.title} ({one.id}): left out" for one in spared]
    return still_open, tasks


def _ways_left(left: Iterable[Finding], choices: Iterable[Choice]) -> list[str]:
    """Tell how a session can be taken again when all are ended, where the plan shuts no such way.

    Whoever took one by a key has it turned off.
    """
    closed = {one.facts.role_name for choice in choices for one in choice if one.fix in _CLOSES}
    told = dict[str, str]()
    for one in left:
        way = way_in(one)
        if way is not None and way.role not in closed:
            told.setdefault(f"{way.text}. {way.advice}", one.id)
    return [f"{text} ({finding})" for text, finding in told.items()]


def _is_left_as_it_is(finding: Finding) -> bool:
    """Say whether nothing takes back what was done; to stop the caller does not."""
    done = finding.event.outcome == "success"
    mends = any(find_remediation(fix).about != "actor" for fix in finding.fixes)
    return not mends and (done or not finding.fixes)


def _elsewhere(story: Story) -> list[str]:
    """Tell what the same hands did in other accounts: a plan is for one account."""
    return [
        f"In account {one.account_id}, by {one.why}: {one.text}. With credentials of that account: "
        f"trailmend plan {one.id}"
        for one in story.elsewhere
    ]


def _done_since(begun: Begun, story: Story, left: Sequence[Finding]) -> list[str]:
    """Tell what was done after the story was first planned: it may be the work of those who mend.

    Whose it is the log does not tell: an intruder who is not stopped yet goes on by the same
    credentials.  So it is planned as well, and told.
    """
    if not begun:
        return []
    first, _ = begun[0]
    since = [one for one in left if one.event.event_time > told_time(first.created)]
    if not since:
        return []
    told = ", ".join(f"{one.title} ({one.id})" for one in since)
    options = " ".join(f"--without {one.id}" for one in since)
    return [
        f"Since plan {first.id} was made, the callers of this story have done more, which this "
        f"plan takes back too: {told}. What of it is your own work, leave out: trailmend plan "
        f"{story.id} {options}"
    ]


def _made_again(left: Iterable[Finding], told: Sequence[Finding]) -> list[str]:
    """Tell what was there before the story, that deleted it and made another of its name.

    Providers are repaired by the log; of others more is lost than one call had given.
    """
    deleted = {
        (one.event.event_name, one.target.type, one.target.name): one.event.event_time
        for one in told
        if one.event.outcome == "success"
    }
    texts = []
    for one in left:
        name = one.event.event_name
        if name in _MAKES and one.event.outcome == "success":
            gone = deleted.get((name.replace("Create", "Delete"), one.target.type, one.target.name))
            if gone is not None and gone < one.event.event_time:
                whose = f"{one.target.type}/{str(one.target.name).rpartition('/')[2]}"
                texts.append(
                    f"{whose} was there before: this story deleted it and made another of its name "
                    f"({one.id}). Make the former one again from your code; what the log knows of "
                    f"it: trailmend history {whose}"
                )
    return list(dict.fromkeys(texts))


def _administrators(
    story: Story, left: Sequence[Finding], calls: Sequence[Call], client: Client
) -> list[str]:
    """Tell which administrators the changes stop, and which remain.

    Whoever mends may have made one by the credentials of a caller, because a guard asked for more.
    """
    stopped, remaining = administrators_after(calls, client)
    if not stopped:
        return []
    on: dict[str, list[str]] = {}
    for one in left:
        if one.relation != "self":
            on.setdefault(f"{one.target.type} {one.target.name}", []).append(one.id)
    remain = [f"{name} (touched by this story)" if name in on else name for name in remaining]
    return [
        f"This plan stops {many(len(stopped), 'administrator')}: {_listed(stopped)}. These remain: "
        f"{_listed(remain) or 'none that is known'}."
        + _yours(story, {name: on[name] for name in stopped if name in on})
    ]


def _yours(story: Story, given: Mapping[str, Sequence[str]]) -> str:
    """Say how to leave out administrators that people made while they mended."""
    if not given:
        return ""
    if len(given) > _FEW:
        ids = f"(trailmend story {story.id}) by --without FINDING"
        return f" If you made one of them yourself, leave out the findings on it {ids}."
    options = [
        f"{name} ({' '.join(f'--without {one}' for one in ids)})" for name, ids in given.items()
    ]
    return f" What of this you made yourself, leave out: {', '.join(options)}."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
