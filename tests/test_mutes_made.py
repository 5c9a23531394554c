"""Mutes made from findings, written and taken out again, and tried."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from tests.muting import CI, DAY, EVE, OTHER, OWN, WEAKENED, found, hidden, judged, mute
from trailmend.catalog import detections
from trailmend.errors import Refused
from trailmend.findings import Finding
from trailmend.mutes import (
    Mute,
    make_mute,
    place_of,
    read_mutes,
    try_mute,
    with_mute,
    without_mute,
    written,
)


def made(finding: Finding, **changes: Any) -> Mute:
    words: dict[str, Any] = {
        "owner": "kim",
        "reason": "the job",
        "until": date(2026, 7, 1),
        "today": DAY,
    }
    return make_mute(finding, [], **(words | changes))


def test_a_mute_from_a_finding_is_as_narrow_as_the_finding_and_hides_it() -> None:
    one = found(target_object_type="mfa_device", target_object_id="arn:aws:iam::1:mfa/phone")

    result = made(one)

    assert msgspec.json.decode(msgspec.json.encode(result)) == {
        "id": result.id,
        "detections": [WEAKENED],
        "account": OWN,
        "actor_id": EVE,
        "target": "user/alice",
        "object_id": "arn:aws:iam::1:mfa/phone",
        "level_at_most": "medium",
        "owner": "kim",
        "reason": "the job",
        "until": "2026-07-01",
        "made_from": one.id,
        "made_at": "2026-06-01",
    }
    assert hidden([result], [one]) == {one.id}
    assert read_mutes(written(result, one), "f", detections(), DAY) == ([result], [])
    assert made(found(target_object_id="AKIAABCDEFGHIJKLMNOP")).object_id is None
    assert made(one, any_target=True).target is None


@pytest.mark.parametrize(
    ("like", "choice", "reason"),
    [
        ({"level": "critical"}, {"level": "high"}, "what is critical is never muted"),
        ({"level": "high"}, {}, "say --level-at-most high"),
        ({}, {"level": "high"}, "only a high finding makes a high mute"),
        ({"status": "worsened"}, {}, "it became worse"),
        ({"actor_id": "eve"}, {}, "no id that nobody can choose|id that nobody can choose"),
        ({"actor_id": None}, {"any_actor": True}, "low is the most"),
        ({"level": "low"}, {"any_actor": True, "any_target": True}, "add actor_id"),
        ({}, {"until": DAY - timedelta(days=1)}, "is past"),
        ({}, {"until": DAY + timedelta(days=400)}, "ends within a year"),
        ({}, {"owner": "kim\n[[mute]]"}, "characters that do not print"),
        ({}, {"reason": "x" * 401}, "length <= 400"),
        ({"target_name": "a\u202eb"}, {}, "characters that do not print"),
        ({"event_account_id": "no account"}, {}, "No mute can be made"),
        ({}, {"level": "low"}, "it is medium"),
    ],
    ids=str,
)
def test_no_mute_is_made_of_what_it_would_not_hide_or_could_not_be_read(
    like: dict[str, Any], choice: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        made(found(**like), **choice)


def test_a_mute_that_is_taken_out_leaves_the_rest_of_the_file_as_it_was() -> None:
    one = with_mute("", written(mute(id="M-A")))
    two = with_mute(one, "# why b\n" + written(mute(id="M-B")))
    three = with_mute(two, "# why c\n" + written(mute(id="M-C")))

    def without(name: str) -> str:
        place = place_of(three, name)
        assert place is not None
        return without_mute(three, place[1])

    assert without("M-C") == two
    assert without("m-b") == with_mute(one, "# why c\n" + written(mute(id="M-C")))
    assert without("M-A") == three.replace("\n" + written(mute(id="M-A")), "", 1)
    assert place_of(three, "M-") is None


def tried(one: Mute, findings: list[Finding]) -> tuple[list[str], list[str]]:
    (use,) = judged([one], findings).uses
    result = try_mute(use, findings)
    return result.wrong, result.notes


ALL = f"it hides all 2 findings of {WEAKENED}: nothing of that detection is left"


@pytest.mark.parametrize(
    ("change", "like", "wrong", "notes"),
    [
        ({"target": "user/alice"}, {}, [], [ALL]),
        ({}, {}, [ALL], []),
        ({"level_at_most": "high"}, {"level": "high"}, ["it hides 2 high", ALL], []),
        ({"target": "user/alice"}, {"actor_arn": f"arn:aws:iam::{OTHER}:user/eve"},
         ["it hides 2 by callers of another account"], [ALL]),
    ],
    ids=str,
)  # fmt: skip
def test_the_test_of_a_mute_names_what_is_too_wide(
    change: dict[str, Any], like: dict[str, Any], wrong: list[str], notes: list[str]
) -> None:
    apart = [found(n, event_event_time=f"2026-03-{n + 1:02}T00:00:00Z", **like) for n in (1, 5)]

    assert tried(mute(**change), apart) == (wrong, notes)


def test_a_mute_that_leaves_something_of_the_detection_passes() -> None:
    assert tried(mute(), [found(1), found(2, actor_id=CI)]) == ([], [])
