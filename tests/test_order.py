"""The same findings, whatever the order, the duplicates, the batches and the delays.

Streams are drawn over a small world, so that people, devices, keys and seconds meet often.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from itertools import pairwise, permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity_calls import (
    KEY,
    PASSKEY,
    PHONE,
    SSH,
    deactivate,
    delete_device,
    delete_policy,
    enable,
    failed,
    make_device,
    make_key,
    on_user,
    set_key,
    set_policy,
    upload,
)
from tests.reading import Fields, event_of
from trailmend.analysis import analyse
from trailmend.by_account import without_duplicates
from trailmend.context import fold
from trailmend.database import open_database
from trailmend.events import Event
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.findings import Finding, SourcePart
from trailmend.scan import scan
from trailmend.store import Store, load_findings


def soak(value: int) -> Any:
    """Leave a number of tries to the slow proofs."""
    return pytest.param(value, marks=pytest.mark.soak)


OTHER_ACCOUNT = "444455556666"
Act = Callable[[Principal, str], Fields]
PRINCIPALS = [user("alice"), user("bob"), user("bob", mfa=False), role("ops"), root()]
OWNERS = ["alice", "bob", "AWS ROOT USER"]


def act(name: str, **request: str) -> Act:
    return lambda by, owner: on_user(name, by, owner, **request)


def its(owner: str, number: str) -> str:
    """Give each owner things of their own; a thing never changes hands."""
    return number + owner.replace(" ", "-")


PASSWORDS: list[Act] = [
    *map(act, ("CreateUser", "CreateLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile")),
    lambda by, owner: call("ChangePassword", by=by),
    lambda by, owner: deactivate(by, owner, its(owner, PHONE)),
]
DEVICES: list[Act] = [
    act("UpdateLoginProfile"),
    lambda by, owner: make_device(by, its(owner, PHONE)),
    lambda by, owner: enable(by, owner, its(owner, PHONE)),
    lambda by, owner: enable(by, owner, its(owner, PASSKEY)),
    lambda by, owner: deactivate(by, owner, its(owner, PHONE)),
    lambda by, owner: deactivate(by, owner, its(owner, PASSKEY)),
    lambda by, owner: delete_device(by, its(owner, PHONE)),
    lambda by, owner: denied("DeleteVirtualMFADevice", by=by, resource=its(owner, PHONE)),
]
KEYS: list[Act] = [
    *map(act, ("CreateUser", "DeleteUser")),
    lambda by, owner: on_user("UpdateUser", by, owner, newUserName=its(owner, "former-")),
    lambda by, owner: make_key(by, owner, its(owner, KEY)),
    lambda by, owner: set_key(by, owner, "Active", its(owner, KEY)),
    lambda by, owner: set_key(by, owner, "Inactive", its(owner, KEY)),
    lambda by, owner: on_user("DeleteAccessKey", by, owner, accessKeyId=its(owner, KEY)),
    lambda by, owner: upload(by, owner, its(owner, SSH)),
    lambda by, owner: on_user("DeleteSSHPublicKey", by, owner, sSHPublicKeyId=its(owner, SSH)),
]
POLICIES: list[Act] = [
    lambda by, owner: set_policy(by),
    lambda by, owner: set_policy(by, minimumPasswordLength=14, requireSymbols=True),
    lambda by, owner: delete_policy(by),
]
WORLD = [*PASSWORDS, *DEVICES, *KEYS, *POLICIES]
MADE_ONCE = ("Create", "Enable", "Upload")


def _moved(fields: Fields, account: str) -> Fields:
    moved: Fields = json.loads(json.dumps(fields).replace(ACCOUNT, account))
    return moved


@st.composite
def _records(draw: st.DrawFn, acts: Sequence[Act], accounts: Sequence[str]) -> Fields:
    fields = draw(st.sampled_from(acts))(
        draw(st.sampled_from(PRINCIPALS)), draw(st.sampled_from(OWNERS))
    )
    fields = failed(fields) if draw(st.integers(0, 9)) == 0 else fields
    moment = f"2026-03-02T09:00:{draw(st.integers(0, 5)):02}Z"
    return _moved(fields, draw(st.sampled_from(accounts))) | {"eventTime": moment}


def _kept_once(place: int, fields: Fields) -> object:
    """Name what AWS lets happen once in a second: two principals do not make the same thing."""
    made = fields["eventName"].startswith(MADE_ONCE) and "errorCode" not in fields
    request = json.dumps(fields["requestParameters"])
    once = (fields["recipientAccountId"], fields["eventTime"], fields["eventName"], request)
    return once if made else place


@st.composite
def _streams(draw: st.DrawFn, *themes: list[Act]) -> list[Fields]:
    """Draw some events of one theme in a few seconds; each has an id of its own.

    One stream in four is of two accounts.
    """
    acts = draw(st.sampled_from(themes or (WORLD,)))
    accounts = draw(st.sampled_from([*[(ACCOUNT,)] * 3, (ACCOUNT, OTHER_ACCOUNT)]))
    drawn = draw(st.lists(_records(acts, accounts), min_size=2, max_size=14))
    records = list(
        {_kept_once(place, fields): fields for place, fields in enumerate(drawn)}.values()
    )
    ids = draw(st.permutations(range(len(records))))
    return [fields | {"eventID": f"e{n}"} for fields, n in zip(records, ids, strict=True)]


def read(records: Iterable[Fields], source: str = "one.json") -> list[Event]:
    return [event_of(fields, place, source) for place, fields in enumerate(records)]


def found(events: Iterable[Event]) -> list[Finding]:
    accounts = without_duplicates(events)
    return [one for account in sorted(accounts) for one in analyse(accounts[account])]


def without_source(findings: Iterable[Finding]) -> list[Finding]:
    nowhere = SourcePart("", 0, "")
    return [msgspec.structs.replace(one, source=nowhere) for one in findings]


@pytest.mark.parametrize("times", [15, soak(200)])
def test_findings_are_the_same_in_any_order_and_however_often_the_events_come(times: int) -> None:
    # Subtleties 3, 4 and 6.
    given_streams = given(_streams(PASSWORDS, DEVICES, KEYS, POLICIES), st.data())

    settings(max_examples=times, deadline=None)(given_streams(_same_in_any_order))()


def _same_in_any_order(records: list[Fields], data: st.DataObject) -> None:
    events = read(records)
    proved = data.draw(st.booleans(), label="copies are proved by a digest")
    kind = {"source_name": "two.json.gz", "provenance": "digest"} if proved else {}
    chosen = data.draw(st.lists(st.sampled_from(events), max_size=6), label="copies")
    copies = [msgspec.structs.replace(event, **kind) for event in chosen]
    order = data.draw(st.permutations([*events, *copies]), label="order")
    compared = without_source if proved else list

    assert compared(found(order)) == compared(found(events))


@settings(max_examples=100, deadline=None)
@given(_streams(), st.data())
def test_rows_hang_on_no_event_id(records: list[Fields], data: st.DataObject) -> None:
    # Subtlety 4: an id is a random number, and settles nothing inside one second.
    ids = data.draw(st.permutations([fields["eventID"] for fields in records]), label="ids")
    events = [one for one in read(records) if one.account_id == ACCOUNT]
    named = {one.event_id: f"f{ids.index(one.event_id)}" for one in events}
    renamed = [msgspec.structs.replace(one, event_id=named[one.event_id]) for one in events]

    rows = {row.event_id: row for row in fold(events)}
    again = {row.event_id: row for row in fold(renamed)}

    assert {
        named[name]: msgspec.structs.replace(row, event_id=named[name])
        for name, row in rows.items()
    } == again


@settings(max_examples=100, deadline=None)
@given(_streams())
def test_an_account_is_read_as_if_there_were_no_other(records: list[Fields]) -> None:
    # Subtlety 17: names repeat across accounts.
    together = without_duplicates(read(records))

    for account in (ACCOUNT, OTHER_ACCOUNT):
        alone = [one for one in read(records) if one.account_id == account]
        assert fold(together.get(account, [])) == fold(alone)


@given(_streams())
def test_of_two_copies_the_better_proved_one_wins_in_any_order(records: list[Fields]) -> None:
    # design.md section 4: digest, then api, then queue, then file.
    event = read(records)[0]
    kinds = ["file", "queue", "api", "digest"]
    copies = [msgspec.structs.replace(event, provenance=kind) for kind in kinds]

    for pair in permutations(copies, 2):
        stronger = max(pair, key=copies.index)
        assert without_duplicates(pair) == {event.account_id: [stronger]}


def test_copies_that_differ_in_content_alone_are_settled_without_regard_to_order() -> None:
    # `scan -` twice: the same source name and place, one copy with a field more than the other.
    whole = event_of(on_user("DeleteLoginProfile", user("bob"), "alice") | {"eventID": "e"})
    poorer = msgspec.structs.replace(whole, user_agent=None, request=None)

    assert without_duplicates([whole, poorer]) == without_duplicates([poorer, whole])


def scanned(workspace: Path, batches: Sequence[Sequence[Fields]]) -> list[Finding]:
    """Scan the batches one after the other into one workspace; give what it holds in the end."""
    for number, batch in enumerate(batches):
        path = workspace / f"batch-{number}.json"
        path.write_text(json.dumps({"Records": batch}))
        scan([str(path)], BytesIO(), workspace / "workspace")
    database = open_database(workspace / "workspace")
    findings = load_findings(database)
    database.dispose()
    return [one for one in findings if not one.lapsed]


def by_place(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(without_source(findings), key=lambda one: (one.event.event_time, one.id))


@pytest.mark.parametrize("times", [3, soak(30)])
def test_batches_and_late_records_come_to_the_same_end_on_disk(times: int) -> None:
    # Subtlety 3.
    given_streams = given(_streams(), st.data())

    settings(max_examples=times, deadline=None)(given_streams(_same_in_batches))()


def _same_in_batches(records: list[Fields], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(records), label="order of delivery")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=3), label="cuts"))
    edges = [0, *cuts, len(records)]
    batches = [shuffled[a:b] for a, b in pairwise(edges)]
    again = shuffled[: data.draw(st.integers(0, 3), label="delivered twice")]

    with TemporaryDirectory() as folder:
        late = scanned(Path(folder), [*filter(None, batches), *([again] if again else [])])

    assert by_place(late) == by_place(found(read(records)))


@settings(max_examples=15, deadline=None)
@given(_streams())
def test_events_come_back_from_the_disk_as_they_went(records: list[Fields]) -> None:
    events = [one for one in read(records) if one.account_id == ACCOUNT]

    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.add(ACCOUNT, events)
        store.add(ACCOUNT, events)
        kept = store.events(ACCOUNT)

    assert sorted(kept, key=str) == sorted(events, key=str)


@pytest.mark.parametrize("late", [0, 1, 2, 3])
def test_record_that_comes_late_gives_the_same_end_as_one_in_time(
    late: int, tmp_path: Path
) -> None:
    # Subtlety 3.  Each of these changes what the last one means.
    bob = user("bob")
    records = [
        fields | {"eventID": f"e{n}", "eventTime": f"2026-03-02T09:0{n}:00Z"}
        for n, fields in enumerate(
            [
                on_user("CreateUser", user("carol"), "alice"),
                enable(user("alice"), "alice"),
                on_user("UpdateLoginProfile", bob, "alice"),
                deactivate(bob, "alice"),
            ]
        )
    ]
    rest = [fields for fields in records if fields != records[late]]

    assert by_place(scanned(tmp_path, [rest, [records[late]]])) == by_place(found(read(records)))
