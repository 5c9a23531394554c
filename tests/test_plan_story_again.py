"""What a plan or its rollback made again is no intruder's to the next plan, after a new scan."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.worlds import (
    approve,
    carry_out,
    desk_of,
    effects,
    make_administrators,
    ssh_body,
    take_back,
    trust,
)
from tests.worlds_federation import metadata
from tests.worlds_stories import intruder, story_of
from trailmend.database import open_database
from trailmend.errors import CannotFix
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.approvals import ApprovalRules
from trailmend.planning.of_stories import plan_story
from trailmend.scan import scan
from trailmend.settings import Settings
from trailmend.store import load_findings

_ALONE = Settings(approval=ApprovalRules(second_person="never", second_person_irreversible="never"))


def _rob(lab: Lab) -> None:
    """Have a provider, an SSH key and a password deleted, and a provider and a key made."""
    make_administrators(lab)
    iam = lab.client("iam")
    ours = iam.create_saml_provider(Name="corporate", SAMLMetadataDocument=metadata("ours"))
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password="Welcome-bob-2026!")
    body = {"UserName": "bob", "SSHPublicKeyBody": ssh_body(1)}
    key = iam.upload_ssh_public_key(**body)["SSHPublicKey"]["SSHPublicKeyId"]
    policy = {"MinimumPasswordLength": 14, "AllowUsersToChangePassword": True}
    iam.update_account_password_policy(**policy)
    mallory = intruder(lab)
    steps = [
        ("delete_saml_provider", {"SAMLProviderArn": ours["SAMLProviderArn"]}),
        ("delete_ssh_public_key", {"UserName": "bob", "SSHPublicKeyId": key}),
        ("delete_login_profile", {"UserName": "bob"}),
        ("create_access_key", {"UserName": "bob"}),
        ("create_saml_provider", {"Name": "evil", "SAMLMetadataDocument": metadata("evil")}),
        ("create_role", {"RoleName": "door", "AssumeRolePolicyDocument": trust("*")}),
    ]
    for name, sent in steps:
        getattr(mallory, name)(**sent)
        lab.advance(60)


def _planned(lab: Lab, folder: Path) -> Plan:
    """Scan the whole trail anew, and plan the story by what that finds."""
    lab.deliver()
    scan([str(lab.folder)], io.BytesIO(), folder)
    found = [one for one in load_findings(open_database(folder)) if not one.lapsed]
    story, findings, lower = story_of("mallory", lab, found)
    return plan_story(desk_of(lab, folder, settings=_ALONE), story, findings, (), lower)


def _carried_out(lab: Lab, folder: Path, plan: Plan) -> None:
    desk = desk_of(lab, folder, settings=_ALONE)
    approve(desk, plan)
    carry_out(desk, plan.id)
    lab.advance(60)


def test_next_plan_leaves_alone_what_plan_and_rollback_made_again(lab: Lab, tmp_path: Path) -> None:
    _rob(lab)
    folder = tmp_path / "case"
    folder.mkdir()

    first = _planned(lab, folder)
    _carried_out(lab, folder, first)
    with pytest.raises(CannotFix, match="Nothing is left to do: each finding of S-"):
        _planned(lab, folder)
    take_back(desk_of(lab, folder, settings=_ALONE), first.id)
    lab.advance(60)
    after_rollback = _planned(lab, folder)
    _carried_out(lab, folder, after_rollback)
    with pytest.raises(CannotFix, match=f"because plan {first.id} was rolled back"):
        _planned(lab, folder)

    done = {one.call.action.partition(":")[2] for one in first.changes}
    assert {"CreateSAMLProvider", "UploadSSHPublicKey", "CreateLoginProfile"} <= done
    assert _taking(first) == ["iam.delete_saml_provider"]
    assert _taking(after_rollback) == []
    (left,) = after_rollback.still_open
    assert f"saml-provider/evil is there again because plan {first.id} was rolled back" in left
    assert "DeleteUser" not in effects(lab)
    names = {
        one["Arn"].rpartition("/")[2]
        for one in lab.client("iam").list_saml_providers()["SAMLProviderList"]
    }
    assert names == {"corporate", "evil"}


def _taking(plan: Plan) -> list[str]:
    """Name the changes that take away a thing as a whole."""
    return [one.call.name for one in plan.changes if one.call.name.startswith("iam.delete")]
