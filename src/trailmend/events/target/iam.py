"""IAM: whom and what its calls concern."""

from trailmend.events.target.arns import parse_arn
from trailmend.events.target.places import Place, Service

ROOT_USER = "AWS ROOT USER"
"""What CloudTrail writes as user name where root is the target (CloudTrail User Guide)."""

NAME_MAY_BE_LEFT_OUT = frozenset(
    """
    ChangePassword CreateAccessKey CreateLoginProfile DeactivateMFADevice DeleteAccessKey
    DeleteLoginProfile DeleteServiceSpecificCredential DeleteSigningCertificate GetLoginProfile
    GetUser
    ListAccessKeys ListMFADevices ListSSHPublicKeys ListServiceSpecificCredentials
    ListSigningCertificates ResetServiceSpecificCredential UpdateAccessKey
    UpdateServiceSpecificCredential UpdateSigningCertificate UploadSigningCertificate
    """.split()
)
"""IAM calls on a user that may leave the name out and then mean the caller (botocore iam)."""

_ACCOUNT_WIDE = """
    DeleteAccountPasswordPolicy UpdateAccountPasswordPolicy GetAccountPasswordPolicy
    CreateAccountAlias DeleteAccountAlias PutAccountProperties SetSecurityTokenServicePreferences
    EnableOrganizationsRootCredentialsManagement DisableOrganizationsRootCredentialsManagement
    EnableOrganizationsRootSessions DisableOrganizationsRootSessions
    EnableOutboundWebIdentityFederation DisableOutboundWebIdentityFederation
    GetOutboundWebIdentityFederationInfo GetAccountProperties
    """
_NOBODY = frozenset(
    """
    GenerateCredentialReport GetAccountAuthorizationDetails GetAccountSummary GetCredentialReport
    ListAccountAliases ListGroups ListInstanceProfiles ListOpenIDConnectProviders ListPolicies
    ListRoles ListSAMLProviders ListServerCertificates ListUsers ListVirtualMFADevices
    ListOrganizationsFeatures
    """.split()
)
_MEMBERS = frozenset({"AddUserToGroup", "RemoveUserFromGroup"})
_OF_INSTANCES = frozenset({"AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"})
_INLINE = frozenset(
    f"{verb}{noun}Policy" for verb in ("Put", "Delete", "Get") for noun in ("User", "Role", "Group")
)
_NOUNS_OF_REPORTS = ("user", "role", "group", "policy")
_REPORTS = frozenset(
    """
    GenerateServiceLastAccessedDetails ListPoliciesGrantingServiceAccess SimulatePrincipalPolicy
    GetContextKeysForPrincipalPolicy
    """.split()
)


def _root(said: str, account: str) -> str | None:
    return "root" if said == ROOT_USER else None


def _named_as(kind: str) -> Place:
    """Make the place of calls that take an ARN of any kind."""

    def read(said: str, account: str) -> str | None:
        arn = parse_arn(said)
        if arn is None or arn.kind != kind:
            return None
        return arn.name if arn.account == account else said

    return Place(kind=kind, request=("arn", "policySourceArn"), only=_REPORTS, read=read)


IAM = Service(
    targets=(
        Place(kind="root", request=("userName",), read=_root),
        Place(
            kind="user",
            request=("userName",),
            response=(
                "accessKey.userName",
                "certificate.userName",
                "serviceSpecificCredential.userName",
            ),
        ),
        Place(kind="role", request=("roleName",), response=("role.roleName",)),
        Place(kind="group", request=("groupName",)),
        Place(kind="instance_profile", request=("instanceProfileName",)),
        Place(kind="policy", request=("policyArn",), response=("policy.arn",)),
        Place(kind="policy", request=("policyName",), only=frozenset({"CreatePolicy"})),
        Place(kind="saml_provider", request=("sAMLProviderArn",), response=("sAMLProviderArn",)),
        Place(kind="saml_provider", request=("name",), only=frozenset({"CreateSAMLProvider"})),
        Place(
            kind="oidc_provider",
            request=("openIDConnectProviderArn",),
            response=("openIDConnectProviderArn",),
        ),
        Place(
            kind="oidc_provider",
            request=("url",),
            only=frozenset({"CreateOpenIDConnectProvider"}),
        ),
        Place(kind="server_certificate", request=("serverCertificateName",)),
        Place(
            kind="delegation_request",
            request=("delegationRequestId",),
            response=("delegationRequestId",),
        ),
        Place(kind="organization", request=("entityPath",)),
        *map(_named_as, _NOUNS_OF_REPORTS),
    ),
    objects=(
        Place(kind="access_key", request=("accessKeyId",), response=("accessKey.accessKeyId",)),
        Place(
            kind="mfa_device",
            request=("serialNumber",),
            response=("virtualMFADevice.serialNumber",),
        ),
        Place(
            kind="ssh_key",
            request=("sSHPublicKeyId",),
            response=("sSHPublicKey.sSHPublicKeyId",),
        ),
        Place(
            kind="service_specific_credential",
            request=("serviceSpecificCredentialId",),
            response=("serviceSpecificCredential.serviceSpecificCredentialId",),
        ),
        Place(
            kind="signing_certificate",
            request=("certificateId",),
            response=("certificate.certificateId",),
        ),
        Place(kind="policy", request=("policyArn",), response=("policy.arn",)),
        Place(kind="inline_policy", request=("policyName",), only=_INLINE),
        Place(
            kind="permissions_boundary",
            request=("permissionsBoundary",),
            only=frozenset({"PutUserPermissionsBoundary", "PutRolePermissionsBoundary"}),
        ),
        Place(kind="group", request=("groupName",), only=_MEMBERS),
        Place(kind="instance_profile", request=("instanceProfileName",), only=_OF_INSTANCES),
    ),
    bare={
        "CreateLoginProfile": "login_profile",
        "UpdateLoginProfile": "login_profile",
        "DeleteLoginProfile": "login_profile",
        "GetLoginProfile": "login_profile",
        "DeleteUserPermissionsBoundary": "permissions_boundary",
        "DeleteRolePermissionsBoundary": "permissions_boundary",
    },
    whole=dict.fromkeys(_ACCOUNT_WIDE.split(), "account"),
    nobody=_NOBODY,
    caller=frozenset({"ChangePassword"}),
    left_out=NAME_MAY_BE_LEFT_OUT,
    alone=frozenset({"CreateVirtualMFADevice"}),
    unnamed={
        "CreateVirtualMFADevice": "mfa_device",
        "DeleteVirtualMFADevice": "mfa_device",
        "TagMFADevice": "mfa_device",
        "UntagMFADevice": "mfa_device",
        "ListMFADeviceTags": "mfa_device",
    },
)
