"""Organizations in the lab: each correction of moto is proved by the test named like it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.worlds_organizations import SCP, make_account, make_organization
from trailmend.lab import Lab


def refusal(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def test_an_account_in_no_organization_is_told_so(lab: Lab) -> None:
    client = lab.client("organizations")

    assert {
        refusal(client.describe_organization),
        refusal(client.describe_account, AccountId="210987654321"),
        refusal(client.list_aws_service_access_for_organization),
        refusal(client.list_delegated_administrators),
        refusal(client.describe_policy, PolicyId="p-12345678"),
        refusal(client.list_targets_for_policy, PolicyId="p-12345678"),
    } == {"AWSOrganizationsNotInUseException"}


def test_a_root_unit_or_account_that_is_gone_is_no_target(lab: Lab) -> None:
    _, policy = make_organization(lab)
    client = lab.client("organizations")

    for place in ("r-zzzz", "ou-zzzz-zzzzzzzz", "210987654321"):
        asked = refusal(client.list_policies_for_target, TargetId=place, Filter=SCP)
        attached = refusal(client.attach_policy, TargetId=place, PolicyId=policy)
        assert asked == attached == "TargetNotFoundException"


def test_a_policy_is_attached_once_and_only_while_its_type_is_on(lab: Lab) -> None:
    root, policy = make_organization(lab)
    client, on = lab.client("organizations"), {"PolicyId": policy, "TargetId": root}

    client.attach_policy(**on)
    twice = refusal(client.attach_policy, **on)
    client.detach_policy(**on)
    client.disable_policy_type(RootId=root, PolicyType=SCP)

    assert twice == "DuplicatePolicyAttachmentException"
    assert refusal(client.attach_policy, **on) == "PolicyTypeNotEnabledException"


def test_a_policy_is_taken_off_where_it_is_and_one_of_its_type_stays(lab: Lab) -> None:
    root, policy = make_organization(lab)
    client = lab.client("organizations")
    default = {"PolicyId": "p-FullAWSAccess", "TargetId": root}

    assert refusal(client.detach_policy, **default) == "ConstraintViolationException"
    elsewhere = refusal(client.detach_policy, PolicyId=policy, TargetId=root)
    assert elsewhere == "PolicyNotAttachedException"
    client.attach_policy(PolicyId=policy, TargetId=root)
    client.detach_policy(**default)
    listed = client.list_policies_for_target(TargetId=root, Filter=SCP)["Policies"]
    assert [one["Name"] for one in listed] == ["guard"]


def test_a_type_that_is_switched_off_takes_its_policies_off_everything(lab: Lab) -> None:
    root, policy = make_organization(lab)
    client, named = lab.client("organizations"), {"RootId": root, "PolicyType": SCP}
    client.attach_policy(PolicyId=policy, TargetId=root)

    def attached() -> list[str]:
        places = (root, lab.account_id)
        listed = [client.list_policies_for_target(TargetId=one, Filter=SCP) for one in places]
        return [policy["Name"] for one in listed for policy in one["Policies"]]

    off = client.disable_policy_type(**named)["Root"]["PolicyTypes"]
    assert (off, attached()) == ([], [])
    assert refusal(client.disable_policy_type, **named) == "PolicyTypeNotEnabledException"
    client.enable_policy_type(**named)
    assert attached() == ["FullAWSAccess", "FullAWSAccess"]
    assert refusal(client.enable_policy_type, **named) == "PolicyTypeAlreadyEnabledException"


def test_an_account_is_moved_from_where_it_is_to_another_place(lab: Lab) -> None:
    root, _ = make_organization(lab)
    client, account = lab.client("organizations"), make_account(lab)
    made = client.create_organizational_unit(ParentId=root, Name="work")
    unit = made["OrganizationalUnit"]["Id"]

    def move(source: str, destination: str) -> dict[str, str]:
        places = {"SourceParentId": source, "DestinationParentId": destination}
        return {"AccountId": account, **places}

    wrong = [move(root, root), move(unit, "ou-zzzz-zzzzzzzz"), move("r-zzzz", unit)]
    assert [refusal(client.move_account, **one) for one in wrong] == [
        "DuplicateAccountException",
        "DestinationParentNotFoundException",
        "SourceParentNotFoundException",
    ]
    client.move_account(**move(root, unit))
    assert [one["Id"] for one in client.list_parents(ChildId=account)["Parents"]] == [unit]
    assert refusal(client.list_parents, ChildId="210987654321") == "ChildNotFoundException"


def test_a_registration_needs_the_service_let_in_and_has_its_date(lab: Lab) -> None:
    make_organization(lab)
    client, account = lab.client("organizations"), make_account(lab)
    named = {"AccountId": account, "ServicePrincipal": "ssm.amazonaws.com"}
    lab.advance(-86400)

    shut_out = refusal(client.register_delegated_administrator, **named)
    assert shut_out == "ConstraintViolationException"
    client.enable_aws_service_access(ServicePrincipal="ssm.amazonaws.com")
    client.register_delegated_administrator(**named)

    (one,) = client.list_delegated_services_for_account(AccountId=account)["DelegatedServices"]
    assert abs(one["DelegationEnabledDate"] - lab.now()) < timedelta(minutes=1)
    twice = refusal(client.register_delegated_administrator, **named)
    assert twice == "AccountAlreadyRegisteredException"


def test_a_policy_of_an_organization_is_a_json_object(lab: Lab) -> None:
    _, policy = make_organization(lab)
    client = lab.client("organizations")
    new = {"Name": "other", "Description": "", "Type": SCP}

    for text in ("{", "[]"):
        written = refusal(client.update_policy, PolicyId=policy, Content=text)
        made = refusal(client.create_policy, Content=text, **new)
        assert written == made == "MalformedPolicyDocumentException"


def test_call_of_an_organization_is_recorded_as_the_management_account_does(lab: Lab) -> None:
    root, policy = make_organization(lab)
    lab.client("organizations").attach_policy(PolicyId=policy, TargetId=root)

    told = {
        name: lab.records()[-1][name]
        for name in ("eventSource", "eventName", "awsRegion", "requestParameters", "readOnly")
    }
    assert told == {
        "eventSource": "organizations.amazonaws.com",
        "eventName": "AttachPolicy",
        "awsRegion": "us-east-1",
        "requestParameters": {"policyId": policy, "targetId": root},
        "readOnly": False,
    }
