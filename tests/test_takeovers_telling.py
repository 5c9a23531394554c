"""Stories of several findings: level, status, words and ids."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from tests.identity_calls import KEY, PASSKEY, deactivate, enable, failed, on_user, set_key
from tests.reading import Fields
from tests.takeovers import HOUR, Step, found_on, gone, plain, reset, told
from tests.telling import ALICE, BOB, CAROL, DAVE, DAY, MADE, MINUTE, RESET, delete_key, used
from tests.worlds_principals import allowing
from trailmend.errors import WrongUse
from trailmend.evidence import call, denied
from trailmend.evidence.policies import ADMINISTRATOR, on
from trailmend.findings import Finding, TargetPart
from trailmend.runbooks.create_role import OUTSIDER
from trailmend.takeovers import Hit, find_story, stories_of
from trailmend.takeovers.acts import shortened

BOBS = BOB.identity["accessKeyId"]


def opened(*steps: Step) -> list[str]:
    (story,) = told(*steps)
    return [one.text for one in story.open]


@pytest.mark.parametrize(
    ("levels", "statuses", "expected"),
    [
        (("medium", "medium"), ("open", "worsened"), ("medium", "worsened")),
        (("medium", "high"), ("open", "resolved"), ("high", "open")),
        (("medium", "high"), ("resolved", "worsened"), ("critical", "worsened")),
        (("high", "high"), ("resolved", "resolved"), ("critical", "resolved")),
        (("critical", "medium"), ("open", None), ("critical", "open")),
        (("medium", "medium"), (None, None), ("medium", None)),
        (("medium", "medium"), ("resolved", None), ("medium", "resolved")),
    ],
)
def test_level_and_status_follow_from_the_findings(
    levels: tuple[str, str], statuses: tuple[str | None, str | None], expected: tuple[str, str]
) -> None:
    pairs = enumerate(zip(levels, statuses, strict=True))
    (story,) = stories_of(plain(n, level=level, status=status) for n, (level, status) in pairs)

    assert (story.level, story.status) == expected


def test_two_findings_on_one_event_are_no_story_and_no_two_highs() -> None:
    one = plain(level="high")
    other = msgspec.structs.replace(one, id="F-OTHER", detection="another.thing")

    assert stories_of([one, other]) == []
    assert [story.level for story in stories_of([one, other, plain(1)])] == ["high"]


def test_a_title_names_three_and_counts_the_others() -> None:
    targets = [TargetPart("user", f"u{n}", None, None) for n in range(5)]
    (story,) = stories_of(plain(n, target=target) for n, target in enumerate(targets))

    assert story.title == "bob touched u0, u1, u2 and 2 more"
    assert story.hit == [Hit("user", f"u{n}", "touched") for n in range(5)]


def test_title_leaves_arns_to_the_details() -> None:
    arns = [f"arn:aws:iam::{owner}:policy/admin" for owner in ("aws", "111122223333")]
    targets = [TargetPart("policy", arn, "policy", arn) for arn in arns]
    (story,) = stories_of(plain(n, target=target) for n, target in enumerate(targets))

    assert story.title == "bob touched policy/admin and policy/admin"
    assert {one.whom for one in story.chapters} == {"policy/admin"}
    assert story.hit == [Hit("policy", f"policy/{arn}", "touched") for arn in arns]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("alice", "alice"),
        ("role/deploy", "role/deploy"),
        ("policy/arn:aws-cn:iam::1:policy/team/admin", "policy/team/admin"),
        ("bucket/arn:aws:s3:::logs", "bucket/logs"),
        ("arn:aws:iam::1:saml-provider/Okta", "saml-provider/Okta"),
        ("arn:torn", "arn:torn"),
    ],
)
def test_arn_is_shortened_to_the_name_that_people_use(name: str, short: str) -> None:
    assert shortened(name) == short


def test_calls_that_were_refused_are_told_as_tries() -> None:
    (story,) = told(
        (0 * HOUR, denied("DeleteLoginProfile", by=BOB, resource="user alice")),
        (MINUTE, denied("UpdateLoginProfile", by=BOB, resource="user alice")),
    )

    assert (story.title, story.status, story.open) == ("bob tried alice in vain", None, [])


def test_a_repair_by_a_third_does_not_change_what_happened() -> None:
    attack = (
        (0 * HOUR, reset(BOB, "alice")),
        (MINUTE, deactivate(BOB, "alice")),
        (2 * MINUTE, MADE),
        (3 * MINUTE, used(KEY)),
        (4 * MINUTE, enable(BOB, "alice", PASSKEY)),
    )
    repairs = (
        set_key(DAVE, "alice", "Inactive"),
        deactivate(DAVE, "alice", PASSKEY),
        gone(DAVE, "alice"),
        enable(DAVE, "alice"),
        set_key(DAVE, "bob", "Inactive", BOBS),
    )
    (before,) = told(*attack)
    stories = [
        told(*attack, *((DAY + n * MINUTE, fields) for n, fields in enumerate(repairs[:count])))
        for count in range(1, len(repairs) + 1)
    ]

    assert (before.title, before.level) == ("bob took over alice", "critical")
    for after in stories:
        kept = [one for one in after if one.id == before.id]
        assert [(one.title, one.level, one.findings, one.hit) for one in kept] == [
            (before.title, before.level, before.findings, before.hit)
        ]
    assert [one.status for one in stories[-1] if one.id == before.id] == ["resolved"]


@pytest.mark.parametrize(
    ("later", "text"),
    [
        ([], f"access key {KEY} of alice is still active as far as the log shows"),
        (
            [on_user("UpdateAccessKey", BOB, "alice", accessKeyId=KEY, status="Inactive")],
            f"access key {KEY} of alice was changed since, and not surely by the right hands: "
            "read it",
        ),
        ([delete_key(BOB, "alice")], None),
    ],
    ids=["untouched", "switched", "deleted"],
)
def test_a_key_that_was_used_is_open_until_it_is_gone(
    later: Sequence[Fields], text: str | None
) -> None:
    after = [((n + 4) * MINUTE, fields) for n, fields in enumerate(later)]
    left = opened((0 * HOUR, RESET), (MINUTE, MADE), (2 * MINUTE, used(KEY)), *after)

    assert [one for one in left if KEY in one] == ([] if text is None else [text])


@pytest.mark.parametrize(
    ("later", "text"),
    [
        ([], "nothing in the log says that it was switched off"),
        ([set_key(CAROL, "bob", "Inactive", BOBS)], None),
        ([delete_key(CAROL, "bob", BOBS)], None),
        (
            [set_key(CAROL, "bob", "Inactive", BOBS), set_key(DAVE, "bob", "Active", BOBS)],
            "was switched on since",
        ),
        (
            [failed(set_key(CAROL, "bob", "Inactive", BOBS))],
            "nothing in the log says that it was switched off",
        ),
    ],
    ids=["untouched", "off", "deleted", "on again", "refused"],
)
def test_the_callers_own_key_is_open_until_it_is_off_or_gone(
    later: Sequence[Fields], text: str | None
) -> None:
    after = [((n + 4) * MINUTE, fields) for n, fields in enumerate(later)]
    left = opened((0 * HOUR, RESET), (MINUTE, gone(BOB, "carol")), *after)
    told = f"access key {BOBS} of bob signed calls, and {text}"

    assert [one for one in left if BOBS in one] == ([] if text is None else [told])


def test_a_password_is_in_doubt_after_its_owners_own_change() -> None:
    password = [(0 * HOUR, RESET), (MINUTE, gone(BOB, "carol"))]
    changed = (2 * MINUTE, {**reset(ALICE, "alice"), "eventName": "ChangePassword"})

    assert opened(*password)[0] == (
        "the password of alice is the one that bob set, as far as the log shows"
    )
    assert opened(*password, changed)[0] == (
        "the password of alice was changed since, and not surely by the right hands: read it"
    )
    assert not any("alice" in one for one in opened(*password, (MINUTE, gone(CAROL, "alice"))))


def test_a_policy_is_open_by_its_bearer_until_it_is_detached() -> None:
    granted = on("Attach{}Policy", "group staff", by=BOB, policyArn=ADMINISTRATOR)
    off = on("Detach{}Policy", "group staff", by=CAROL, policyArn=ADMINISTRATOR)
    text = (
        f"policy {ADMINISTRATOR} of group/staff, which bob attached, is still attached as far as "
        "the log shows"
    )
    taken = (MINUTE, gone(BOB, "alice"))

    assert text in opened((0 * HOUR, granted), taken)
    assert not any(ADMINISTRATOR in one for one in opened((0 * HOUR, granted), taken, (HOUR, off)))


def test_an_event_without_words_of_its_own_is_open_by_its_title() -> None:
    (story,) = stories_of([plain(0), plain(1)])

    assert [one.text for one in story.open] == [
        "Somebody did something (Any on alice): nothing later in the log puts it right",
        "access key AKIABOB of bob signed calls, and nothing in the log says that it was "
        "switched off",
    ]


def test_each_thing_that_is_open_is_named_though_titles_are_the_same() -> None:
    sets = [TargetPart("permission_set", f"ps-{n}", None, None) for n in (1, 2)]
    region = TargetPart("account", None, "region", "ap-east-1")
    (story,) = stories_of(plain(n, target=target) for n, target in enumerate([*sets, region]))

    assert [one.text for one in story.open if "AKIABOB" not in one.text] == [
        f"Somebody did something (Any{what}): nothing later in the log puts it right"
        for what in (
            " on permission_set/ps-1",
            " on permission_set/ps-2",
            " of region/ap-east-1 on the account",
        )
    ]


@pytest.mark.parametrize(
    ("level", "by", "now", "status"),
    [
        ("high", "other", None, "open"),
        ("high", "other", "Active", "open"),
        ("high", "other", "Inactive", "resolved"),
        ("high", "other", "Deleted", "resolved"),
        ("high", "caller", None, "resolved"),
        ("medium", "other", None, "resolved"),
    ],
)
def test_story_is_open_while_the_key_works_whose_work_others_put_right(
    level: str, by: str, now: str | None, status: str
) -> None:
    actor = msgspec.structs.replace(plain().actor, access_key_now=now)
    done = {"actor": actor, "status": "resolved", "resolved_by": by}
    (story,) = stories_of([plain(0, level=level, **done), plain(1, **done)])
    state = {
        None: "nothing in the log says that it was switched off",
        "Active": "was switched on since",
    }
    left = [f"access key AKIABOB of bob signed calls, and {state.get(now)}"]

    assert (story.status, story.resolved_by, [one.text for one in story.open]) == (
        (status, None, left) if status == "open" else (status, by, [])
    )


# -- ids ------------------------------------------------------------------------------------------


def test_a_story_is_found_by_its_id_by_a_finding_and_by_their_starts() -> None:
    found = found_on(
        (0 * HOUR, gone(BOB, "alice")),
        (MINUTE, gone(BOB, "carol")),
        (2 * MINUTE, failed(gone(BOB, "carol"))),
        (9 * HOUR, gone(DAVE, "alice")),
    )
    (story,) = stories_of(found)
    first, second, supporting, alone = found
    expected = (story, [first, second])

    for wanted in (story.id, story.id.lower()[:5], second.id, supporting.id, first.id[:7]):
        assert find_story(found, wanted) == expected
    assert find_story(reversed(found), story.id) == expected
    assert find_story(found, alone.id) is None
    for wanted in ("F-", "S-I", "F-I", "", story.id[2:]):
        with pytest.raises(WrongUse, match="See: trailmend"):
            find_story(found, wanted)


def test_the_id_hangs_on_the_earliest_finding_alone() -> None:
    steps = [(0 * HOUR, gone(BOB, "alice")), (MINUTE, gone(BOB, "carol"))]
    (story,), (longer,) = told(*steps), told(*steps, (2 * MINUTE, gone(BOB, "dave")))

    assert story.id == longer.id
    assert story.id.startswith("S-")
    assert len(story.id) == 12


def test_chapters_of_one_second_stand_in_the_order_of_a_life() -> None:
    door = {"roleName": "door", "assumeRolePolicyDocument": OUTSIDER}
    made = call("CreateRole", by=BOB, request=door)
    named = {"roleName": "door", "policyName": "x", "policyDocument": allowing("*")}
    written = call("PutRolePolicy", by=BOB, request=named)
    for order in ([made, written], [written, made]):
        (story,) = told(*((0 * HOUR, one) for one in order), (HOUR, gone(BOB, "alice")))

        assert [one.event_name for one in story.chapters] == [
            "CreateRole",
            "PutRolePolicy",
            "PutRolePolicy",
            "DeleteLoginProfile",
        ]


def _on_alice(number: int, name: str, user: str = "alice", **changes: object) -> Finding:
    event = msgspec.structs.replace(plain(number).event, event_name=name, outcome="success")
    return plain(number, event=event, target=TargetPart("user", user, None, None), **changes)


def test_user_whom_the_story_made_is_not_taken_over() -> None:
    born = _on_alice(0, "CreateUser", level="low")
    steps = [_on_alice(1, "CreateAccessKey", level="high"), _on_alice(2, "AttachUserPolicy")]

    (story,), (other,) = stories_of([born, *steps]), stories_of(steps)

    assert (story.title, other.title) == (
        "bob made alice, with a way to sign in",
        "bob moved to take over alice",
    )


def test_name_in_other_letters_is_the_same_user() -> None:
    refused = msgspec.structs.replace(plain().event, outcome="denied")
    tried = plain(event=refused, target=TargetPart("user", "ALICE", None, None))

    (story,) = stories_of([tried, _on_alice(1, "CreateAccessKey", level="high")])

    assert story.hit == [Hit("user", "alice", "aimed at")]


@pytest.mark.parametrize(("status", "fate"), [("worsened", "touched"), (None, "tried")])
def test_what_went_through_later_was_not_tried_in_vain(status: str | None, fate: str) -> None:
    refused = msgspec.structs.replace(plain().event, outcome="denied")
    carol = TargetPart("user", "carol", None, None)
    (story,) = stories_of([plain(event=refused, status=status), plain(1, target=carol)])

    assert {one.name: one.fate for one in story.hit}["alice"] == fate


def test_who_acts_on_themselves_alone_is_not_named_twice() -> None:
    itself = TargetPart("user", "bob", None, None)
    (story,) = stories_of(plain(n, target=itself, relation="self") for n in range(2))

    assert story.title == "bob touched its own user"
