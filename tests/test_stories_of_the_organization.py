"""What happened next to the organization: policies and accounts are back, power is taken back."""

from typing import Any

import pytest

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, status, story
from trailmend.evidence import OTHER_ACCOUNT, Principal, call
from trailmend.evidence.center import on_organization as done

GUARD, UNIT, ROOT = "p-guard123", "ou-ab12-11111111", "r-ab12"
DENIES = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["a:*","b:*"],"Resource":"*"}]}'
)
NOTHING_LEFT = DENIES.replace('["a:*","b:*"]', '"*"')
LESS = DENIES.replace(',"b:*"', "")
ID = {"policy": {"policySummary": {"id": GUARD}}}


def made(by: Principal, content: str = DENIES, policy: str = GUARD) -> Fields:
    answer = {"policy": {"policySummary": {"id": policy}}}
    return done("CreatePolicy", by=by, name="guard", content=content, response=answer)


def attach(by: Principal, policy: str = GUARD, target: str = UNIT) -> Fields:
    return done("AttachPolicy", by=by, policyId=policy, targetId=target)


def detach(by: Principal) -> Fields:
    return done("DetachPolicy", by=by, policyId=GUARD, targetId=UNIT)


def write(by: Principal, **changes: str) -> Fields:
    return done("UpdatePolicy", by=by, policyId=GUARD, **changes)


def move(by: Principal, old: str, new: str, account: str = OTHER_ACCOUNT) -> Fields:
    places = {"sourceParentId": old, "destinationParentId": new}
    return done("MoveAccount", by=by, accountId=account, **places)


def register(by: Principal, service: str = "sso", account: str = OTHER_ACCOUNT) -> Fields:
    sent = {"accountId": account, "servicePrincipal": f"{service}.amazonaws.com"}
    return done("RegisterDelegatedAdministrator", by=by, **sent)


def deregister(by: Principal, service: str = "sso", account: str = OTHER_ACCOUNT) -> Fields:
    return register(by, service, account) | {"eventName": "DeregisterDelegatedAdministrator"}


def access(verb: str, by: Principal, service: str = "iam") -> Fields:
    return done(f"{verb}AWSServiceAccess", by=by, servicePrincipal=f"{service}.amazonaws.com")


def policy_type(verb: str, by: Principal, kind: str = "SERVICE_CONTROL_POLICY") -> Fields:
    return done(f"{verb}PolicyType", by=by, rootId=ROOT, policyType=kind)


def delegate(by: Principal, content: str) -> Fields:
    return done("PutResourcePolicy", by=by, content=content)


def delegation(*calls: str) -> str:
    named = ",".join(f'"organizations:{one}"' for one in calls)
    return (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":['
        f'{named}],"Principal":{{"AWS":"arn:aws:iam::{OTHER_ACCOUNT}:root"}},"Resource":"*"}}]}}'
    )


def removed(by: Principal) -> Fields:
    return done("RemoveAccountFromOrganization", by=by, accountId=OTHER_ACCOUNT)


def accepted(action: str) -> Fields:
    answer = {"handshake": {"id": "h-1", "action": action}}
    return done("AcceptHandshake", by=CAROL, handshakeId="h-1", response=answer)


def assume_root(by: Principal) -> Fields:
    return call(
        "AssumeRoot",
        by=by,
        source="sts",
        request={"targetPrincipal": OTHER_ACCOUNT},
        response={"credentials": {"accessKeyId": "ASIAROOTTASK"}},
    )


def feature(verb: str, by: Principal, name: str = "RootSessions") -> Fields:
    return call(f"{verb}Organizations{name}", by=by)


def test_guardrail_that_is_attached_again_is_resolved() -> None:
    earlier, found = [made(ALICE)], detach(BOB)

    assert story(earlier, found, attach(CAROL)) == (
        "resolved",
        [("AttachPolicy", f"carol, a third principal, attached the policy to {UNIT} again.")],
    )
    assert status(earlier, found, attach(CAROL, policy="p-other123")) == "open"
    assert status(earlier, found, attach(CAROL, target=ROOT)) == "open"
    failed = attach(CAROL) | {"errorCode": "PolicyTypeNotEnabledException"}
    assert status(earlier, found, failed) == "open"
    assert status(earlier, found, attach(CAROL), detach(BOB)) == "worsened"
    assert status(earlier, found, attach(BOB), detach(BOB)) == "open"


def test_power_that_a_policy_gave_out_is_taken_back() -> None:
    reads, writes = delegation("ListRoots"), delegation("ListRoots", "AttachPolicy")
    earlier, found = [delegate(ALICE, reads)], delegate(BOB, writes)
    deleted = done("DeleteResourcePolicy", by=CAROL)

    assert story(earlier, found, deleted) == (
        "resolved",
        [
            (
                "DeleteResourcePolicy",
                "carol, a third principal, deleted the organization's policy.",
            )
        ],
    )
    assert status(earlier, found, delegate(CAROL, reads)) == "resolved"
    assert status(earlier, found, delegate(CAROL, delegation("DetachPolicy"))) == "open"
    assert status(earlier, found, delegate(CAROL, reads), delegate(BOB, writes)) == "worsened"
    assert status(earlier, deleted, delegate(BOB, reads)) == "resolved"
    assert status(earlier, deleted, delegate(BOB, writes)) == "open"


def test_account_that_leaves_what_it_joined_is_resolved() -> None:
    found, left = accepted("INVITE"), done("LeaveOrganization", by=ALICE)

    assert story([], found, left) == (
        "resolved",
        [
            (
                "LeaveOrganization",
                "alice, a third principal, took the account out of the organization again.",
            )
        ],
    )
    assert status([], found, left, accepted("INVITE")) == "worsened"
    assert status([], accepted("ENABLE_ALL_FEATURES"), left) == "open"


def test_invitation_that_is_called_back_or_whose_account_is_removed_is_resolved() -> None:
    answer = {"handshake": {"id": "h-1", "action": "INVITE"}}
    target = {"type": "ACCOUNT", "id": OTHER_ACCOUNT}
    found = done("InviteAccountToOrganization", by=BOB, target=target, response=answer)

    def cancel(handshake: str) -> Fields:
        return done("CancelHandshake", by=CAROL, handshakeId=handshake)

    assert story([], found, cancel("h-1")) == (
        "resolved",
        [("CancelHandshake", "carol, a third principal, called the invitation back.")],
    )
    assert status([], found, cancel("h-2")) == "open"
    assert status([], found, removed(CAROL)) == "resolved"
    assert status([], found, removed(CAROL), found | {"eventID": "again"}) == "worsened"


def test_organization_that_is_deleted_again_is_resolved_and_its_accounts_are_told() -> None:
    found = done("CreateOrganization", by=BOB)
    deleted = done("DeleteOrganization", by=CAROL)

    assert status([], found, deleted) == "resolved"
    assert story([], found, done("CreateAccount", by=BOB)) == (
        "open",
        [("CreateAccount", "bob made an account in the organization.")],
    )
    assert status([], found, deleted, done("CreateOrganization", by=BOB)) == "worsened"


def test_policy_that_is_detached_again_is_resolved() -> None:
    earlier, found = [made(ALICE, NOTHING_LEFT)], attach(BOB)

    assert story(earlier, found, detach(CAROL)) == (
        "resolved",
        [("DetachPolicy", f"carol, a third principal, detached the policy from {UNIT}.")],
    )
    assert status(earlier, found, detach(CAROL) | {"errorCode": "PolicyNotAttached"}) == "open"
    assert status(earlier, found, detach(CAROL), attach(BOB)) == "worsened"
    assert status(earlier, found, detach(BOB), attach(BOB)) == "open"
    assert story(earlier, found, write(CAROL, content=LESS)) == (
        "open",
        [
            (
                "UpdatePolicy",
                "carol wrote the policy over, which holds wherever it is attached.",
            )
        ],
    )
    assert story(earlier, found, write(CAROL, name="new")) == ("open", [])


def test_guardrail_that_was_written_over_before_it_is_attached_again_stays_open() -> None:
    assert story([made(ALICE)], detach(BOB), write(BOB, content=LESS), attach(BOB)) == (
        "open",
        [
            (
                "AttachPolicy",
                "bob attached the policy again, which had been written over meanwhile.",
            )
        ],
    )
    assert status([made(ALICE)], detach(BOB), write(BOB, name="new"), attach(BOB)) == "resolved"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(DENIES, "resolved"), (DENIES.replace(":[", ": ["), "resolved"), (LESS, "open")],
)
def test_guardrail_that_was_deleted_is_resolved_by_one_that_says_the_same(
    content: str, expected: str
) -> None:
    found = done("DeletePolicy", by=BOB, policyId=GUARD)

    assert status([made(ALICE)], found, made(CAROL, content, "p-again123")) == expected


def test_guardrail_that_is_written_back_is_resolved() -> None:
    earlier, found, back = [made(ALICE)], write(BOB, content=LESS), write(CAROL, content=DENIES)

    assert status(earlier, found, back) == "resolved"
    assert status(earlier, found, write(CAROL, content=DENIES.replace(":[", ": ["))) == "resolved"
    assert status(earlier, found, back, found) == "worsened"
    assert status(earlier, found, write(CAROL, name="new")) == "open"
    assert story(earlier, found, write(CAROL, content=LESS.replace("a:", "c:"))) == (
        "open",
        [
            (
                "UpdatePolicy",
                "carol wrote the policy over; it is not known to say what it said before.",
            )
        ],
    )
    assert status([], found, back) == "open"


def test_type_that_is_enabled_again_leaves_the_finding_open() -> None:
    found = policy_type("Disable", BOB)
    told = (
        "EnablePolicyType",
        "carol enabled the type of policies again; what had been attached does not come back.",
    )

    assert story([], found, policy_type("Enable", CAROL)) == ("open", [told])
    assert story([], found, policy_type("Enable", CAROL, "TAG_POLICY")) == ("open", [])


def test_account_that_is_moved_back_is_resolved() -> None:
    found = move(BOB, UNIT, ROOT)

    assert status([], found, move(CAROL, ROOT, UNIT)) == "resolved"
    assert status([], found, move(CAROL, ROOT, "ou-ab12-22222222")) == "open"
    assert status([], found, move(CAROL, ROOT, UNIT, "777788889999")) == "open"
    assert status([], found, move(CAROL, ROOT, UNIT), found) == "worsened"
    assert status([], found, move(CAROL, ROOT, UNIT), move(CAROL, UNIT, ROOT)) == "open"


def test_account_that_left_is_not_known_to_be_back() -> None:
    found = done("LeaveOrganization", by=BOB)
    told = (
        "AcceptHandshake",
        "carol accepted an invitation to an organization; that it is the former one is not known.",
    )

    assert story([], found, accepted("INVITE")) == ("open", [told])
    assert story([], found, accepted("ENABLE_ALL_FEATURES")) == ("open", [])


def test_account_that_was_removed_is_resolved_when_it_is_moved_in_the_organization() -> None:
    asked: dict[str, Any] = {"target": {"id": OTHER_ACCOUNT, "type": "ACCOUNT"}}
    invited = done("InviteAccountToOrganization", by=CAROL, **asked)
    told = (
        "InviteAccountToOrganization",
        f"carol invited account {OTHER_ACCOUNT} back; whoever rules it has to accept.",
    )

    assert story([], removed(BOB), invited) == ("open", [told])
    assert status([], removed(BOB), invited, move(CAROL, ROOT, UNIT)) == "resolved"
    assert status([], removed(BOB), move(CAROL, UNIT, ROOT)) == "open"
    assert status([], removed(BOB), move(CAROL, ROOT, UNIT, "777788889999")) == "open"
    assert status([], removed(BOB), move(CAROL, ROOT, UNIT), removed(BOB)) == "worsened"


def test_delegated_administrator_is_resolved_by_the_same_account_and_service_alone() -> None:
    found = register(BOB)

    assert status([], found, deregister(CAROL)) == "resolved"
    assert status([], found, deregister(CAROL, "guardduty")) == "open"
    assert status([], found, deregister(CAROL, account="777788889999")) == "open"
    assert status([], found, deregister(CAROL), register(BOB, "guardduty")) == "resolved"
    assert status([], found, deregister(CAROL), register(BOB)) == "worsened"
    assert story([], found, access("Disable", CAROL, "sso")) == (
        "open",
        [
            (
                "DisableAWSServiceAccess",
                "carol switched the service's access to the organization off.",
            )
        ],
    )


def test_service_that_is_shut_out_again_is_resolved() -> None:
    found = access("Enable", BOB)

    assert status([], found, access("Disable", CAROL)) == "resolved"
    assert status([], found, access("Disable", CAROL, "sso")) == "open"
    assert status([], found, access("Disable", CAROL), found) == "worsened"
    assert story([], found, register(CAROL, "iam"), register(CAROL, "sso")) == (
        "open",
        [
            (
                "RegisterDelegatedAdministrator",
                "carol made an account the administrator of the service.",
            )
        ],
    )


def test_account_that_gets_its_service_again_is_resolved() -> None:
    found = deregister(BOB)

    assert status([], found, register(CAROL)) == "resolved"
    assert status([], found, register(CAROL, "guardduty")) == "open"
    assert status([], found, register(CAROL), found) == "worsened"
    assert story([], found, register(BOB, account="777788889999")) == (
        "open",
        [
            (
                "RegisterDelegatedAdministrator",
                "bob made another account the administrator of the service.",
            )
        ],
    )


def test_service_that_is_let_in_again_is_resolved() -> None:
    found, back = (
        access(verb, who, "config") for verb, who in (("Disable", BOB), ("Enable", CAROL))
    )

    assert status([], found, back) == "resolved"
    assert status([], found, access("Enable", CAROL, "sso")) == "open"
    assert status([], found, back, found) == "worsened"


@pytest.mark.parametrize("name", ["RootSessions", "RootCredentialsManagement"])
@pytest.mark.parametrize("verbs", [("Enable", "Disable"), ("Disable", "Enable")])
def test_power_over_root_is_resolved_by_the_other_switch(verbs: tuple[str, str], name: str) -> None:
    found, back = feature(verbs[0], BOB, name), feature(verbs[1], CAROL, name)

    assert status([], found, back) == "resolved"
    assert status([], found, back, found) == "worsened"
    other = {"RootSessions", "RootCredentialsManagement"} - {name}
    assert status([], found, feature(verbs[1], CAROL, other.pop())) == "open"


def test_power_over_root_that_is_used_by_who_switched_it_on_is_worse() -> None:
    found = feature("Enable", BOB)

    assert story([], found, assume_root(BOB)) == (
        "worsened",
        [
            (
                "AssumeRoot",
                "bob, who had switched it on, took a session as root of a member account.",
            )
        ],
    )
    assert story([], found, assume_root(CAROL)) == (
        "open",
        [("AssumeRoot", "carol took a session as root of a member account.")],
    )
    assert status([], found, assume_root(BOB), feature("Disable", BOB)) == "worsened"
    assert status([], found, assume_root(BOB), feature("Disable", CAROL)) == "resolved"
    assert status([], feature("Disable", BOB), assume_root(BOB)) == "open"
