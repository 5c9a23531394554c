"""Whom a change of a group or of a managed policy reaches: its members, and all who bear it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from trailmend.calls import Call, Client
from trailmend.errors import Refused

Principal = tuple[Literal["user", "role"], str]
_OF_AWS = ":iam::aws:policy/"


def members_of(group: str, client: Client) -> Iterator[Principal]:
    """Give the users of a group."""
    for user in client(Call("iam.get_group", {"GroupName": group}))["Users"]:
        yield "user", str(user["UserName"])


def bearers_of(arn: str, client: Client) -> Iterator[Principal]:
    """Give the users and roles that bear a policy, by groups and as a boundary too.

    Raises Refused for a policy of AWS's own, which nobody here can change.
    """
    if not arn or _OF_AWS in arn:
        raise Refused(f"Policy {arn or 'without a name'} is not the account's own: leave it.")
    found = client(Call("iam.list_entities_for_policy", {"PolicyArn": arn}))
    yield from (("user", str(one["UserName"])) for one in found.get("PolicyUsers", ()))
    yield from (("role", str(one["RoleName"])) for one in found.get("PolicyRoles", ()))
    for group in found.get("PolicyGroups", ()):
        yield from members_of(str(group["GroupName"]), client)
