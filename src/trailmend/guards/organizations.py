"""What is never changed of a whole organization: see `guards`, which asks here.

The policies of an organization do not bind its management account, so a change that is made there
cannot shut out who makes it.  From another account it can.
"""

from __future__ import annotations

from collections.abc import Iterator

from trailmend.calls import Call, Client
from trailmend.errors import Refused

_MANAGEMENT_ALONE = (
    "organizations.deregister_delegated_administrator",
    "organizations.move_account",
    "organizations.register_delegated_administrator",
)
"""botocore, the same operations: "You can only call this operation from the management account"."""
_TYPES = ("organizations.disable_policy_type", "organizations.enable_policy_type")
"""Without its policies a type denies nothing: switched on it has none yet, switched off no more."""
PERMISSIONS = (
    "organizations:DescribeOrganization",
    "organizations:ListParents",
    "organizations:ListTargetsForPolicy",
)


def check_organization(call: Call, client: Client) -> None:
    """Refuse to change a policy that binds the account in which we work, and what must fail."""
    here = str(client(Call("sts.get_caller_identity"))["Account"])
    organization = client(Call("organizations.describe_organization"))["Organization"]
    if organization["MasterAccountId"] == here or call.name in _TYPES:
        return
    if call.name in _MANAGEMENT_ALONE:
        raise Refused(
            f"{call.action} is made in the management account alone "
            f"({organization['MasterAccountId']}): plan with credentials of that account."
        )
    above = {here, *_parents_of(here, client)}
    if not above.isdisjoint(_places_of(call, client)):
        raise Refused(
            f"The policy binds account {here} itself, in which it would be changed and taken "
            "back: do it from the management account, which no policy of the organization binds."
        )


def _parents_of(child: str, client: Client) -> Iterator[str]:
    """Give the units above an account, and the root."""
    found = [child]
    while found:
        parents = client(Call("organizations.list_parents", {"ChildId": found.pop()}))["Parents"]
        for one in parents:
            yield str(one["Id"])
            found += [str(one["Id"])] if one["Type"] != "ROOT" else []


def _places_of(call: Call, client: Client) -> list[str]:
    if "TargetId" in call.params:
        return [str(call.params["TargetId"])]
    asked = Call("organizations.list_targets_for_policy", {"PolicyId": call.params["PolicyId"]})
    return [str(one["TargetId"]) for one in client(asked)["Targets"]]
