"""Every identity event of the catalog: whom and what it concerns, one row for each.

The rows of calls that botocore knows are tried on a record that its model makes; the sign-in events
that it does not know are written out below, after published samples.
"""

import pytest

from tests.calls_of_botocore import (
    APPLICATION,
    INSTANCE,
    ISSUER,
    MEMBER,
    OIDC,
    PHONE,
    POLICY,
    SAML,
    SET,
    operations,
    parameters,
)
from tests.reading import Fields
from tests.targets import BOB, told
from tests.test_field_deletion import NEEDED, paths, without
from trailmend.events.target import NAME_MAY_BE_LEFT_OUT
from trailmend.evidence import call

ALIASES = {
    "APPLICATION": APPLICATION,
    "INSTANCE": INSTANCE,
    "ISSUER": ISSUER,
    "MEMBER": MEMBER,
    "OIDC": OIDC,
    "SET": SET,
    "PHONE": PHONE,
    "POLICY": POLICY,
    "SAML": SAML,
}
TABLE = """
[iam]
AcceptDelegationRequest | delegation_request dr-1 | - | other
AcquireRole | role ops | - | other
AddClientIDToOpenIDConnectProvider | oidc_provider OIDC | - | other
AddRoleToInstanceProfile | role ops | instance_profile web | other
AddUserToGroup | user alice | group admins | other
AssociateDelegationRequest | delegation_request dr-1 | - | other
AttachGroupPolicy | group admins | policy POLICY | other
AttachRolePolicy | role ops | policy POLICY | other
AttachUserPolicy | user alice | policy POLICY | other
ChangePassword | user bob | - | self
CreateAccessKey | user alice | access_key AKIAX | other
CreateAccountAlias | account | - | none
CreateDelegationRequest | delegation_request dr-1 | - | other
CreateGroup | group admins | - | other
CreateInstanceProfile | instance_profile web | - | other
CreateLoginProfile | user alice | login_profile | other
CreateOpenIDConnectProvider | oidc_provider OIDC | - | other
CreatePolicy | policy POLICY | policy POLICY | other
CreatePolicyVersion | policy POLICY | policy POLICY | other
CreateRole | role ops | - | other
CreateSAMLProvider | saml_provider SAML | - | other
CreateServiceLinkedRole | role ops | - | other
CreateServiceSpecificCredential | user alice | service_specific_credential ACCAX | other
CreateUser | user alice | - | other
CreateVirtualMFADevice | mfa_device | mfa_device PHONE | none
DeactivateMFADevice | user alice | mfa_device PHONE | other
DeleteAccessKey | user alice | access_key AKIAX | other
DeleteAccountAlias | account | - | none
DeleteAccountPasswordPolicy | account | - | none
DeleteGroup | group admins | - | other
DeleteGroupPolicy | group admins | inline_policy p | other
DeleteInstanceProfile | instance_profile web | - | other
DeleteLoginProfile | user alice | login_profile | other
DeleteOpenIDConnectProvider | oidc_provider OIDC | - | other
DeletePolicy | policy POLICY | policy POLICY | other
DeletePolicyVersion | policy POLICY | policy POLICY | other
DeleteRole | role ops | - | other
DeleteRolePermissionsBoundary | role ops | permissions_boundary | other
DeleteRolePolicy | role ops | inline_policy p | other
DeleteSAMLProvider | saml_provider SAML | - | other
DeleteSSHPublicKey | user alice | ssh_key APKAX | other
DeleteServerCertificate | server_certificate shop | - | other
DeleteServiceLinkedRole | role ops | - | other
DeleteServiceSpecificCredential | user alice | service_specific_credential ACCAX | other
DeleteSigningCertificate | user alice | signing_certificate CERTX | other
DeleteUser | user alice | - | other
DeleteUserPermissionsBoundary | user alice | permissions_boundary | other
DeleteUserPolicy | user alice | inline_policy p | other
DeleteVirtualMFADevice | mfa_device | mfa_device PHONE | unknown
DetachGroupPolicy | group admins | policy POLICY | other
DetachRolePolicy | role ops | policy POLICY | other
DetachUserPolicy | user alice | policy POLICY | other
DisableOrganizationsRootCredentialsManagement | account | - | none
DisableOrganizationsRootSessions | account | - | none
DisableOutboundWebIdentityFederation | account | - | none
EnableMFADevice | user alice | mfa_device PHONE | other
EnableOrganizationsRootCredentialsManagement | account | - | none
EnableOrganizationsRootSessions | account | - | none
EnableOutboundWebIdentityFederation | account | - | none
PutAccountProperties | account | - | none
PutGroupPolicy | group admins | inline_policy p | other
PutRolePermissionsBoundary | role ops | permissions_boundary POLICY | other
PutRolePolicy | role ops | inline_policy p | other
PutUserPermissionsBoundary | user alice | permissions_boundary POLICY | other
PutUserPolicy | user alice | inline_policy p | other
RejectDelegationRequest | delegation_request dr-1 | - | other
RemoveClientIDFromOpenIDConnectProvider | oidc_provider OIDC | - | other
RemoveRoleFromInstanceProfile | role ops | instance_profile web | other
RemoveUserFromGroup | user alice | group admins | other
ResetServiceSpecificCredential | user alice | service_specific_credential ACCAX | other
ResyncMFADevice | user alice | mfa_device PHONE | other
SendDelegationToken | delegation_request dr-1 | - | other
SetDefaultPolicyVersion | policy POLICY | policy POLICY | other
SetSecurityTokenServicePreferences | account | - | none
TagInstanceProfile | instance_profile web | - | other
TagMFADevice | mfa_device | mfa_device PHONE | unknown
TagOpenIDConnectProvider | oidc_provider OIDC | - | other
TagPolicy | policy POLICY | policy POLICY | other
TagRole | role ops | - | other
TagSAMLProvider | saml_provider SAML | - | other
TagServerCertificate | server_certificate shop | - | other
TagUser | user alice | - | other
UntagInstanceProfile | instance_profile web | - | other
UntagMFADevice | mfa_device | mfa_device PHONE | unknown
UntagOpenIDConnectProvider | oidc_provider OIDC | - | other
UntagPolicy | policy POLICY | policy POLICY | other
UntagRole | role ops | - | other
UntagSAMLProvider | saml_provider SAML | - | other
UntagServerCertificate | server_certificate shop | - | other
UntagUser | user alice | - | other
UpdateAccessKey | user alice | access_key AKIAX | other
UpdateAccountPasswordPolicy | account | - | none
UpdateAssumeRolePolicy | role ops | - | other
UpdateDelegationRequest | delegation_request dr-1 | - | other
UpdateGroup | group admins | - | other
UpdateLoginProfile | user alice | login_profile | other
UpdateOpenIDConnectProviderThumbprint | oidc_provider OIDC | - | other
UpdateRole | role ops | - | other
UpdateRoleDescription | role ops | - | other
UpdateSAMLProvider | saml_provider SAML | - | other
UpdateSSHPublicKey | user alice | ssh_key APKAX | other
UpdateServerCertificate | server_certificate shop | - | other
UpdateServiceSpecificCredential | user alice | service_specific_credential ACCAX | other
UpdateSigningCertificate | user alice | signing_certificate CERTX | other
UpdateUser | user alice | - | other
UploadSSHPublicKey | user alice | ssh_key APKAX | other
UploadServerCertificate | server_certificate shop | - | other
UploadSigningCertificate | user alice | signing_certificate CERTX | other
GenerateCredentialReport | - | - | none
GenerateServiceLastAccessedDetails | role ops | - | other
GenerateOrganizationsAccessReport | organization o-1/r-1/ou-1 | - | other
[sts]
AssumeRoot | root root | session ASIAX | other
GetFederationToken | user bob | session ASIAX | self
GetDelegatedAccessToken | role ops | session ASIAX | other
AssumeRole | role ops | session ASIAX | other
AssumeRoleWithSAML | role ops | session ASIAX | other
AssumeRoleWithWebIdentity | role ops | session ASIAX | other
GetSessionToken | user bob | session ASIAX | self
GetWebIdentityToken | - | - | none
DecodeAuthorizationMessage | - | - | none
GetCallerIdentity | - | - | none
GetAccessKeyInfo | - | access_key AKIAX | unknown
[signin]
CreateOAuth2Token | - | - | none
PutResourcePermissionStatement | account | - | none
DeleteResourcePermissionStatement | account | - | none
CreateBearerToken | - | - | none
CreateOAuth2TokenWithIAM | - | - | none
CreateOAuth2TokenWithTokenExchange | - | - | none
PutConsoleAuthorizationConfiguration | organization_account MEMBER | - | other
DeleteConsoleAuthorizationConfiguration | organization_account MEMBER | - | other
RevokeOAuth2TokenWithIAM | - | - | none
IntrospectOAuth2TokenWithIAM | - | - | none
[sso]
CreateAccountAssignment | directory_group group-1 | permission_set SET | other
CreatePermissionSet | permission_set SET | - | other
PutInlinePolicyToPermissionSet | permission_set SET | inline_policy | other
AttachManagedPolicyToPermissionSet | permission_set SET | policy POLICY | other
AttachCustomerManagedPolicyReferenceToPermissionSet | permission_set SET | policy main | other
PutPermissionsBoundaryToPermissionSet | permission_set SET | permissions_boundary POLICY | other
DeletePermissionsBoundaryFromPermissionSet | permission_set SET | permissions_boundary | other
CreateTrustedTokenIssuer | trusted_token_issuer ISSUER | - | other
UpdateTrustedTokenIssuer | trusted_token_issuer ISSUER | - | other
CreateInstance | sso_instance INSTANCE | - | other
DeleteInstance | sso_instance INSTANCE | - | other
DeleteAccountAssignment | directory_group group-1 | permission_set SET | other
UpdatePermissionSet | permission_set SET | - | other
ProvisionPermissionSet | permission_set SET | - | other
DeletePermissionSet | permission_set SET | - | other
DetachManagedPolicyFromPermissionSet | permission_set SET | policy POLICY | other
DetachCustomerManagedPolicyReferenceFromPermissionSet | permission_set SET | policy main | other
DeleteInlinePolicyFromPermissionSet | permission_set SET | inline_policy | other
CreateApplication | application APPLICATION | - | other
PutApplicationGrant | application APPLICATION | - | other
PutApplicationAuthenticationMethod | application APPLICATION | - | other
PutApplicationAccessScope | application APPLICATION | - | other
UpdateApplication | application APPLICATION | - | other
PutApplicationSessionConfiguration | application APPLICATION | - | other
PutApplicationAssignmentConfiguration | application APPLICATION | - | other
CreateApplicationAssignment | directory_group group-1 | application APPLICATION | other
DeleteApplicationAssignment | directory_group group-1 | application APPLICATION | other
DeleteApplication | application APPLICATION | - | other
DeleteApplicationGrant | application APPLICATION | - | other
DeleteApplicationAuthenticationMethod | application APPLICATION | - | other
DeleteApplicationAccessScope | application APPLICATION | - | other
CreateInstanceAccessControlAttributeConfiguration | sso_instance INSTANCE | - | other
DeleteInstanceAccessControlAttributeConfiguration | sso_instance INSTANCE | - | other
TagResource | sso_instance INSTANCE | - | other
UntagResource | sso_instance INSTANCE | - | other
UpdateInstance | sso_instance INSTANCE | - | other
UpdateInstanceAccessControlAttributeConfiguration | sso_instance INSTANCE | - | other
DeleteTrustedTokenIssuer | trusted_token_issuer ISSUER | - | other
[sso-oauth]
CreateToken | - | - | none
CreateTokenWithIAM | application APPLICATION | - | other
RegisterClient | - | - | none
StartDeviceAuthorization | - | - | none
[identitystore]
CreateUser | directory_user user-1 | - | other
CreateGroupMembership | directory_user user-1 | directory_group group-1 | other
UpdateUser | directory_user user-1 | - | other
DeleteUser | directory_user user-1 | - | other
CreateGroup | directory_group group-1 | - | other
UpdateGroup | directory_group group-1 | - | other
DeleteGroup | directory_group group-1 | - | other
DeleteGroupMembership | - | membership membership-1 | unknown
UpdateIdentityStore | identity_store d-1 | - | other
[rolesanywhere]
CreateTrustAnchor | trust_anchor anchor-1 | - | other
UpdateTrustAnchor | trust_anchor anchor-1 | - | other
EnableTrustAnchor | trust_anchor anchor-1 | - | other
CreateProfile | rolesanywhere_profile profile-1 | - | other
UpdateProfile | rolesanywhere_profile profile-1 | - | other
EnableProfile | rolesanywhere_profile profile-1 | - | other
DisableCrl | crl crl-1 | - | other
DeleteCrl | crl crl-1 | - | other
DisableTrustAnchor | trust_anchor anchor-1 | - | other
DeleteTrustAnchor | trust_anchor anchor-1 | - | other
DisableProfile | rolesanywhere_profile profile-1 | - | other
DeleteProfile | rolesanywhere_profile profile-1 | - | other
ImportCrl | crl crl-1 | - | other
UpdateCrl | crl crl-1 | - | other
EnableCrl | crl crl-1 | - | other
PutAttributeMapping | rolesanywhere_profile profile-1 | - | other
DeleteAttributeMapping | rolesanywhere_profile profile-1 | - | other
[organizations]
DetachPolicy | organization_account MEMBER | organization_policy p-1 | other
UpdatePolicy | organization_policy p-1 | - | other
DeletePolicy | organization_policy p-1 | - | other
DisablePolicyType | organization r-1 | - | other
LeaveOrganization | account | - | none
RemoveAccountFromOrganization | organization_account MEMBER | - | other
MoveAccount | organization_account MEMBER | - | other
RegisterDelegatedAdministrator | organization_account MEMBER | - | other
EnableAWSServiceAccess | organization | - | none
AttachPolicy | organization_account MEMBER | organization_policy p-1 | other
CreatePolicy | organization_policy p-1 | - | other
EnablePolicyType | organization r-1 | - | other
EnableAllFeatures | organization | - | none
CloseAccount | organization_account MEMBER | - | other
CreateAccount | organization_account | - | unknown
CreateGovCloudAccount | organization_account | - | unknown
AcceptHandshake | account | handshake h-1 | none
DeclineHandshake | account | handshake h-1 | none
CancelHandshake | organization | handshake h-1 | none
CreateOrganization | organization | - | none
DeleteOrganization | organization | - | none
CreateOrganizationalUnit | organization ou-1 | - | other
UpdateOrganizationalUnit | organization ou-1 | - | other
DeleteOrganizationalUnit | organization ou-1 | - | other
PutResourcePolicy | organization | - | none
DeleteResourcePolicy | organization | - | none
UpdateResponsibilityTransfer | organization | responsibility_transfer rt-1 | none
TerminateResponsibilityTransfer | organization | responsibility_transfer rt-1 | none
TagResource | organization ou-1 | - | other
UntagResource | organization ou-1 | - | other
[account]
StartPrimaryEmailUpdate | organization_account MEMBER | - | other
AcceptPrimaryEmailUpdate | organization_account MEMBER | - | other
[cloudtrail]
StopLogging | trail main | - | other
DeleteTrail | trail main | - | other
UpdateTrail | trail main | - | other
PutEventSelectors | trail main | - | other
[access-analyzer]
DeleteAnalyzer | analyzer watch | - | other
CreateArchiveRule | analyzer watch | archive_rule ignore | other
UpdateArchiveRule | analyzer watch | archive_rule ignore | other
ApplyArchiveRule | analyzer watch | archive_rule ignore | other
DeleteArchiveRule | analyzer watch | archive_rule ignore | other
UpdateFindings | analyzer watch | - | other
CreateAnalyzer | analyzer watch | - | other
CreateServiceLinkedAnalyzer | analyzer watch | - | other
UpdateAnalyzer | analyzer watch | - | other
DeleteServiceLinkedAnalyzer | analyzer watch | - | other
CreateAccessPreview | analyzer watch | - | other
StartResourceScan | analyzer watch | - | other
StartPolicyGeneration | role ops | - | other
CancelPolicyGeneration | - | - | none
[s3]
DeleteBucket | bucket logs | - | other
DeleteBucketLifecycle | bucket logs | - | other
DeleteBucketPolicy | bucket logs | - | other
[kms]
CreateGrant | key 1234abcd | - | other
DisableKey | key 1234abcd | - | other
PutKeyPolicy | key 1234abcd | - | other
ScheduleKeyDeletion | key 1234abcd | - | other
[secretsmanager]
CreateSecret | secret main | - | other
DeleteSecret | secret db | - | other
GetSecretValue | secret db | - | other
PutSecretValue | secret db | - | other
"""


def rows() -> dict[str, dict[str, tuple[str, str, str]]]:
    """Read the table: service -> event -> target, object, relation."""
    read: dict[str, dict[str, tuple[str, str, str]]] = {}
    for line in TABLE.strip().splitlines():
        if line.startswith("["):
            read[line[1:-1]] = {}
            continue
        name, target, thing, relation = (
            " ".join(ALIASES.get(word, word) for word in part.split()) for part in line.split("|")
        )
        read[list(read)[-1]][name] = target, thing, relation
    return read


ROWS = rows()


def record(source: str, name: str) -> Fields:
    if source == "s3":
        request: Fields | None = {"bucketName": "logs", "Host": "logs.s3.amazonaws.com"}
        return call(name, by=BOB, source=source, request=request)
    request, answer = parameters(source, name)
    return call(name, by=BOB, source=source, request=request, response=answer)


@pytest.mark.parametrize("source", ROWS)
def test_every_event_tells_its_target_its_object_and_their_relation(source: str) -> None:
    assert {name: told(record(source, name)) for name in ROWS[source]} == ROWS[source]


def test_every_call_of_iam_that_writes_has_a_row() -> None:
    reads = ("Get", "List", "Simulate")

    writes = {name for name in operations("iam") if not name.startswith(reads)}

    assert writes - set(ROWS["iam"]) == set()


def test_lost_field_never_makes_one_of_these_calls_ones_own() -> None:
    wrong = []
    for source, names in ROWS.items():
        for name in names:
            whole = record(source, name)
            if told(whole)[2] == "self":
                continue
            for path in paths(whole):
                left_out = path[0] == "requestParameters" and name in NAME_MAY_BE_LEFT_OUT
                if path in NEEDED or left_out:
                    continue
                if told(without(whole, path))[2] == "self":
                    wrong.append((name, path))

    assert wrong == []
