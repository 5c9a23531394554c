"""Organizations: where policies can be attached and taken off, where accounts are moved.

Moto's module is loaded at the first call: it takes longer than a lab to start.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

_SCP, _ALL = "SERVICE_CONTROL_POLICY", "p-FullAWSAccess"


def _backend(call: Call) -> Any:
    """Give moto's state; refuses a call of an account that is in no organization."""
    from moto.organizations.models import organizations_backends

    backend = organizations_backends[ACCOUNT_ID]["aws"]
    if backend.org is None:
        sentence = "Your account is not a member of an organization."
        raise Refusal("AWSOrganizationsNotInUseException", sentence)
    return backend


def _in_use(call: Call, account: Account) -> None:
    _backend(call)


def _target(backend: Any, name: str) -> Any:
    for one in (*backend.ou, *backend.accounts):
        if one.id == name:
            return one
    sentence = "You specified a target that doesn't exist."
    raise Refusal("TargetNotFoundException", sentence)


def _list_for_target(call: Call, account: Account) -> None:
    _target(_backend(call), call.parameters["TargetId"])


def _attach(call: Call, account: Account) -> Result:
    backend = _backend(call)
    policy = backend.get_policy_by_id(call.parameters["PolicyId"])
    target = _target(backend, call.parameters["TargetId"])
    if policy in target.attached_policies:
        sentence = "A policy with the specified name and type is attached to the target already."
        raise Refusal("DuplicatePolicyAttachmentException", sentence)
    if not any(one["Type"] == policy.type for root in _roots(backend) for one in root.policy_types):
        sentence = "This operation can be performed only for enabled policy types."
        raise Refusal("PolicyTypeNotEnabledException", sentence)
    backend.attach_policy(PolicyId=policy.id, TargetId=target.id)
    return {}


def _roots(backend: Any) -> list[Any]:
    return [one for one in backend.ou if one.type == "ROOT"]


def _detach(call: Call, account: Account) -> Result:
    backend = _backend(call)
    policy = backend.get_policy_by_id(call.parameters["PolicyId"])
    target = _target(backend, call.parameters["TargetId"])
    if policy not in target.attached_policies:
        sentence = "The policy isn't attached to the specified target in the specified root."
        raise Refusal("PolicyNotAttachedException", sentence)
    if policy.type == _SCP and sum(one.type == _SCP for one in target.attached_policies) == 1:
        sentence = "You cannot remove the last policy attached to the specified target."
        raise Refusal("ConstraintViolationException", sentence)
    backend.detach_policy(PolicyId=policy.id, TargetId=target.id)
    return {}


def _switch_on(call: Call, account: Account) -> Result:
    """Enable a type; of service control policies FullAWSAccess is then attached everywhere."""
    backend = _backend(call)
    kind = call.parameters["PolicyType"]
    answer = backend.enable_policy_type(RootId=call.parameters["RootId"], PolicyType=kind)
    for policy in backend.policies if kind == _SCP else ():
        for place in (*backend.ou, *backend.accounts) if policy.id == _ALL else ():
            if policy not in place.attached_policies:
                backend.attach_policy(PolicyId=policy.id, TargetId=place.id)
    return dict(answer)


def _switch_off(call: Call, account: Account) -> Result:
    """Disable a type; all policies of it are taken off everything."""
    backend = _backend(call)
    kind = call.parameters["PolicyType"]
    answer = backend.disable_policy_type(RootId=call.parameters["RootId"], PolicyType=kind)
    for policy in backend.policies:
        for place in list(policy.attachments) if policy.type == kind else ():
            backend.detach_policy(PolicyId=policy.id, TargetId=place.id)
    return dict(answer)


def _move(call: Call, account: Account) -> None:
    """Refuse to move an account from where it is not, to nowhere, or to where it is."""
    backend = _backend(call)
    moved = backend.get_account_by_id(call.parameters["AccountId"])
    places = {one.id for one in backend.ou}
    if call.parameters["DestinationParentId"] not in places:
        sentence = "You specified a destination root or organizational unit that doesn't exist."
        raise Refusal("DestinationParentNotFoundException", sentence)
    if moved.parent_id == call.parameters["DestinationParentId"]:
        sentence = "The account is already present in the specified destination."
        raise Refusal("DuplicateAccountException", sentence)
    if moved.parent_id != call.parameters["SourceParentId"]:
        sentence = "You specified a source root or organizational unit that doesn't exist."
        raise Refusal("SourceParentNotFoundException", sentence)


def _parents(call: Call, account: Account) -> None:
    backend = _backend(call)
    if call.parameters["ChildId"] not in {one.id for one in (*backend.ou, *backend.accounts)}:
        sentence = "You specified an account or organizational unit that doesn't exist."
        raise Refusal("ChildNotFoundException", sentence)


def _register(call: Call, account: Account) -> Result:
    """Register an account, and give the registration the date of the lab; moto's is its own."""
    backend, sent = _backend(call), dict(call.parameters)
    if sent["ServicePrincipal"] not in {one["ServicePrincipal"] for one in backend.services}:
        sentence = "You must enable service access before you register an administrator of it."
        raise Refusal("ConstraintViolationException", sentence)
    backend.register_delegated_administrator(**sent)
    (made,) = (one for one in backend.admins if one.account.id == sent["AccountId"])
    made.services[sent["ServicePrincipal"]]["DelegationEnabledDate"] = account.now().timestamp()
    return {}


def _write(call: Call, account: Account) -> None:
    """Refuse a text that is no JSON object; its grammar is not held to more."""
    _backend(call)
    text = call.parameters.get("Content")
    try:
        sound = text is None or isinstance(json.loads(text), dict)
    except json.JSONDecodeError:
        sound = False
    if not sound:
        sentence = "The provided policy document does not meet the requirements of its type."
        raise Refusal("MalformedPolicyDocumentException", sentence)


def _of_an_organization(
    name: str, act: Callable[[Call, Account], Result | None] = _in_use
) -> Correction:
    return Correction(
        f"organizations:{name}",
        "an_account_in_no_organization_is_told_so",
        "botocore AWSOrganizationsNotInUseException: \"Your account isn't a member of an "
        'organization."',
        act,
    )


CORRECTIONS = (
    _of_an_organization("DescribePolicy"),
    _of_an_organization("DescribeAccount"),
    _of_an_organization("ListAWSServiceAccessForOrganization"),
    _of_an_organization("ListDelegatedAdministrators"),
    _of_an_organization("ListDelegatedServicesForAccount"),
    _of_an_organization("ListTargetsForPolicy"),
    Correction(
        "organizations:ListPoliciesForTarget",
        "a_root_unit_or_account_that_is_gone_is_no_target",
        "botocore TargetNotFoundException: \"We can't find a root, OU, account, or policy with "
        'the TargetId that you specified."',
        _list_for_target,
    ),
    Correction(
        "organizations:AttachPolicy",
        "a_policy_is_attached_once_and_only_while_its_type_is_on",
        'botocore DuplicatePolicyAttachmentException: "The selected policy is already attached to '
        'the specified target."',
        _attach,
    ),
    Correction(
        "organizations:DetachPolicy",
        "a_policy_is_taken_off_where_it_is_and_one_of_its_type_stays",
        'botocore DetachPolicy: "Every root, OU, and account must have at least one SCP attached."',
        _detach,
    ),
    Correction(
        "organizations:EnablePolicyType",
        "a_type_that_is_switched_off_takes_its_policies_off_everything",
        "AWS Organizations User Guide, Disabling a policy type: service control policies start "
        "with FullAWSAccess alone when the type is enabled again",
        _switch_on,
    ),
    Correction(
        "organizations:DisablePolicyType",
        "a_type_that_is_switched_off_takes_its_policies_off_everything",
        "AWS Organizations User Guide, Disabling a policy type: all policies of the type are "
        "detached from everything in the root",
        _switch_off,
    ),
    Correction(
        "organizations:RegisterDelegatedAdministrator",
        "a_registration_needs_the_service_let_in_and_has_its_date",
        'botocore ConstraintViolationException: "You attempted to register a delegated '
        'administrator before you enabled service access"; DelegationEnabledDate: "The date '
        'that the account became a delegated administrator for this service."',
        _register,
    ),
    Correction(
        "organizations:MoveAccount",
        "an_account_is_moved_from_where_it_is_to_another_place",
        'botocore DuplicateAccountException: "That account is already present in the specified '
        'destination."; SourceParentNotFoundException, DestinationParentNotFoundException',
        _move,
    ),
    Correction(
        "organizations:ListParents",
        "an_account_is_moved_from_where_it_is_to_another_place",
        "botocore ChildNotFoundException: \"We can't find an organizational unit (OU) or Amazon "
        'Web Services account with the ChildId that you specified."',
        _parents,
    ),
    Correction(
        "organizations:CreatePolicy",
        "a_policy_of_an_organization_is_a_json_object",
        "botocore MalformedPolicyDocumentException: \"The provided policy document doesn't meet "
        'the requirements of the specified policy type."',
        _write,
    ),
    Correction(
        "organizations:UpdatePolicy",
        "a_policy_of_an_organization_is_a_json_object",
        "botocore MalformedPolicyDocumentException: \"The provided policy document doesn't meet "
        'the requirements of the specified policy type."',
        _write,
    ),
)
