"""Who answers an intruder in an organization has low findings; who undoes a colleague has not."""

from typing import Any

import pytest

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, found_in, placed, told
from trailmend.evidence import ACCOUNT, OTHER_ACCOUNT, Principal, call
from trailmend.evidence.center import on_organization as done
from trailmend.findings import TargetPart

ROOT = "r-ab12"
EVIL = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
ID = {"policy": {"policySummary": {"id": "p-evil0001"}}}
GRAVE = done("MoveAccount", by=BOB, accountId="777788889999", destinationParentId=ROOT)
REQUEST = "car-1234567890abcdef"
DENYING = [done("CreatePolicy", by=BOB, name="x", content=EVIL, response=ID)]
FULL = {"policyId": "p-FullAWSAccess", "targetId": OTHER_ACCOUNT}
INVITED = {"target": {"id": OTHER_ACCOUNT, "type": "ACCOUNT"}}
JOINED = {
    "handshake": {
        "id": "h-1",
        "action": "INVITE",
        "parties": [{"id": OTHER_ACCOUNT, "type": "ACCOUNT"}],
    }
}


def make_account(by: Principal) -> Fields:
    status = {"id": REQUEST, "state": "IN_PROGRESS"}
    return done("CreateAccount", by=by, response={"createAccountStatus": status})


def account_made(**more: Any) -> Fields:
    told_by = Principal({"accountId": ACCOUNT, "invokedBy": "organizations.amazonaws.com"})
    status = {"id": REQUEST, "state": "SUCCEEDED", "accountId": OTHER_ACCOUNT} | more
    return call(
        "CreateAccountResult",
        by=told_by,
        source="organizations",
        eventType="AwsServiceEvent",
        serviceEventDetails={"createAccountStatus": status},
    )


def contact(by: Principal) -> Fields:
    request = {"alternateContactType": "SECURITY", "emailAddress": f"{by.name}@example.org"}
    return call("PutAlternateContact", by=by, source="account", request=request)


DETACHED, REMOVED, CLOSED = (
    done("DetachPolicy", by=CAROL, policyId="p-evil0001", targetId=ROOT),
    done("RemoveAccountFromOrganization", by=CAROL, accountId=OTHER_ACCOUNT),
    done("CloseAccount", by=CAROL, accountId=OTHER_ACCOUNT),
)
ATTACHED = done("AttachPolicy", by=BOB, policyId="p-evil0001", targetId=ROOT)
CASES = {
    "detached": (DENYING, ATTACHED, [DETACHED], "high"),
    "deleted": (
        DENYING,
        ATTACHED,
        [DETACHED, done("DeletePolicy", by=CAROL, policyId="p-evil0001")],
        "medium",
    ),
    "allowed again": (
        [],
        done("DetachPolicy", by=BOB, **FULL),
        [done("AttachPolicy", by=CAROL, **FULL)],
        "medium",
    ),
    "removed": ([], done("InviteAccountToOrganization", by=BOB, **INVITED), [REMOVED], "high"),
    "closed": ([], make_account(BOB), [account_made(), CLOSED], "high"),
    "contact": ([], contact(BOB), [contact(CAROL)], "medium"),
}


@pytest.mark.parametrize(("earlier", "found", "undone", "alone"), CASES.values(), ids=CASES)
def test_answer_to_whoever_did_worse_is_low_and_that_to_a_colleague_is_not(
    earlier: list[Fields], found: Fields, undone: list[Fields], alone: str
) -> None:
    after = placed(earlier, found, undone)
    last = f"after-{len(undone) - 1}"
    right = found_in(after)

    assert (right.status, right.resolved_by) == ("resolved", "other")
    assert found_in(after, last).level == alone
    assert found_in(placed([*earlier, GRAVE], found, undone), last).level == "low"


def test_account_that_joined_is_put_right_by_removing_it() -> None:
    joined = done("AcceptHandshake", by=BOB, handshakeId="h-1", response=JOINED)
    other = REMOVED | {"requestParameters": {"accountId": "777788889999"}}

    assert told(found_in(placed([], joined, [REMOVED]))) == (
        "resolved",
        [
            (
                "RemoveAccountFromOrganization",
                "carol, a third principal, removed the account from the organization.",
            )
        ],
    )
    assert found_in(placed([], joined, [other])).status == "open"


def test_new_account_is_named_by_the_result_of_its_request() -> None:
    made = make_account(ALICE)
    targets = [
        found_in(placed([], made, later)).target
        for later in ([account_made()], [account_made(id="car-0000000000000000")], [])
    ]

    assert targets == [
        TargetPart("organization_account", name, "account_request", REQUEST)
        for name in (OTHER_ACCOUNT, None, None)
    ]
