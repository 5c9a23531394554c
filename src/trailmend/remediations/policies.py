"""Managed policies: who bears them, which of their versions is in force, and whether they exist."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from trailmend.calls import Answer, Call, Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.holders import (
    Document,
    Principal,
    attached_and_quota,
    policy_text,
    the_bearer,
)
from trailmend.remediations.users import is_later

_MANAGED = re.compile(
    r"arn:aws[a-z-]*:iam::(?P<owner>aws|\d{12}):policy(?P<path>/(?:[\w+=,.@-]+/)*)(?P<name>[\w+=,.@-]+)"
)
_MOST_VERSIONS = 5
"""Versions that a policy may have (botocore iam CreatePolicyVersion)."""
_SOON = timedelta(seconds=10)
"""A version is made in the second of its call, or just before it is completed."""

_ARN = "arn:aws:iam::111122223333:policy/own"
_OF_AWS = "arn:aws:iam::aws:policy/AdministratorAccess"
_DATE = "2025-01-01T00:00:00Z"
_EVENT_TIME = "2026-03-02T09:00:00Z"
_READING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="AttachUserPolicy",
    event_time=_EVENT_TIME,
    user_name="bob",
    object_type="policy",
    object_id=_OF_AWS,
)
_BOB = (
    call("iam.get_user", UserName="bob"),
    {
        "id": "AIDAEXAMPLE0000000001",
        "created": _DATE,
        "arn": "arn:aws:iam::111122223333:user/bob",
    },
)
_LISTED = call("iam.list_attached_user_policies", UserName="bob")
_VERSION = replace(
    _FACTS,
    event_name="CreatePolicyVersion",
    user_name=None,
    object_id=_ARN,
    before={"default_version_id": "v1", "policy_document": policy_text(_READING)},
)
_TWO = [
    {"id": "v1", "created": _DATE, "default": False},
    {"id": "v2", "created": _EVENT_TIME, "default": True},
]


# Who bears it ------------------------------------------------------------------------------


@remediation(
    title="Detach the policy",
    breaks="Its bearer loses what the policy allows, and is no longer held by what it denies.",
    example=Example(
        facts=_FACTS,
        reads=(_BOB, (_LISTED, [_OF_AWS])),
        changes=(call("iam.detach_user_policy", UserName="bob", PolicyArn=_OF_AWS),),
    ),
    stage="remove",
    needs="user/role object",
)
def detach_policy(facts: Facts) -> Steps:
    """Take this one policy off this one user, group or role; the policy and its others stay.

    A policy that is not attached needs nothing.  Where the bearer had it before the event, it loses
    that too: look for an earlier attachment in the log.
    """
    arn, who = policy_arn(facts), (yield from the_bearer(facts))
    if (yield _attached(who, arn)):
        yield change(
            f"iam.detach_{who.kind}_policy",
            **who.named,
            PolicyArn=arn,
            undo=who.call("attach_{}_policy", PolicyArn=arn),
            note=f"{who.title}: policy {arn}: attached → not attached",
            breaks=f"{who.title} may do only what its other policies allow.",
        )


@remediation(
    title="Attach the policy again",
    breaks="Its bearer is held by what the policy denies, and may do again what it allows.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="DetachUserPolicy",
            object_id="arn:aws:iam::aws:policy/AWSDenyAll",
        ),
        reads=(
            _BOB,
            (
                call("iam.get_policy", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll"),
                {"version": "v1", "created": _DATE},
            ),
            (_LISTED, []),
            (call("iam.get_account_summary"), 10),
            (_LISTED, 2),
        ),
        changes=(
            call(
                "iam.attach_user_policy",
                UserName="bob",
                PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll",
            ),
        ),
    ),
    needs="user/role object",
)
def attach_policy_again(facts: Facts) -> Steps:
    """Attach the policy as it is today, with the version that is in force now.

    A policy that was made anew after the event is another policy under the same ARN, and refused.
    """
    arn, who = policy_arn(facts), (yield from the_bearer(facts))
    policy = yield from the_policy(arn, facts)
    if (yield _attached(who, arn)):
        return
    count, quota = yield from attached_and_quota(who)
    if count >= quota:
        raise CannotFix(
            f"{who.title} has {count} managed policies, and {quota} is the limit: detach one that "
            "it does not need, then plan again."
        )
    yield change(
        f"iam.attach_{who.kind}_policy",
        **who.named,
        PolicyArn=arn,
        undo=who.call("detach_{}_policy", PolicyArn=arn),
        note=f"{who.title}: policy {arn}, version {policy['version']}: not attached → attached",
    )


def _attached(who: Principal, arn: str) -> Read:
    pick = f"AttachedPolicies[?PolicyArn=='{arn}'].PolicyArn"
    return who.ask("list_attached_{}_policies", pick=pick)


# Which version is in force -----------------------------------------------------------------


@remediation(
    title="Set the former version of the policy as the default again",
    breaks="All who bear the policy may do what the former version allows, and no more.",
    example=Example(
        facts=_VERSION,
        reads=(
            (call("iam.get_policy", PolicyArn=_ARN), {"version": "v2", "created": _DATE}),
            (call("iam.list_policy_versions", PolicyArn=_ARN), _TWO),
        ),
        changes=(call("iam.set_default_policy_version", PolicyArn=_ARN, VersionId="v1"),),
    ),
    needs="finding",
    shuts=True,
)
def restore_default_version(facts: Facts) -> Steps:
    """Put the version in force that was before; the version of the event stays as evidence.

    Which one it was the log tells.  Where it does not, a new version that came to two has only one
    before it; else a person has to choose.  A former version that was deleted is written anew from
    the log.  A version that was made after the event is left in force.
    """
    arn = policy_arn(facts)
    yield from the_policy(arn, facts)
    versions = yield read(
        "iam.list_policy_versions",
        PolicyArn=arn,
        pick="Versions[].{id: VersionId, created: CreateDate, default: IsDefaultVersion}",
    )
    current = next((one for one in versions or () if one["default"]), None)
    if current is None:
        raise CannotFix(f"AWS shows no version of {arn} in force: try in a minute.")
    former = _former(facts, versions, current)
    if former == current["id"]:
        return
    present = any(one["id"] == former for one in versions)
    if is_later(current["created"], _time_after(facts.event_time)):
        if not present and (yield from _says_what_was(facts, arn, current["id"])):
            return
        raise CannotFix(
            f"Version {current['id']} of {arn} is in force, and was made at {current['created']}, "
            "after the event: read it. If it is not right, set another by hand."
        )
    if present:
        yield _put_in_force(arn, former, current["id"])
    else:
        yield from _write_anew(facts, arn, versions, current["id"])


def _former(facts: Facts, versions: list[dict[str, Any]], current: dict[str, Any]) -> str:
    """Say which version was in force before; raises CannotFix where nothing tells."""
    known = (facts.before or {}).get("default_version_id")
    if isinstance(known, str):
        return known
    made = [one["id"] for one in versions if made_by_the_event(facts, one)]
    others = [one["id"] for one in versions if one["id"] not in made]
    if facts.event_name == "CreatePolicyVersion" and len(made) == len(others) == 1:
        return str(others[0])
    listed = ", ".join(f"{one['id']} of {one['created']}" for one in versions)
    raise CannotFix(
        f"The log does not tell which version was in force before {current['id']}. There are "
        f"{listed}: read them (aws iam get-policy-version), and set the right one by hand."
    )


def made_by_the_event(facts: Facts, version: dict[str, Any]) -> bool:
    """Say whether a version was made at the time of the event."""
    made, event = map(datetime.fromisoformat, (version["created"], facts.event_time))
    return abs(made - event) <= _SOON


def _time_after(event_time: str) -> str:
    return (datetime.fromisoformat(event_time) + _SOON).isoformat()


def _put_in_force(arn: str, version: str | Answer, current: str) -> Any:
    name = version if isinstance(version, str) else "that was written anew"
    return change(
        "iam.set_default_policy_version",
        PolicyArn=arn,
        VersionId=version,
        undo=call("iam.set_default_policy_version", PolicyArn=arn, VersionId=current),
        note=f"Policy {arn}: version {current} in force → version {name}",
        breaks="It holds at once for every user, group and role that bears the policy.",
    )


def _write_anew(
    facts: Facts, arn: str, versions: list[dict[str, Any]], current: str
) -> Generator[Any, Any, None]:
    """Write a former version that was deleted from the log, and put that in force."""
    wanted = _document_before(facts)
    for one in versions:
        if (yield from version_document(arn, one["id"])) == wanted:
            if one["id"] != current:
                yield _put_in_force(arn, one["id"], current)
            return
    if len(versions) >= _MOST_VERSIONS:
        raise CannotFix(
            f"{arn} has {len(versions)} versions, and no room for the former one: delete one that "
            "is neither in force nor evidence, then plan again."
        )
    yield change(
        "iam.create_policy_version",
        PolicyArn=arn,
        PolicyDocument=policy_text(wanted),
        SetAsDefault=False,
        undo=call(
            "iam.delete_policy_version",
            PolicyArn=arn,
            VersionId=Answer("PolicyVersion.VersionId"),
        ),
        recover=find_version,
        note=f"Policy {arn}: the former document, from the log → a new version",
    )
    made = Answer("PolicyVersion.VersionId", of="iam.create_policy_version")
    yield _put_in_force(arn, made, current)


def _says_what_was(facts: Facts, arn: str, version: str) -> Generator[Read, Any, bool]:
    """Say whether a version holds the document that was in force before, if the log tells it."""
    try:
        wanted = _document_before(facts)
    except CannotFix:
        return False
    return (yield from version_document(arn, version)) == wanted


def find_version(creation: Call) -> Generator[Read, Any, dict[str, Any] | None]:
    """Find the version that a call made, by its document."""
    arn, wanted = creation.params["PolicyArn"], json.loads(creation.params["PolicyDocument"])
    versions = yield read(
        "iam.list_policy_versions", PolicyArn=arn, pick="Versions[?!IsDefaultVersion].VersionId"
    )
    for one in versions or ():
        if (yield from version_document(arn, one)) == wanted:
            return {"PolicyVersion": {"VersionId": one}}
    return None


def version_document(arn: str, version: str) -> Generator[Read, Any, Document | None]:
    """Read what a version says; None if there is no such version."""
    found: Document | None = yield read(
        "iam.get_policy_version", PolicyArn=arn, VersionId=version, pick="PolicyVersion.Document"
    )
    return found


# Whether it exists -------------------------------------------------------------------------


@remediation(
    title="Make the deleted policy again",
    breaks="Nothing yet: nobody bears it until it is attached.",
    example=Example(
        facts=replace(_VERSION, event_name="DeletePolicy"),
        reads=((call("iam.get_policy", PolicyArn=_ARN), None),),
        changes=(
            call(
                "iam.create_policy",
                PolicyName="own",
                Path="/",
                PolicyDocument=policy_text(_READING),
            ),
        ),
    ),
    needs="finding",
)
def recreate_policy(facts: Facts) -> Steps:
    """Make the policy under its ARN again, with the document that was in force, from the log.

    It begins at version v1; description, tags and earlier versions do not come back.  Who bore it
    the detachments before the deletion tell: attach it by their findings
    (policies.attach_policy_again).  A policy that is there again is left as it is.
    """
    arn = policy_arn(facts)
    if (yield read("iam.get_policy", PolicyArn=arn, pick="Policy.Arn")) is not None:
        return
    found = _MANAGED.fullmatch(arn)
    name, path = (found["name"], found["path"]) if found else ("", "")
    yield change(
        "iam.create_policy",
        PolicyName=name,
        Path=path,
        PolicyDocument=policy_text(_document_before(facts)),
        undo=call("iam.delete_policy", PolicyArn=arn),
        note=f"Policy {arn}: deleted → made again, attached to nobody",
    )


# What the finding tells --------------------------------------------------------------------


def policy_arn(facts: Facts) -> str:
    """Give the ARN of the finding; one of another form could change the question that it is in."""
    arn = facts.object_id or ""
    if not _MANAGED.fullmatch(arn):
        raise CannotFix("The finding names no managed policy: look at its event for the ARN.")
    return arn


def the_policy(arn: str, facts: Facts) -> Generator[Read, Any, dict[str, Any]]:
    """Read the policy; raises CannotFix where it is gone, or is another under the same ARN."""
    found: dict[str, Any] | None = yield read(
        "iam.get_policy",
        PolicyArn=arn,
        pick="Policy.{version: DefaultVersionId, created: CreateDate}",
    )
    if found is None:
        raise CannotFix(
            f"Policy {arn} is not there. Look for DeletePolicy in the log: its finding has a fix "
            "that makes it again (policies.recreate_policy)."
        )
    if is_later(found["created"], facts.event_time):
        raise CannotFix(
            f"Policy {arn} was made at {found['created']}, after the event: it is another policy "
            "of the same name. Read it before you use it."
        )
    return found


def _document_before(facts: Facts) -> Document:
    """Give the document that the log holds; raises CannotFix if it holds none."""
    text = (facts.before or {}).get("policy_document")
    try:
        document = json.loads(text) if isinstance(text, str) else None
    except json.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise CannotFix(
            "The log does not hold the former document of the policy: take it from the code of the "
            "account, or from a snapshot, and write it by hand."
        )
    return document
