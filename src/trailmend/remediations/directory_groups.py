"""Who is in a group of Identity Center's directory: somebody taken out of it."""

from __future__ import annotations

import re
from typing import Any

from msgspec import UNSET

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation

_STORE = re.compile(r"d-[0-9a-z]{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID = re.compile(r"([0-9a-f]{10}-|)[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}")
_IDS = {letter: f"9067f3c5a1-{letter * 8}-1111-2222-3333-444455556666" for letter in "abc"}
_IN: dict[str, Any] = {"IdentityStoreId": "d-9067f3c5a1", "region": "us-east-1"}


@remediation(
    title="Take the person out of the directory's group",
    breaks=(
        "The person loses the accounts and applications that the group is assigned; sessions that "
        "were begun last until they expire."
    ),
    example=Example(
        facts=Facts(
            account_id="111122223333",
            finding_id="c5a7e9f1b3d50248",
            event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
            event_name="CreateGroupMembership",
            event_time="2026-03-02T09:00:00Z",
            object_type="directory_group",
            object_id=_IDS["b"],
            target=Target("directory_user", _IDS["a"], "us-east-1"),
            after={"identityStoreId": "d-9067f3c5a1"},
        ),
        reads=(
            (
                call(
                    "identitystore.get_group_membership_id",
                    **_IN,
                    GroupId=_IDS["b"],
                    MemberId={"UserId": _IDS["a"]},
                ),
                _IDS["c"],
            ),
            (
                call("identitystore.describe_user", **_IN, UserId=_IDS["a"]),
                "alice",
            ),
            (
                call("identitystore.describe_group", **_IN, GroupId=_IDS["b"]),
                "staff",
            ),
        ),
        changes=(call("identitystore.delete_group_membership", **_IN, MembershipId=_IDS["c"]),),
    ),
    stage="remove",
    needs="finding",
)
def remove_from_directory_group(facts: Facts) -> Steps:
    """End the membership of this one person in this one group; the person's others stay.

    Where a provider of identities is connected, change the group there too, or the membership
    comes back.  Whoever is not in the group needs nothing.
    """
    target, group = facts.target, facts.object_id or ""
    store = str((facts.after or {}).get("identityStoreId") if facts.after is not UNSET else "")
    if target is UNSET or not (_ID.fullmatch(target.name) and _ID.fullmatch(group)):
        raise CannotFix("The finding does not name both person and group: look at its event.")
    if not _STORE.fullmatch(store):
        raise CannotFix("The finding does not name the directory: look at its event.")
    place: dict[str, Any] = {"IdentityStoreId": store, "region": target.region}
    membership = yield read(
        "identitystore.get_group_membership_id",
        **place,
        GroupId=group,
        MemberId={"UserId": target.name},
        pick="MembershipId",
    )
    if membership is None:
        return
    person = yield read(
        "identitystore.describe_user", **place, UserId=target.name, pick="UserName", watch=False
    )
    called = yield read(
        "identitystore.describe_group", **place, GroupId=group, pick="DisplayName", watch=False
    )
    yield change(
        "identitystore.delete_group_membership",
        **place,
        MembershipId=membership,
        undo=None,
        irreversible=(
            "The membership cannot be put back as it was: whoever joins again gets another one "
            f"(aws identitystore create-group-membership --group-id {group})."
        ),
        note=(
            f"{person or target.name} in group {called or group} of the directory → not in it. "
            "A provider of identities that is connected may put the membership back."
        ),
    )
