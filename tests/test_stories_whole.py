"""Stories in any order, in the lab and on the terminal; tries, and what has no status."""

import io
import string
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from tests.forms import text
from tests.identity_calls import (
    KEY,
    PASSKEY,
    PHONE,
    deactivate,
    delete_device,
    delete_policy,
    enable,
    failed,
    make_key,
    on_user,
    set_key,
    set_policy,
    upload,
)
from tests.reading import Fields, event_of, events_of
from trailmend.analysis import analyse, without_duplicates
from trailmend.catalog import detections
from trailmend.context import fold
from trailmend.database import open_database
from trailmend.detect import findings_of
from trailmend.evidence import denied, user
from trailmend.findings import NextEvent
from trailmend.report.terminal import findings_table, whole_finding
from trailmend.scan import scan
from trailmend.store import load_findings
from trailmend.stories import follow
from trailmend.stories.rules import RULES

if TYPE_CHECKING:
    from trailmend.lab import Lab

from tests.telling import (
    ALICE,
    ALICE_WITH_MFA,
    BOB,
    CAROL,
    DAY,
    GONE,
    HIDEOUT,
    MADE,
    MINUTE,
    NEW_ALICE,
    OFF,
    OFFICE,
    ON,
    PROFILE,
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
    status,
    story,
    told,
    used,
)


def test_try_is_worse_when_the_same_call_goes_through_within_a_day() -> None:
    tried = denied("DeleteLoginProfile", by=BOB, resource="user alice")

    assert story([], tried, GONE) == (
        "worsened",
        [
            (
                "DeleteLoginProfile",
                "bob made the call again within a day, and it went through.",
            )
        ],
    )
    for near_miss in (
        on_user("DeleteLoginProfile", CAROL, "alice"),
        on_user("DeleteLoginProfile", BOB, "dave"),
        failed(GONE),
        RESET,
        (DAY + MINUTE, GONE),
        (timedelta(0), GONE),
    ):
        assert story([], tried, near_miss) == (None, [])


def test_try_at_the_account_and_try_that_failed_are_followed_too() -> None:
    no_policy = denied("DeleteAccountPasswordPolicy", by=BOB, resource="*")
    refused = failed(RESET, "PasswordPolicyViolationException")

    assert status([], no_policy, delete_policy(BOB)) == "worsened"
    assert status([], no_policy, delete_policy(CAROL)) is None
    assert status([], refused, RESET) == "worsened"
    assert status([], failed(GONE), GONE) is None


@pytest.mark.parametrize(
    ("found", "later"),
    [
        (make_key(ALICE, "alice"), used(KEY)),
        (enable(ALICE, "alice"), deactivate(BOB, "alice")),
        (on_user("DeleteLoginProfile", ALICE, "alice"), PROFILE),
        (set_policy(BOB, **STRONG), set_policy(BOB, **WEAK)),
    ],
    ids=["own key", "own device", "own profile", "policy"],
)
def test_routine_has_no_status(found: Fields, later: Fields) -> None:
    finding = found_in(placed([NEW_ALICE], found, [later]))

    assert finding.level in ("info", "low")
    assert told(finding) == (None, [])


def test_every_finding_that_can_be_open_has_rules() -> None:
    serious = {
        name
        for runbook, detection in detections().values()
        if detection.outcome == "success" and detection.level not in ("info", "low")
        for name in runbook.names
    }

    assert serious <= set(RULES)


def test_every_sentence_can_be_filled_in() -> None:
    words = {"who", "actor", "owner", "thing", "event", "address", "status"}
    of_policies = words | {"missing", "worse"}
    for name, rules in RULES.items():
        for rule in rules:
            asked = {field for _, field, _, _ in string.Formatter().parse(rule.why) if field}
            assert asked <= (of_policies if "PasswordPolicy" in name else words)
            assert rule.why.endswith(".")


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
HISTORIES = st.lists(
    st.tuples(st.sampled_from(range(len(POOL))), st.integers(0, 12)), min_size=1, max_size=14
).map(
    lambda steps: [
        event_of(at(START + seconds * timedelta(seconds=20), f"e{n}", POOL[place]), n)
        for n, (place, seconds) in enumerate(steps)
    ]
)


@settings(max_examples=40, deadline=None)
@given(HISTORIES, st.randoms(use_true_random=False))
def test_order_and_copies_change_nothing(events: list[Any], chance: Any) -> None:
    expected = analyse(events)
    mixed = [*events, *chance.choices(events, k=5)]
    chance.shuffle(mixed)

    (account,) = without_duplicates(mixed).values()
    assert analyse(account) == expected
    assert follow(expected, mixed, fold(events)) == expected


@settings(max_examples=40, deadline=None)
@given(HISTORIES)
def test_status_is_borne_out_by_what_is_told(events: list[Any]) -> None:
    for finding in analyse(events):
        routine = finding.level in ("info", "low")
        assert finding.status in ((None,) if routine else ("open", "resolved", "worsened"))
        assert finding.next or finding.status in (None, "open")
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
        told_by_order.append(story_of(records))

    assert told_by_order == [told_by_order[0]] * len(told_by_order)
    assert told_by_order[0][0] == expected


def story_of(records: Sequence[Fields]) -> tuple[str | None, list[tuple[str, str]]]:
    return told(found_in(records))


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


def test_finding_is_the_same_but_for_its_story() -> None:
    alone = found_in(placed([], GONE, []))
    followed = found_in(placed([], GONE, [PROFILE]))

    assert msgspec.structs.replace(followed, status="open", next=[]) == alone
    assert followed.next == [
        NextEvent(
            event_id="after-0",
            event_name="CreateLoginProfile",
            event_time="2026-03-02T10:01:00Z",
            why="bob, who had deleted it, made a login profile for alice and knows the password.",
            actor="bob",
        )
    ]


def seconds_to_follow(steps: Sequence[Fields], size: int) -> float:
    """Give the least CPU time of two runs of `follow` over steps that come again and again."""
    events = [
        event_of(at(START + n * timedelta(seconds=1), f"e{n}", steps[n % len(steps)]))
        for n in range(size)
    ]
    keys = {
        "UpdateLoginProfile": "update_login_profile.by_someone_else",
        "DeactivateMFADevice": "deactivate_mfa_device.last_device",
        "DeleteAccountPasswordPolicy": "delete_account_password_policy.weakened",
        "UpdateAccountPasswordPolicy": "update_account_password_policy.weakened",
    }
    rows = fold(events)
    found = [
        finding
        for event, row in zip(events, rows, strict=True)
        for finding in findings_of(event, row, frozenset({keys[event.event_name]}))
    ]
    taken = []
    for _ in range(2):
        began = time.process_time()
        follow(found, events, rows)
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize(
    "steps",
    [
        [RESET, deactivate(BOB, "alice")],
        [set_policy(BOB, minimumPasswordLength=30 - n, maxPasswordAge=30 - n) for n in range(20)],
    ],
    ids=["one user", "one policy"],
)
def test_one_busy_thing_does_not_take_quadratic_time(steps: list[Fields]) -> None:
    assert seconds_to_follow(steps, 8_000) < 8 * seconds_to_follow(steps, 2_000)


def lab_statuses(lab: "Lab", since: str) -> dict[tuple[str, str | None], str | None]:
    found = analyse(events_of(lab.records()))
    return {
        (one.event.event_name, one.target.name): one.status
        for one in found
        if one.event.event_time >= since and one.actor.name == "ci-deploy"
        if one.event.outcome == "success" and one.level not in ("info", "low")
    }


def test_statuses_tell_the_attack_of_the_lab_and_its_mending(lab: "Lab") -> None:
    from trailmend.lab.attack import PASSWORD_POLICY, play_attack

    attack = play_attack(lab)
    since = attack.began.strftime("%Y-%m-%dT%H:%M:%SZ")
    attacked = {
        ("DeleteAccountPasswordPolicy", None): "open",
        ("DeleteLoginProfile", "carol"): "open",
        ("UpdateLoginProfile", "alice"): "worsened",
        ("DeactivateMFADevice", "alice"): "worsened",
        ("DeleteVirtualMFADevice", "alice"): "worsened",
        ("EnableMFADevice", "alice"): "open",
        ("DeleteSSHPublicKey", "bob"): "open",
        ("CreateAccessKey", "alice"): "worsened",
    }
    assert lab_statuses(lab, since) == attacked

    sam = lab.client("iam", attack.responder)
    lab.advance(60)
    sam.update_access_key(
        UserName="alice", AccessKeyId=attack.stolen.access_key_id, Status="Inactive"
    )
    sam.deactivate_mfa_device(UserName="alice", SerialNumber=attack.intruder_device)
    sam.update_login_profile(UserName="alice", Password="From-sam-by-phone-1")
    sam.update_account_password_policy(**PASSWORD_POLICY)
    sam.create_login_profile(UserName="carol", Password="From-sam-by-phone-2")
    sam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=attack.bob_ssh_key_body)
    mended = dict.fromkeys(attacked, "resolved")
    without_device = {
        ("DeactivateMFADevice", "alice"): "open",
        ("DeleteVirtualMFADevice", "alice"): "open",
    }
    assert lab_statuses(lab, since) == mended | without_device

    alice = lab.client("iam", lab.sign_in("alice", OFFICE))
    alice.change_password(OldPassword="From-sam-by-phone-1", NewPassword="Chosen-by-alice-9")
    lab.advance(60)
    made = alice.create_virtual_mfa_device(VirtualMFADeviceName="new")["VirtualMFADevice"]
    lab.advance(60)
    codes, now = pyotp.TOTP(made["Base32StringSeed"].decode()), int(lab.now().timestamp())
    alice.enable_mfa_device(
        UserName="alice",
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=codes.at(now - 30),
        AuthenticationCode2=codes.at(now),
    )
    assert lab_statuses(lab, since) == mended


def shown(part: object, width: int = 100) -> list[str]:
    console = Console(width=width, color_system=None, markup=False, file=io.StringIO())
    with console.capture() as captured:
        console.print(part)
    return captured.get().splitlines()


def test_whole_finding_tells_what_happened_next() -> None:
    lines = shown(whole_finding(found_in(placed([], GONE, [PROFILE]))), 200)

    place = lines.index("What happened next")
    assert [line.strip() for line in lines[place + 1 : place + 3]] == [
        "2026-03-02 10:01:00 UTC  CreateLoginProfile  bob",
        "bob, who had deleted it, made a login profile for alice and knows the password.",
    ]
    assert "What happened next" not in shown(whole_finding(found_in(placed([], GONE, []))))


def test_names_of_later_events_are_shown_as_text() -> None:
    mallory = user("m\x1b[31mallory\u202e")
    finding = found_in(placed([], GONE, [on_user("CreateLoginProfile", mallory, "alice")]))

    text_shown = "\n".join(shown(whole_finding(finding), 300))
    assert "m\\x1b[31mallory\\u202e made a login profile" in text_shown
    assert not {"\x1b", "\u202e"} & set(text_shown)


def test_table_has_the_status_and_keeps_the_ids_whole() -> None:
    long = user("somebody-with-a-name-of-forty-characters")
    tried = denied("DeleteAccountPasswordPolicy", by=long, resource="*")
    findings = [
        found_in(placed([], GONE, [PROFILE])),
        found_in(placed([], tried, [])),
        found_in(placed([], on_user("DeleteLoginProfile", long, long.name + "x"), [])),
    ]

    for width in (97, 120):
        header, *lines = shown(findings_table(findings), width)
        assert header.split()[:2] == ["LEVEL", "STATUS"]
        assert [line.split()[1] for line in lines] == ["worsened", "denied", "open"]
        assert [line.split()[-1] for line in lines] == [one.id for one in findings]
        assert max(map(len, lines)) <= width
