"""What a story changed several times goes back to what stood before it, by one plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.worlds import approve, carry_out, desk_of, make_administrators, snapshot, trust
from tests.worlds_federation import NEW, OLD, URL, metadata
from tests.worlds_stories import intruder, story_of
from trailmend.lab import Lab
from trailmend.planning.of_stories import plan_story
from trailmend.takeovers.former import as_before_the_story

Steps = Iterator[None]
_OWN = {"AWS": "arn:aws:iam::123456789012:root"}


def _allowing(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _trust_twice(owner: Any, thief: Any) -> Steps:
    owner.create_role(RoleName="web", AssumeRolePolicyDocument=trust(_OWN))
    yield
    for account in ("444455556666", "777788889999"):
        thief.update_assume_role_policy(RoleName="web", PolicyDocument=trust({"AWS": account}))
        yield


def _inline_twice(owner: Any, thief: Any) -> Steps:
    owner.create_user(UserName="bob")
    named = {"UserName": "bob", "PolicyName": "work"}
    owner.put_user_policy(**named, PolicyDocument=_allowing("s3:GetObject"))
    yield
    for action in ("*", "iam:*"):
        thief.put_user_policy(**named, PolicyDocument=_allowing(action))
        yield


def _new_inline_twice(owner: Any, thief: Any) -> Steps:
    owner.create_user(UserName="bob")
    yield
    for action in ("*", "iam:*"):
        document = _allowing(action)
        thief.put_user_policy(UserName="bob", PolicyName="back", PolicyDocument=document)
        yield


def _inline_deleted_and_written(owner: Any, thief: Any) -> Steps:
    owner.create_user(UserName="bob")
    named = {"UserName": "bob", "PolicyName": "work"}
    owner.put_user_policy(**named, PolicyDocument=_allowing("s3:GetObject"))
    yield
    thief.delete_user_policy(**named)
    yield
    thief.put_user_policy(**named, PolicyDocument=_allowing("*"))
    yield
    thief.create_access_key(UserName="bob")
    yield


def _password_policy_twice(owner: Any, thief: Any) -> Steps:
    owner.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True)
    yield
    for length in (12, 8):
        thief.update_account_password_policy(MinimumPasswordLength=length)
        yield


def _boundary_twice(owner: Any, thief: Any) -> Steps:
    narrow, wide = (
        owner.create_policy(PolicyName=name, PolicyDocument=_allowing(action))["Policy"]["Arn"]
        for name, action in (("narrow", "s3:GetObject"), ("wide", "*"))
    )
    owner.create_user(UserName="bob")
    owner.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=narrow)
    yield
    thief.delete_user_permissions_boundary(UserName="bob")
    yield
    thief.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=wide)
    yield


def _saml_twice(owner: Any, thief: Any) -> Steps:
    made = owner.create_saml_provider(Name="corporate", SAMLMetadataDocument=metadata("ours"))
    yield
    for whose in ("evil", "vile"):
        thief.update_saml_provider(
            SAMLProviderArn=made["SAMLProviderArn"], SAMLMetadataDocument=metadata(whose)
        )
        yield


def _saml_made_again(owner: Any, thief: Any) -> Steps:
    arn = owner.create_saml_provider(Name="corporate", SAMLMetadataDocument=metadata("ours"))
    yield
    thief.delete_saml_provider(SAMLProviderArn=arn["SAMLProviderArn"])
    yield
    thief.create_saml_provider(Name="corporate", SAMLMetadataDocument=metadata("evil"))
    yield
    thief.update_saml_provider(
        SAMLProviderArn=arn["SAMLProviderArn"], SAMLMetadataDocument=metadata("vile")
    )
    yield


def _oidc_made_again(owner: Any, thief: Any) -> Steps:
    made = {"Url": URL, "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": [OLD]}
    arn = owner.create_open_id_connect_provider(**made)["OpenIDConnectProviderArn"]
    owner.create_role(RoleName="web", AssumeRolePolicyDocument=trust(_OWN))
    yield
    thief.update_assume_role_policy(RoleName="web", PolicyDocument=trust({"AWS": "444455556666"}))
    yield
    thief.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    yield
    thief.create_open_id_connect_provider(Url=URL, ClientIDList=["evil"], ThumbprintList=[NEW])
    yield


@pytest.mark.parametrize(
    "history",
    [
        _trust_twice,
        _inline_twice,
        _new_inline_twice,
        _inline_deleted_and_written,
        _password_policy_twice,
        _boundary_twice,
        _saml_twice,
        _saml_made_again,
        _oidc_made_again,
    ],
)
def test_one_plan_puts_back_what_stood_before_the_story(
    history: Callable[[Any, Any], Steps], lab: Lab, tmp_path: Path
) -> None:
    make_administrators(lab)
    thief = intruder(lab)
    steps = history(lab.client("iam"), thief)
    next(steps)
    lab.advance(2 * 86400)
    before = _settings(lab)
    for _ in steps:
        lab.advance(60)
    changed = _settings(lab)
    desk = desk_of(lab, tmp_path)
    story, found, lower = story_of("mallory", lab)

    plan = plan_story(desk, story, found, (), lower)
    approve(desk, plan)
    done = carry_out(desk, plan.id)

    assert changed != before
    assert (done.state, plan.still_open) == ("applied", ())
    assert _settings(lab) == before


def _settings(lab: Lab) -> dict[str, Any]:
    """Show what the histories change, without keys and without what ends sessions."""
    iam, seen = lab.client("iam"), snapshot(lab)
    users = {
        name: [one["policies"]["inline"], one["policies"]["boundary"]]
        for name, one in seen["users"].items()
    }
    roles = {one["RoleName"]: one["AssumeRolePolicyDocument"] for one in iam.list_roles()["Roles"]}
    of_account = {name: seen[name] for name in ("policy", "saml", "oidc")}
    return {"users": users, "roles": roles, **of_account}


def test_provider_that_the_story_made_is_removed(lab: Lab, tmp_path: Path) -> None:
    make_administrators(lab)
    thief = intruder(lab)
    made = thief.create_saml_provider(Name="evil", SAMLMetadataDocument=metadata("evil"))
    lab.advance(60)
    named = {"SAMLProviderArn": made["SAMLProviderArn"]}
    thief.update_saml_provider(**named, SAMLMetadataDocument=metadata("vile"))
    lab.advance(60)
    thief.create_role(RoleName="door", AssumeRolePolicyDocument=trust({"AWS": "444455556666"}))
    lab.advance(60)
    story, found, lower = story_of("mallory", lab)

    plan = plan_story(desk_of(lab, tmp_path), story, found, (), lower)

    of_provider = [one.call.name for one in plan.changes if "saml" in one.call.name]
    assert of_provider == ["iam.delete_saml_provider"]


def test_role_that_was_made_again_is_closed_and_the_former_one_is_told(
    lab: Lab, tmp_path: Path
) -> None:
    make_administrators(lab)
    iam = lab.client("iam")
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust(_OWN))
    thief = intruder(lab)
    thief.delete_role(RoleName="web")
    lab.advance(60)
    for name in ("web", "door"):
        document = trust({"AWS": "444455556666"})
        thief.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        lab.advance(60)
    story, found, lower = story_of("mallory", lab)

    plan = plan_story(desk_of(lab, tmp_path), story, found, (), lower)

    closed = [one.call.params["RoleName"] for one in plan.changes if "assume_role" in one.call.name]
    told = [text for text in plan.tasks if "was there before" in text]
    assert sorted(closed) == ["door", "web"]
    assert [text.partition(":")[0] for text in told] == ["role/web was there before"]


def test_what_a_third_set_in_between_is_what_stood_before(lab: Lab) -> None:
    make_administrators(lab)
    owner = lab.client("iam")
    owner.create_role(RoleName="web", AssumeRolePolicyDocument=trust(_OWN))
    thief = intruder(lab)
    documents = [trust({"AWS": account}) for account in ("444455556666", "777788889999")]
    mended = trust({"AWS": "arn:aws:iam::123456789012:user/lab-admin"})
    for who, document in ((thief, documents[0]), (owner, mended), (thief, documents[1])):
        who.update_assume_role_policy(RoleName="web", PolicyDocument=document)
        lab.advance(60)
    _, found, lower = story_of("mallory", lab)

    last = as_before_the_story(found, lower)[-1]

    assert last.before is not None
    assert json.loads(last.before["assume_role_policy_document"]) == json.loads(mended)
