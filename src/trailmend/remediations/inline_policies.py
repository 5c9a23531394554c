"""Inline policies: one taken back as it was before it was written, or written again."""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec.structs import replace

from trailmend.calls import call, change
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.holders import (
    Document,
    has_room,
    inline_policy,
    policy_text,
    put_inline_policy,
    the_bearer,
)

_NAME = re.compile(r"[\w+=,.@-]+")
"""A policy's name (botocore iam, policyNameType)."""
_DENIAL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}],
}
_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="PutUserPolicy",
    event_time="2026-03-02T09:00:00Z",
    user_name="bob",
    object_type="inline_policy",
    object_id="work",
)
_BOB = (
    call("iam.get_user", UserName="bob"),
    {
        "id": "AIDAEXAMPLE0000000001",
        "created": "2025-01-01T00:00:00Z",
        "arn": "arn:aws:iam::111122223333:user/bob",
    },
)
_LISTED = call("iam.list_user_policies", UserName="bob")
_BREAKS = "What its bearer does by this policy is refused from the next request on."
_SHOWN = call("iam.get_user_policy", UserName="bob", PolicyName="work")


@remediation(
    title="Take the inline policy back",
    breaks="Its bearer may do again only what it could before the policy was written.",
    example=Example(
        facts=_FACTS,
        reads=(_BOB, (_LISTED, ["work"]), (_SHOWN, _ALL)),
        changes=(call("iam.delete_user_policy", UserName="bob", PolicyName="work"),),
    ),
    stage="remove",
    needs="user/role object",
)
def take_back_inline_policy(facts: Facts) -> Steps:
    """Put the former document back where the log knows it; else delete the policy of that name.

    What stood there before the event is overwritten, and IAM keeps no copy: where the log does not
    know it, it cannot come back.  Other policies are left alone.
    """
    name, former = _name_of(facts), _document_before(facts)
    who = yield from the_bearer(facts)
    current = yield from inline_policy(who, name)
    if current is None or current == former:
        return
    if former is not None:
        note = (
            f"{who.title}: inline policy {name}: as it was written → as it was before, by the log"
        )
        yield put_inline_policy(who, name, former, current, note, _BREAKS)
        return
    yield change(
        f"iam.delete_{who.kind}_policy",
        **who.named,
        PolicyName=name,
        undo=who.call("put_{}_policy", PolicyName=name, PolicyDocument=policy_text(current)),
        note=f"{who.title}: inline policy {name} → none; the log knows of none before",
        breaks=_BREAKS,
    )


@remediation(
    title="Write the inline policy again",
    breaks="Its bearer is held by what the policy denies, and may do again what it allows.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="DeleteUserPolicy",
            before={"policy_document": policy_text(_DENIAL)},
        ),
        reads=(
            _BOB,
            (_LISTED, []),
            (call("iam.get_account_summary"), 2048),
            (_LISTED, []),
        ),
        changes=(
            call(
                "iam.put_user_policy",
                UserName="bob",
                PolicyName="work",
                PolicyDocument=policy_text(_DENIAL),
            ),
        ),
    ),
    needs="finding",
)
def restore_inline_policy(facts: Facts) -> Steps:
    """Write the document that the log holds under its name again.

    A policy of that name that is there is never overwritten: if it says the same nothing is done,
    else a person has to compare the two.
    """
    name, former = _name_of(facts), _document_before(facts)
    if former is None:
        raise CannotFix(
            "The log does not hold the deleted inline policy: take it from the code of the "
            "account, or from a snapshot, and write it by hand (aws iam put-user-policy)."
        )
    who = yield from the_bearer(facts)
    current = yield from inline_policy(who, name)
    if current == former:
        return
    if current is not None:
        raise CannotFix(
            f"{who.title} has another inline policy {name} by now. Compare it with the former one "
            "in the finding (`before`), and write what should hold by hand."
        )
    if not (yield from has_room(who, name, former)):
        raise CannotFix(
            f"The inline policies of {who.text} leave no room for {name}: take off one that it "
            "does not need, then plan again."
        )
    note = f"{who.title}: inline policy {name}: none → as it was, by the log"
    yield put_inline_policy(who, name, former, None, note, "")


def _name_of(facts: Facts) -> str:
    """Give the policy's name; one of another form could change the question that it is in."""
    name = facts.object_id or ""
    if not _NAME.fullmatch(name):
        raise CannotFix("The finding names no inline policy: look at its event for the name.")
    return name


def _document_before(facts: Facts) -> Document | None:
    """Give the document that the log holds, or None; raises CannotFix if it cannot be read."""
    text = (facts.before or {}).get("policy_document")
    if not isinstance(text, str):
        return None
    try:
        document: Any = json.loads(text)
    except json.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise CannotFix(
            "The former document in the log is no JSON object: look at `before` of the finding, "
            "and write the policy by hand."
        )
    return document
