"""Organizations: where a policy can be attached and taken off, and that there must be one.

Moto's module is loaded at the first call: it takes longer than a lab to start.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

_SCP = "SERVICE_CONTROL_POLICY"


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
