"""The demo: an account is attacked by real API calls, and mended, on this machine alone.

Everything goes the way of real use: the lab writes a trail, `scan` reads it, plans are made,
approved, applied, verified and rolled back with the credentials of a responder.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console, Group
from rich.padding import Padding
from rich.text import Text

from trailmend import __version__
from trailmend.audit import verify
from trailmend.aws import connect
from trailmend.calls import Call
from trailmend.catalog import LEVELS
from trailmend.changing.settle import Patience
from trailmend.counts import many
from trailmend.desk import Desk, apply_plan, roll_back_plan
from trailmend.errors import NoCredentials, WrongUse
from trailmend.findings import Finding
from trailmend.lab import Credentials, Lab
from trailmend.lab.attack import Attack, play_attack
from trailmend.mending import open_desk
from trailmend.plan import Plan
from trailmend.planning.approvals import Person
from trailmend.planning.kept import approve_plan
from trailmend.planning.of_stories import plan_story
from trailmend.report.plans import plan_page
from trailmend.report.terminal import console, findings_table, levels_line, print_list, summary
from trailmend.scan import scan
from trailmend.takeovers import Story, find_story, stories_of

_APPROVER = Person("kim")
"""A second person: in the demo one person plays both."""
Tell = Callable[[Lab, Path, Credentials, Path], object]
"""Tells how to use a lab: its trail, who to be in it, and the workspace of the case."""
_AT_ONCE = Patience(first=0, interval=0.02)
"""The lab shows a change at once; AWS takes seconds, and `apply` waits for that."""


def run_demo(*, tell: Tell | None, workspace: Path | None) -> None:
    """Play, read, find, mend, verify and take back.

    With `tell`, who explains how to explore the lab, the lab stays until Ctrl-C.

    Raises WrongUse for a workspace that holds a case already.
    """
    if workspace is not None and (workspace / "state.db").exists():
        raise WrongUse(f"{workspace} holds a case already: name a folder that is not there yet")
    out, began = console(), time.monotonic()
    with ExitStack() as stack:
        place = workspace or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trail = place / "trail"
        lab = stack.enter_context(Lab(trail))
        out.print(
            Text(f"trailmend {__version__} · a made-up account in a lab on this machine · "),
            Text("no AWS account, no network"),
            sep="",
        )
        attack = _attack(lab, out)
        found = _read(trail, place, attack, out)
        with _credentials(lab.environment(attack.responder)):
            _mend(open_desk(place, patience=_AT_ONCE), found, lab, attack, out)
        out.print(Text(f"\nDone in {time.monotonic() - began:.1f} s."), _closing(tell), sep="  ")
        if tell is not None:
            _stay(lab, attack, place, trail, tell)


def _heading(out: Console, number: int, text: str) -> None:
    out.print(Text(f"\n{number}  {text}", style="bold"))


def _say(out: Console, text: str, style: str = "") -> None:
    out.print(Padding(Text(text, style=style), (0, 0, 0, 3), expand=False))


def _attack(lab: Lab, out: Console) -> Attack:
    """Have the attack played, and its trail delivered."""
    _heading(out, 1, "An attack, by real API calls")
    attack = play_attack(lab)
    files = lab.deliver()
    _say(out, f"Five quiet days, then ten minutes of the leaked key of {attack.intruder_name}")
    _say(out, f"from {attack.address}.  The lab wrote its trail in {many(len(files), 'file')}.")
    return attack


def _read(trail: Path, workspace: Path, attack: Attack, out: Console) -> list[Finding]:
    """Scan the trail; show what the attack did, the routine is counted only."""
    _heading(out, 2, "What the trail says")
    done = scan([str(trail)], sys.stdin.buffer, workspace)
    for part in (*summary(done), levels_line(done.findings)):
        out.print(Padding(part, (0, 0, 0, 1), expand=False))
    since = attack.began.strftime("%Y-%m-%dT%H:%M:%SZ")
    found = [one for one in done.findings if one.event.event_time >= since]
    out.print()
    print_list(out, findings_table(found), indent=3)
    rest = [one for one in done.findings if one.event.event_time < since]
    out.print(Padding(Group(Text("And on the quiet days:"), levels_line(rest)), (0, 0, 0, 3)))
    return done.findings


def _mend(desk: Desk, findings: list[Finding], lab: Lab, attack: Attack, out: Console) -> None:
    """Mend the worst story by as many plans as it takes; see whether it holds; take one back."""
    told = find_story(findings, max(stories_of(findings), key=_weight).id)
    assert told is not None
    story, found = told
    _heading(out, 3, f"One story: {story.title}")
    plans = [_mend_once(desk, story, found, out)]
    _heading(out, 4, "Planned again: what the first plan made possible")
    plans.append(_mend_once(desk, story, found, out))
    _heading(out, 5, "Does it hold?")
    for whose, key in (("leaked", attack.intruder), ("new", attack.stolen)):
        _say(out, f"The intruder's {whose} key is {_tried(lab, key)}.")
    left = plan_story(desk, story, found)
    _say(out, f"Planned once more: {many(len(left.changes), 'change')} left to do.")
    _say(out, "To hand over:")
    for plan in plans:
        for name in plan.secrets:
            _say(out, f"  {desk.sink(plan.id).where(name)}")
    log = verify(desk.folder, desk.engine)
    entries, faults = many(log.entries, "entry", "entries"), many(len(log.faults), "fault")
    _say(out, f"The audit log has {entries} and {faults}.")
    _heading(out, 6, "One change taken back, because those that can be are")
    plan, number = next(
        (plan, number)
        for plan in plans
        for number, one in enumerate(plan.changes)
        if "ssh" in one.call.name
    )
    _say(out, f"trailmend rollback {plan.id} --only {number + 1}", "dim")
    progress = roll_back_plan(desk, plan.id, only=[number])
    _say(out, f"{progress.steps[number].state}: {plan.changes[number].call.action}")


def _mend_once(desk: Desk, story: Story, found: list[Finding], out: Console) -> Plan:
    """Plan the story whole, have a second person approve it, apply and verify."""
    _say(out, f"trailmend plan {story.id}    # reads only", "dim")
    plan = plan_story(desk, story, found)
    out.print(Padding(plan_page(plan, brief=True), (0, 0, 0, 3), expand=False))
    for text in plan.still_open:
        _say(out, f"still open: {text}")
    for task in plan.tasks:
        _say(out, f"to people: {task}")
    why = f"# by {_APPROVER.user}: what is {plan.level} needs a second person"
    _say(out, f"trailmend approve {plan.id}    {why}", "dim")
    rules, now = desk.settings.approval, datetime.now(UTC)
    approve_plan(desk.engine, plan, by=_APPROVER, now=now, rules=rules, log=desk.log)
    consent = " --accept-irreversible" if plan.irreversible else ""
    _say(out, f"trailmend apply {plan.id}{consent}", "dim")
    done = apply_plan(desk, plan.id, accept_irreversible=True)
    made = many(len(done.steps), "change")
    _say(out, f"{made} {done.state} and verified: three readings agree", "green")
    return plan


def _weight(story: Story) -> tuple[int, int]:
    return LEVELS.index(story.level), len(story.findings)


def _tried(lab: Lab, key: Credentials) -> str:
    """Say what becomes of a call with a key."""
    with _credentials(lab.environment(key)):
        try:
            connect()(Call("sts.get_caller_identity"))
        except NoCredentials:
            return "refused now"
    return "still accepted"


@contextmanager
def _credentials(variables: Mapping[str, str]) -> Iterator[None]:
    """Work with these credentials and no others, and then with the former ones again."""
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    proxies = os.environ.get("NO_PROXY")
    for name in before:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update(before | ({} if proxies is None else {"NO_PROXY": proxies}))


def _closing(tell: Tell | None) -> Text:
    following = "" if tell is not None else "Explore it: trailmend demo --keep   "
    return Text(f"{following}Your own logs: trailmend scan PATH")


def _stay(lab: Lab, attack: Attack, workspace: Path, trail: Path, tell: Tell) -> None:
    """Leave the lab running, and have it told how to explore it."""
    try:
        tell(lab, trail, attack.responder, workspace)
        while True:
            time.sleep(2)
            lab.deliver()
    except KeyboardInterrupt:
        lab.deliver()
