"""Upkeep of Identity Center's directory: people and groups are changed or deleted."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, directory_id, user
from trailmend.evidence.center import PIPELINE, STAFF, by_provider, on_directory
from trailmend.tries import tries

_USERS = "botocore identitystore UpdateUser, DeleteUser"
_GROUPS = "botocore identitystore CreateGroup, UpdateGroup, DeleteGroup"
_SAMPLE = "sample: traildiscover CreateGroup (sso-directory)"
_ID = directory_id("alice")
RENAMED = on_directory(
    "UpdateUser",
    userId=_ID,
    operations=[{"attributePath": "displayName", "attributeValue": "Alice"}],
)
MAIL = on_directory(
    "UpdateUser", userId=_ID, operations=[{"attributePath": "emails", "attributeValue": []}]
)
NAMED = on_directory(
    "UpdateUser",
    userId=_ID,
    operations=[{"attributePath": "userName", "attributeValue": "a"}],
    at="09:30:00",
)
GONE = on_directory("DeleteUser", userId=_ID)
GROUP = on_directory("CreateGroup", displayName="staff", response={"groupId": STAFF})
GROUP_BY_CONSOLE = on_directory(
    "CreateGroup",
    source="sso-directory",
    by=user("bob"),
    displayName="staff",
    response={"group": {"groupId": STAFF}},
)
GROUP_GONE = on_directory("DeleteGroup", groupId=STAFF)
GONE_BY_CONSOLE = on_directory("DeleteUser", source="sso-directory", userId=_ID)
GONE_BY_PROVIDER = by_provider("DeleteUser", _ID)
PATCHED = by_provider("PatchUser", _ID, operations=[{"op": "REPLACE", "path": "title"}])
_MISSING = on_directory("DeleteUser", userId=_ID, error="ResourceNotFoundException")
_DENIED = denied("DeleteUser", by=PIPELINE, source="identitystore")
_DELETES = "event_name IN ('DeleteUser', 'DeleteGroup')"
_WHO = (
    "(event_name = 'UpdateUser' AND (COALESCE(request, '') LIKE '%\"attributePath\":\"userName\"%' "
    "OR COALESCE(request, '') LIKE '%\"attributePath\":\"emails%'))"
)

RUNBOOK = Runbook(
    events=(
        "identitystore.amazonaws.com:UpdateUser",
        "identitystore.amazonaws.com:DeleteUser",
        "identitystore.amazonaws.com:CreateGroup",
        "identitystore.amazonaws.com:UpdateGroup",
        "identitystore.amazonaws.com:DeleteGroup",
        "sso-directory.amazonaws.com:UpdateUser",
        "sso-directory.amazonaws.com:DeleteUser",
        "sso-directory.amazonaws.com:CreateGroup",
        "sso-directory.amazonaws.com:UpdateGroup",
        "sso-directory.amazonaws.com:DeleteGroup",
        "identitystore-scim.amazonaws.com:PatchUser",
        "identitystore-scim.amazonaws.com:PutUser",
        "identitystore-scim.amazonaws.com:DeleteUser",
        "identitystore-scim.amazonaws.com:CreateGroup",
        "identitystore-scim.amazonaws.com:DeleteGroup",
    ),
    family="Identity Center",
    tier=2,
    first="Nothing is urgent, unless many are deleted or a name that a provider matches changed.",
    information=(
        Claim(
            "UpdateUser carries a list of attributes and values; ids stay the same whatever the "
            "name.",
            f"{_USERS}; botocore identitystore AttributeOperation",
        ),
        Claim(
            "A group is an id with assignments; its name means nothing to access.",
            f"{_GROUPS}; botocore sso-admin CreateAccountAssignment (PrincipalId)",
        ),
        Claim(
            "The console's calls have the source sso-directory, an external provider's "
            "identitystore-scim: PatchUser and PutUser change a person, with hidden values.",
            f"{_SAMPLE}; AWS IAM Identity Center User Guide, Logging IAM Identity Center SCIM API "
            "calls with AWS CloudTrail, read 2026-11-28",
        ),
    ),
    impact=(
        Claim(
            "User name and address are what an external provider or an issuer of tokens matches "
            "people by: changed, one person's sign-in can mean another.",
            "botocore sso-admin OidcJwtConfiguration; AWS IAM Identity Center User Guide (archive "
            "of June 2023), Manual provisioning, Ping Identity (PingFederate), read 2026-11-28",
        ),
        Claim(
            "A deleted person or group loses its access; made anew it has another id and no "
            "assignment.",
            f"{_USERS}; {_GROUPS}",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Names change, teams end.",
            (Fact("The staff's directory shows the same."),),
            (Fact("The group is one of administrators."),),
        ),
        Explanation(
            "unauthorised",
            "A user's address is set to that of somebody with more power, so that tokens match.",
            (Fact("User name or address was set.", _WHO),),
            (Fact("Neither user name nor address was set.", f"NOT {_WHO}"),),
        ),
        Explanation(
            "automation",
            "Provisioning by SCIM keeps the directory.",
            (
                Fact(
                    "The caller made {same_action_10m} such calls within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("The provider shows no such change."),),
        ),
    ),
    corrections=(
        Correction(
            "DeleteUser here removes an IAM user.",
            Claim("It removes a person of the directory; IAM users are not in it.", _USERS),
        ),
    ),
    questions=("Is a provider connected, and does it show the same change?",),
    false_positives=("Provisioning, marriage, reorganization.",),
    detections={
        "bulk": Detection(
            title="The tenth person or group within ten minutes was deleted by one principal",
            level="medium",
            when=f"{_DELETES} AND targets_10m = 10",
            techniques=("T1531",),
            fires=(
                tuple(
                    on_directory("DeleteUser", userId=directory_id(f"u{n}"), at=f"09:00:{n:02}")
                    for n in range(10)
                ),
            ),
            quiet=((GONE,), (_MISSING,)),
        ),
        "deleted": Detection(
            title="A person or a group of the directory was deleted",
            level="low",
            when=f"{_DELETES} AND COALESCE(targets_10m, 0) <> 10",
            techniques=("T1531",),
            fires=((GONE,), (GROUP_GONE,), (GONE_BY_CONSOLE,), (GONE_BY_PROVIDER,)),
            quiet=((GROUP,), (_MISSING,)),
        ),
        "matched_otherwise": Detection(
            title="User name or address of a person of the directory was set",
            level="low",
            when=f"NOT {_DELETES} AND {_WHO}",
            techniques=("T1098",),
            fires=((MAIL,), (NAMED,)),
            quiet=((RENAMED,), (GONE,)),
        ),
        "kept": Detection(
            title="The directory was kept: a person changed, a group made or changed",
            level="info",
            when=f"NOT {_DELETES} AND NOT {_WHO}",
            fires=((RENAMED,), (GROUP,), (GROUP_BY_CONSOLE,), (PATCHED,)),
            quiet=((MAIL,), (GONE,), (_DENIED,)),
        ),
        **tries("change the directory", denied=_DENIED, failed=_MISSING, done=GROUP),
    },
)
