"""Who has a permission set in an account: an assignment taken away."""

from __future__ import annotations

import re
from typing import Any

from msgspec import UNSET

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation
from trailmend.remediations.permission_sets import find_set

_ID = re.compile(r"([0-9a-f]{10}-|)[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}")
_TYPES = {"directory_user": "USER", "directory_group": "GROUP"}
_PERSON = "9067f3c5a1-aaaaaaaa-1111-2222-3333-444455556666"
_SET = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef"
_ON: dict[str, Any] = {
    "InstanceArn": "arn:aws:sso:::instance/ssoins-1234567890abcdef",
    "PermissionSetArn": _SET,
    "region": "us-east-1",
}


@remediation(
    title="Take the account away from the person or group",
    breaks=(
        "The person or group can open no new session in that account by this set; sessions that "
        "were begun last until they expire."
    ),
    example=Example(
        facts=Facts(
            account_id="111122223333",
            finding_id="c5a7e9f1b3d50248",
            event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
            event_name="CreateAccountAssignment",
            event_time="2026-03-02T09:00:00Z",
            object_type="permission_set",
            object_id=_SET,
            target=Target("directory_user", _PERSON, "us-east-1"),
            after={"targetId": "444455556666"},
        ),
        reads=(
            (call("sso-admin.describe_permission_set", **_ON), "Platform"),
            (
                call("sso-admin.list_account_assignments", **_ON, AccountId="444455556666"),
                [_PERSON],
            ),
        ),
        changes=(
            call(
                "sso-admin.delete_account_assignment",
                **_ON,
                TargetId="444455556666",
                TargetType="AWS_ACCOUNT",
                PrincipalType="USER",
                PrincipalId=_PERSON,
            ),
        ),
    ),
    stage="remove",
    needs="finding",
)
def delete_assignment(facts: Facts) -> Steps:
    """Take this one permission set in this one account away from this one person or group.

    AWS answers that the deletion is in progress: it is verified by the list of assignments.  Of a
    group's assignment all members are hit.  Sessions that were begun go on for up to 12 hours, and
    AWS lets nobody end those of a set's role: deny the person's id (identitystore:UserId).
    """
    target = facts.target
    account = str((facts.after or {}).get("targetId") if facts.after is not UNSET else "")
    if target is UNSET or target.kind not in _TYPES or not _ID.fullmatch(target.name):
        raise CannotFix("The finding names nobody of the directory: look at its event.")
    if not re.fullmatch(r"\d{12}", account):
        raise CannotFix("The finding does not name the account that was assigned: see its event.")
    chosen = yield from find_set(facts.object_id or "", target.region)
    kind = _TYPES[target.kind]
    assigned = yield read(
        "sso-admin.list_account_assignments",
        **chosen.named,
        AccountId=account,
        pick=(
            f"AccountAssignments[?PrincipalId=='{target.name}' && PrincipalType=='{kind}']"
            ".PrincipalId"
        ),
    )
    if assigned:
        whom: dict[str, Any] = {
            "TargetId": account,
            "TargetType": "AWS_ACCOUNT",
            "PrincipalType": kind,
            "PrincipalId": target.name,
        }
        yield change(
            "sso-admin.delete_account_assignment",
            **chosen.named,
            **whom,
            undo=chosen.call("create_account_assignment", **whom),
            note=f"{kind.lower()} {target.name}: {chosen.text} in account {account} → not assigned",
        )
