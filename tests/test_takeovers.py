"""Stories of several findings: which are told as one."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.identity_calls import (
    KEY,
    PHONE,
    deactivate,
    delete_policy,
    enable,
    failed,
    make_device,
    make_key,
    on_user,
)
from tests.reading import Fields, findings_of, real
from tests.takeovers import HOUR, SECOND, Step, events, found_on, gone, reset, told
from tests.telling import ALICE, ALICE_WITHOUT, BOB, CAROL, DAVE, DAY, MINUTE, RESET, TAKEN
from trailmend.evidence import Principal, call, federated, role, root
from trailmend.findings import NextEvent
from trailmend.lab import Lab
from trailmend.lab.attack import play_attack
from trailmend.scan import scan
from trailmend.takeovers import stories_of


def test_the_takeover_of_the_demo_is_one_critical_story(lab: Lab, tmp_path: Path) -> None:
    attack = play_attack(lab)
    lab.deliver()
    found = scan([str(tmp_path / "trail")], io.BytesIO(), tmp_path / "w").findings
    (story,) = (one for one in stories_of(found) if one.level == "critical")

    since = attack.began.strftime("%Y-%m-%dT%H:%M:%SZ")
    expected = [one for one in found if one.event.event_time >= since]
    grave = [one.id for one in expected if one.level not in ("info", "low")]
    assert (story.level, story.status) == ("critical", "worsened")
    assert story.title == (
        "ci-deploy took over alice; touched carol, bob and the account; tried sam in vain"
    )
    assert (story.findings, len(grave)) == (grave, 9)
    assert sorted(story.supporting) == sorted({one.id for one in expected} - set(grave))
    assert [(one.name, one.access_key_ids, one.addresses) for one in story.actors] == [
        ("ci-deploy", [attack.intruder.access_key_id], [attack.address])
    ]
    (use,) = (one for one in story.chapters if one.kind == "next")
    assert (use.event_name, use.who) == ("GetCallerIdentity", "alice")
    assert [one.text for one in story.open] == [
        "the password policy is not known to be as strong as before",
        "the console password of carol is gone",
        "the password of alice is the one that ci-deploy set, as far as the log shows",
        f"MFA device {attack.alice_device} of alice is gone, "
        "and no other came that is surely the owner's",
        f"MFA device {attack.intruder_device} of alice, which ci-deploy enabled, "
        "is still there as far as the log shows",
        f"SSH key {attack.bob_ssh_key} of bob is not back as it was",
        f"access key {attack.stolen.access_key_id} of alice is still active "
        "as far as the log shows",
        f"access key {attack.intruder.access_key_id} of ci-deploy signed calls, "
        "and nothing in the log says that it was switched off",
    ]


def test_the_steps_of_a_real_attack_are_one_story() -> None:
    (story,) = stories_of(findings_of(real("invictus")))

    backdoor = "role/stratus-red-team-backdoor-r-role"
    assert (story.level, story.status) == ("critical", "worsened")
    assert list(dict.fromkeys(events(story, kinds=("finding",)))) == [
        ("PutEventSelectors", "trail/stratus-red-team-ctes-trail-qyxyekjbtk"),
        ("PutBucketLifecycle", "bucket/stratus-red-team-ctlr-bucket-zqfsvooxqj"),
        ("AssumeRole", "role/stratus-red-team-leave-org-role"),
        ("LeaveOrganization", "the account"),
        ("AttachRolePolicy", backdoor),
        ("UpdateAssumeRolePolicy", backdoor),
        ("AttachUserPolicy", "malicious-iam-user"),
        ("CreateAccessKey", "malicious-iam-user"),
        ("CreateTrustAnchor", "trust_anchor/49e25ec3-bdfe-4150-8683-b4ea4ee85cfd"),
        ("CreateProfile", "rolesanywhere_profile/ac4e09d1-a150-4924-bb76-23b00fa7c34a"),
    ]
    assert [one.text for one in story.open] == [
        "AssumeRole on role/stratus-red-team-leave-org-role was refused to bert-jan and went "
        "through later: see what that did",
        "access key AKIATFQR7NSC8Q4X20BJ of bert-jan signed calls, "
        "and nothing in the log says that it was switched off",
    ]


def test_one_finding_is_no_story() -> None:
    assert told((0 * HOUR, gone(BOB, "alice"))) == []


@pytest.mark.parametrize(("after", "stories"), [(HOUR, 1), (HOUR + SECOND, 0)])
def test_plain_findings_of_one_user_are_joined_within_an_hour(
    after: timedelta, stories: int
) -> None:
    assert len(told((0 * HOUR, gone(BOB, "alice")), (after, gone(BOB, "carol")))) == stories


@pytest.mark.parametrize(("after", "stories"), [(DAY, 1), (DAY + SECOND, 0)])
def test_a_strong_finding_is_joined_to_what_its_caller_does_within_a_day(
    after: timedelta, stories: int
) -> None:
    takeover = [(0 * HOUR, RESET), (MINUTE, TAKEN)]
    later = told(*takeover, (MINUTE + after, gone(BOB, "carol")))

    assert [("DeleteLoginProfile", "carol") in events(one) for one in later] == [stories == 1]


def test_the_reach_of_a_strong_finding_passes_over_plain_ones_between() -> None:
    (story,) = told(
        (0 * HOUR, gone(BOB, "dave")),
        (2 * HOUR, gone(BOB, "carol")),
        (9 * HOUR, RESET),
        (9 * HOUR + MINUTE, TAKEN),
    )

    assert [whom for _, whom in events(story)] == ["dave", "carol", "alice", "alice"]


def test_two_users_at_one_address_with_one_agent_are_not_joined() -> None:
    assert told((0 * HOUR, gone(BOB, "alice")), (MINUTE, gone(CAROL, "dave"))) == []


def test_sessions_of_one_role_are_joined_only_by_their_key_and_the_others_may_belong() -> None:
    one, other = role("admins", session="pat"), role("admins", session="sam")
    found = found_on(
        (0 * HOUR, gone(one, "alice")),
        (MINUTE, gone(other, "bob")),
        (2 * MINUTE, gone(one, "carol")),
        (62 * MINUTE + SECOND, gone(other, "dave")),
    )
    (story,) = stories_of(found)

    assert [whom for _, whom in events(story)] == ["alice", "carol"]
    assert [(one.finding, one.why) for one in story.maybe] == [
        (found[1].id, "role/admins in another session within an hour; it may be somebody else")
    ]


def test_a_session_name_joins_nothing() -> None:
    one, other = role("admins", session="pat"), role("admins", session="pat")
    other = Principal({**other.identity, "accessKeyId": "ASIAANOTHER"})

    assert told((0 * HOUR, gone(one, "alice")), (MINUTE, gone(other, "bob"))) == []


def test_sessions_of_one_role_meet_at_their_victim() -> None:
    one, other = role("admins", session="pat"), role("admins", session="sam")
    (story,) = told((0 * HOUR, reset(one, "alice")), (5 * HOUR, deactivate(other, "alice")))

    assert events(story) == [("UpdateLoginProfile", "alice"), ("DeactivateMFADevice", "alice")]


def test_the_key_that_one_made_signs_the_other() -> None:
    newcomer = Principal({**DAVE.identity, "accessKeyId": KEY})
    (story,) = told(
        (MINUTE, make_key(BOB, "dave")),
        (5 * HOUR, gone(newcomer, "alice")),
    )

    assert [one.why for one in story.links] == [f"signed with access key {KEY}, which bob had made"]


def test_whoever_acts_as_a_user_whose_password_was_reset_is_joined() -> None:
    (story,) = told((0 * HOUR, RESET), (5 * HOUR, gone(ALICE_WITHOUT, "carol")))

    assert [one.why for one in story.links] == [
        "alice acted, after bob had changed what alice signs in with"
    ]
    assert story.title == "bob and alice touched alice and carol"


def federated_session(key: str) -> Fields:
    response = {"credentials": {"accessKeyId": key}}
    return call("GetFederationToken", by=root(), source="sts", response=response)


@pytest.mark.parametrize(("key", "one"), [("same", True), ("ASIAOTHER", False)])
def test_the_session_that_one_took_acts_in_the_other(key: str, one: bool) -> None:
    guest = federated("guest")
    used = str(guest.identity["accessKeyId"])
    taken = federated_session(used if key == "same" else key)

    found = told((0 * MINUTE, taken), (5 * MINUTE, delete_policy(guest)))

    assert (len(found) == 1 and len(found[0].links) == 1) is one
    if one:
        [tie] = found[0].links
        assert tie.why == "the same user, root (id 111122223333), in sessions of roles too"


def test_a_key_that_a_user_had_before_is_not_joined_to_a_reset_of_the_password() -> None:
    assert told((0 * HOUR, RESET), (5 * HOUR, gone(ALICE, "carol"))) == []


def test_a_repair_by_a_third_principal_is_a_chapter_and_brings_none_of_its_other_acts() -> None:
    (story,) = told(
        (0 * HOUR, RESET),
        (MINUTE, gone(BOB, "dave")),
        (2 * MINUTE, reset(CAROL, "alice")),
        (4 * HOUR, gone(CAROL, "erik")),
    )

    assert events(story) == [("UpdateLoginProfile", "alice"), ("DeleteLoginProfile", "dave")]
    (repair,) = (one for one in story.chapters if one.kind == "next")
    assert repair.sentence == "carol, a third principal, set another password for alice."
    assert [one.name for one in story.actors] == ["bob"]


def test_what_happened_next_is_joined_after_any_time() -> None:
    found = found_on(
        (0 * HOUR, make_key(BOB, "alice")),
        (DAY, on_user("CreateUser", BOB, "zoe")),
        (3 * DAY, gone(BOB, "alice")),
    )
    late = NextEvent("e2", "DeleteLoginProfile", "2026-03-05T10:00:00Z", "bob did more.", "bob")
    first = msgspec.structs.replace(found[0], next=[late])

    assert stories_of(found) == []
    (story,) = stories_of([first, *found[1:]])
    assert [one.why for one in story.links] == ["bob did more."]


def test_other_accounts_withdrawn_findings_and_our_own_repairs_are_left_out() -> None:
    one, other = found_on((0 * HOUR, gone(BOB, "alice")), (MINUTE, gone(BOB, "carol")))
    elsewhere = msgspec.structs.replace(other.event, account_id="999988887777")

    assert len(stories_of([one, other])) == 1
    assert stories_of([one, msgspec.structs.replace(other, event=elsewhere)]) == []
    assert stories_of([one, msgspec.structs.replace(other, lapsed=True)]) == []
    assert stories_of([one, msgspec.structs.replace(other, superseded_by="F-1")]) == []
    assert stories_of([one, msgspec.structs.replace(other, plan="P-4XQ7")]) == []


def test_a_lower_finding_on_the_same_thing_supports_and_never_starts_or_joins() -> None:
    new = PHONE.replace("phone", "new-phone")
    story, other = told(
        (0 * HOUR, failed(gone(BOB, "alice"))),
        (MINUTE, gone(BOB, "carol")),
        (2 * MINUTE, RESET),
        (3 * MINUTE, make_device(BOB, new)),
        (4 * MINUTE, enable(BOB, "alice", new)),
        (5 * MINUTE, failed(gone(BOB, "dave"))),
        (9 * MINUTE, delete_policy(CAROL)),
        (10 * MINUTE, gone(CAROL, "dave")),
    )

    assert events(story, kinds=("supporting",)) == [
        ("DeleteLoginProfile", "alice"),
        ("CreateVirtualMFADevice", "mfa/new-phone"),
    ]
    assert other.supporting == []
    assert told((0 * HOUR, failed(gone(BOB, "alice"))), (MINUTE, gone(BOB, "alice"))) == []


def daily(days: int, by: Principal = CAROL) -> list[Step]:
    """Have ten passwords taken away in one hour of each day."""
    return [
        (n * DAY + m * MINUTE, gone(by, f"user-{n}-{m}")) for n in range(days) for m in range(10)
    ]


def test_what_a_principal_causes_on_five_days_is_routine_and_no_story() -> None:
    assert len(told(*daily(4))) == 4
    assert told(*daily(5)) == []


def test_a_takeover_amid_routine_is_told_with_the_routine_of_its_hour_only() -> None:
    (story,) = told(
        *daily(5),
        (2 * DAY + 20 * MINUTE, reset(CAROL, "alice")),
        (2 * DAY + 21 * MINUTE, deactivate(CAROL, "alice")),
    )

    assert events(story) == [("UpdateLoginProfile", "alice"), ("DeactivateMFADevice", "alice")]
    assert [whom for _, whom in events(story, kinds=("supporting",))] == [
        f"user-2-{m}" for m in range(10)
    ]


def test_a_role_that_does_three_hundred_routine_things_makes_no_story() -> None:
    runs = [role("pipeline", session=f"run-{n}") for n in range(300)]

    assert told(*((n * MINUTE, gone(run, f"u{n}")) for n, run in enumerate(runs))) == []
