"""What is proposed of event selectors, and for analysts who look at trails."""

from typing import Any

import pytest

from tests.test_remedy_trails import (
    ALL_ADVANCED,
    MANAGEMENT,
    NOTHING,
    WITHOUT_KMS,
    WRITES,
    calls,
    facts,
    proposed,
)
from tests.trail_accounts import ACCOUNT, ALL, ARN, Account
from tests.worlds_trails import DATA
from trailmend.calls import Call
from trailmend.errors import CannotFix
from trailmend.plan import Proposal, Remediation, propose
from trailmend.remediations.trails import attach_trail_reader, repair_trail

# Event selectors ---------------------------------------------------------------------------

OBJECTS = ALL | {
    "IncludeManagementEvents": False,
    "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
}
READS = ALL | {"ReadWriteType": "ReadOnly"}
SILENT_KMS = {"ExcludeManagementEventSources": ["kms.amazonaws.com"]}


def with_selectors(**given: Any) -> Account:
    return Account().with_trail(selectors=given).with_bucket()


def advanced(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"FieldSelectors": [MANAGEMENT, *fields]}


@pytest.mark.parametrize(
    "given_selectors",
    [
        {"EventSelectors": [ALL]},
        {"EventSelectors": [READS, OBJECTS, WRITES]},
        {"EventSelectors": [ALL | SILENT_KMS]},
        {"EventSelectors": [{}]},
        {"AdvancedEventSelectors": [advanced()]},
        {"AdvancedEventSelectors": [DATA, advanced(WITHOUT_KMS)]},
        {
            "AdvancedEventSelectors": [
                advanced({"Field": "readOnly", "Equals": ["true"]}),
                advanced({"Field": "readOnly", "Equals": ["false"]}),
            ]
        },
    ],
)
def test_selectors_of_all_management_events_stay(given_selectors: dict[str, Any]) -> None:
    assert calls(with_selectors(**given_selectors)) == NOTHING


NARROW = advanced({"Field": "readOnly", "Equals": ["false"]}, WITHOUT_KMS)
ODD = advanced({"Field": "eventSource", "NotEquals": ["iam.amazonaws.com"]})


@pytest.mark.parametrize(
    ("kind", "now", "wanted"),
    [
        ("EventSelectors", [WRITES], [WRITES, ALL]),
        ("EventSelectors", [OBJECTS], [OBJECTS, ALL]),
        ("EventSelectors", [WRITES | SILENT_KMS], [WRITES | SILENT_KMS, ALL | SILENT_KMS]),
        ("EventSelectors", [OBJECTS] * 4 + [WRITES], [OBJECTS] * 4 + [ALL]),
        ("AdvancedEventSelectors", [DATA], [DATA, ALL_ADVANCED]),
        ("AdvancedEventSelectors", [ODD], [ODD, ALL_ADVANCED]),
        (
            "AdvancedEventSelectors",
            [NARROW],
            [NARROW, ALL_ADVANCED | {"FieldSelectors": [MANAGEMENT, WITHOUT_KMS]}],
        ),
    ],
)
def test_all_management_events_are_added_to_what_is_selected(
    kind: str, now: list[Any], wanted: list[Any]
) -> None:
    """PutEventSelectors overwrites: what is not sent again is lost."""
    account = with_selectors(**{kind: now})

    (one,) = proposed(account).changes

    named = {"TrailName": ARN}
    assert one.call == Call("cloudtrail.put_event_selectors", named | {kind: wanted}, "us-east-1")
    assert one.undo == Call("cloudtrail.put_event_selectors", named | {kind: now}, "us-east-1")
    account(one.call)
    assert calls(account) == NOTHING


def test_sixth_selector_is_not_tried() -> None:
    with pytest.raises(CannotFix, match="5 event selectors"):
        proposed(with_selectors(EventSelectors=[OBJECTS] * 5))


# Analysts ----------------------------------------------------------------------------------

READER = "arn:aws:iam::aws:policy/AWSCloudTrail_ReadOnlyAccess"


def with_reader(
    kind: str = "user", *, attached: bool = False, count: int = 0, **more: Any
) -> Proposal:
    """Plan for bob, or for the role bob; `found` None is one that is not there."""
    arn = f"arn:{more.pop('partition', 'aws')}:iam::{ACCOUNT}:{kind}/bob"
    found = more.pop("found", {"id": "AIDA1", "created": "2026-03-01T00:00:00Z", "arn": arn})

    def answer(read: Any) -> Any:
        if read.call.name == f"iam.get_{kind}":
            return found
        if read.call.name == "iam.get_account_summary":
            assert read.pick == f"SummaryMap.AttachedPoliciesPer{kind.title()}Quota"
            return 10
        assert read.call.name == f"iam.list_attached_{kind}_policies"
        return count if read.pick.startswith("length") else [READER] * attached

    return propose(attach_trail_reader, facts(**({f"{kind}_name": "bob"} | more)), answer)


@pytest.mark.parametrize("kind", ["user", "role"])
def test_analyst_gets_the_policy_that_only_reads(kind: str) -> None:
    (one,) = with_reader(kind).changes

    params = {f"{kind.title()}Name": "bob", "PolicyArn": READER}
    assert one.call == Call(f"iam.attach_{kind}_policy", params)
    assert one.undo == Call(f"iam.detach_{kind}_policy", params)
    assert one.note == (f"{kind.title()} bob: AWSCloudTrail_ReadOnlyAccess not attached → attached")


def test_policy_is_of_the_partition_of_the_analyst() -> None:
    (one,) = with_reader(partition="aws-us-gov").changes

    assert one.call.params["PolicyArn"] == READER.replace("arn:aws:", "arn:aws-us-gov:")


def test_analyst_who_has_the_policy_is_left_alone() -> None:
    assert with_reader(attached=True, count=10).changes == ()


def test_analyst_with_as_many_policies_as_may_be_is_left_to_people() -> None:
    with pytest.raises(CannotFix, match="User bob has 10 managed policies attached"):
        with_reader(count=10)


def test_analyst_who_is_gone_or_another_is_left_to_people() -> None:
    with pytest.raises(CannotFix, match="is not there"):
        with_reader(found=None)
    with pytest.raises(CannotFix, match="another user of the same name"):
        with_reader(event_time="2026-02-01T00:00:00Z")


@pytest.mark.parametrize("fix", [repair_trail, attach_trail_reader])
def test_example_proposes_what_it_says(fix: Remediation) -> None:
    left = list(fix.example.reads)

    def answer(read: Any) -> Any:
        place = next(n for n, (call, _) in enumerate(left) if call == read.call)
        return left.pop(place)[1]

    proposal = propose(fix, fix.example.facts, answer)

    assert tuple(one.call for one in proposal.changes) == fix.example.changes
    assert left == []
