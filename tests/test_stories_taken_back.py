"""Whose finding is low because it puts another's right, and who does not profit by that."""

import json
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from tests.identity_calls import SSH, deactivate, enable, make_key, on_user, set_key, upload
from tests.reading import Fields
from tests.telling import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    DAY,
    DEPLOY,
    MADE,
    NOBODY,
    PROFILE,
    RESET,
    Later,
    delete_key,
    delete_ssh,
    found_in,
    placed,
    set_ssh,
    used,
)
from trailmend.evidence import OTHER_ACCOUNT, Principal, call, in_set, outsider
from trailmend.evidence.center import on_organization
from trailmend.evidence.policies import ADMINISTRATOR, ALL, DENIAL, DENY_ALL, OWN, on
from trailmend.findings import Finding
from trailmend.scan import scan

ATTACHED, DETACHED = (
    on(f"{verb}{{}}Policy", "user alice", by=who, policyArn=ADMINISTRATOR)
    for verb, who in (("Attach", BOB), ("Detach", CAROL))
)
WRITTEN = on("Put{}Policy", "user alice", by=BOB, policyName="p", policyDocument=ALL)
DENIED = on("Put{}Policy", "user alice", by=BOB, policyName="p", policyDocument=DENIAL)
ERASED = on("Delete{}Policy", "user alice", by=CAROL, policyName="p")
GONE_BY_CAROL = on_user("DeleteLoginProfile", CAROL, "alice")
KEY_GONE = delete_key(CAROL, "alice")
REGION_ON, REGION_OFF = (
    call(f"{verb}Region", by=who, source="account", request={"regionName": "af-south-1"})
    for verb, who in (("Enable", BOB), ("Disable", CAROL))
)
REGISTERED, DEREGISTERED = (
    on_organization(
        f"{verb}DelegatedAdministrator",
        by=who,
        accountId=OTHER_ACCOUNT,
        servicePrincipal="sso.amazonaws.com",
    )
    for verb, who in (("Register", BOB), ("Deregister", CAROL))
)
_WRITES = {
    "Effect": "Allow",
    "Action": "organizations:AttachPolicy",
    "Principal": {"AWS": OTHER_ACCOUNT},
    "Resource": "*",
}
DELEGATED = on_organization(
    "PutResourcePolicy",
    by=BOB,
    content=json.dumps({"Version": "2012-10-17", "Statement": [_WRITES]}),
)
UNDELEGATED = on_organization("DeleteResourcePolicy", by=CAROL)
OTHER_KEY = "AKIA0000000000000002"


def last(found: Fields, *later: Later, earlier: Sequence[Fields] = ()) -> Finding:
    """Give the finding on the last of the events that follow one."""
    return found_in(placed(earlier, found, later), f"after-{len(later) - 1}")


def test_people_of_one_permission_set_are_third_principals_to_each_other() -> None:
    ana, kim = in_set("ana"), in_set("kim")
    attached, detached = (
        on(f"{verb}{{}}Policy", "user eve", by=who, policyArn=ADMINISTRATOR)
        for verb, who in (("Attach", ana), ("Detach", kim))
    )
    held = on("Attach{}Policy", "user eve", by=kim, policyArn=DENY_ALL)
    events = placed([on("Create{}", "user eve", by=ana)], attached, (held, detached))
    found = [found_in(events, name) for name in ("found", "after-0", "after-1")]

    assert [(one.actor.id or "").rpartition(":")[2] for one in found] == ["ana", "kim", "kim"]
    assert [(one.level, one.status, one.resolved_by) for one in found] == [
        ("high", "resolved", "other"),
        ("low", None, None),
        ("low", None, None),
    ]


def test_person_of_two_permission_sets_is_one_and_answers_nobody_but_another() -> None:
    ana, again, kim = in_set("ana"), in_set("ana", "Admin"), in_set("kim", "Admin")
    attached, undone, by_kim = (
        on(f"{verb}{{}}Policy", "user eve", by=who, policyArn=ADMINISTRATOR)
        for verb, who in (("Attach", ana), ("Detach", again), ("Detach", kim))
    )

    assert found_in(placed([], attached, [undone])).resolved_by == "caller"
    assert last(attached, undone).why.values.get("put_right") is None
    assert found_in(placed([], attached, [by_kim])).resolved_by == "other"
    assert last(attached, by_kim).level == "low"


def test_denial_of_whom_the_caller_had_not_made_stays_medium() -> None:
    held = on("Attach{}Policy", "user alice", by=CAROL, policyArn=DENY_ALL)

    assert last(ATTACHED, held).level == "medium"


@pytest.mark.parametrize(
    ("found", "undone"),
    [
        (MADE, KEY_GONE),
        (PROFILE, GONE_BY_CAROL),
        (RESET, GONE_BY_CAROL),
        (ATTACHED, DETACHED),
        (WRITTEN, ERASED),
        (upload(BOB, "alice"), delete_ssh(CAROL, "alice")),
        (upload(BOB, "alice"), set_ssh(CAROL, "alice", "Inactive", SSH)),
        (REGION_ON, REGION_OFF),
        (REGISTERED, DEREGISTERED),
        (DELEGATED, UNDELEGATED),
    ],
    ids=[
        *("key", "profile", "reset", "attached", "inline", "ssh", "ssh off", "region"),
        *("administrator", "organization"),
    ],
)
def test_whoever_puts_another_right_has_a_low_finding_that_says_so(
    found: Fields, undone: Fields
) -> None:
    right = found_in(placed([], found, [undone]))
    low = last(found, undone)
    (intended,) = (one for one in low.explanations if one.hypothesis == "intended")

    assert right.resolved_by == "other"
    assert (low.level, low.status, low.next, low.resolved_by) == ("low", None, [], None)
    assert low.why.values["put_right"] == [right.id]
    assert intended.supports[0] == (
        f"This put {right.id} right, of another principal's doing: so it is low."
    )


def test_all_steps_of_a_repair_are_low() -> None:
    off = set_key(CAROL, "alice", "Inactive")
    assert last(MADE, off, KEY_GONE).level == "low"


@pytest.mark.parametrize(
    ("undone", "level"),
    [
        (delete_key(BOB, "alice"), "low"),
        (delete_key(NOBODY, "alice"), "medium"),
        (delete_key(CAROL, "alice", OTHER_KEY), "medium"),
    ],
    ids=["its maker", "nobody known", "another key"],
)
def test_nothing_is_put_right_by_its_maker_by_nobody_known_or_elsewhere(
    undone: Fields, level: str
) -> None:
    own = last(MADE, undone)
    assert (own.level, own.why.values.get("put_right")) == (level, None)


def test_who_undoes_what_was_harmless_is_not_low() -> None:
    # Alice makes a key of her own, which is low: nobody has to answer to it.
    assert last(make_key(ALICE, "alice"), KEY_GONE).level == "medium"


@pytest.mark.parametrize(
    ("found", "undone", "level"),
    [
        (enable(BOB, "alice"), deactivate(CAROL, "alice"), "medium"),
        (DENIED, ERASED, "high"),
        (
            on("Attach{}Policy", "user alice", by=BOB, policyArn=OWN),
            on("Detach{}Policy", "user alice", by=CAROL, policyArn=OWN),
            "medium",
        ),
    ],
    ids=["device", "denial", "unknown policy"],
)
def test_who_takes_a_limit_away_is_never_low(found: Fields, undone: Fields, level: str) -> None:
    admin = on("Attach{}Policy", "user alice", by=DAVE, policyArn=ADMINISTRATOR)
    assert last(found, undone, earlier=[admin]).level == level


def test_what_is_older_than_a_month_is_not_answered_any_more() -> None:
    assert last(MADE, (30 * DAY, KEY_GONE)).level == "low"
    assert last(MADE, (30 * DAY + timedelta(minutes=1), KEY_GONE)).level == "medium"


BY_CAROL = on_user("CreateLoginProfile", CAROL, "dave")
ABOUT_CAROL = on_user("UpdateLoginProfile", DAVE, "carol")


@pytest.mark.parametrize(
    ("suspicious", "level"),
    [
        ([(2 * DAY, BY_CAROL)], "medium"),
        ([(2 * DAY, ABOUT_CAROL)], "medium"),
        ([(2 * DAY, BY_CAROL), (3 * DAY, on_user("DeleteLoginProfile", DAVE, "dave"))], "medium"),
        ([(2 * DAY, BY_CAROL), (3 * DAY, on_user("DeleteLoginProfile", CAROL, "dave"))], "low"),
        ([(9 * DAY, BY_CAROL)], "low"),
        ([(2 * DAY, on_user("UpdateLoginProfile", DAVE, "alice"))], "low"),
    ],
    ids=["hers", "about her", "put right by dave", "taken back", "long after", "another's"],
)
def test_who_may_be_an_intruder_too_is_not_low(suspicious: list[Later], level: str) -> None:
    records = placed([], MADE, [(DAY, KEY_GONE), *suspicious])
    assert found_in(records, "after-0").level == level


def test_who_signs_with_a_key_that_was_found_is_not_low() -> None:
    planted = make_key(DAVE, "carol", OTHER_KEY)
    by_it = used(OTHER_KEY, CAROL, "DeleteAccessKey", request=KEY_GONE["requestParameters"])

    assert last(MADE, (9 * DAY, by_it)).level == "low"
    assert last(MADE, (9 * DAY, by_it), earlier=[planted]).level == "medium"


def test_who_comes_from_another_account_is_not_low() -> None:
    assert last(MADE, delete_key(DEPLOY, "alice")).level == "low"
    assert last(MADE, delete_key(outsider(), "alice")).level == "medium"


def in_session(name: str, address: str, **request: str) -> Fields:
    by = Principal({**DEPLOY.identity, "accessKeyId": "ASIA0000000000000009"})
    return call(name, by=by, request=request, sourceIPAddress=address)


def test_session_that_moved_to_another_address_is_not_low() -> None:
    request = KEY_GONE["requestParameters"]
    before = in_session("ListUsers", "198.51.100.7")

    def gone(address: str) -> Finding:
        return last(MADE, before, in_session("DeleteAccessKey", address, **request))

    assert gone("198.51.100.7").level == "low"
    assert gone("203.0.113.50").level == "medium"


def scanned(folder: Path, *batches: Sequence[Fields]) -> list[tuple[str, str]]:
    """Scan batches one after the other; give the levels on the events of the last."""
    for number, batch in enumerate(batches):
        path = folder / f"{number}.json"
        path.write_text(json.dumps({"Records": batch}))
        done = scan([str(path)], BytesIO(), folder / "workspace")
    return [(one.event.event_name, one.level) for one in done.findings]


def test_later_scans_judge_as_one_scan_of_everything(tmp_path: Path) -> None:
    records = placed([], MADE, [KEY_GONE, (DAY, BY_CAROL)])
    made, gone, suspicious = records
    orders = [[records], [[gone], [suspicious], [made], records], [[made, gone], records]]
    found = []
    for number, batches in enumerate(orders):
        (tmp_path / str(number)).mkdir()
        found.append(scanned(tmp_path / str(number), *batches))

    (tmp_path / "before").mkdir()
    assert ("DeleteAccessKey", "low") in scanned(tmp_path / "before", [made, gone])
    assert found == [found[0]] * 3
    assert ("DeleteAccessKey", "medium") in found[0]
