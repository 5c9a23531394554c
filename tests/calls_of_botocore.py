"""Records of any call that botocore knows, as CloudTrail writes them: parameters by the model.

CloudTrail writes a member's name with its first letter in lower case (`sSHPublicKeyId`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, Shape, StructureShape

from tests.reading import Fields

MODELS = {"sso": "sso-admin", "sso-oauth": "sso-oidc", "access-analyzer": "accessanalyzer"}
"""Event source -> botocore's name of the service, where they differ."""

MEMBER = "444455556666"
POLICY = "arn:aws:iam::111122223333:policy/teams/p"
SAML = "arn:aws:iam::111122223333:saml-provider/idp"
OIDC = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
PHONE = "arn:aws:iam::111122223333:mfa/phone"
INSTANCE = "arn:aws:sso:::instance/ssoins-1"
SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
APPLICATION = "arn:aws:sso::111122223333:application/ssoins-1/apl-1"
ANALYZER = "arn:aws:access-analyzer:us-east-1:111122223333:analyzer/watch"
ISSUER = "arn:aws:sso::111122223333:trustedTokenIssuer/ssoins-1/tti-1"

SENT: Fields = {
    "userName": "alice",
    "roleName": "ops",
    "groupName": "admins",
    "instanceProfileName": "web",
    "policyArn": POLICY,
    "policyName": "p",
    "accessKeyId": "AKIAX",
    "serialNumber": PHONE,
    "sSHPublicKeyId": "APKAX",
    "serviceSpecificCredentialId": "ACCAX",
    "certificateId": "CERTX",
    "sAMLProviderArn": SAML,
    "openIDConnectProviderArn": OIDC,
    "serverCertificateName": "shop",
    "delegationRequestId": "dr-1",
    "permissionsBoundary": POLICY,
    "entityPath": "o-1/r-1/ou-1",
    "arn": "arn:aws:iam::111122223333:role/teams/ops",
    "roleArn": "arn:aws:iam::111122223333:role/teams/ops",
    "targetPrincipal": "111122223333",
    "instanceArn": INSTANCE,
    "permissionSetArn": SET,
    "applicationArn": APPLICATION,
    "trustedTokenIssuerArn": ISSUER,
    "principalType": "GROUP",
    "principalId": "group-1",
    "managedPolicyArn": POLICY,
    "identityStoreId": "d-1",
    "userId": "user-1",
    "groupId": "group-1",
    "membershipId": "membership-1",
    "trustAnchorId": "anchor-1",
    "profileId": "profile-1",
    "crlId": "crl-1",
    "policyId": "p-1",
    "targetId": MEMBER,
    "accountId": MEMBER,
    "rootId": "r-1",
    "organizationalUnitId": "ou-1",
    "resourceId": "ou-1",
    "handshakeId": "h-1",
    "id": "rt-1",
    "trailName": "main",
    "analyzerName": "watch",
    "analyzerArn": ANALYZER,
    "principalArn": "arn:aws:iam::111122223333:role/teams/ops",
    "clientId": APPLICATION,
    "resourceArn": INSTANCE,
    "ruleName": "ignore",
    "name": "main",
    "displayName": "Group",
    "bucket": "logs",
    "keyId": "1234abcd",
    "secretId": "db",
}
ANSWERED: Fields = {
    "credentials.accessKeyId": "ASIAX",
    "accessKey.userName": "alice",
    "accessKey.accessKeyId": "AKIAX",
    "virtualMFADevice.serialNumber": PHONE,
    "sSHPublicKey.sSHPublicKeyId": "APKAX",
    "serviceSpecificCredential.serviceSpecificCredentialId": "ACCAX",
    "serviceSpecificCredential.userName": "alice",
    "certificate.certificateId": "CERTX",
    "certificate.userName": "alice",
    "policy.arn": POLICY,
    "organizationalUnit.id": "ou-1",
    "role.roleName": "ops",
    "sAMLProviderArn": SAML,
    "openIDConnectProviderArn": OIDC,
    "delegationRequestId": "dr-1",
    "permissionSet.permissionSetArn": SET,
    "applicationArn": APPLICATION,
    "trustedTokenIssuerArn": ISSUER,
    "arn": ANALYZER,
    "instanceArn": INSTANCE,
    "assumedPrincipal": "arn:aws:iam::111122223333:role/ops",
    "userId": "user-1",
    "groupId": "group-1",
    "membershipId": "membership-1",
    "trustAnchor.trustAnchorId": "anchor-1",
    "profile.profileId": "profile-1",
    "crl.crlId": "crl-1",
    "policySummary.id": "p-1",
}


@cache
def operations(source: str) -> dict[str, OperationModel]:
    """Give the operations of a service; none where botocore does not know it."""
    session = botocore.session.Session()
    name = MODELS.get(source, source)
    if name not in session.get_available_services():
        return {}
    model = session.get_service_model(name)
    return {one: model.operation_model(one) for one in model.operation_names}


def parameters(source: str, name: str) -> tuple[Fields | None, Fields | None]:
    """Give the request and the answer of a call that fills all that it can."""
    model = operations(source)[name]
    request, answer = model.input_shape, model.output_shape
    return (
        None if request is None else _filled(request, SENT, "", required=True) or None,
        None if answer is None else _filled(answer, ANSWERED, "", required=False) or None,
    )


def _filled(shape: StructureShape, values: Fields, inside: str, *, required: bool) -> Fields:
    filled: Fields = {}
    for member, inner in shape.members.items():
        name = member[:1].lower() + member[1:]
        value: Any
        if isinstance(inner, StructureShape):
            value = _filled(inner, values, name, required=required) or None
        else:
            value = values.get(f"{inside}.{name}" if inside and not required else name)
        if value is None and required and member in shape.required_members:
            value = _anything(inner)
        if value is not None:
            filled[name] = value
    return filled


def _anything(shape: Shape) -> Any:
    return {"list": [], "map": {}, "boolean": True, "integer": 1}.get(shape.type_name, "x")
