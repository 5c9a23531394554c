"""Calls to Identity Center as the tests of stories send them."""

from typing import Any

from tests.reading import Fields
from trailmend.evidence import Principal, directory_id
from trailmend.evidence.center import (
    ADMINISTRATOR,
    STAFF,
    assignment,
    on_center,
    on_directory,
    on_set,
    set_given,
)

SAM = directory_id("sam")
ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def given(by: Principal) -> Fields:
    return set_given(ADMINISTRATOR, by=by)


def assigned(by: Principal, account: str = "444455556666") -> Fields:
    made = assignment("CreateAccountAssignment", user="sam", by=by)
    return made | {"requestParameters": made["requestParameters"] | {"targetId": account}}


def unassigned(by: Principal, account: str = "444455556666") -> Fields:
    return assigned(by, account) | {"eventName": "DeleteAccountAssignment"}


def joined(by: Principal, membership: str = "m-1") -> Fields:
    return on_directory(
        "CreateGroupMembership",
        by=by,
        groupId=STAFF,
        memberId={"userId": SAM},
        response={"membershipId": membership},
    )


def left(by: Principal, membership: str = "m-1") -> Fields:
    return on_directory("DeleteGroupMembership", by=by, membershipId=membership)


def by_console(event_name: str, by: Principal, member: str = SAM) -> Fields:
    whom = {"groupId": STAFF, "member": {"memberId": member}}
    return on_directory(event_name, by=by, source="sso-directory", **whom)


def detached(by: Principal, policy: str = ADMINISTRATOR) -> Fields:
    return on_set("DetachManagedPolicyFromPermissionSet", by=by, managedPolicyArn=policy)


def provisioned(by: Principal) -> Fields:
    return on_set("ProvisionPermissionSet", by=by, targetType="ALL_PROVISIONED_ACCOUNTS")


def inline(by: Principal, document: str = ALL) -> Fields:
    return on_set("PutInlinePolicyToPermissionSet", by=by, inlinePolicy=document)


def bound(by: Principal, policy: str) -> Fields:
    boundary = {"managedPolicyArn": policy}
    return on_set("PutPermissionsBoundaryToPermissionSet", by=by, permissionsBoundary=boundary)


def unbound(by: Principal) -> Fields:
    return on_set("DeletePermissionsBoundaryFromPermissionSet", by=by)


def issuer(event_name: str, by: Principal, **more: Any) -> Fields:
    arn = "arn:aws:sso::111122223333:trustedTokenIssuer/ssoins-1/tti-1"
    return on_center(event_name, by=by, trustedTokenIssuerArn=arn, **more)
