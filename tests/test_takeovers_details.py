"""What a story tells beside its sentences: keys, policies, settings, its time and its count."""

from __future__ import annotations

import pytest

from tests.identity_calls import set_key
from tests.takeovers import HOUR, gone, plain, told
from tests.telling import BOB, DAVE, MINUTE, RESET
from trailmend.evidence.policies import ADMINISTRATOR
from trailmend.findings import TargetPart, Why
from trailmend.report.parts import count_text, keys_text, span_of
from trailmend.takeovers import stories_of

BOBS = BOB.identity["accessKeyId"]
_ARN = "arn:aws:cloudtrail:eu-west-1:1:trail/main"


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({}, None),
        (
            {"target": TargetPart("user", "alice", "access_key", "AKIAALICE")},
            "access_key/AKIAALICE",
        ),
        ({"target": TargetPart("policy", ADMINISTRATOR, "policy", ADMINISTRATOR)}, None),
        (
            {"why": Why("TRUE", {"trusted": "account 444455556666", "trusts_outsider": True})},
            "trusted: account 444455556666",
        ),
        ({"why": Why("TRUE", {"grants": "x" * 300})}, f"grants: {'x' * 199}…"),
        (
            {
                "before": {"s3BucketName": "logs", "name": "main", "isOn": True, "d": "{}"},
                "after": {"s3BucketName": "evil", "name": _ARN, "isOn": False, "d": "{ }", "n": 1},
            },
            "s3BucketName: logs → evil; isOn: true → false",
        ),
        (
            {
                "before": {"kmsKeyId": "k", "prefix": "a/x"},
                "after": {"kmsKeyId": "", "prefix": "x"},
            },
            "kmsKeyId: k → none; prefix: a/x → x",
        ),
    ],
)
def test_chapter_tells_what_one_acts_on(changes: dict[str, object], about: str | None) -> None:
    (story,) = stories_of([plain(0, **changes), plain(1)])

    assert [one.about for one in story.chapters] == [about, None]


def test_story_tells_that_the_key_which_signed_it_was_switched_off() -> None:
    steps = ((0 * HOUR, RESET), (MINUTE, gone(BOB, "carol")))
    (before,) = told(*steps)
    (after,) = told(*steps, (5 * HOUR, set_key(DAVE, "bob", "Inactive", BOBS)))

    assert [one.keys_now for one in (*before.actors, *after.actors)] == [{}, {BOBS: "Inactive"}]
    assert keys_text(after.actors[0]) == f"{BOBS} (inactive since, by the log)"
    last = after.chapters[-1]
    assert (last.event_name, last.who, last.kind, last.about) == (
        "UpdateAccessKey",
        "dave",
        "supporting",
        f"access_key/{BOBS}",
    )


def test_story_begins_with_the_first_event_that_it_tells_and_counts_each_row() -> None:
    steps = [plain(n, level="high") for n in (1, 2)]
    (story,) = stories_of([plain(0, level="low"), *steps])
    (alone,) = stories_of(steps)

    assert (span_of(story)[0], count_text(story)) == (
        "2026-03-02T10:00:00Z",
        "2, and 1 that supports them",
    )
    assert (span_of(alone)[0], count_text(alone)) == ("2026-03-02T10:01:00Z", "2")
