"""Policies of users, groups and roles: what is not there, what is too long, what is too many."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from moto.iam.models import Role
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from trailmend.lab.account import Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

# Characters of all inline policies of an entity, and of one managed policy; white space is free.
_INLINE = {"User": 2048, "Role": 10240, "Group": 5120}
_MANAGED = 6144
_ATTACHED = 10
_OF_AWS = ("/aws-service-role/", "/aws-reserved/")
_QUOTAS = "IAM User Guide, IAM and AWS STS quotas"


def _entity(call: Call, account: Account) -> tuple[str, Any]:
    """Find the user, role or group that a call names, and which of them it is."""
    noun = next(noun for noun in _INLINE if f"{noun}Name" in call.parameters)
    name = call.parameters[f"{noun}Name"]
    entities: dict[str, Any] = getattr(account.iam, f"{noun.lower()}s")
    for entity in entities.values():
        if entity.name == name:
            return noun, entity
    sentence = f"The {noun.lower()} with name {name} cannot be found."
    raise Refusal("NoSuchEntity", sentence, 404)


def _modifiable(call: Call, account: Account) -> tuple[str, Any]:
    noun, entity = _entity(call, account)
    if isinstance(entity, Role) and entity.path.startswith(_OF_AWS):
        sentence = f"Cannot perform the operation on the protected role '{entity.name}'"
        raise Refusal("UnmodifiableEntity", f"{sentence} - this role is only modifiable by AWS")
    return noun, entity


def _inline_policy(call: Call, account: Account) -> tuple[str, Any]:
    noun, entity = _entity(call, account)
    name = call.parameters["PolicyName"]
    if name not in entity.policies:
        sentence = f"The {noun.lower()} policy with name {name} cannot be found."
        raise Refusal("NoSuchEntity", sentence, 404)
    return noun, entity


def _size(document: str) -> int:
    return sum(not character.isspace() for character in document)


def _put(call: Call, account: Account) -> Result:
    noun, entity = _modifiable(call, account)
    name, document = call.parameters["PolicyName"], call.parameters["PolicyDocument"]
    IAMPolicyDocumentValidator(document).validate()
    limit, policies = _INLINE[noun], {**entity.policies, name: document}
    if sum(map(_size, policies.values())) > limit:
        sentence = f"Maximum policy size of {limit} bytes exceeded for {noun.lower()} {entity.name}"
        raise Refusal("LimitExceeded", sentence, 409)
    entity.policies[name] = document
    return {}


def _get(call: Call, account: Account) -> Result:
    noun, entity = _inline_policy(call, account)
    name = call.parameters["PolicyName"]
    document = quote(entity.policies[name], safe="")
    return {f"{noun}Name": entity.name, "PolicyName": name, "PolicyDocument": document}


def _delete(call: Call, account: Account) -> Result:
    _modifiable(call, account)
    _, entity = _inline_policy(call, account)
    del entity.policies[call.parameters["PolicyName"]]
    return {}


def _refuse_absent_entity(call: Call, account: Account) -> None:
    _entity(call, account)


def _attach(call: Call, account: Account) -> Result | None:
    noun, entity = _modifiable(call, account)
    arn = call.parameters["PolicyArn"]
    if arn not in account.iam.managed_policies:
        sentence = f"Policy {arn} does not exist or is not attachable."
        raise Refusal("NoSuchEntity", sentence, 404)
    if arn in entity.managed_policies:
        return {}
    if len(entity.managed_policies) >= _ATTACHED:
        sentence = f"Cannot exceed quota for PoliciesPer{noun}: {_ATTACHED}"
        raise Refusal("LimitExceeded", sentence, 409)
    return None


def _refuse_detached(call: Call, account: Account) -> None:
    _, entity = _modifiable(call, account)
    arn = call.parameters["PolicyArn"]
    if arn not in entity.managed_policies:
        raise Refusal("NoSuchEntity", f"Policy {arn} was not found.", 404)


def _refuse_long_document(call: Call, account: Account) -> None:
    if _size(call.parameters["PolicyDocument"]) > _MANAGED:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED}", 409)


def _bounded_by(arn: str, entities: dict[str, Any]) -> list[Any]:
    """Give the users or roles whose boundary is a policy; of a user the lab keeps it itself."""
    return [one for one in entities.values() if _boundary_of(one) == arn]


def _boundary_of(entity: Any) -> str | None:
    boundary = vars(entity).get("permissions_boundary") or {}
    found: str | None = boundary.get("PermissionsBoundaryArn")
    return found or getattr(entity, "permissions_boundary_arn", None)


def _list_bearers(call: Call, account: Account) -> Result | None:
    """Tell bounded users and roles too, which moto leaves out."""
    arn = call.parameters["PolicyArn"]
    account.iam.get_policy(arn)
    if set(call.parameters) - {"PolicyArn", "Marker", "MaxItems"}:
        return None

    def bearers(kind: str) -> list[dict[str, str]]:
        entities = getattr(account.iam, f"{kind.lower()}s")
        attached = [one for one in entities.values() if arn in one.managed_policies]
        bounded = [] if kind == "Group" else _bounded_by(arn, entities)
        found = {one.id: one.name for one in (*attached, *bounded)}
        return [{f"{kind}Name": name, f"{kind}Id": one} for one, name in found.items()]

    return {f"Policy{kind}s": bearers(kind) for kind in ("User", "Role", "Group")}


def _put_role_boundary(call: Call, account: Account) -> None:
    _modifiable(call, account)
    account.iam.get_policy(call.parameters["PermissionsBoundary"])


def _delete_role_boundary(call: Call, account: Account) -> None:
    _, role = _modifiable(call, account)
    if _boundary_of(role) is None:
        sentence = f"The role with name {role.name} does not have a permissions boundary."
        raise Refusal("NoSuchEntity", sentence, 404)


def _refuse_to_delete_policy_in_use(call: Call, account: Account) -> None:
    arn = call.parameters["PolicyArn"]
    policy = account.iam.get_policy(arn)
    bearers = _list_bearers(call, account) or {}
    if any(bearers.values()):
        raise Refusal("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if len(policy.versions) > 1:
        sentence = "This policy has more than one version. Before you delete a policy, you must "
        sentence += "delete the policy's versions. The default version is deleted with the policy."
        raise Refusal("DeleteConflict", sentence, 409)


def _for_each_noun(
    action: str, behaviour: str, source: str, act: Callable[[Call, Account], Result | None]
) -> tuple[Correction, ...]:
    return tuple(
        Correction(f"iam:{action.format(noun)}", behaviour, source, act) for noun in _INLINE
    )


CORRECTIONS = (
    *_for_each_noun(
        "Put{}Policy",
        "the_inline_policies_of_an_entity_have_a_size_without_white_space",
        f"{_QUOTAS}: the inline policies of a user have 2,048 characters together, of a role "
        "10,240, of a group 5,120, white space not counted",
        _put,
    ),
    *_for_each_noun(
        "Get{}Policy",
        "an_inline_policy_comes_back_as_it_was_put",
        'botocore GetUserPolicy: "Policies returned by this operation are URL-encoded compliant '
        'with RFC 3986"',
        _get,
    ),
    *_for_each_noun(
        "Delete{}Policy",
        "an_absent_inline_policy_and_an_absent_entity_are_named",
        "errors of botocore DeleteUserPolicy: NoSuchEntity; the sentences are those users report",
        _delete,
    ),
    *(
        Correction(
            f"iam:{action}",
            "an_absent_inline_policy_and_an_absent_entity_are_named",
            "errors of the operation in botocore: NoSuchEntity",
            _refuse_absent_entity,
        )
        for action in (
            *(f"List{noun}Policies" for noun in _INLINE),
            *(f"ListAttached{noun}Policies" for noun in _INLINE),
            *("GetRole", "GetGroup", "UpdateAssumeRolePolicy"),
        )
    ),
    *_for_each_noun(
        "Attach{}Policy",
        "ten_managed_policies_are_attached_at_most_and_each_once",
        f"{_QUOTAS}: 10 managed policies attached to a user, a role, a group",
        _attach,
    ),
    *_for_each_noun(
        "Detach{}Policy",
        "a_policy_that_is_not_attached_is_not_detached",
        "errors of botocore DetachUserPolicy: NoSuchEntity",
        _refuse_detached,
    ),
    *(
        Correction(
            f"iam:{action}",
            "a_managed_policy_has_a_size_without_white_space",
            f"{_QUOTAS}: a managed policy has 6,144 characters, white space not counted",
            _refuse_long_document,
        )
        for action in ("CreatePolicy", "CreatePolicyVersion")
    ),
    Correction(
        "iam:ListEntitiesForPolicy",
        "whom_a_policy_bounds_is_listed_among_its_bearers",
        'botocore ListEntitiesForPolicyRequest.PolicyUsageFilter: "If it is not included, all '
        'policies are returned."',
        _list_bearers,
    ),
    Correction(
        "iam:PutRolePermissionsBoundary",
        "a_role_s_boundary_is_a_policy_that_exists",
        "errors of botocore PutRolePermissionsBoundary: NoSuchEntity, UnmodifiableEntity",
        _put_role_boundary,
    ),
    Correction(
        "iam:DeleteRolePermissionsBoundary",
        "a_boundary_that_is_not_there_is_not_removed",
        "errors of botocore DeleteRolePermissionsBoundary: NoSuchEntity, UnmodifiableEntity",
        _delete_role_boundary,
    ),
    Correction(
        "iam:DeletePolicy",
        "a_policy_in_use_or_with_versions_is_not_deleted",
        'botocore DeletePolicy: "you must first detach the policy from all users, groups, and '
        "roles that it is attached to. In addition, you must delete all the policy's versions\"",
        _refuse_to_delete_policy_in_use,
    ),
)
