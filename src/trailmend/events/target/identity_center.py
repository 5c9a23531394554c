"""IAM Identity Center: its instances and permission sets, and the directory of people."""

from trailmend.events.target.places import Place, Service, of_kind

_ASSIGNMENTS = frozenset({"CreateAccountAssignment", "DeleteAccountAssignment"})
_OF_APPLICATIONS = frozenset({"CreateApplicationAssignment", "DeleteApplicationAssignment"})
_OF_PEOPLE = ("principalId",)
_TAGGED = ("resourceArn",)

SSO = Service(
    targets=(
        *(
            Place(kind=kind, request=_TAGGED, read=of_kind(kind))
            for kind in ("application", "permission_set", "sso_instance", "trusted_token_issuer")
        ),
        Place(kind="directory_user", request=_OF_PEOPLE, when=("principalType", "USER")),
        Place(kind="directory_group", request=_OF_PEOPLE, when=("principalType", "GROUP")),
        Place(
            kind="permission_set",
            request=("permissionSetArn",),
            response=("permissionSet.permissionSetArn",),
        ),
        Place(kind="permission_set", request=("name",), only=frozenset({"CreatePermissionSet"})),
        Place(kind="application", request=("applicationArn",), response=("applicationArn",)),
        Place(kind="application", request=("name",), only=frozenset({"CreateApplication"})),
        Place(
            kind="trusted_token_issuer",
            request=("trustedTokenIssuerArn",),
            response=("trustedTokenIssuerArn",),
        ),
        Place(
            kind="trusted_token_issuer",
            request=("name",),
            only=frozenset({"CreateTrustedTokenIssuer"}),
        ),
        Place(kind="sso_instance", request=("instanceArn",), response=("instanceArn",)),
        Place(kind="sso_instance", request=("name",), only=frozenset({"CreateInstance"})),
    ),
    objects=(
        Place(
            kind="permission_set",
            request=("permissionSetArn",),
            only=_ASSIGNMENTS,
        ),
        Place(kind="application", request=("applicationArn",), only=_OF_APPLICATIONS),
        Place(
            kind="permissions_boundary",
            request=(
                "permissionsBoundary.managedPolicyArn",
                "permissionsBoundary.customerManagedPolicyReference.name",
            ),
        ),
        Place(
            kind="policy",
            request=("managedPolicyArn", "customerManagedPolicyReference.name"),
        ),
    ),
    bare={
        "PutPermissionsBoundaryToPermissionSet": "permissions_boundary",
        "DeletePermissionsBoundaryFromPermissionSet": "permissions_boundary",
        "PutInlinePolicyToPermissionSet": "inline_policy",
        "DeleteInlinePolicyFromPermissionSet": "inline_policy",
    },
    denied_otherwise=_ASSIGNMENTS | _OF_APPLICATIONS,
    nobody=frozenset(
        """
        Authenticate CreateToken Federate GetRoleCredentials ListAccountRoles ListAccounts
        ListProfilesForApplication Logout
        """.split()
    ),
)
"""What the access portal and the sign-in of tools record is of their caller, who is in it."""

SSO_TOKENS = Service(
    targets=(
        Place(kind="application", request=("clientId",), only=frozenset({"CreateTokenWithIAM"})),
    ),
    nobody=frozenset({"CreateToken", "RegisterClient", "StartDeviceAuthorization"}),
)

_MEMBERSHIPS = frozenset(
    {
        "CreateGroupMembership",
        "DeleteGroupMembership",
        "AddMemberToGroup",
        "RemoveMemberFromGroup",
    }
)

DIRECTORY = Service(
    targets=(
        Place(
            kind="directory_user",
            request=("userId", "memberId.userId", "member.memberId"),
            response=("userId", "user.userId"),
        ),
        Place(kind="directory_user", request=("userName",), only=frozenset({"CreateUser"})),
        Place(
            kind="directory_group",
            request=("groupId",),
            response=("groupId", "group.groupId"),
        ),
        Place(kind="directory_group", request=("displayName",), only=frozenset({"CreateGroup"})),
        Place(
            kind="identity_store",
            request=("identityStoreId",),
            only=frozenset({"UpdateIdentityStore"}),
        ),
    ),
    objects=(
        Place(kind="directory_group", request=("groupId",), only=_MEMBERSHIPS),
        Place(kind="membership", request=("membershipId",), only=_MEMBERSHIPS),
    ),
)
"""`identitystore` is the public API, `sso-directory` what the console of Identity Center calls."""

_OF_GROUPS = frozenset({"CreateGroup", "DeleteGroup", "PatchGroup"})
_OF_USERS = frozenset({"CreateUser", "DeleteUser", "PatchUser", "PutUser"})
WANTED_OF_PROVIDERS = {"identitystore-scim.amazonaws.com": _OF_GROUPS | _OF_USERS}
"""What an external provider changes by SCIM; it reads all day, and reads change nothing."""

PROVIDER = Service(
    targets=(
        Place(kind="directory_user", request=("id",), response=("id",), only=_OF_USERS),
        Place(kind="directory_group", request=("id",), response=("id",), only=_OF_GROUPS),
    ),
)
