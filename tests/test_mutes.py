"""What mutes hide and what not, how a file of them is read, and what is refused."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.muting import (
    CI,
    DAY,
    DENIED,
    EVE,
    OTHER,
    OWN,
    WEAKENED,
    found,
    hidden,
    judged,
    mute,
    written_file,
)
from trailmend.catalog import detections
from trailmend.findings import Finding
from trailmend.mutes import Mute, Through, covers, read_mutes, written
from trailmend.takeovers import stories_of

FINDINGS = st.builds(
    found,
    st.integers(0, 40),
    detection=st.sampled_from([WEAKENED, DENIED]),
    level=st.sampled_from(["info", "low", "medium", "high", "critical"]),
    status=st.sampled_from(["open", "resolved", "worsened", None]),
    actor_id=st.sampled_from([EVE, CI, OWN, None]),
    actor_type=st.sampled_from(["IAMUser", "AssumedRole", "Root"]),
    event_account_id=st.sampled_from([OWN, OTHER]),
    target_name=st.sampled_from(["alice", "bob", None]),
)
MUTES = st.builds(
    mute,
    detections=st.sampled_from([(WEAKENED,), (DENIED,), (WEAKENED, DENIED)]),
    account=st.sampled_from([OWN, OTHER]),
    actor_id=st.sampled_from([EVE, CI, OWN, None]),
    target=st.sampled_from(["user/alice", None]),
    level_at_most=st.sampled_from(["info", "low", "medium", "high"]),
    until=st.dates(DAY - timedelta(days=5), DAY + timedelta(days=20)),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Mute], list[Finding]]:
    """Draw mutes with ids of their own and findings, each once."""
    mutes = draw(st.lists(MUTES, max_size=4))
    named = [msgspec.structs.replace(one, id=f"M-{n}") for n, one in enumerate(mutes)]
    return named, draw(st.lists(FINDINGS, max_size=8, unique_by=lambda one: one.id))


@given(cases(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_mutes_part_the_findings_and_change_nothing_else(
    case: tuple[list[Mute], list[Finding]], chance: Any
) -> None:
    mutes, findings = case
    muting = judged(mutes, findings)
    marked = muting.mark(findings)

    assert [msgspec.structs.replace(one, muted_by=[]) for one in marked] == findings
    for one in marked:
        by = {use.mute.id for use in muting.uses if use.state != "expired" and one.id in use.hides}
        assert {each.id for each in one.muted_by} == by
        assert not (one.muted_by and (one.level == "critical" or one.status == "worsened"))
    for gone in mutes:
        assert hidden([one for one in mutes if one != gone], findings) <= set(muting.hidden)
    shuffled = chance.sample(mutes, len(mutes)), chance.sample(findings, len(findings))
    assert judged(*shuffled) == muting


@given(cases(), st.text(max_size=20))
@settings(max_examples=20, deadline=None)
def test_what_the_caller_chooses_neither_hides_nor_shows(
    case: tuple[list[Mute], list[Finding]], text: str
) -> None:
    mutes, findings = case
    chosen = {"user_agent": text, "session_name": text, "source_ip": text, "arn": text}
    other = [
        msgspec.structs.replace(one, actor=msgspec.structs.replace(one.actor, **chosen))
        for one in findings
    ]

    assert set(judged(mutes, other).hidden) == set(judged(mutes, findings).hidden)


@pytest.mark.parametrize(
    ("change", "like"),
    [
        ({"account": OTHER}, {}),
        ({"actor_id": CI}, {}),
        ({"detections": (DENIED,)}, {}),
        ({"target": "user/bob"}, {}),
        ({"object_id": "AKIABOB"}, {}),
        ({"until": DAY - timedelta(days=1)}, {}),
        ({"actor_id": OWN}, {"actor_id": OWN, "actor_type": "AWSAccount"}),
        ({}, {"actor_id": None}),
        ({}, {"lapsed": True}),
    ],
    ids=str,
)
def test_every_condition_of_a_mute_must_hold(change: dict[str, Any], like: dict[str, Any]) -> None:
    assert hidden([mute()], [found()]) == {found().id}
    assert hidden([mute(**change)], [found(**like)]) == set()


def test_person_of_identity_center_is_one_and_the_role_of_the_set_is_everybody() -> None:
    ana, kim = found(1, actor_id="AROASET:ana"), found(2, actor_id="AROASET:kim@example.org")

    assert hidden([mute(actor_id="AROASET:kim@example.org")], [ana, kim]) == {kim.id}
    assert hidden([mute(actor_id="AROASET")], [ana, kim]) == {ana.id, kim.id}


def test_number_of_the_account_is_its_root() -> None:
    assert hidden([mute(actor_id=OWN)], [found(actor_id=OWN, actor_type="Root")]) == {found().id}


@pytest.mark.parametrize(
    ("change", "covered"),
    [
        ({}, True),
        ({"actor_id": None}, True),
        ({"detections": (WEAKENED, DENIED), "owner": "lee"}, True),
        ({"level_at_most": "high"}, True),
        ({"level_at_most": "low"}, False),
        ({"actor_id": CI}, False),
        ({"target": "user/alice"}, False),
        ({"object_id": "AKIA1"}, False),
        ({"account": OTHER}, False),
        ({"detections": (DENIED,)}, False),
    ],
)
def test_mute_covers_another_where_it_hides_all_of_it(
    change: dict[str, Any], covered: bool
) -> None:
    assert covers(mute(**change), mute()) is covered


def test_mute_holds_through_its_last_day() -> None:
    last = mute(until=DAY)

    assert hidden([last], [found()]) == {found().id}
    assert hidden([last], [found()], DAY + timedelta(days=1)) == set()
    assert judged([last], [found()], DAY + timedelta(days=1)).uses[0].hides == (found().id,)


@pytest.mark.parametrize(
    ("level_at_most", "like", "why"),
    [
        ("low", {}, "it is medium"),
        ("medium", {"level": "high"}, "it is high"),
        ("high", {"level": "critical"}, "it is critical"),
        ("high", {"level": "high", "status": "worsened"}, "it became worse"),
        ("medium", {"status": "worsened"}, "it became worse"),
    ],
    ids=str,
)
def test_what_is_too_grave_shows_in_spite_of_a_mute(
    level_at_most: str, like: dict[str, Any], why: str
) -> None:
    muting = judged([mute(level_at_most=level_at_most)], [found(**like)])

    assert muting.hidden == {}
    assert muting.uses[0].through == (Through(found().id, why),)


def test_what_a_graver_story_tells_shows_and_a_story_of_its_own_level_does_not() -> None:
    routine = [found(n, event_event_time=f"2026-03-02T01:0{n}:00Z") for n in (1, 2)]
    grave = found(3, level="high", event_event_time="2026-03-02T01:30:00Z", detection=DENIED)
    (calm,), (story,) = stories_of(routine), stories_of([*routine, grave])

    assert (calm.level, story.level) == ("medium", "high")
    assert hidden([mute()], routine) == {one.id for one in routine}
    muting = judged([mute()], [*routine, grave])
    assert muting.hidden == {}
    assert {one.why for one in muting.uses[0].through} == {
        f"story {story.id}, which tells it, is high"
    }


def test_high_mute_hides_high_findings_and_no_story_above() -> None:
    wide = mute(level_at_most="high", detections=(WEAKENED, DENIED))
    two = [found(n, level="high", event_event_time=f"2026-03-02T01:0{n}:00Z") for n in (1, 2)]

    assert hidden([wide], two[:1]) == {two[0].id}
    assert [one.level for one in stories_of(two)] == ["critical"]
    assert hidden([wide], two) == set()


def test_mute_is_unused_after_90_days_of_log_in_which_it_hid_nothing() -> None:
    made = mute(made_at=date(2026, 3, 1))
    late = found(2, event_event_time="2026-06-05T00:00:00Z", actor_id=CI)
    early = found(1, event_event_time="2026-03-20T00:00:00Z")

    assert [one.unused for one in judged([made], [late]).uses] == [True]
    assert [one.unused for one in judged([made], [early, late]).uses] == [False]
    assert [one.unused for one in judged([made], []).uses] == [False]


def read(text: str) -> tuple[list[str], list[tuple[int, int, str | None, str]]]:
    """Read a file; give the ids of the mutes that apply, and the places and words of faults."""
    mutes, faults = read_mutes(text, "mutes.toml", detections(), DAY)
    return [one.id for one in mutes], [(f.line, f.column, f.mute, f.reason) for f in faults]


def test_a_mute_is_read_back_as_it_was_written() -> None:
    odd = mute(reason='a "quoted" \\ text, ümlaut 😀 # [[mute]]', target="user/alice")

    assert read_mutes(written_file(odd, mute(id="M-2")), "f", detections(), DAY) == (
        [odd, mute(id="M-2")],
        [],
    )


BAD = {
    'actr_id = "AIDAEVE"': "unknown key actr_id: did you mean actor_id?",
    'user_agent = "x"': "user_agent: its value is chosen by the caller",
    'session_name = "x"': "session_name: its value is chosen by the caller",
    'source_ip = "x"': "source_ip: its value is chosen by the caller",
    'actor_arn = "x"': "actor_arn: a name can be given to another, and an ARN holds names",
    'actor_name = "eve"': "actor_name: a name can be given to another",
    'colour = "red"': "unknown key colour: there is id, detections",
    'target = "alice"': "write its kind and its name, as user/alice",
    'target = "user/*"': "there are no wildcards",
    'target = "arn:aws:iam::1:user/x"': "it is the id of an object: write it as object_id",
    'object_id = ""': "object_id: write a text of 1 to 400 characters",
    'made_from = "x"': "made_from: write the id of a finding whole",
    "[mute.by]": "unknown key by: there is",
    "owner = 'lee'": "it is no TOML: cannot overwrite a value",
}


@pytest.mark.parametrize(("line", "reason"), BAD.items(), ids=BAD)
def test_bad_line_is_named_with_its_place_and_the_other_mutes_apply(line: str, reason: str) -> None:
    lines = written_file(mute(id="M-A"), mute(id="M-BAD"), mute(id="M-Z")).split("\n")
    at = lines.index('id = "M-BAD"') + 1

    ids, faults = read("\n".join([*lines[:at], "  " + line, *lines[at:]]))

    assert ids == ["M-A", "M-Z"]
    assert [(name, reason in told) for _, _, name, told in faults] == [("M-BAD", True)]
    if "TOML" not in reason:
        column = 3 + len(line) - len(line.lstrip("[").removeprefix("mute."))
        assert [(row, column) for row, column, _, _ in faults] == [(at + 1, column)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"until": None}, "a mute without an end is refused"),
        ({"owner": None}, "add who answers for it"),
        ({"reason": None}, "add why"),
        ({"detections": '["delete_login_profile.by_someone_els"]'},
         "did you mean delete_login_profile.by_someone_else?"),
        ({"detections": '["delete_login_profile.*"]'}, "there are no wildcards"),
        ({"detections": '"delete_login_profile.denied"'}, "write a list of keys"),
        ({"account": "111122223333"}, "write 12 digits as text"),
        ({"actor_id": '"eve"'}, "it is no stable id"),
        ({"actor_id": '"arn:aws:iam::111122223333:user/eve"'}, "it is no stable id"),
        ({"actor_id": '"111122223333:night"'}, "it is no stable id"),
        ({"actor_id": f'"{OTHER}"'}, "it is the root of another account"),
        ({"actor_id": None}, "add actor_id, target or object_id"),
        ({"level_at_most": '"critical"'}, "what is critical is never hidden"),
        ({"level_at_most": '"high"'}, "high takes made_from"),
        ({"level_at_most": '"huge"'}, "write one of info, low, medium, high"),
        ({"until": "2027-04-03"}, "more than a year after made_at"),
        ({"until": "2026-03-01"}, "it ended before it was made"),
        ({"until": '"soon"'}, "write a day, as 2027-03-01"),
        ({"until": "2027-02-30"}, "it is no TOML"),
        ({"made_at": "2026-06-02"}, "it is in the future"),
        ({"owner": '"kim\\u001b[31m"'}, "characters that do not print"),
        ({"reason": '" "'}, "it is blank"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_value_is_refused(change: dict[str, str | None], reason: str) -> None:
    ((name, value),) = change.items()
    lines = [line for line in written(mute()).splitlines() if not line.startswith(f"{name} ")]

    ids, faults = read("\n".join([*lines, f"{name} = {value}" if value else ""]))

    assert ids == []
    assert any(reason in told for _, _, _, told in faults), faults


def test_without_a_caller_low_is_the_most() -> None:
    anybody = mute(actor_id=None, target="user/alice", level_at_most="low")

    assert read(written(anybody)) == (["M-1"], [])
    assert read(written(msgspec.structs.replace(anybody, level_at_most="medium")))[1] == [
        (6, 1, "M-1", "without actor_id it would hide what an intruder does, so low is the most")
    ]


def test_an_id_that_is_there_twice_is_applied_for_neither() -> None:
    ids, faults = read(written_file(mute(), mute(id="M-2"), mute(owner="lee")))

    assert ids == ["M-2"]
    assert [(line, name) for line, _, name, _ in faults] == [(2, "M-1"), (24, "M-1")]


@pytest.mark.parametrize(
    "text",
    ["[[mutes]]\nid = 'M-1'", "[mute]\nid = 'M-1'", "mute = []", "mute = [1]", "x = 1", "[[mute"],
)
def test_what_is_no_table_of_mutes_is_named(text: str) -> None:
    good = written(mute(id="M-GOOD"))

    for whole in (f"{text}\n{good}", f"{good}\n[[mute]]\n{text}"):
        ids, faults = read(whole)
        assert ids == ["M-GOOD"]
        assert faults


def test_table_inside_a_mute_spoils_it_because_it_may_have_narrowed_it() -> None:
    for table in ("[mute.target]", "[[mute.target]]", "[target]"):
        ids, faults = read(written(mute()) + table + '\nname = "alice"\n')
        assert (ids, [name for _, _, name, _ in faults]) == ([], ["M-1"])


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_no_text_stops_the_reading_and_none_that_holds_words_goes_unsaid(text: str) -> None:
    ids, faults = read(f"{text}\n{written(mute())}")

    bare = "".join(line.partition("#")[0] for line in text.splitlines()).strip(" \t\r\n\ufeff")
    assert ids == ["M-1"] or faults
    assert faults or not bare


def test_the_page_shows_a_mute_that_is_read_and_names_every_key() -> None:
    page = (Path(__file__).parent.parent / "docs" / "mutes.md").read_text()
    block = page.split("```toml\n")[2].split("```")[0]

    mutes, faults = read_mutes(block, "docs", detections(), date(2026, 12, 1))

    assert (len(mutes), faults) == (1, [])
    assert [key for key in Mute.__struct_fields__ if f"`{key}`" not in page and key != "id"] == []
