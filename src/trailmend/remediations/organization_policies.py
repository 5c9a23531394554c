"""Policies of an organization: attached again, detached, or their former text written back.

They are changed in the management account, or in the account of a delegated administrator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from trailmend.calls import Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation

_POLICY = re.compile(r"p-[0-9a-zA-Z_]{8,128}")
_PLACE = re.compile(r"r-[0-9a-z]{4,32}|\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")
_DENIAL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
)
_LESS = _DENIAL.replace("iam:*", "iam:CreateUser")
_GUARD, _UNIT = "p-guard123", "ou-ab12-34cd56ef"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="DetachPolicy",
    event_time="2026-03-02T09:00:00Z",
    object_type="organization_policy",
    object_id=_GUARD,
    target=Target("organization", _UNIT),
)
_ORGANIZATION = (call("organizations.describe_organization"), "o-exampleorgid")
_DESCRIBE = call("organizations.describe_policy", PolicyId=_GUARD)
_SCP = "SERVICE_CONTROL_POLICY"
_LISTED = "organizations.list_policies_for_target"


@remediation(
    title="Attach the organization's policy again",
    breaks=(
        "What the policy denies is refused again, and what it allows is allowed, to all users and "
        "roles of the accounts below."
    ),
    example=Example(
        facts=_FACTS,
        reads=(
            _ORGANIZATION,
            (_DESCRIBE, {"name": "guard", "type": _SCP}),
            (call("organizations.list_roots"), [_SCP]),
            (call(_LISTED, TargetId=_UNIT, Filter=_SCP), []),
        ),
        changes=(call("organizations.attach_policy", PolicyId=_GUARD, TargetId=_UNIT),),
    ),
    needs="finding",
)
def attach_again(facts: Facts) -> Steps:
    """Attach the one policy to the one root, unit or account that it was taken off, as it is now.

    A policy that was deleted since, and one whose type is switched off, cannot be attached: make
    the policy anew from `before` of its deletion, or switch the type on.  Of a policy that is there
    already nothing is done.
    """
    place, policy = _place(facts), _policy_id(facts.object_id)
    yield from the_organization()
    found = yield _described(policy)
    if found is None:
        raise _gone(policy)
    if found["type"] not in ((yield _enabled()) or ()):
        raise CannotFix(
            f"The type {found['type']} is not switched on, so that no policy of it can be "
            "attached: enable it first (organization_policy_types.enable_type), then plan again."
        )
    there = yield _attached(place, found["type"], f"Policies[?Id=='{policy}'].Id")
    if there is None:
        raise CannotFix(
            f"{place} is not in the organization any more: see where its accounts are now "
            "(aws organizations list-parents), and attach the policy there if they should have it."
        )
    if not there:
        on: dict[str, Any] = {"PolicyId": policy, "TargetId": place}
        yield change(
            "organizations.attach_policy",
            **on,
            undo=call("organizations.detach_policy", **on),
            note=f"Policy {found['name']} ({policy}) not attached to {place} → attached",
        )


@remediation(
    title="Detach the organization's policy",
    breaks=(
        "What the policy denies can be done again by all users and roles of the accounts below, "
        "and what it alone allows them is refused."
    ),
    example=Example(
        facts=replace(_FACTS, event_name="AttachPolicy"),
        reads=(
            _ORGANIZATION,
            (_DESCRIBE, {"name": "guard", "type": _SCP}),
            (call("organizations.list_roots"), [_SCP]),
            (call(_LISTED, TargetId=_UNIT, Filter=_SCP), [_GUARD]),
            (call(_LISTED, TargetId=_UNIT, Filter=_SCP), ["p-FullAWSAccess"]),
        ),
        changes=(call("organizations.detach_policy", PolicyId=_GUARD, TargetId=_UNIT),),
    ),
    stage="remove",
    needs="finding",
    events=("AttachPolicy",),
)
def detach(facts: Facts) -> Steps:
    """Take the one policy off the one root, unit or account; the policy itself stays.

    AWS keeps at least one service control policy everywhere: the last one is not taken off, another
    has to be attached first.  A policy that was deleted since, or whose type is switched off, holds
    nowhere and needs nothing, as does a place that is gone.
    """
    place, policy = _place(facts), _policy_id(facts.object_id)
    yield from the_organization()
    found = yield _described(policy)
    if found is None or found["type"] not in ((yield _enabled()) or ()):
        return
    if not (yield _attached(place, found["type"], f"Policies[?Id=='{policy}'].Id")):
        return
    if found["type"].endswith("CONTROL_POLICY"):
        others = f"Policies[?Id!='{policy}'].Id"
        if not (yield _attached(place, found["type"], others)):
            raise CannotFix(
                f"Policy {found['name']} ({policy}) is the last of the type {found['type']} at "
                f"{place}, and AWS keeps one there: attach another first, as FullAWSAccess "
                "(aws organizations attach-policy), then plan again."
            )
    on: dict[str, Any] = {"PolicyId": policy, "TargetId": place}
    yield change(
        "organizations.detach_policy",
        **on,
        undo=call("organizations.attach_policy", **on),
        note=f"Policy {found['name']} ({policy}) attached to {place} → not attached",
    )


@remediation(
    title="Write the former text of the organization's policy back",
    breaks="Wherever the policy is attached, what it denied before is refused again.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="UpdatePolicy",
            object_type=None,
            object_id=None,
            target=Target("organization_policy", _GUARD),
            before={"content": _DENIAL},
            after={"content": _LESS},
        ),
        reads=(_ORGANIZATION, (_DESCRIBE, {"name": "guard", "content": _LESS})),
        changes=(call("organizations.update_policy", PolicyId=_GUARD, Content=_DENIAL),),
    ),
    needs="finding",
)
def restore_content(facts: Facts) -> Steps:
    """Write the text that the log shows of before the event; name and attachments stay as they are.

    Organizations keeps no versions: where the log does not show the former text, only the code of
    the organization has it.  A text that somebody has written since is left: it may be the right
    one.
    """
    former = _text((facts.before or {}).get("content"))
    if former is None:
        raise CannotFix(
            "The log does not show what the policy said before: take the text from the code of "
            "the organization, and write it by hand (aws organizations update-policy)."
        )
    target = facts.target
    policy = _policy_id(None if target is UNSET else target.name)
    yield from the_organization()
    found = yield read(
        "organizations.describe_policy",
        PolicyId=policy,
        pick="Policy.{name: PolicySummary.Name, content: Content}",
    )
    if found is None:
        raise _gone(policy)
    now = found["content"]
    if _same(now, former):
        return
    written = _text(None if facts.after is UNSET else facts.after.get("content"))
    if written is None or not _same(now, written):
        raise CannotFix(
            f"Policy {found['name']} ({policy}) says something by now that is neither what the "
            "event wrote nor what was before: see who wrote it, and compare it with `before`."
        )
    yield change(
        "organizations.update_policy",
        PolicyId=policy,
        Content=former,
        undo=call("organizations.update_policy", PolicyId=policy, Content=now),
        note=f"Text of policy {found['name']} ({policy}): as it is → as it was before the event",
    )


def the_organization() -> Generator[Read, Any, None]:
    """Raise CannotFix if the account is in no organization."""
    found = yield read("organizations.describe_organization", pick="Organization.Id")
    if found is None:
        raise CannotFix(
            "The account is in no organization: whoever made it leave has taken all of its "
            "policies off. Look for LeaveOrganization and RemoveAccountFromOrganization."
        )


def _place(facts: Facts) -> str:
    target = facts.target
    if target is UNSET or not _PLACE.fullmatch(target.name):
        raise CannotFix("The finding names no root, unit or account: look at its event.")
    return target.name


def _described(policy: str) -> Read:
    return read(
        "organizations.describe_policy",
        PolicyId=policy,
        pick="Policy.PolicySummary.{name: Name, type: Type}",
    )


def _enabled() -> Read:
    return read("organizations.list_roots", pick="Roots[].PolicyTypes[?Status=='ENABLED'][].Type")


def _attached(place: str, kind: str, pick: str) -> Read:
    return read(_LISTED, TargetId=place, Filter=kind, pick=pick)


def _policy_id(found: str | None) -> str:
    """Give the policy's id; one of another form could change the question that it is in."""
    if not _POLICY.fullmatch(found or ""):
        raise CannotFix("The finding names no policy of the organization: look at its event.")
    return str(found)


def _gone(policy: str) -> CannotFix:
    return CannotFix(
        f"Policy {policy} is not there: deleted since. Make it anew from `before` of the finding "
        "of its deletion (aws organizations create-policy); it gets another id."
    )


def _text(content: object) -> str | None:
    """Give a text of the log if it is JSON as a policy is; else None."""
    try:
        document = json.loads(content) if isinstance(content, str) else None
    except json.JSONDecodeError:
        return None
    return str(content) if isinstance(document, dict) else None


def _same(one: str, other: str) -> bool:
    """Tell whether two texts are the same JSON: white space and the order of keys do not count."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except json.JSONDecodeError:
        return one == other
