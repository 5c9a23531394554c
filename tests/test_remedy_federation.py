"""What the fixes of federation propose and refuse, from the log to the account and back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from tests.reading import findings_of
from tests.worlds import (
    ADMINISTRATOR,
    account_of,
    carry_out,
    desk_of,
    plan_of,
    snapshot,
    take_back,
    trust,
)
from tests.worlds import approve as approved
from tests.worlds_federation import CASES, NEW, OLD, URL, metadata, saml_made
from tests.worlds_permissions import ALL, READING
from trailmend.calls import Call, ask, call
from trailmend.errors import CannotFix, Refused
from trailmend.guards import make_guard
from trailmend.lab import Credentials, Lab
from trailmend.mending import plan_finding
from trailmend.plan import Facts, Part, Target, propose
from trailmend.planning.conflicts import fights_with
from trailmend.remediations.oidc_providers import remove_oidc_provider, restore_thumbprints
from trailmend.remediations.saml_providers import remove_saml_provider
from trailmend.settings import Settings

SAML = "arn:aws:iam::123456789012:saml-provider/corporate"
OIDC = "arn:aws:iam::123456789012:oidc-provider/token.example.com"


# From the log ------------------------------------------------------------------------------


def other(lab: Lab) -> Any:
    """Give the client of somebody else who may do everything."""
    iam = lab.client("iam")
    for name in ("mallory", "kim", "lee"):
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
        if name != "mallory":
            iam.create_login_profile(UserName=name, Password="Correct-horse-battery-7")
    key = iam.create_access_key(UserName="mallory")["AccessKey"]
    return lab.client("iam", Credentials(key["AccessKeyId"], key["SecretAccessKey"]))


def make_saml(iam: Any) -> None:
    iam.create_saml_provider(Name="corporate", SAMLMetadataDocument=metadata())


def make_oidc(iam: Any) -> None:
    iam.create_open_id_connect_provider(Url=URL, ClientIDList=["ours"], ThumbprintList=[OLD])


def make_policy(iam: Any) -> None:
    iam.create_policy(PolicyName="own", PolicyDocument=READING)


def make_role(iam: Any) -> None:
    iam.create_role(
        RoleName="web", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"})
    )
    iam.attach_role_policy(RoleName="web", PolicyArn=ADMINISTRATOR)
    iam.create_instance_profile(InstanceProfileName="web")


def fill_profile(iam: Any) -> None:
    make_role(iam)
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")


def nothing(iam: Any) -> None:
    """Leave the account as it is."""


Act = Callable[[Any], object]
EVENTS: list[tuple[str, str, Act, Act]] = [
    ("saml_provider.made", "saml_providers.remove_saml_provider", nothing, make_saml),
    (
        "saml_provider.changed",
        "saml_providers.restore_metadata",
        make_saml,
        lambda iam: iam.update_saml_provider(
            SAMLProviderArn=SAML, SAMLMetadataDocument=metadata("theirs")
        ),
    ),
    (
        "saml_provider.deleted",
        "saml_providers.recreate_saml_provider",
        make_saml,
        lambda iam: iam.delete_saml_provider(SAMLProviderArn=SAML),
    ),
    ("oidc_provider.made", "oidc_providers.remove_oidc_provider", nothing, make_oidc),
    (
        "oidc_provider.opened",
        "oidc_providers.take_audience_out",
        make_oidc,
        lambda iam: iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=OIDC, ClientID="theirs"
        ),
    ),
    (
        "oidc_provider.opened",
        "oidc_providers.restore_thumbprints",
        make_oidc,
        lambda iam: iam.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=OIDC, ThumbprintList=[NEW]
        ),
    ),
    (
        "oidc_provider.closed",
        "oidc_providers.recreate_oidc_provider",
        make_oidc,
        lambda iam: iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=OIDC),
    ),
    (
        "add_role_to_instance_profile.administrator",
        "instance_profiles.take_role_out",
        make_role,
        lambda iam: iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web"),
    ),
    (
        "instance_profile.taken_away",
        "instance_profiles.put_role_back",
        fill_profile,
        lambda iam: iam.remove_role_from_instance_profile(
            InstanceProfileName="web", RoleName="web"
        ),
    ),
    (
        "create_policy_version.laid_ready",
        "policy_versions.delete_ready_version",
        make_policy,
        lambda iam: iam.create_policy_version(
            PolicyArn="arn:aws:iam::123456789012:policy/own", PolicyDocument=ALL
        ),
    ),
]


@pytest.mark.parametrize(
    ("detection", "fix", "before", "act"), EVENTS, ids=[fix for _, fix, _, _ in EVENTS]
)
def test_finding_of_the_log_is_mended_by_its_first_fix_and_taken_back(
    detection: str, fix: str, before: Act, act: Act, lab: Lab, tmp_path: Path
) -> None:
    lab.advance(-7200)
    mallory = other(lab)
    before(lab.client("iam"))
    former = snapshot(lab)
    lab.advance(3600)
    act(mallory)
    found = snapshot(lab)
    lab.advance(3600)
    [finding] = [one for one in findings_of(lab.records()) if one.detection == detection]
    assert finding.fixes[0] == fix

    desk = desk_of(lab, tmp_path)
    plan = plan_finding(desk, finding)
    approved(desk, plan)
    carry_out(desk, plan.id)

    assert snapshot(lab) == former
    if not plan.irreversible:
        assert take_back(desk, plan.id).state == "rolled back"
        assert snapshot(lab) == found


def test_fix_of_another_call_of_the_detection_is_not_offered(lab: Lab) -> None:
    _, fix, before, act = EVENTS[4]
    lab.advance(-3600)
    mallory = other(lab)
    before(lab.client("iam"))
    act(mallory)

    [finding] = [
        one for one in findings_of(lab.records()) if one.detection == "oidc_provider.opened"
    ]

    assert [one for one in finding.fixes if one.startswith("oidc_")] == [fix]


# What is refused ---------------------------------------------------------------------------


def later(**more: Any) -> Callable[[Lab, dict[str, Any]], None]:
    """Put other values in the place of what the finding tells."""
    return lambda lab, known: known.update(more)


def again(act: Callable[[Any], object]) -> Callable[[Lab, dict[str, Any]], None]:
    """Have something happen to the account half an hour after the event."""

    def happen(lab: Lab, known: dict[str, Any]) -> None:
        lab.advance(1800)
        act(lab.client("iam"))

    return happen


def delete_saml(iam: Any) -> None:
    iam.delete_saml_provider(SAMLProviderArn=SAML)


def delete_oidc(iam: Any) -> None:
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=OIDC)


def remake(delete: Act, make: Act) -> Act:
    return lambda iam: (delete(iam), make(iam))


def delete_profile(iam: Any) -> None:
    iam.delete_instance_profile(InstanceProfileName="web")


def make_profile(iam: Any) -> None:
    iam.create_instance_profile(InstanceProfileName="web")


def delete_role(iam: Any) -> None:
    iam.detach_role_policy(RoleName="bob", PolicyArn=ADMINISTRATOR)
    iam.delete_role(RoleName="bob")


def make_other_role(name: str) -> Act:
    document = trust({"Service": "ec2.amazonaws.com"})
    return lambda iam: iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)


def put_in(name: str) -> Act:
    return lambda iam: iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName=name)


TAKEN = "role that was taken from machines"
ANOTHER = "it is another (provider|role|version)"
REFUSED: list[tuple[str, Callable[[Lab, dict[str, Any]], None], str]] = [
    ("SAML provider that was made", again(remake(delete_saml, make_saml)), ANOTHER),
    ("OIDC provider that was made", again(remake(delete_oidc, make_oidc)), ANOTHER),
    ("SAML provider with other metadata", again(remake(delete_saml, make_saml)), ANOTHER),
    ("OIDC provider with another audience", again(remake(delete_oidc, make_oidc)), ANOTHER),
    ("OIDC provider with other thumbprints", again(remake(delete_oidc, make_oidc)), ANOTHER),
    ("SAML provider with other metadata", again(delete_saml), "is not there"),
    ("OIDC provider with other thumbprints", again(delete_oidc), "is not there"),
    (
        "SAML provider with other metadata",
        again(
            lambda iam: iam.update_saml_provider(
                SAMLProviderArn=SAML, SAMLMetadataDocument=metadata("new")
            )
        ),
        "is not what the event set",
    ),
    (
        "OIDC provider with other thumbprints",
        again(
            lambda iam: iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=OIDC, ThumbprintList=["c" * 40]
            )
        ),
        "were set again since",
    ),
    ("SAML provider with other metadata", later(before=None), "does not hold the metadata"),
    ("OIDC provider with other thumbprints", later(before=None), "does not show the thumbprints"),
    (
        "OIDC provider with another audience",
        later(before={"clientIDList": ["ours", "theirs"]}),
        "was there before the event",
    ),
    ("OIDC provider with another audience", later(after={}), "does not name the audience"),
    (
        "OIDC provider with another audience",
        again(
            lambda iam: iam.remove_client_id_from_open_id_connect_provider(
                OpenIDConnectProviderArn=OIDC, ClientID="ours"
            )
        ),
        "the only audience",
    ),
    ("SAML provider that was deleted", later(before=None), "does not show how"),
    (
        "SAML provider that was deleted",
        later(
            before={
                "name": "corporate",
                "sAMLMetadataDocument": metadata(),
                "addPrivateKey": "HIDDEN_DUE_TO_SECURITY_REASONS",
            }
        ),
        "keys for encrypted assertions",
    ),
    ("OIDC provider that was deleted", later(before={"thumbprintList": [OLD]}), "does not show"),
    (
        "SAML provider that was made",
        later(target=Target("oidc_provider", OIDC)),
        "names no identity provider",
    ),
    (
        "SAML provider that was made",
        later(
            target=Target("saml_provider", f"{SAML.rpartition('/')[0]}/AWSSSO_12ab_DO_NOT_DELETE")
        ),
        "Identity Center",
    ),
    (
        "version of a policy that lies ready",
        again(
            lambda iam: iam.set_default_policy_version(
                PolicyArn="arn:aws:iam::123456789012:policy/own", VersionId="v2"
            )
        ),
        "is in force by now",
    ),
    ("version of a policy that lies ready", later(after={}), "does not tell which version"),
    ("role that was given to machines", later(object_id=None), "names no role and profile"),
    (
        "role that was given to machines",
        again(
            lambda iam: (
                iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="bob"),
                iam.delete_instance_profile(InstanceProfileName="web"),
                iam.create_instance_profile(InstanceProfileName="web"),
            )
        ),
        "another of the same name",
    ),
    (TAKEN, later(object_id=None), "names no role and profile"),
    (TAKEN, later(role_name="nobody"), "Role nobody is not there"),
    (TAKEN, again(remake(delete_profile, make_profile)), "another of the same name"),
    (TAKEN, again(delete_profile), "Instance profile web is not there: deleted since"),
    (TAKEN, again(remake(delete_role, make_other_role("bob"))), "another role of the same name"),
    (
        TAKEN,
        again(remake(make_other_role("deploy2"), put_in("deploy2"))),
        "holds role deploy2 by now",
    ),
]


@pytest.mark.parametrize(("name", "happen", "why"), REFUSED)
def test_what_is_another_or_not_known_is_left_to_people(
    name: str, happen: Callable[[Lab, dict[str, Any]], None], why: str, lab: Lab, tmp_path: Path
) -> None:
    case = CASES[name]
    lab.advance(-3600)
    known: dict[str, Any] = {"account_id": lab.account_id, "finding_id": "f", "event_id": "e"}
    known |= case.build(lab)
    happen(lab, known)

    with pytest.raises(CannotFix, match=why):
        plan_of(desk_of(lab, tmp_path), case.fix, Facts(**known))


def test_provider_with_keys_cannot_come_back_and_says_so(lab: Lab, tmp_path: Path) -> None:
    built = saml_made(AddPrivateKey="-----KEY-----", AssertionEncryptionMode="Required")(lab)
    facts = Facts(account_id=lab.account_id, finding_id="f", event_id="e", **built)

    plan = plan_of(desk_of(lab, tmp_path), remove_saml_provider, facts)

    assert [one.undo for one in plan.changes] == [None]
    assert plan.irreversible == (
        "Its private keys cannot be read from AWS: to make it again, they must come from your "
        "identity provider.",
    )
    assert plan.changes[0].breaks == "Nobody signs in by it any more. Roles that trust it: deploy."


def test_absent_provider_role_and_version_need_nothing(lab: Lab, tmp_path: Path) -> None:
    gone: dict[str, Act] = {
        "SAML provider that was made": delete_saml,
        "OIDC provider that was made": delete_oidc,
        "OIDC provider with another audience": delete_oidc,
        "version of a policy that lies ready": lambda iam: iam.delete_policy_version(
            PolicyArn="arn:aws:iam::123456789012:policy/own", VersionId="v2"
        ),
        "role that was given to machines": lambda iam: iam.remove_role_from_instance_profile(
            InstanceProfileName="web", RoleName="bob"
        ),
        TAKEN: put_in("bob"),
    }
    for name, act in gone.items():
        lab.reset()
        facts = CASES[name].facts(lab)
        act(lab.client("iam"))
        plan = plan_of(desk_of(lab, tmp_path / name), CASES[name].fix, facts)
        assert (name, plan.changes) == (name, ())


def test_tags_that_only_aws_can_set_are_not_in_the_undo() -> None:
    tags = [
        {"Key": "team", "Value": "corp"},
        {"Key": "aws:cloudformation:stack-name", "Value": "s"},
    ]
    asked = {"CreateDate": "2026-03-02T09:00:00Z", "Tags": tags}
    answers: dict[str, dict[str, Any]] = {
        "iam.get_saml_provider": {**asked, "SAMLMetadataDocument": metadata()},
        "iam.get_open_id_connect_provider": {**asked, "Url": "token.example.com"},
        "iam.list_roles": {"Roles": []},
    }

    def told_by(one: Call) -> dict[str, Any]:
        return answers[one.name]

    for fix in (remove_saml_provider, remove_oidc_provider):
        made = propose(fix, fix.example.facts, lambda read: ask(told_by, read))

        [undo] = [one.undo for one in made.changes]
        assert undo is not None
        assert undo.params["Tags"] == tags[:1]


def test_removal_fights_what_mends_the_same_provider_and_no_other() -> None:
    remove = Part(remove_oidc_provider.key, remove_oidc_provider.example.facts)
    mend = Part(restore_thumbprints.key, restore_thumbprints.example.facts)
    there = Target("oidc_provider", f"{OIDC}/elsewhere", "us-east-1")
    elsewhere = structs.replace(mend.facts, target=there)

    assert fights_with(mend, [remove]) == (
        "it fights oidc_providers.remove_oidc_provider of this plan: the one removes the provider "
        "that the other mends"
    )
    assert fights_with(Part(mend.fix, elsewhere), [remove]) is None


# What the guard forbids --------------------------------------------------------------------


def test_provider_by_which_the_administrators_come_is_not_closed(lab: Lab) -> None:
    iam = lab.client("iam")
    for name in ("one", "two"):
        document = trust({"Federated": SAML}).replace("sts:AssumeRole", "sts:AssumeRoleWithSAML")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        iam.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)
    account = account_of(lab)

    def guard() -> Callable[..., None]:
        return make_guard(account, Settings().protected, account.access_key_id)

    guard()(call("iam.delete_open_id_connect_provider", OpenIDConnectProviderArn=OIDC))
    for name in ("iam.delete_saml_provider", "iam.update_saml_provider"):
        with pytest.raises(Refused, match="Fewer than 2"):
            guard()(call(name, SAMLProviderArn=SAML))


def test_provider_of_identity_center_is_not_changed(lab: Lab) -> None:
    account = account_of(lab)
    guard = make_guard(account, Settings().protected, account.access_key_id)
    arn = f"{SAML.rpartition('/')[0]}/AWSSSO_12ab_DO_NOT_DELETE"

    for name in ("iam.delete_saml_provider", "iam.update_saml_provider"):
        with pytest.raises(Refused, match="IAM Identity Center"):
            guard(call(name, SAMLProviderArn=arn))
    with pytest.raises(Refused, match="IAM Identity Center"):
        guard(call("iam.create_saml_provider", Name="AWSSSO_12ab_DO_NOT_DELETE"))
