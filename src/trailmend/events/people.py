"""People of Identity Center: who signed in, told by the session of a permission set's role.

AWS makes such a role, and names its session for the user of the directory; of any other role the
caller chose the name of the session (IAM Identity Center User Guide, "Referencing permission
sets"; IAM User Guide, "AWS STS and IAM condition keys", sts:RoleSessionName).
"""

from __future__ import annotations

import re

_ROLE_OF_SET = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
_PATH_OF_SETS = ":role/aws-reserved/sso.amazonaws.com/"


def is_of_set(role: str | None, arn: str | None) -> bool:
    """Say whether a role is of a permission set, by its name and its ARN where that is told.

    Anybody may call a role as those are called; nobody but AWS makes one under their path.
    """
    return permission_set_of(role) is not None and _PATH_OF_SETS in (arn or _PATH_OF_SETS)


def permission_set_of(role: str | None) -> str | None:
    """Give the permission set that the name of its role holds; None of another role."""
    named = _ROLE_OF_SET.fullmatch(role or "")
    return None if named is None else named[1]


def person_of(actor_id: str | None) -> str | None:
    """Give the user of the directory that an id of such a session ends with; else None."""
    role, _, person = (actor_id or "").partition(":")
    return person or None if role.startswith("AROA") else None


def principal_of(actor_id: str | None) -> str | None:
    """Give what tells one principal from another: a person in two permission sets is one.

    The people of one account are of one directory: its name for a person stands for one alone.
    """
    return person_of(actor_id) or actor_id


def role_id(actor_id: str | None) -> str | None:
    """Give the id of the role alone; that of any other caller as it is."""
    return actor_id if person_of(actor_id) is None else (actor_id or "").partition(":")[0]


def named_person(role: str | None, actor_id: str | None) -> str | None:
    """Name a person and the permission set: `ana@example.org in Platform`; None of others."""
    person, permission_set = person_of(actor_id), permission_set_of(role)
    return f"{person} in {permission_set}" if person and permission_set else None
