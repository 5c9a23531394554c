"""Whom a role trusts: the former trust policy put back, or the role closed to everybody."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from msgspec.structs import replace

from trailmend.calls import Read, call, change, read
from trailmend.errors import CannotFix, NothingThere
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.policies import Unreadable, read_document
from trailmend.remediations.users import is_later

_CLOSED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TrailmendClosed",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
"""Nobody may assume the role; a trust policy must have a statement."""
_FORMER = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
_OPEN = _FORMER.replace("Service", "AWS").replace("ec2.amazonaws.com", "444455556666")
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="UpdateAssumeRolePolicy",
    event_time="2026-03-02T09:00:00Z",
    role_name="audit",
    before={"assume_role_policy_document": _FORMER},
)
_PICK = "Role.{created: CreateDate, trust: AssumeRolePolicyDocument}"
_ROLE = (
    call("iam.get_role", RoleName="audit"),
    {"created": "2025-01-01T00:00:00Z", "trust": json.loads(_OPEN)},
)


@remediation(
    title="Put the role's trust policy back",
    breaks="Whoever was let in since can begin no new session; sessions that were begun go on.",
    example=Example(
        facts=_FACTS,
        reads=(_ROLE,),
        changes=(call("iam.update_assume_role_policy", RoleName="audit", PolicyDocument=_FORMER),),
    ),
    needs="finding",
    shuts=True,
)
def restore_trust_policy(facts: Facts) -> Steps:
    """Put back the document that the log shows to have been there before the event.

    Where it shows none nothing is proposed: a guess would let somebody in or shut somebody out.
    Nor is a document that cannot be read.  End the role's sessions as well
    (principals.revoke_role_sessions), for a trust policy is asked only when one begins.
    """
    document = (facts.before or {}).get("assume_role_policy_document")
    if not isinstance(document, str) or isinstance(read_document(document), Unreadable):
        raise CannotFix(
            "The log does not show the trust policy of before: ask the role's owner, or close it "
            "with roles.close_trust."
        )
    name, trust = yield from _role(facts)
    if trust != json.loads(document):
        yield _set(name, trust, document, "as it was before the event")


@remediation(
    title="Close the role to everybody",
    breaks="Nobody can begin a session of the role, services and pipelines neither.",
    example=Example(
        facts=replace(_FACTS, event_name="CreateRole", before=None),
        reads=(_ROLE,),
        changes=(call("iam.update_assume_role_policy", RoleName="audit", PolicyDocument=_CLOSED),),
    ),
    stage="remove",
    needs="role",
)
def close_trust(facts: Facts) -> Steps:
    """Give the role a trust policy that lets nobody in; its policies and name stay as evidence.

    Sessions that were begun go on: end them by principals.revoke_role_sessions.
    """
    name, trust = yield from _role(facts)
    if trust != json.loads(_CLOSED):
        yield _set(name, trust, _CLOSED, "closed to everybody")


def _set(name: str, now: Any, document: str, told: str) -> Any:
    former = json.dumps(now)
    return change(
        "iam.update_assume_role_policy",
        RoleName=name,
        PolicyDocument=document,
        undo=call("iam.update_assume_role_policy", RoleName=name, PolicyDocument=former),
        note=f"Trust policy of role {name}: as it is → {told}",
    )


def _role(facts: Facts) -> Generator[Read, Any, tuple[str, Any]]:
    """Give the name and the trust policy of the role that the facts name."""
    name = facts.role_name
    if name is None:
        raise CannotFix("The finding names no role: find out in its event which it is about.")
    found = yield read("iam.get_role", RoleName=name, pick=_PICK)
    if found is None:
        raise NothingThere(f"Role {name} is not there: nobody can assume it.")
    if facts.event_name not in ("CreateRole", "AcquireRole") and is_later(
        found["created"], facts.event_time
    ):
        raise NothingThere(
            f"Role {name} was made at {found['created']}, after the event: it is another role."
        )
    return name, found["trust"]
