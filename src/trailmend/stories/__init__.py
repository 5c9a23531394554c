"""What happened next: the later events that resolve a finding or make it worse.

A finding that is medium or higher and on a call that succeeded is `open` until a later event says
otherwise.  Findings of level info and low have no status: what may become of them and matters has
a finding of its own.  A try that was denied or failed has one only where the same principal made
the same call within a day and it went through: `worsened`.

    after                        resolved by                         worsened by
    ---------------------------  ----------------------------------  -------------------------------
    the password policy is       rules equal to those before or      rules weaker than those that
    weakened or deleted          stronger in every field             the finding left
    somebody's password is set,  another password, or none, from a   the actor takes or enables an
    their login profile made     third principal; the owner's own    MFA device of theirs within a
                                 change in a session with MFA of a   day; they sign in from an
                                 device of before; a profile that    address of the actor alone
                                 was made: deleted by anyone
    a login profile is deleted   made again by a third principal or  made again by the actor, until
                                 the owner                           the owner is in by MFA, or a
                                                                     third sets another password
    an MFA device is taken away  the same device again; another      another by the taker, or by who
    or deleted                   from the owner or a third           set the password; until it goes
    an MFA device is enabled     taken away by somebody else         (its use is not logged)
    an access key is made        Inactive or deleted                 used; Active again by the actor
                                                                     against a third principal
    an SSH key is uploaded, or   Inactive or deleted                 Active again, as above
    switched on
    an SSH key is switched off   Active; the same key uploaded       -
    an SSH key is deleted        the same key uploaded               -
    a policy is attached or      detached; deleted, written as it    its bearer's call goes through
    written                      was, or made harmless               that was refused before
    a denial is taken off        attached or written again           the same; taken off again
    another version is in force  the former version, or document     the same; set again
    a boundary is set or taken   the former boundary                 the same; taken off (again)
    away
    a trail is stopped, deleted  started again, with its settings;   stopped, deleted or weakened
    or weakened                  settings as they were, or on        again, against a third
    a trail's bucket or key is   the setting of before, or a safe    the same again, against a third
    changed or taken from it     one; the key enabled
    a guardrail, an account or   attached, written or moved back;    the same again, as above; the
    power of the organization    the power taken back                actor takes a session as root
    root's address is changed    another address, from a third       accepted, where it was started
    findings on outsiders are    the archive rule deleted, or as it  the same again, as above
    hidden                       was; the analyzer made as it was
    a role is made or opened     the former trust, or one that lets  an outsider whom it let in
                                 in nobody more or no outsider; the  takes a session, or goes on in
                                 role's end; then also the end of    one after that; opened again
                                 sessions begun before
    a user is put into a group,  taken out, or put in again while    its call goes through that was
    or out of one that denies    the group still denies              refused before; done again
    a key is switched on         Inactive or deleted                 used; Active again, as above
    somebody's key is deleted    another, by the owner or a third    another by the actor, until a
                                 principal                           third stops it
    a service's password or a    Inactive or deleted; another        Active, or another secret,
    signing certificate is got   secret by the owner or a third      again, as above
    a provider, an anchor or a   gone or disabled; all that was set  a session is taken through it;
    profile lets others in       is as before                        opened again, as above
    a revocation list is off     on, if it is the same list          off again, as above
    an assignment or membership  its end, or that of person or       the same again, as above
    of the directory is made     group; the set made harmless
    what a set allows or bounds  taken back before an account gets   provisioned, or assigned: an
    is changed                   it, or provisioned everywhere then  account has it; as above
    an issuer of tokens is let   deleted; attributes as before       an application believes it
    in or matched otherwise
    a session is taken           a denial of everything, or of       used from an address that its
                                 what began before; the role's or    taker had not called from; a
                                 the user's end                      root session makes a password
    a user signs in oddly, or    another password, or none, from a   makes a key, a login profile,
    gets tokens for tools        third; a denial of everything       touches a device within a day
    root signs in, is recovered  its password is taken away by the   root signs in after that; the
    or gets another address      organization                        same; its address is changed
    the console's limits are     the same statement, or the switch   the same again, as above
    taken away, or spare one     as it was

What is not known leaves a finding open, with the event and the reason in `next`: the policy of
before; a password or a device that comes from the owner's user, when the actor could act as them;
a principal without an id, or with a key that the actor made.  A new user's key and a session are
made to be used, so the first use is told only; another password ends no session.  Where a finding
became worse by use, only a third principal resolves it: an intruder who tidies up does not.  That a
third is no accomplice is taken for granted.

Who acts is told by stable ids, never by names or addresses.  Inside one second the order is not
known: what is in the finding's own second counts only where it is (a new key is used after it was
made, a user is deleted last) or where it does not matter.  Of one kind of event on one thing only
the first `lookup.MOST` are looked at; a story that goes on longer keeps its last status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from trailmend.events import principal_of
from trailmend.findings import Finding, NextEvent, ResolvedBy, told_time
from trailmend.ledger import parsed
from trailmend.stories.facts import Scene, Who, missing_fields, who_acts, worse_fields
from trailmend.stories.facts_permissions import denies
from trailmend.stories.facts_trails import WEAKENED_BY, unlike_before
from trailmend.stories.gone import without_fixes_of_the_gone
from trailmend.stories.lookup import Looked, by_content, what_followed
from trailmend.stories.new_accounts import with_new_accounts_named
from trailmend.stories.off_boarding import with_steps_of_deletions_lowered
from trailmend.stories.rule import Rule
from trailmend.stories.steps import Step, name_of
from trailmend.stories.taken_back import Followed, with_takings_back_lowered
from trailmend.stories.timeline import Timeline

_WITHOUT_STATUS = ("info", "low")
_STEADY = ("harms", "notes")
_REPAIRS: Mapping[Who, ResolvedBy] = {"owner": "owner", "third": "other"}
_TURNS = ("notes", "reopens", "lifts", "harms", "resolves", "mends")


@dataclass(slots=True)
class _Story:
    """How a finding stands at a time; `told` is by sentence and object."""

    harms: dict[str, str | None] = field(default_factory=dict)
    became_worse: bool = False
    mended: Who | None = None
    resolved_by: ResolvedBy | None = None
    over: bool = False
    told: dict[tuple[str, str], tuple[Rule, Scene]] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Name the status that the harms and the mend make."""
        return "worsened" if self.harms else "open" if self.mended is None else "resolved"


def follow(findings: Sequence[Finding], line: Timeline) -> list[Finding]:
    """Give the findings of one account with `status` and `next`.

    A finding whose event is not on the timeline is a KeyError.
    """
    told = with_takings_back_lowered([_followed(one, line) for one in findings], line)
    told = with_steps_of_deletions_lowered(told, line)
    return with_new_accounts_named(without_fixes_of_the_gone(told, line), line)


def _has_status(finding: Finding) -> bool:
    return finding.level not in _WITHOUT_STATUS


def _with_status(
    finding: Finding, status: str | None, told: list[NextEvent], story: _Story | None = None
) -> Finding:
    return msgspec.structs.replace(
        finding,
        status=status,
        became_worse=story is not None and story.became_worse,
        resolved_by=story.resolved_by if story and status == "resolved" else None,
        next=told,
    )


def _followed(finding: Finding, line: Timeline) -> Followed:
    if not _has_status(finding):
        return Followed(_with_status(finding, None, []))
    found, story = line.of_event(finding.event.event_id), _Story()
    for second in what_followed(line, found):
        for rule, scene in _judged(second, found, line, story):
            _tell(story, rule, scene)
        if story.over and story.status == "resolved":
            break
    told = sorted(story.told.values(), key=lambda each: (each[1].later.time, *_in_turn(each)))
    following = [_next_event(rule, scene, finding) for rule, scene in told]
    silent = finding.event.outcome != "success" and story.status == "open"
    status = None if silent else story.status
    by_a_third = [scene.later for rule, scene in told if _answers(rule, scene) and not silent]
    return Followed(_with_status(finding, status, following, story), by_a_third)


def _answers(rule: Rule, scene: Scene) -> bool:
    """Say whether a third principal put the finding right, or held whom its caller had made."""
    held = rule.when is denies and scene.found.row.target_made_by_actor is True
    return scene.who == "third" and (held or rule.verdict == "resolves")


def _judged(
    second: list[Looked], found: Step, line: Timeline, story: _Story
) -> list[tuple[Rule, Scene]]:
    """Find the rule for each event of one second, by what stood before it."""
    judged = []
    for step, rules in second:
        scene = Scene(line, found, step, who_acts(line, found, step), story.harms, story.mended)
        rule = next((rule for rule in rules if _applies(rule, scene)), None)
        if rule is not None:
            judged.append((rule, scene))
    return sorted(judged, key=_in_turn) if len(judged) > 1 else judged


def _in_turn(each: tuple[Rule, Scene]) -> tuple[object, ...]:
    """Order what is inside one second: what puts things right outlives what it puts right."""
    rule, scene = each
    return _TURNS.index(rule.verdict), *by_content(scene.later)


def _applies(rule: Rule, scene: Scene) -> bool:
    passed = scene.later.time - scene.found.time
    return (
        (not rule.who or scene.who in rule.who)
        and (rule.in_second or bool(passed))
        and (rule.within is None or passed <= rule.within)
        and (rule.when is None or rule.when(scene))
    )


def _tell(story: _Story, rule: Rule, scene: Scene) -> None:
    """Take an event into the story, by the verdict of its rule."""
    event = scene.later.event
    thing = (event.source_ip if rule.joined == "place" else event.object_id) or rule.joined
    if rule.once:
        thing = rule.joined
    if rule.verdict == "resolves":
        story.harms.clear()
    if rule.verdict in ("resolves", "mends"):
        story.mended, story.resolved_by = scene.who, _resolved_by(scene)
    if rule.verdict in ("resolves", "mends", "lifts"):
        story.over = rule.final
    if rule.verdict == "harms":
        story.harms.setdefault(thing, event.actor_id)
        story.became_worse = True
    if rule.verdict == "lifts":
        story.harms.pop(thing, None)
    if rule.verdict == "reopens":
        story.mended = None
    if rule.verdict not in _STEADY or (rule.why, thing) not in story.told:
        story.told[rule.why, thing] = rule, scene


def _resolved_by(scene: Scene) -> ResolvedBy:
    """Say whose the repair is: the caller's own may be a clean-up of traces."""
    ids = scene.found.event.actor_id, scene.later.event.actor_id
    if None not in ids and principal_of(ids[0]) == principal_of(ids[1]):
        return "caller"
    return _REPAIRS.get(scene.who, "unknown")


def _next_event(rule: Rule, scene: Scene, finding: Finding) -> NextEvent:
    event = scene.later.event
    return NextEvent(
        event_id=event.event_id,
        event_name=event.event_name,
        event_time=told_time(event.event_time),
        why=rule.why.format_map(_words(scene, finding)),
        actor=name_of(event),
    )


def _words(scene: Scene, finding: Finding) -> dict[str, str]:
    found, event = scene.found.event, scene.later.event
    words = {
        "who": name_of(event),
        "actor": name_of(found),
        "owner": finding.target.name or "the user",
        "thing": event.object_id or "",
        "event": event.event_name,
        "address": event.source_ip or "an unknown address",
        "status": str(parsed(event.request).get("status")),
    }
    if found.event_name.endswith("AccountPasswordPolicy"):
        words["missing"] = ", ".join(missing_fields(scene))
        words["worse"] = ", ".join(worse_fields(scene))
    if found.event_name in WEAKENED_BY:
        words["unlike"] = ", ".join(unlike_before(scene))
    return words
