"""Identity providers and instance profiles: what moto lacks of their audiences, keys and tags."""

import secrets
from typing import Any

from moto.iam.models import OpenIDConnectProvider, SAMLProvider

from trailmend.lab.account import Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

_MOST_AUDIENCES = 100
_MOST_KEYS = 2
Settings = dict[str, Any]


def _saml(call: Call, account: Account) -> SAMLProvider:
    arn = call.parameters["SAMLProviderArn"]
    for provider in account.iam.saml_providers.values():
        if provider.arn == arn:
            return provider
    raise Refusal("NoSuchEntity", f"Manifest not found for arn {arn}", 404)


def _settings(provider: SAMLProvider) -> Settings:
    """Give what moto does not keep of a provider; it is kept with moto's, and goes with it."""
    kept: Settings = vars(provider).setdefault("settings", {"tags": [], "mode": None, "keys": []})
    return kept


def _set_keys(call: Call, account: Account, provider: SAMLProvider) -> None:
    """Set what a call says of encrypted assertions; the key itself is never told again."""
    sent, settings = call.parameters, _settings(provider)
    keys = [one for one in settings["keys"] if one["KeyId"] != sent.get("RemovePrivateKey")]
    if "AddPrivateKey" in sent:
        if len(keys) >= _MOST_KEYS:
            raise Refusal("LimitExceeded", f"A provider has {_MOST_KEYS} private keys.", 409)
        number = secrets.token_hex(16).upper()
        keys.append({"KeyId": number, "Timestamp": account.now()})
    settings["keys"] = keys
    settings["mode"] = sent.get("AssertionEncryptionMode", settings["mode"])


def _create_saml(call: Call, account: Account) -> Result:
    name = call.parameters["Name"]
    if name in account.iam.saml_providers:
        raise Refusal("EntityAlreadyExists", f"Provider {name} already exists.", 409)
    document = call.parameters["SAMLMetadataDocument"]
    made = account.iam.create_saml_provider(name, document)
    vars(made)["number"] = f"SAMLP{secrets.token_hex(12).upper()}"
    tags = call.parameters.get("Tags", ())
    _settings(made)["tags"] = sorted(tags, key=lambda tag: str(tag["Key"]))
    _set_keys(call, account, made)
    return {"SAMLProviderArn": made.arn, "Tags": _settings(made)["tags"]}


def _get_saml(call: Call, account: Account) -> Result:
    provider = _saml(call, account)
    settings = _settings(provider)
    mode = {"AssertionEncryptionMode": settings["mode"]} if settings["mode"] else {}
    return mode | {
        "SAMLProviderUUID": vars(provider)["number"],
        "SAMLMetadataDocument": provider.saml_metadata_document,
        "CreateDate": provider.create_date,
        "ValidUntil": provider.valid_until,
        "Tags": settings["tags"],
        "PrivateKeyList": settings["keys"],
    }


def _update_saml(call: Call, account: Account) -> Result:
    provider = _saml(call, account)
    _set_keys(call, account, provider)
    sent = call.parameters.get("SAMLMetadataDocument", provider.saml_metadata_document)
    provider.saml_metadata_document = sent
    return {"SAMLProviderArn": provider.arn}


def _delete_saml(call: Call, account: Account) -> Result:
    del account.iam.saml_providers[_saml(call, account).name]
    return {}


def _oidc(call: Call, account: Account) -> OpenIDConnectProvider:
    arn = call.parameters["OpenIDConnectProviderArn"]
    found = account.iam.open_id_providers.get(arn)
    if found is None:
        raise Refusal("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
    return found


def _add_audience(call: Call, account: Account) -> Result:
    provider, audience = _oidc(call, account), call.parameters["ClientID"]
    if audience not in provider.client_id_list:
        if len(provider.client_id_list) >= _MOST_AUDIENCES:
            sentence = "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: "
            raise Refusal("LimitExceeded", f"{sentence}{_MOST_AUDIENCES}", 409)
        provider.client_id_list = [*provider.client_id_list, audience]
    return {}


def _remove_audience(call: Call, account: Account) -> Result:
    provider, audience = _oidc(call, account), call.parameters["ClientID"]
    provider.client_id_list = [one for one in provider.client_id_list if one != audience]
    return {}


def _refuse_absent_role(call: Call, account: Account) -> None:
    profile = account.iam.get_instance_profile(call.parameters["InstanceProfileName"])
    name = call.parameters["RoleName"]
    if all(role.name != name for role in profile.roles):
        sentence = f"The role with name {name} cannot be found in instance profile {profile.name}."
        raise Refusal("NoSuchEntity", sentence, 404)


CORRECTIONS = (
    Correction(
        "iam:CreateSAMLProvider",
        "a_saml_provider_keeps_its_tags_and_tells_no_key",
        "errors of botocore CreateSAMLProvider: EntityAlreadyExists; botocore SAMLPrivateKey: it "
        "has no key",
        _create_saml,
    ),
    Correction(
        "iam:GetSAMLProvider",
        "a_saml_provider_keeps_its_tags_and_tells_no_key",
        'botocore GetSAMLProviderResponse.Tags: "The returned list of tags is sorted by tag key"',
        _get_saml,
    ),
    Correction(
        "iam:UpdateSAMLProvider",
        "an_update_of_a_saml_provider_changes_what_it_names",
        'botocore UpdateSAMLProvider: "Updates the metadata document, SAML encryption settings, '
        'and private keys for an existing SAML provider"; only the ARN is required',
        _update_saml,
    ),
    Correction(
        "iam:DeleteSAMLProvider",
        "a_saml_provider_that_is_not_there_is_not_deleted",
        "errors of botocore DeleteSAMLProvider: NoSuchEntity",
        _delete_saml,
    ),
    Correction(
        "iam:AddClientIDToOpenIDConnectProvider",
        "an_audience_is_added_and_taken_away_without_complaint",
        'botocore AddClientIDToOpenIDConnectProvider: "it does not fail or return an error if you '
        'add an existing client ID to the provider"',
        _add_audience,
    ),
    Correction(
        "iam:RemoveClientIDFromOpenIDConnectProvider",
        "an_audience_is_added_and_taken_away_without_complaint",
        'botocore RemoveClientIDFromOpenIDConnectProvider: "it does not fail or return an error if '
        'you try to remove a client ID that does not exist"',
        _remove_audience,
    ),
    Correction(
        "iam:RemoveRoleFromInstanceProfile",
        "a_role_that_is_not_in_an_instance_profile_is_not_taken_out",
        "errors of botocore RemoveRoleFromInstanceProfile: NoSuchEntity",
        _refuse_absent_role,
    ),
)
