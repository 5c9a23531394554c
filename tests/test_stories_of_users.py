"""What happened next to users and groups: deleted, named as before, taken out, put in again."""

from datetime import timedelta

import pytest

from tests.identity_calls import failed, make_key, on_user
from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, DAVE, NEW_ALICE, NOBODY, status, story
from trailmend.evidence import ACCOUNT, Principal, call, denied, root
from trailmend.evidence.policies import ADMINISTRATOR, DENIAL, DENY_ALL, READ_ONLY, on

ROOT = root()
GROUP = [
    on("Create{}", "group staff", by=DAVE),
    on("Attach{}Policy", "group staff", by=DAVE, policyArn=ADMINISTRATOR),
]
HELD = [
    on("Create{}", "group held", by=DAVE),
    on("Attach{}Policy", "group held", by=DAVE, policyArn=DENY_ALL),
]


def put_in(by: Principal, group: str = "staff", owner: str = "alice") -> Fields:
    return on_user("AddUserToGroup", by, owner, groupName=group)


def take_out(by: Principal, group: str = "staff", owner: str = "alice") -> Fields:
    return on_user("RemoveUserFromGroup", by, owner, groupName=group)


def deleted(by: Principal, owner: str = "alice") -> Fields:
    return on_user("DeleteUser", by, owner)


def named(by: Principal, old: str, **new: str) -> Fields:
    return on_user("UpdateUser", by, old, **new)


def test_user_whom_root_made_is_resolved_by_its_end() -> None:
    found = on_user("CreateUser", ROOT, "alice")

    assert story([], found, deleted(CAROL)) == (
        "resolved",
        [("DeleteUser", "carol, a third principal, deleted the user alice.")],
    )
    assert status([], found, deleted(ROOT)) == "resolved"
    for near_miss in (deleted(CAROL, "dave"), failed(deleted(CAROL)), (timedelta(0), deleted(BOB))):
        assert story([], found, near_miss) == ("open", [])


def test_what_the_user_of_root_is_given_is_told() -> None:
    found = on_user("CreateUser", ROOT, "alice")
    strong = on("Attach{}Policy", "user alice", by=ROOT, policyArn=ADMINISTRATOR)
    weak = on("Attach{}Policy", "user alice", by=ROOT, policyArn=READ_ONLY)

    assert story([], found, make_key(ROOT, "alice"), strong) == (
        "open",
        [
            ("CreateAccessKey", "root gave the new user a credential, by CreateAccessKey."),
            ("AttachUserPolicy", "root made the new user an administrator, by AttachUserPolicy."),
        ],
    )
    assert story([], found, weak, make_key(ROOT, "dave")) == ("open", [])


@pytest.mark.parametrize(
    ("changed", "now", "expected"),
    [
        ({"newUserName": "svc"}, {"newUserName": "alice"}, "resolved"),
        ({"newUserName": "svc"}, {"newUserName": "alicia"}, "open"),
        ({"newUserName": "svc"}, {"newPath": "/"}, "open"),
        ({"newPath": "/ops/"}, {"newPath": "/"}, "resolved"),
        ({"newPath": "/ops/"}, {"newPath": "/dev/"}, "open"),
        ({"newUserName": "svc", "newPath": "/ops/"}, {"newUserName": "alice"}, "open"),
        (
            {"newUserName": "svc", "newPath": "/ops/"},
            {"newUserName": "alice", "newPath": "/"},
            "resolved",
        ),
    ],
)
def test_user_who_renamed_itself_is_resolved_by_the_former_name_and_path(
    changed: dict[str, str], now: dict[str, str], expected: str
) -> None:
    found = named(ALICE, "alice", **changed)
    called = changed.get("newUserName", "alice")

    assert status([], found, named(CAROL, called, **now)) == expected
    assert status([], found, failed(named(CAROL, called, **now))) == "open"
    assert status([], found, named(CAROL, "dave", **now)) == "open"


def test_user_who_renames_itself_again_against_a_third_is_worse() -> None:
    found = named(ALICE, "alice", newUserName="svc")
    back = named(CAROL, "svc", newUserName="alice")

    assert status([], found, back, found) == "worsened"
    assert status([], found, named(ALICE, "svc", newUserName="alice"), found) == "open"
    assert status([], found, back, named(ALICE, "alice", newUserName="alicia")) == "resolved"
    assert status([], found, deleted(CAROL, "svc")) == "resolved"
    assert status([], found, deleted(CAROL, "alice")) == "open"


@pytest.mark.parametrize("found", [put_in(BOB), put_in(ALICE)])
def test_user_who_is_taken_out_of_the_group_again_is_resolved(found: Fields) -> None:
    assert story(GROUP, found, take_out(CAROL)) == (
        "resolved",
        [("RemoveUserFromGroup", "carol, a third principal, took alice out of the group.")],
    )
    assert status(GROUP, found, take_out(BOB)) == "resolved"
    for near_miss in (
        take_out(CAROL, "other"),
        take_out(CAROL, owner="dave"),
        failed(take_out(CAROL)),
        (timedelta(0), take_out(CAROL)),
    ):
        assert story(GROUP, found, near_miss) == ("open", [])


def test_user_who_is_put_in_again_against_a_third_is_worse() -> None:
    found, out = put_in(BOB), take_out(CAROL)

    assert status(GROUP, found, out, found) == "worsened"
    assert status(GROUP, found, take_out(BOB), found) == "open"
    assert status(GROUP, found, out, put_in(CAROL)) == "open"
    assert status(GROUP, found, out, found, out) == "resolved"


def test_right_that_came_with_the_group_and_what_holds_the_user_are_told() -> None:
    refused = denied("CreateUser", by=ALICE, resource="user eve")
    made = on("Create{}", "user eve", by=ALICE)
    held = on_user("PutUserPolicy", CAROL, "alice", policyName="hold", policyDocument=DENIAL)

    assert story([*GROUP, refused], put_in(BOB), made) == (
        "worsened",
        [("CreateUser", "alice had been refused CreateUser before, and it goes through now.")],
    )
    assert status([*GROUP, refused], put_in(BOB), made, take_out(BOB)) == "worsened"
    assert status([*GROUP, refused], put_in(BOB), made, take_out(NOBODY)) == "worsened"
    assert status([*GROUP, refused], put_in(BOB), made, take_out(CAROL)) == "resolved"
    assert story(GROUP, put_in(BOB), held) == (
        "open",
        [("PutUserPolicy", "carol, a third principal, gave alice a policy that denies.")],
    )


def test_user_who_was_freed_is_held_again_by_the_group_while_it_denies() -> None:
    earlier, found = [NEW_ALICE, *HELD, put_in(DAVE, "held")], take_out(ALICE, "held")
    back = put_in(CAROL, "held")
    freed = on("Detach{}Policy", "group held", by=BOB, policyArn=DENY_ALL)

    assert status(earlier, found, back) == "resolved"
    assert status(earlier, found, put_in(ALICE, "held")) == "resolved"
    assert status(earlier, found, put_in(CAROL, "staff")) == "open"
    assert status(earlier, found, back, found) == "worsened"
    assert story(earlier, found, freed, back) == (
        "open",
        [
            (
                "AddUserToGroup",
                "carol put alice into the group again, which is not known to deny any more.",
            )
        ],
    )
    assert status(earlier, found, deleted(CAROL)) == "resolved"


def test_user_who_was_freed_is_worse_when_its_refused_call_goes_through() -> None:
    refused = denied("CreateUser", by=ALICE, resource="user eve")
    made = on("Create{}", "user eve", by=ALICE)

    assert status([*HELD, refused], take_out(BOB, "held"), made) == "worsened"
    assert status(HELD, take_out(BOB, "held"), made) == "open"


def test_deletion_of_many_users_stays_open_though_one_is_made_again() -> None:
    earlier = [deleted(BOB, f"u{number}") for number in range(4)]

    assert story(earlier, deleted(BOB, "u4"), on_user("CreateUser", CAROL, "u4")) == ("open", [])


CREW = on("Update{}", "group staff", by=DAVE, newGroupName="crew")


def test_group_that_is_renamed_is_followed_under_its_new_name() -> None:
    found = put_in(BOB)

    assert story(GROUP, found, CREW, take_out(CAROL, "crew")) == (
        "resolved",
        [("RemoveUserFromGroup", "carol, a third principal, took alice out of the group.")],
    )
    assert status(GROUP, found, CREW, take_out(CAROL, "crew"), put_in(BOB, "crew")) == "worsened"
    anew = on("Create{}", "group staff", by=DAVE)
    assert status(GROUP, found, CREW, anew, take_out(CAROL, "staff")) == "open"


def test_policy_of_a_group_that_is_renamed_is_followed_under_its_new_name() -> None:
    members = [on("Create{}", "group staff", by=DAVE), put_in(DAVE)]
    found = on("Attach{}Policy", "group staff", by=BOB, policyArn=ADMINISTRATOR)
    taken = on("Detach{}Policy", "group crew", by=CAROL, policyArn=ADMINISTRATOR)

    assert story(members, found, CREW, taken) == (
        "resolved",
        [("DetachGroupPolicy", "carol, a third principal, detached the policy from staff.")],
    )


def test_user_who_is_renamed_is_followed_to_what_is_newly_allowed() -> None:
    found = on("Attach{}Policy", "user alice", by=BOB, policyArn=ADMINISTRATOR)
    before = [on_user("CreateUser", DAVE, "alice"), denied("ListRoles", by=ALICE, resource="*")]
    arn = f"arn:aws:iam::{ACCOUNT}:user/svc"
    svc = Principal({**ALICE.identity, "userName": "svc", "arn": arn})
    used = call("ListRoles", by=svc, request={})

    told = story(before, found, named(DAVE, "alice", newUserName="svc"), used)

    assert told == (
        "worsened",
        [("ListRoles", "svc had been refused ListRoles before, and it goes through now.")],
    )
