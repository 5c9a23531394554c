"""Stories whole: tries, what has no status, the attack of the lab, the terminal."""

import io
import string
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pyotp
import pytest
from msgspec.structs import replace
from rich.console import Console

from tests.identity_calls import (
    KEY,
    PASSKEY,
    PHONE,
    deactivate,
    delete_policy,
    enable,
    failed,
    make_key,
    on_user,
    set_policy,
    upload,
)
from tests.reading import Fields, events_of
from trailmend.analysis import analyse
from trailmend.catalog import detections
from trailmend.evidence import denied, user
from trailmend.findings import NextEvent
from trailmend.report.terminal import findings_table, print_list, whole_finding
from trailmend.stories.facts_trails import WEAKENED_BY
from trailmend.stories.lookup import MOST
from trailmend.stories.rules import RULES, UNTOLD

if TYPE_CHECKING:
    from trailmend.lab import Lab

from tests.telling import (
    ALICE,
    ALICE_WITH_MFA,
    BOB,
    CAROL,
    DAVE,
    DAY,
    GONE,
    MINUTE,
    NEW_ALICE,
    OFFICE,
    PROFILE,
    RESET,
    STRONG,
    TAKEN,
    WEAK,
    change_password,
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


def test_who_acts_by_a_key_that_the_actor_made_is_no_third_principal() -> None:
    by_key = on_user("CreateLoginProfile", DAVE, "alice")
    by_key |= {"userIdentity": {**DAVE.identity, "accessKeyId": KEY}}

    assert story([make_key(BOB, "dave")], GONE, by_key) == (
        "open",
        [("CreateLoginProfile", "A login profile was made for alice; by whom is not known.")],
    )
    assert status([make_key(CAROL, "dave")], GONE, by_key) == "resolved"
    taken_back = deactivate(DAVE, "alice") | {"userIdentity": by_key["userIdentity"]}
    assert status([make_key(BOB, "dave")], enable(BOB, "alice"), taken_back) == "open"


def test_story_without_end_keeps_its_last_status() -> None:
    third = on_user("UpdateLoginProfile", CAROL, "alice")

    assert status([], RESET, *[RESET] * (MOST - 1), third) == "resolved"
    assert status([], RESET, *[RESET] * MOST, third) == "open"


def test_off_boarding_is_told_and_a_namesake_is_another_person() -> None:
    left = on_user("DeleteUser", BOB, "alice")
    note = ("DeleteUser", "bob deleted the user alice.")

    assert story([], GONE, left) == ("open", [note])
    assert story([], GONE, (timedelta(0), left)) == ("open", [note])
    namesake = [NEW_ALICE, on_user("CreateLoginProfile", CAROL, "alice")]
    assert story([], GONE, left, *namesake) == ("open", [note])


def test_owner_is_followed_through_a_new_name() -> None:
    renamed = on_user("UpdateUser", CAROL, "alice", newUserName="alicia")

    assert status([], GONE, renamed, on_user("CreateLoginProfile", CAROL, "alicia")) == "resolved"
    assert status([], GONE, renamed, on_user("CreateLoginProfile", CAROL, "alice")) == "open"
    assert status([], GONE, on_user("CreateLoginProfile", CAROL, "ALICE")) == "resolved"


BY_CAROL = {
    verb: on_user(f"{verb}LoginProfile", CAROL, "alice") for verb in ("Create", "Update", "Delete")
}
ANOTHER = enable(BOB, "alice", PASSKEY)


@pytest.mark.parametrize(
    ("found", "mends", "later"),
    [
        (RESET, [change_password(ALICE_WITH_MFA)], TAKEN),
        (RESET, [BY_CAROL["Update"]], TAKEN),
        (RESET, [BY_CAROL["Delete"]], TAKEN),
        (PROFILE, [GONE], TAKEN),
        (TAKEN, [enable(BOB, "alice")], ANOTHER),
        (TAKEN, [enable(ALICE, "alice", PHONE + "-2")], ANOTHER),
        (TAKEN, [enable(CAROL, "alice", PHONE + "-2")], ANOTHER),
        (TAKEN, [ANOTHER, enable(ALICE, "alice"), deactivate(CAROL, "alice", PASSKEY)], ANOTHER),
        (GONE, [BY_CAROL["Create"]], PROFILE),
        (GONE, [PROFILE, BY_CAROL["Update"]], PROFILE),
        (GONE, [PROFILE, change_password(ALICE_WITH_MFA)], PROFILE),
        (GONE, [PROFILE, sign_in(ALICE, OFFICE, mfa=True)], PROFILE),
        (enable(BOB, "alice"), [deactivate(CAROL, "alice")], deactivate(BOB, "alice")),
    ],
)
def test_what_was_resolved_stays_so(found: Fields, mends: list[Fields], later: Fields) -> None:
    earlier = [upload(ALICE, "alice"), set_policy(BOB, **STRONG)]
    expected = story(earlier, found, *mends)

    assert expected[0] == "resolved"
    assert story(earlier, found, *mends, later) == expected


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


def test_every_finding_of_tier_one_has_what_may_follow_or_a_reason_why_nothing_does() -> None:
    opened = {
        called_by(event)
        for runbook, detection in detections().values()
        if runbook.tier == 1
        and detection.outcome == "success"
        and detection.level not in ("info", "low")
        for event in runbook.events
    }

    assert opened - set(RULES) - set(UNTOLD) == set()
    assert not set(RULES) & set(UNTOLD)
    assert all(reason.endswith(".") for reason in UNTOLD.values())


def called_by(event: str) -> str:
    source, _, name = event.partition(":")
    return name if source == "iam.amazonaws.com" else f"{source.partition('.')[0]}:{name}"


def test_every_sentence_can_be_filled_in() -> None:
    words = {"who", "actor", "owner", "thing", "event", "address", "status"}
    of_policies = words | {"missing", "worse"}
    of_settings = words | {"unlike"}
    for name, rules in RULES.items():
        for rule in rules:
            asked = {field for _, field, _, _ in string.Formatter().parse(rule.why) if field}
            known = of_policies if "PasswordPolicy" in name else words
            assert asked <= (of_settings if name.partition(":")[2] in WEAKENED_BY else known)
            assert rule.why.endswith(".")


def test_finding_is_the_same_but_for_its_story() -> None:
    alone = found_in(placed([], GONE, []))
    followed = found_in(placed([], GONE, [PROFILE]))

    assert msgspec.structs.replace(followed, status="open", became_worse=False, next=[]) == alone
    assert followed.next == [
        NextEvent(
            event_id="after-0",
            event_name="CreateLoginProfile",
            event_time="2026-03-02T10:01:00Z",
            why="bob, who had deleted it, made a login profile for alice and knows the password.",
            actor="bob",
        )
    ]


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
    lab.advance(5)
    sam.deactivate_mfa_device(UserName="alice", SerialNumber=attack.intruder_device)
    lab.advance(5)
    sam.update_login_profile(UserName="alice", Password="From-sam-by-phone-1")
    lab.advance(5)
    sam.update_account_password_policy(**PASSWORD_POLICY)
    lab.advance(5)
    sam.create_login_profile(UserName="carol", Password="From-sam-by-phone-2")
    lab.advance(5)
    sam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=attack.bob_ssh_key_body)
    mended = dict.fromkeys(attacked, "resolved")
    without_device = {
        ("DeactivateMFADevice", "alice"): "open",
        ("DeleteVirtualMFADevice", "alice"): "open",
    }
    assert lab_statuses(lab, since) == mended | without_device

    lab.advance(60)
    alice = lab.client("iam", lab.sign_in("alice", OFFICE))
    lab.advance(60)
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


def test_list_that_no_terminal_limits_is_whole() -> None:
    long = user("somebody-with-a-name-of-forty-characters")
    pinned = "RemoveClientIDFromOpenIDConnectProvider"
    finding = found_in(placed([], GONE, [PROFILE]))
    table = findings_table([replace(finding, actor=replace(finding.actor, name=long.name))])
    table.add_row("low", "", "2026-03-02 10:01:00", pinned, "bob", "alice", "F-0000000000")

    for terminal in (True, False):
        out = Console(width=90, file=io.StringIO(), force_terminal=terminal, color_system=None)
        with out.capture() as captured:
            print_list(out, table, indent=3)
        _, first, second = captured.get().splitlines()
        assert (long.name in first, pinned in second) == (not terminal, not terminal)
        assert out.width == 90
