"""The lab's identity providers and instance profiles, where moto is laxer than AWS."""

import pytest
from botocore.exceptions import ClientError

from tests.worlds import trust
from tests.worlds_federation import metadata
from trailmend.lab import Lab

TAGS = [{"Key": "team", "Value": "corp"}]
URL = "https://token.example.com/deploy"


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def test_a_saml_provider_keeps_its_tags_and_tells_no_key(lab: Lab) -> None:
    iam = lab.client("iam")
    sent = {"Name": "corporate", "SAMLMetadataDocument": metadata(), "Tags": TAGS}
    arn = iam.create_saml_provider(
        **sent, AssertionEncryptionMode="Allowed", AddPrivateKey="-----KEY-----"
    )["SAMLProviderArn"]

    found = iam.get_saml_provider(SAMLProviderArn=arn)

    assert (found["SAMLMetadataDocument"], found["Tags"]) == (metadata(), TAGS)
    assert found["AssertionEncryptionMode"] == "Allowed"
    assert [sorted(key) for key in found["PrivateKeyList"]] == [["KeyId", "Timestamp"]]
    with pytest.raises(ClientError) as again:
        iam.create_saml_provider(**sent)
    assert code(again) == "EntityAlreadyExists"


def test_an_update_of_a_saml_provider_changes_what_it_names(lab: Lab) -> None:
    iam = lab.client("iam")
    arn = iam.create_saml_provider(Name="corporate", SAMLMetadataDocument=metadata(), Tags=TAGS)[
        "SAMLProviderArn"
    ]

    iam.update_saml_provider(SAMLProviderArn=arn, AddPrivateKey="-----KEY-----")

    found = iam.get_saml_provider(SAMLProviderArn=arn)
    [key] = found["PrivateKeyList"]
    assert (found["SAMLMetadataDocument"], found["Tags"]) == (metadata(), TAGS)
    iam.update_saml_provider(
        SAMLProviderArn=arn,
        SAMLMetadataDocument=metadata("theirs"),
        RemovePrivateKey=key["KeyId"],
    )
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert (found["SAMLMetadataDocument"], found["PrivateKeyList"]) == (metadata("theirs"), [])


def test_a_saml_provider_that_is_not_there_is_not_deleted(lab: Lab) -> None:
    iam = lab.client("iam")
    arn = iam.create_saml_provider(Name="corporate", SAMLMetadataDocument=metadata())[
        "SAMLProviderArn"
    ]
    iam.delete_saml_provider(SAMLProviderArn=arn)

    for call in (iam.delete_saml_provider, iam.get_saml_provider):
        with pytest.raises(ClientError) as gone:
            call(SAMLProviderArn=arn)
        assert code(gone) == "NoSuchEntity"


def test_an_audience_is_added_and_taken_away_without_complaint(lab: Lab) -> None:
    iam = lab.client("iam")
    arn = iam.create_open_id_connect_provider(
        Url=URL, ClientIDList=["ours"], ThumbprintList=["a" * 40], Tags=TAGS
    )["OpenIDConnectProviderArn"]
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (found["Url"], found["Tags"]) == (URL.removeprefix("https://"), TAGS)

    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=arn, ClientID="theirs"
        )
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["ours", "theirs"]
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(
            OpenIDConnectProviderArn=arn, ClientID="theirs"
        )
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["ours"]
    with pytest.raises(ClientError) as gone:
        iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=f"{arn}2", ClientID="theirs"
        )
    assert code(gone) == "NoSuchEntity"


def test_a_role_that_is_not_in_an_instance_profile_is_not_taken_out(lab: Lab) -> None:
    iam = lab.client("iam")
    web = {"InstanceProfileName": "web", "RoleName": "web"}
    iam.create_role(
        RoleName="web", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"})
    )
    iam.create_instance_profile(InstanceProfileName="web")
    with pytest.raises(ClientError) as absent:
        iam.remove_role_from_instance_profile(**web)
    assert code(absent) == "NoSuchEntity"

    iam.add_role_to_instance_profile(**web)
    iam.remove_role_from_instance_profile(**web)

    assert iam.get_instance_profile(InstanceProfileName="web")["InstanceProfile"]["Roles"] == []
