"""What happened next to root's address, and to what Access Analyzer reports."""

from typing import Any

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, status, story
from trailmend.evidence import OTHER_ACCOUNT, Principal, call


def address(event_name: str, by: Principal, **request: Any) -> Fields:
    sent = {"accountId": OTHER_ACCOUNT, **request}
    return call(f"{event_name}PrimaryEmailUpdate", by=by, source="account", request=sent)


def rule(verb: str, by: Principal, whom: str = "444455556666", name: str = "partner") -> Fields:
    criteria = {} if verb == "Delete" else {"filter": {"principal.AWS": {"eq": [whom]}}}
    request = {"analyzerName": "account", "ruleName": name, **criteria}
    return call(f"{verb}ArchiveRule", by=by, source="access-analyzer", request=request)


def analyzer(verb: str, by: Principal, kind: str = "ACCOUNT", name: str = "account") -> Fields:
    made = {"type": kind, "clientToken": f"{by.name}"} if verb == "Create" else {}
    request = {"analyzerName": name, **made}
    return call(f"{verb}Analyzer", by=by, source="access-analyzer", request=request)


def findings(state: str, by: Principal, *ids: str) -> Fields:
    arn = "arn:aws:access-analyzer:us-east-1:111122223333:analyzer/account"
    request = {"analyzerArn": arn, "status": state, "ids": list(ids)}
    return call("UpdateFindings", by=by, source="access-analyzer", request=request)


def test_change_of_address_that_is_accepted_is_worse() -> None:
    found, accepted = address("Start", BOB), address("Accept", CAROL)

    assert story([], found, accepted) == (
        "worsened",
        [
            (
                "AcceptPrimaryEmailUpdate",
                "carol accepted the change with the code: the new address is that of the root "
                "user.",
            )
        ],
    )
    assert status([], found, address("Accept", BOB, accountId="777788889999")) == "open"
    assert status([], found, accepted | {"errorCode": "ValidationException"}) == "open"


def test_change_of_address_that_was_started_otherwise_is_noted_alone() -> None:
    one, other = ({"primaryEmail": f"{name}@example.com"} for name in ("one", "other"))
    hidden = {"primaryEmail": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    told = (
        "AcceptPrimaryEmailUpdate",
        "carol accepted a change of the address; it is not known to be the one that bob began.",
    )
    accepted = address("Accept", CAROL)

    assert story([], address("Start", BOB), address("Start", CAROL), accepted) == ("open", [told])
    started = address("Start", BOB, **one)
    assert story([], started, address("Accept", CAROL, **other)) == ("open", [told])
    assert status([], started, address("Accept", CAROL, **one)) == "worsened"
    again = address("Start", CAROL, **hidden)
    assert status([], address("Start", BOB, **hidden), again, accepted) == "open"


def test_address_that_a_third_changes_again_is_resolved() -> None:
    found = address("Accept", BOB)
    third, actor = address("Accept", CAROL), address("Accept", BOB)

    assert status([], found, third) == "resolved"
    assert status([], found, third, actor) == "worsened"
    assert story([], found, actor) == (
        "open",
        [
            (
                "AcceptPrimaryEmailUpdate",
                "bob changed the address again; to which is not known.",
            )
        ],
    )
    assert status([], found, address("Start", CAROL)) == "open"


def region(verb: str, by: Principal, name: str = "af-south-1", **request: Any) -> Fields:
    sent = {"regionName": name, **request}
    return call(f"{verb}Region", by=by, source="account", request=sent)


def test_region_that_a_third_disables_again_is_resolved_and_enabled_once_more_is_worse() -> None:
    found, back = region("Enable", BOB), region("Disable", CAROL)

    assert story([], found, back) == (
        "resolved",
        [
            (
                "DisableRegion",
                "carol, a third principal, disabled the region again; what was made in it "
                "meanwhile is to be looked for.",
            )
        ],
    )
    assert status([], found, back, region("Enable", BOB)) == "worsened"
    assert status([], back, region("Enable", BOB)) == "resolved"


def test_another_region_or_the_same_of_another_account_settles_nothing() -> None:
    found = region("Enable", BOB)

    assert status([], found, region("Disable", CAROL, "ap-east-1")) == "open"
    assert status([], found, region("Disable", CAROL, accountId=OTHER_ACCOUNT)) == "open"
    of_member = region("Enable", BOB, accountId=OTHER_ACCOUNT)
    assert status([], of_member, region("Disable", CAROL, accountId=OTHER_ACCOUNT)) == "resolved"


def contact(verb: str, by: Principal, kind: str = "SECURITY", **request: Any) -> Fields:
    sent = {"alternateContactType": kind, **request}
    return call(f"{verb}AlternateContact", by=by, source="account", request=sent)


def test_contact_that_a_third_sets_anew_is_resolved_and_changed_once_more_is_worse() -> None:
    found, anew = contact("Put", BOB), contact("Put", CAROL)

    assert story([], found, anew) == (
        "resolved",
        [
            (
                "PutAlternateContact",
                "carol, a third principal, set the contact anew.",
            )
        ],
    )
    assert status([], found, anew, contact("Delete", BOB)) == "worsened"
    assert status([], contact("Delete", BOB), anew) == "resolved"
    assert status([], found, contact("Delete", CAROL)) == "resolved"
    assert story([], found, contact("Put", BOB)) == (
        "open",
        [
            (
                "PutAlternateContact",
                "bob changed the contact again; that it is as before is not known.",
            )
        ],
    )
    assert status([], found, contact("Put", CAROL, "BILLING")) == "open"
    assert status([], found, contact("Put", CAROL, accountId=OTHER_ACCOUNT)) == "open"


def phone(by: Principal, **request: Any) -> Fields:
    return call("PutContactInformation", by=by, source="account", request=request)


def test_phone_number_that_a_third_sets_anew_is_resolved_in_the_account_it_is_of() -> None:
    of_member = {"accountId": OTHER_ACCOUNT}

    assert status([], phone(BOB), phone(CAROL)) == "resolved"
    assert status([], phone(BOB), phone(CAROL), phone(BOB)) == "worsened"
    assert status([], phone(BOB, **of_member), phone(CAROL, **of_member)) == "resolved"
    assert status([], phone(BOB, **of_member), phone(CAROL)) == "open"
    assert status([], phone(BOB), phone(CAROL, **of_member)) == "open"


def test_archive_rule_that_is_deleted_is_resolved() -> None:
    for found in (rule("Create", BOB), rule("Update", BOB)):
        assert status([], found, rule("Delete", CAROL)) == "resolved"
        assert status([], found, rule("Delete", CAROL, name="other")) == "open"
        elsewhere = rule("Delete", CAROL) | {"awsRegion": "eu-west-1"}
        assert status([], found, elsewhere) == "open"
        assert status([], found, rule("Delete", CAROL), rule("Create", BOB)) == "worsened"


def test_archive_rule_is_resolved_by_its_former_criteria_too() -> None:
    earlier, found = [rule("Create", ALICE, "1"), rule("Create", ALICE, "9", "other")], "2"
    changed = rule("Update", BOB, found)

    assert status(earlier, changed, rule("Update", CAROL, "1")) == "resolved"
    assert status(earlier, changed, rule("Update", CAROL, "9")) == "open"
    assert status(earlier, changed, rule("Update", CAROL, "1"), changed) == "worsened"
    assert status([], changed, rule("Update", CAROL, "1")) == "open"
    anew = [rule("Create", ALICE, "1"), analyzer("Delete", ALICE), analyzer("Create", ALICE)]
    assert status(anew, changed, rule("Update", CAROL, "1")) == "open"


def test_analyzer_that_is_made_again_is_resolved_where_it_is_of_the_former_kind() -> None:
    earlier, found = [analyzer("Create", ALICE)], analyzer("Delete", BOB)
    unlike = (
        "CreateAnalyzer",
        "carol made an analyzer of that name; that it watches what the former did is not known.",
    )

    assert status(earlier, found, analyzer("Create", CAROL)) == "resolved"
    assert status(earlier, found, analyzer("Create", CAROL, name="other")) == "open"
    assert story(earlier, found, analyzer("Create", CAROL, "ORGANIZATION")) == ("open", [unlike])
    assert story([], found, analyzer("Create", CAROL)) == ("open", [unlike])
    assert status(earlier, found, analyzer("Create", CAROL), found) == "worsened"


def test_findings_that_were_archived_are_resolved_when_all_are_active_again() -> None:
    found = findings("ARCHIVED", BOB, "f-1", "f-2")
    shown = findings("ACTIVE", CAROL, "f-1", "f-2", "f-3")

    assert story([], found, shown) == (
        "resolved",
        [("UpdateFindings", "carol, a third principal, made the findings active again.")],
    )
    assert status([], found, findings("ACTIVE", CAROL, "f-1")) == "open"
    assert status([], found, findings("ACTIVE", BOB, "f-1", "f-2")) == "resolved"
    assert status([], found, shown, findings("ARCHIVED", BOB, "f-2")) == "worsened"
    assert status([], findings("ARCHIVED", BOB), findings("ACTIVE", CAROL)) == "open"


def test_findings_stay_archived_when_the_rule_that_was_applied_is_deleted() -> None:
    found = rule("Apply", BOB)

    assert story([], found, rule("Delete", CAROL)) == (
        "open",
        [
            (
                "DeleteArchiveRule",
                "carol deleted the archive rule; what it archived stays archived.",
            )
        ],
    )
