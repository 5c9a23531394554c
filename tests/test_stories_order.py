"""Stories in any order: shuffled, doubled, late, inside one second, and many."""

import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby, permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.forms import text
from tests.identity_calls import (
    KEY,
    PASSKEY,
    PHONE,
    deactivate,
    delete_device,
    delete_policy,
    enable,
    make_key,
    on_user,
    set_key,
    set_policy,
    upload,
)
from tests.reading import Fields, event_of
from tests.telling import (
    ALICE,
    ALICE_WITH_MFA,
    BOB,
    CAROL,
    HIDEOUT,
    MADE,
    MINUTE,
    NEW_ALICE,
    OFF,
    OFFICE,
    ON,
    RESET,
    RESTORED,
    START,
    STRONG,
    TAKEN,
    WEAK,
    at,
    change_password,
    delete_key,
    delete_ssh,
    found_in,
    placed,
    sign_in,
    told,
    used,
)
from tests.test_stories_of_roles import OTHER_STRANGER, STRANGER, born, taken, trusting
from tests.test_stories_of_roles import gone as role_gone
from tests.test_stories_of_sessions import (
    BOBS,
    ENDED,
    GUEST,
    OPS,
    QUARANTINE,
    SESSION,
    erase,
    put,
    use,
)
from tests.test_stories_of_sign_in import (
    ASKED,
    MAIL,
    OFFICES,
    RECOVERED,
    ROOT_IN,
    set_limit,
    unset,
)
from tests.test_stories_of_the_organization import (
    DENIES,
    LESS,
    UNIT,
    attach,
    deregister,
    detach,
    move,
    register,
    write,
)
from tests.test_stories_of_trails import deleted as trail_gone
from tests.test_stories_of_trails import made as make_trail
from tests.test_stories_of_trails import started, stopped, updated
from tests.test_stories_of_users import GROUP, ROOT, put_in, take_out
from tests.test_stories_of_users import deleted as user_gone
from trailmend.catalog import detections
from trailmend.context import Context, fold
from trailmend.database import open_database
from trailmend.detect import findings_of
from trailmend.events import Event
from trailmend.evidence import call, root
from trailmend.findings import Finding
from trailmend.runbooks.assume_role import assume
from trailmend.runbooks.create_role import ANYONE, EC2, OUTSIDER
from trailmend.runbooks.get_federation_token import federate
from trailmend.scan import scan
from trailmend.store import load_findings
from trailmend.stories import follow
from trailmend.stories.timeline import Timeline

SERIALS, VERBS = (PHONE, PASSKEY), ("Create", "Update", "Delete")
PEOPLE = (ALICE, BOB, CAROL, ALICE_WITH_MFA)
POOL: list[Fields] = [
    *(on_user(f"{v}LoginProfile", by, "alice") for v in VERBS for by in PEOPLE),
    *(enable(by, "alice", serial) for by in PEOPLE for serial in SERIALS),
    *(deactivate(by, "alice", serial) for by in PEOPLE for serial in SERIALS),
    *(delete_device(by, serial) for by in (BOB, CAROL) for serial in SERIALS),
    *(set_policy(by, **demands) for by in (BOB, CAROL) for demands in (STRONG, WEAK)),
    *(set_key(by, "alice", state) for by in (BOB, CAROL) for state in ("Active", "Inactive")),
    *(change_password(by) for by in (ALICE, ALICE_WITH_MFA)),
    *(sign_in(ALICE, address, mfa=mfa) for address in (HIDEOUT, OFFICE) for mfa in (True, False)),
    *(delete_policy(BOB), make_key(BOB, "alice"), used(KEY), delete_key(CAROL, "alice")),
    *(upload(ALICE, "alice"), delete_ssh(BOB, "alice"), upload(CAROL, "alice", "APKA2")),
    *(on_user("DeleteUser", BOB, "alice"), NEW_ALICE),
    on_user("UpdateUser", CAROL, "alice", newUserName="alicia"),
]  # fmt: skip
HANDS = (BOB, CAROL, ROOT)
THINGS: list[Fields] = [
    *(born(OUTSIDER, by) for by in HANDS),
    *(trusting(document, by) for by in HANDS for document in (EC2, OUTSIDER, ANYONE)),
    *(taken(by) for by in (STRANGER, OTHER_STRANGER, CAROL)),
    *(do(by) for do in (role_gone, put_in, take_out, stopped, started) for by in HANDS),
    *(
        do(by)
        for do in (attach, detach, user_gone, trail_gone, register, deregister)
        for by in HANDS
    ),
    *(updated(by, isMultiRegionTrail=value) for by in HANDS for value in (True, False)),
    *(write(by, content=content) for by in HANDS for content in (DENIES, LESS)),
    *(move(by, old, new) for by in HANDS for old, new in ((UNIT, "r-ab12"), ("r-ab12", UNIT))),
    *(make_trail(CAROL), *GROUP, on_user("CreateUser", ROOT, "alice")),
]
"""What is done to roles, groups, trails and the organization."""

IN_OPS, IN_GUEST = ((SESSION, OPS), (GUEST, BOBS))
SESSIONS: list[Fields] = [
    *(assume(by) for by in (ALICE, BOB)),
    *(use(*whose, address) for whose in (IN_OPS, IN_GUEST) for address in (HIDEOUT, OFFICE)),
    *(
        do(by, whom=whom, **more)
        for by in (ALICE, CAROL)
        for whom in ("role ops", "user bob")
        for do, more in ((put, {"text": QUARANTINE}), (put, {"text": ENDED}), (erase, {}))
    ),
    *(
        federate(BOB),
        sign_in(BOB, HIDEOUT),
        make_key(BOB, "bob"),
        on_user("DeleteUser", CAROL, "bob"),
    ),
    *(on_user("UpdateLoginProfile", by, "bob") for by in (BOB, CAROL)),
    *(ASKED, RECOVERED, ROOT_IN, MAIL, call("DeleteLoginProfile", by=root(assumed=True))),
    *(set_limit(by, OFFICES, f"s-{n}") for n, by in enumerate((BOB, CAROL))),
    *(unset(by, f"s-{n}") for n in range(2) for by in (BOB, CAROL)),
]
"""What is done to sessions, by root, and to the limits of the console."""


def histories(pool: list[Fields]) -> st.SearchStrategy[list[Event]]:
    """Draw events from a pool, several of them in one second."""
    steps = st.tuples(st.sampled_from(range(len(pool))), st.integers(0, 12))
    return st.lists(steps, min_size=1, max_size=14).map(
        lambda drawn: [
            event_of(at(START + seconds * timedelta(seconds=20), f"e{n}", pool[place]), n)
            for n, (place, seconds) in enumerate(drawn)
        ]
    )


HISTORIES = histories(POOL) | histories(THINGS) | histories(SESSIONS)


SERIOUS = {
    name: key
    for key, (runbook, detection) in detections().items()
    if detection.outcome == "success" and detection.level not in ("info", "low")
    for name in runbook.names
}
"""A detection of medium or higher for each event that has one."""


def followed(events: Sequence[Event], rows_of: Sequence[Event] = ()) -> list[Finding]:
    """Give every event that succeeded a finding, whatever its condition, and follow them."""
    rows, by_id = fold(rows_of or events), {event.event_id: event for event in events}
    found = [
        finding
        for row in rows
        for event in [by_id[row.event_id]]
        if event.outcome == "success" and event.event_name in SERIOUS
        for finding in findings_of(event, row, frozenset({SERIOUS[event.event_name]}))
    ]
    return follow(found, timeline_of(events, rows))


def timeline_of(events: Sequence[Event], rows: Sequence[Context]) -> Timeline:
    """Put the events that have rows on a timeline, each once."""
    by_id, line = {event.event_id: event for event in events}, Timeline()
    moments = [(by_id[row.event_id], row) for row in rows if row.event_id in by_id]
    for _, second in groupby(moments, key=lambda moment: moment[0].event_time):
        line.take(list(second))
    return line


@settings(max_examples=120, deadline=None)
@given(HISTORIES, st.data())
def test_order_and_copies_change_nothing(events: list[Event], data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.sampled_from(events), max_size=5), label="copies")
    mixed = data.draw(st.permutations([*events, *copies]), label="order")
    once = list({event.event_id: event for event in mixed}.values())

    assert followed(mixed, once) == followed(events)


@settings(max_examples=120, deadline=None)
@given(HISTORIES, st.data())
def test_no_story_hangs_on_an_event_id(events: list[Event], data: st.DataObject) -> None:
    ids = data.draw(st.permutations([event.event_id for event in events]), label="ids")
    new = dict(zip([event.event_id for event in events], ids, strict=True))
    renamed = [msgspec.structs.replace(one, event_id=new[one.event_id]) for one in events]

    assert {new[name]: story for name, story in stories(followed(events)).items()} == stories(
        followed(renamed)
    )


def stories(findings: Sequence[Finding]) -> dict[str, Any]:
    return {one.event.event_id: (one.event.event_name, *told(one)) for one in findings}


@settings(max_examples=120, deadline=None)
@given(HISTORIES)
def test_status_is_borne_out_by_what_is_told(events: list[Event]) -> None:
    for finding in followed(events):
        assert finding.status in ("open", "resolved", "worsened")
        assert finding.next or finding.status == "open"
        times = [one.event_time for one in finding.next]
        assert times == sorted(times)
        assert all(when >= finding.event.event_time for when in times)


@pytest.mark.parametrize(
    ("found", "together", "expected"),
    [
        (TAKEN, [enable(ALICE, "alice", PASSKEY), enable(BOB, "alice", PHONE + "-2")], "worsened"),
        (MADE, [OFF, used(KEY)], "resolved"),
        (MADE, [OFF, ON], "open"),
        (MADE, [set_key(BOB, "alice", "Inactive"), used(KEY)], "worsened"),
        (MADE, [OFF, delete_key(CAROL, "alice")], "resolved"),
        (MADE, [used(KEY), used(KEY, name="GetUser")], "worsened"),
        (delete_policy(BOB), [set_policy(CAROL, **STRONG), set_policy(BOB, **WEAK)], "open"),
        (RESET, [on_user("UpdateLoginProfile", CAROL, "alice"), RESET], "resolved"),
        (
            RESET,
            [change_password(ALICE), on_user("UpdateLoginProfile", CAROL, "alice")],
            "resolved",
        ),
    ],
    ids=str,
)
def test_no_answer_hangs_on_the_ids_inside_a_second(
    found: Fields, together: list[Fields], expected: str
) -> None:
    told_by_order = []
    for ids in permutations(range(len(together))):
        records = placed([set_policy(BOB, **STRONG)], found, [(MINUTE, one) for one in together])
        for fields, number in zip(records[2:], ids, strict=True):
            fields["eventID"] = f"tie-{number}"
        told_by_order.append(told(found_in(records)))

    assert told_by_order == [told_by_order[0]] * len(told_by_order)
    assert told_by_order[0][0] == expected


def test_late_record_resolves_in_whatever_order_the_files_come(tmp_path: Path) -> None:
    records = placed([set_policy(BOB, **STRONG)], delete_policy(BOB), [set_policy(CAROL, **STRONG)])
    for number, fields in enumerate(records):
        (tmp_path / f"{number}.json").write_bytes(text({"Records": [fields]}))

    expected = [("found", "resolved", [RESTORED])]
    for order in permutations(range(len(records))):
        workspace = tmp_path / "-".join(map(str, order))
        for number in order:
            scan([str(tmp_path / f"{number}.json")], None, workspace)  # type: ignore[arg-type]
        database = open_database(workspace)
        found = [one for one in load_findings(database) if one.status and not one.lapsed]
        database.dispose()
        assert [(one.event.event_id, *told(one)) for one in found] == expected


def seconds_to_follow(steps: Sequence[Fields], size: int) -> float:
    """Give the least CPU time of two runs of `follow` over steps that come again and again."""
    events = [
        event_of(at(START + n * timedelta(seconds=1), f"e{n}", steps[n % len(steps)]))
        for n in range(size)
    ]
    rows = fold(events)
    found = [
        finding
        for event, row in zip(events, rows, strict=True)
        for finding in findings_of(event, row, frozenset({SERIOUS[event.event_name]}))
    ]
    taken = []
    for _ in range(2):
        began = time.process_time()
        follow(found, timeline_of(events, rows))
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.soak
@pytest.mark.parametrize(
    "steps",
    [
        [RESET, deactivate(BOB, "alice")],
        [set_policy(BOB, minimumPasswordLength=30 - n, maxPasswordAge=30 - n) for n in range(20)],
    ],
    ids=["one user", "one policy"],
)
def test_one_busy_thing_does_not_take_quadratic_time(steps: list[Fields]) -> None:
    assert seconds_to_follow(steps, 4_000) < 8 * seconds_to_follow(steps, 1_000)
