"""What the findings cannot know is counted, kept in the workspace, and said."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading import Fields, events_of
from trailmend.blind_spots import (
    DEFAULT_REGIONS,
    BlindSpots,
    Gap,
    Seen,
    Silence,
    Untold,
    seen_in,
    sentences,
    untold_by,
    without_events,
    without_home,
)
from trailmend.database import open_database
from trailmend.evidence import ACCOUNT, call, denied, identity_center_user, role, user
from trailmend.readings import keep_reading, load_blind_spots
from trailmend.records import EVERY_NAME, Reject, read_records
from trailmend.scan import Scan, scan
from trailmend.weakened_trails import Lapse

ORGANIZATION = "organizations"
EVE, SAM, IRELAND = user("eve"), identity_center_user("sam"), "eu-west-1"
Triple = tuple[str, str, str]


@dataclass
class Read:
    files: int = 1
    seen: int = 1
    rejects: list[Reject] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    hours: set[Triple] = field(default_factory=set)


def kept(folder: Path, *reads: Read) -> BlindSpots:
    database = open_database(folder / "w")
    for read in reads:
        keep_reading(database, read)
    found = load_blind_spots(database)
    database.dispose()
    return found


def on_trail(name: str, at: str) -> Fields:
    return call(
        name,
        by=EVE,
        source="cloudtrail.amazonaws.com",
        request={"name": "main"},
        at=at,
    )


def test_reading_tells_account_region_and_hour_of_every_event() -> None:
    plain = call("CreateUser", by=EVE, at="09:59:59")
    other = call("GetObject", by=EVE, source="s3.amazonaws.com", at="11:00:00", awsRegion=IRELAND)
    late = call("ListUsers", by=EVE, eventTime="never", awsRegion="ap-south-1")

    reading = read_records(
        json.dumps([plain, other, late]).encode(), "x", wanted={"iam.amazonaws.com": EVERY_NAME}
    )

    assert reading.hours == {
        (ACCOUNT, "us-east-1", "2026-03-02T09"),
        (ACCOUNT, IRELAND, "2026-03-02T11"),
    }
    assert reading.regions == {"us-east-1", IRELAND}


def test_hours_without_an_event_are_counted_and_the_longest_are_named() -> None:
    hours = [(ACCOUNT, "us-east-1", f"2026-03-02T{hour:02}") for hour in (0, 1, 2, 9, 20)]

    assert seen_in(
        [*hours, (ACCOUNT, IRELAND, "2026-03-02T10"), (ACCOUNT, "", "2026-99-99T01")]
    ) == [
        Seen(
            account_id=ACCOUNT,
            regions=(IRELAND, "us-east-1"),
            first="2026-03-02 00:00",
            last="2026-03-02 20:00",
            hours=6,
            empty=15,
            gaps=(
                Gap("2026-03-02 11:00", "2026-03-02 20:00", 9),
                Gap("2026-03-02 03:00", "2026-03-02 09:00", 6),
            ),
        )
    ]


_TRIPLES = st.tuples(
    st.sampled_from(["1", "2"]),
    st.sampled_from(["us-east-1", ""]),
    st.builds("2026-03-{:02}T{:02}".format, st.integers(1, 3), st.integers(0, 24)),
)


@given(st.lists(st.sets(_TRIPLES, max_size=6), max_size=3))
@settings(max_examples=5, deadline=None)
def test_the_hours_are_the_same_in_every_batching(
    tmp_path_factory: pytest.TempPathFactory, batches: list[set[Triple]]
) -> None:
    folder = tmp_path_factory.mktemp("case")

    found = kept(folder, *(Read(hours=one) for one in batches))

    assert found.seen == tuple(seen_in(set().union(*batches)))
    assert found.scans == len(batches)


def test_a_source_that_is_read_at_last_is_no_longer_unread(tmp_path: Path) -> None:
    broken = [Reject("a", 0, 1, "is not JSON"), Reject("b", None, None, "is empty")]

    found = kept(tmp_path, Read(rejects=broken, names={"a", "b"}), Read(names={"a", "c"}))

    assert found.unread == (Reject("b", None, None, "is empty"),)


def test_a_trail_is_off_from_the_first_stop_to_the_start() -> None:
    records = [
        on_trail("StopLogging", "09:00:00"),
        on_trail("StopLogging", "09:30:00"),
        on_trail("StartLogging", "10:00:00"),
        on_trail("DeleteTrail", "11:00:00"),
        denied("StartLogging", by=EVE, source="cloudtrail.amazonaws.com", at="11:30:00"),
    ]

    assert untold_by(events_of(reversed(records))).silences == (
        Silence("main (us-east-1)", "2026-03-02T09:00:00Z", "eve", "2026-03-02T10:00:00Z"),
        Silence(
            *("main (us-east-1)", "2026-03-02T11:00:00Z", "eve"),
            deleted="2026-03-02T11:00:00Z",
            deleted_by="eve",
        ),
    )


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        (["StopLogging"], "turned off by eve at 2026-03-02 09:00:00 and not on again since"),
        (
            ["StopLogging", "StartLogging"],
            "turned off by eve at 2026-03-02 09:00:00 and on again at 2026-03-02 10:00:00",
        ),
        (
            ["DeleteTrail"],
            "deleted by eve at 2026-03-02 09:00:00; none of that name was made again since",
        ),
        (
            ["StopLogging", "DeleteTrail"],
            "turned off by eve at 2026-03-02 09:00:00 and deleted by eve at 2026-03-02 10:00:00; "
            "none of that name was made again since",
        ),
        (
            ["DeleteTrail", "CreateTrail"],
            "deleted by eve at 2026-03-02 09:00:00; one of that name was made again at "
            "2026-03-02 10:00:00 and not turned on since",
        ),
        (
            ["DeleteTrail", "CreateTrail", "StartLogging"],
            "deleted by eve at 2026-03-02 09:00:00; one of that name was made again at "
            "2026-03-02 10:00:00 and turned on at 2026-03-02 11:00:00",
        ),
        (
            ["DeleteTrail", "StartLogging"],
            "deleted by eve at 2026-03-02 09:00:00; one of that name was turned on at "
            "2026-03-02 10:00:00",
        ),
    ],
)
def test_what_became_of_a_trail_is_told_as_it_was(calls: list[str], said: str) -> None:
    events = events_of(on_trail(name, f"{hour:02}:00:00") for hour, name in enumerate(calls, 9))

    told = sentences(BlindSpots(untold={ACCOUNT: untold_by(events)}))

    assert told[0] == f"Trail main (us-east-1) was {said}."


def weakened(event_name: str, at: str, **request: object) -> Fields:
    return call(event_name, by=EVE, source="cloudtrail.amazonaws.com", request=request, at=at)


def test_what_a_weakened_trail_leaves_out_is_told_from_its_change_until_it_is_put_back() -> None:
    nothing, everything = ([{"includeManagementEvents": one}] for one in (False, True))
    records = [
        weakened("PutEventSelectors", "09:00:00", trailName="main", eventSelectors=nothing),
        weakened("PutEventSelectors", "09:10:00", trailName="main", eventSelectors=nothing),
        weakened("UpdateTrail", "09:20:00", name="main", isMultiRegionTrail=False),
        weakened("UpdateTrail", "09:30:00", name="main", enableLogFileValidation=False),
        weakened("PutEventSelectors", "10:00:00", trailName="main", eventSelectors=everything),
    ]
    untold = untold_by(events_of(reversed(records)))
    trail = "Trail main (us-east-1) was changed by eve at 2026-03-02"

    assert untold.lapses == (
        Lapse(
            *("main (us-east-1)", "eventSelectors", "2026-03-02T09:00:00Z", "eve"),
            until="2026-03-02T10:00:00Z",
        ),
        Lapse("main (us-east-1)", "isMultiRegionTrail", "2026-03-02T09:20:00Z", "eve"),
    )
    assert sentences(BlindSpots(untold={ACCOUNT: untold}))[:2] == [
        f"{trail} 09:00:00: it no longer recorded all management events, "
        "until 2026-03-02 10:00:00.",
        f"{trail} 09:20:00: it recorded its own region alone, and was not put back since.",
    ]


def test_trail_that_is_deleted_is_not_put_back_by_another_of_its_name() -> None:
    records = [
        weakened("UpdateTrail", "09:00:00", name="main", isMultiRegionTrail=False),
        weakened("DeleteTrail", "09:10:00", name="main"),
        weakened("CreateTrail", "09:20:00", name="main", isMultiRegionTrail=False),
        weakened("UpdateTrail", "09:30:00", name="main", isMultiRegionTrail=True),
    ]
    (lapse,) = untold_by(events_of(records)).lapses

    assert lapse.until is None


def test_accounts_are_told_with_the_verb_and_the_region_of_each() -> None:
    def seen(account_id: str, *regions: str) -> Seen:
        return Seen(account_id, regions, "", "", 2, 9, (Gap("2026-03-02 11:00", "", 9),))

    one, two = seen("111", IRELAND), seen("222", "us-east-1")
    no = "has no event of us-east-1, where IAM's own calls are recorded."
    other = "Sign-ins and STS calls in other regions are recorded in those."
    gap = (
        "Account 111 has no event in 9 of 11 hours; the longest gap is 9 hours from "
        "2026-03-02 11:00. Quiet, or not among what was read."
    )
    assert sentences(BlindSpots(seen=(one,))) == [
        f"Account 111 {no}",
        f"Account 111 has events of {IRELAND} only. {other}",
        gap,
    ]
    assert sentences(BlindSpots(seen=(one, two))) == [
        f"Account 111 {no}",
        f"Accounts 111 ({IRELAND}), 222 (us-east-1) have events of one region each. {other}",
        f"{gap} 1 more account with such gaps.",
    ]


def test_events_that_do_not_tell_of_mfa_are_counted_with_the_reason() -> None:
    records = [
        call("CreateUser", by=EVE),
        call("CreateUser", by=user("ann", mfa=True)),
        call("CreateUser", by=role("deploy")),
    ]

    told = untold_by(events_of(records))

    assert (told.events, told.without_mfa, told.by_keys) == (3, 2, 1)


def test_writes_that_no_page_speaks_of_are_named_and_reads_and_housekeeping_are_not() -> None:
    records = [
        call("AttachUserAccessGrant", by=EVE),
        call("AttachUserAccessGrant", by=EVE),
        call("UpdateSSOConfiguration", by=EVE, source="sso.amazonaws.com"),
        call("GetSomethingNew", by=EVE),
        call("TagPolicy", by=EVE),
        call("CheckNoPublicAccess", by=EVE, source="access-analyzer"),
        *(call(name, by=SAM, source="sso") for name in ("Authenticate", "Federate", "Logout")),
        call("CreateToken", by=SAM, source="sso"),
        call("RegisterClient", by=SAM, source="sso-oauth"),
        *(
            call(f"{verb}AccountResult", by=EVE, source=ORGANIZATION)
            for verb in ("Create", "Close")
        ),
    ]

    told = untold_by(events_of(records))

    assert told.unknown_writes == {"iam AttachUserAccessGrant": 2, "sso UpdateSSOConfiguration": 1}
    assert sentences(BlindSpots(untold={ACCOUNT: told}))[0] == (
        "3 calls not known to this version, so not judged (reads left out): iam "
        "AttachUserAccessGrant (2), sso UpdateSSOConfiguration (1)."
    )


def test_no_region_is_missed_where_another_partition_has_its_own() -> None:
    def seen(*regions: str) -> Seen:
        return Seen("1", regions, "", "", 2, 0, ())

    assert without_home(seen(IRELAND))
    assert not without_home(seen(IRELAND, "us-east-1"))
    assert not without_home(seen("cn-north-1"))
    assert without_events(seen(*DEFAULT_REGIONS - {"sa-east-1"}, "ap-east-1")) == ["sa-east-1"]


def test_a_scan_says_what_it_is_blind_to_and_so_does_the_workspace(tmp_path: Path) -> None:
    records = [
        on_trail("StopLogging", "01:00:00"),
        call("CreateUser", by=EVE, at="09:00:00", awsRegion=IRELAND),
    ]
    (tmp_path / "log").write_text(json.dumps(records))

    done = scan([str(tmp_path / "log")], io.BytesIO(), tmp_path / "w")

    assert sentences(done.blind) == [
        "Trail main (us-east-1) was turned off by eve at 2026-03-02 01:00:00 and not on again "
        "since.",
        f"Account {ACCOUNT} has no event in 7 of 9 hours; the longest gap is 7 hours from "
        "2026-03-02 02:00. Quiet, or not among what was read.",
        "Whether MFA was used is not known of 2 of 2 identity events; a long-lived key signed 2 of "
        "them.",
    ]
    assert kept(tmp_path) == done.blind


def test_nothing_is_said_where_nothing_is_lacking() -> None:
    whole = Seen(ACCOUNT, (IRELAND, "us-east-1"), "", "", 24, 0, ())

    assert sentences(BlindSpots(scans=1, seen=(whole,), untold={ACCOUNT: Untold(events=9)})) == []
    assert Scan().blind == BlindSpots()
