"""What puts a principal in quarantine, and out of it: what is proposed and refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data
from msgspec import structs

from tests.slow import some
from tests.worlds import account_of, desk_of, plan_of, trust
from tests.worlds_access_keys import make_key
from tests.worlds_principals import (
    CASES,
    SMALL_DENIAL,
    Build,
    allowing,
    changes,
    delete,
    facts_of,
    full_user,
    make_calling_role,
    make_calling_user,
    make_role,
    make_user,
    proposed,
    put,
    text,
    the_change,
    time_of,
)
from trailmend.calls import call
from trailmend.errors import CannotFix, Denied, Refused
from trailmend.lab import Lab
from trailmend.plan import Actor, Remediation
from trailmend.policies import denies
from trailmend.remediations.principals import (
    DENIAL,
    QUARANTINE,
    quarantine_caller,
    quarantine_target,
    release,
    revoke_callers_sessions,
    revoke_role_sessions,
    revoke_user_sessions,
)

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"


# What the quarantine covers ----------------------------------------------------------------

UNCOVERED = (
    "iam:DeleteLoginProfile",
    "iam:DeleteAccountPasswordPolicy",
    "iam:DeactivateMFADevice",
    "iam:DeleteVirtualMFADevice",
    "iam:DeleteSSHPublicKey",
    "iam:EnableMFADevice",
    "iam:CreateVirtualMFADevice",
    "iam:UploadSSHPublicKey",
    "iam:CreateServiceSpecificCredential",
    "iam:DeleteUserPolicy",
    "cloudtrail:StopLogging",
    "cloudtrail:DeleteTrail",
    "cloudtrail:UpdateTrail",
    "cloudtrail:PutEventSelectors",
    "sts:AssumeRole",
)


@pytest.mark.parametrize("action", some(UNCOVERED))
def test_quarantine_denies_what_the_quarantine_of_aws_leaves_open(action: str) -> None:
    managed = json.loads(aws_managed_policies_data)

    for name in ("AWSCompromisedKeyQuarantineV2", "AWSCompromisedKeyQuarantineV3"):
        assert denies([managed[name]["Document"]], action) is False
    assert denies([DENIAL], action) is True
    assert denies([managed["AWSDenyAll"]["Document"]], action) is True


@given(st.from_regex(r"[a-z0-9-]{1,20}:[A-Za-z]{1,40}", fullmatch=True))
def test_quarantine_denies_every_action_without_a_condition(action: str) -> None:
    assert denies([DENIAL], action, "arn:aws:s3:::any/thing") is True


# What the quarantine proposes --------------------------------------------------------------


@pytest.mark.parametrize("fix", [quarantine_target, quarantine_caller], ids=lambda fix: fix.key)
def test_user_is_quarantined_by_one_inline_policy(fix: Remediation, lab: Lab) -> None:
    change = the_change(lab, fix, facts_of(lab, make_calling_user))

    assert change.call == put("user", "bob", QUARANTINE, DENIAL)
    assert change.undo == delete("user", "bob", QUARANTINE)
    assert change.note == "User bob: inline policy trailmend-quarantine: none → denies everything"
    assert "principals.revoke_role_sessions" in change.breaks


@pytest.mark.parametrize("fix", [quarantine_target, quarantine_caller], ids=lambda fix: fix.key)
def test_role_is_quarantined_and_it_is_said_who_is_hit(fix: Remediation, lab: Lab) -> None:
    change = the_change(lab, fix, facts_of(lab, make_calling_role))

    assert change.call == put("role", "deploy", QUARANTINE, DENIAL)
    assert change.undo == delete("role", "deploy", QUARANTINE)
    assert change.breaks == (
        "Every session of role deploy is refused, its programs too. Who may take it: "
        "arn:aws:iam::123456789012:root, ec2.amazonaws.com; last use: not known."
    )


def test_of_many_whom_a_role_trusts_some_are_named(lab: Lab) -> None:
    facts = facts_of(lab, make_role)
    services = [f"service{number}.amazonaws.com" for number in range(8)]
    lab.client("iam").update_assume_role_policy(
        RoleName="deploy", PolicyDocument=trust({"Service": services})
    )

    change = the_change(lab, quarantine_target, facts)

    assert f"Who may take it: {', '.join(services[:5])} and 3 more; last use" in change.breaks


def test_former_policy_of_the_name_comes_back_by_the_undo(lab: Lab) -> None:
    facts = CASES["user with another quarantine"].facts(lab)

    change = the_change(lab, quarantine_target, facts)

    assert change.call == put("user", "bob", QUARANTINE, DENIAL)
    assert change.undo == put("user", "bob", QUARANTINE, SMALL_DENIAL)
    assert "trailmend-quarantine: another → denies everything" in change.note


@pytest.mark.parametrize(
    ("build", "named"), [(make_user, {"UserName": "bob"}), (make_role, {"RoleName": "deploy"})]
)
def test_who_is_quarantined_already_needs_nothing(
    build: Build, named: dict[str, str], lab: Lab
) -> None:
    facts = facts_of(lab, build)
    iam, kind = lab.client("iam"), next(iter(named)).removesuffix("Name").lower()

    getattr(iam, f"attach_{kind}_policy")(**named, PolicyArn=DENY_ALL)
    assert changes(lab, quarantine_target, facts) == []
    getattr(iam, f"detach_{kind}_policy")(**named, PolicyArn=DENY_ALL)
    assert len(changes(lab, quarantine_target, facts)) == 1
    getattr(iam, f"put_{kind}_policy")(
        **named, PolicyName=QUARANTINE, PolicyDocument=json.dumps(DENIAL, indent=4)
    )
    assert changes(lab, quarantine_target, facts) == []


def test_quarantine_of_somebody_else_does_not_count(lab: Lab) -> None:
    facts = facts_of(lab, make_user)
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName=QUARANTINE, PolicyDocument=text(DENIAL))
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="bob")
    iam.put_group_policy(GroupName="team", PolicyName=QUARANTINE, PolicyDocument=text(DENIAL))

    assert len(changes(lab, quarantine_target, facts)) == 1


# Room --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("free", "fits"), [(0, True), (-1, False)])
@pytest.mark.parametrize(
    ("build", "kind", "name", "quota"),
    [(make_user, "user", "bob", 2048), (make_role, "role", "deploy", 10240)],
)
def test_policy_that_fits_to_the_character_is_put_and_aws_takes_it(
    build: Build, kind: str, name: str, quota: int, free: int, fits: bool, lab: Lab
) -> None:
    facts = facts_of(lab, build)
    iam, named = lab.client("iam"), {f"{kind.title()}Name": name}
    short = len(text(json.loads(allowing("*"))))
    room = quota - len(text(DENIAL)) - short - free
    long = text(json.loads(allowing("s3:*", sid="L" * 100)))
    filled = json.loads(allowing("s3:*", sid="L" * (100 + room - len(long))))
    getattr(iam, f"put_{kind}_policy")(**named, PolicyName="x", PolicyDocument=text(filled))
    write = getattr(iam, f"put_{kind}_policy")
    ours = {"PolicyName": QUARANTINE, "PolicyDocument": text(DENIAL)}

    ((sent, _),) = changes(lab, quarantine_target, facts)

    if fits:
        assert sent == put(kind, name, QUARANTINE, DENIAL)
        write(**named, **ours)
    else:
        assert sent.name == f"iam.attach_{kind}_policy"
        with pytest.raises(iam.exceptions.LimitExceededException):
            write(**named, **ours)


def test_where_the_policy_has_no_room_awsdenyall_is_attached(lab: Lab) -> None:
    change = the_change(lab, quarantine_target, facts_of(lab, full_user))

    target = {"UserName": "bob", "PolicyArn": DENY_ALL}
    assert change.call == call("iam.attach_user_policy", **target)
    assert change.undo == call("iam.detach_user_policy", **target)
    assert "AWSDenyAll: not attached → attached" in change.note


def test_former_policy_of_the_name_takes_no_room(lab: Lab) -> None:
    facts = facts_of(lab, make_user)
    lab.client("iam").put_user_policy(
        UserName="bob", PolicyName=QUARANTINE, PolicyDocument=allowing("s3:*", sid="L" * 1800)
    )

    assert the_change(lab, quarantine_target, facts).call == put("user", "bob", QUARANTINE, DENIAL)


def test_quarantine_without_any_room_says_what_to_do(lab: Lab) -> None:
    facts = facts_of(lab, full_user)
    iam = lab.client("iam")
    for number in range(10):
        made = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=allowing("s3:*"))
        iam.attach_user_policy(UserName="bob", PolicyArn=made["Policy"]["Arn"])

    with pytest.raises(CannotFix, match=r"10 managed policies are attached\. Detach one of them"):
        proposed(lab, quarantine_target, facts)


@pytest.mark.parametrize("name", ["a+b@c,d.e_f", "x=y", "TRAILMEND-QUARANTINE"])
def test_names_may_be_all_that_aws_allows(name: str, lab: Lab) -> None:
    facts = facts_of(lab, lambda lab: make_user(lab, "Bo.b+x@corp"))
    lab.client("iam").put_user_policy(
        UserName="Bo.b+x@corp", PolicyName=name, PolicyDocument=allowing("s3:*", sid="L" * 1800)
    )

    change = the_change(lab, quarantine_target, facts)

    assert change.call.name == "iam.attach_user_policy"
    assert change.note.startswith("User Bo.b+x@corp: AWSDenyAll")


# Who must not be touched -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fix", "known", "sentence"),
    [
        (quarantine_target, {}, "Neither a user nor a role"),
        (release, {}, "Neither a user nor a role"),
        (quarantine_target, {"user_name": "bob", "role_name": "deploy"}, "one of them at a time"),
        (quarantine_target, {"user_name": "gone"}, "deleted or renamed"),
        (quarantine_target, {"role_name": "gone"}, "Role gone is not there"),
        (quarantine_caller, {"actor": Actor(kind="root")}, "sign in as root"),
        (
            quarantine_caller,
            {"actor": Actor(kind="FederatedUser", arn="arn:aws:sts::123456789012:x/y")},
            "quarantine the user whose key made the session",
        ),
        (
            quarantine_caller,
            {
                "role_name": "deploy",
                "actor": Actor(kind="role", arn="arn:aws:sts::999999999999:assumed-role/deploy/s"),
            },
            "of account 999999999999",
        ),
        (revoke_role_sessions, {"user_name": "bob"}, "principals.revoke_user_sessions"),
        (revoke_user_sessions, {"role_name": "deploy"}, "principals.revoke_role_sessions"),
        (revoke_role_sessions, {"role_name": "deploy", "asked_at": ""}, "make it again"),
        (revoke_callers_sessions, {"actor": Actor(kind="root")}, "sign in as root"),
    ],
)
def test_who_cannot_be_held_is_said_with_what_to_do(
    fix: Remediation, known: dict[str, Any], sentence: str, lab: Lab
) -> None:
    facts = facts_of(lab, make_role, role_name=None, actor=Actor())

    with pytest.raises(CannotFix, match=sentence):
        proposed(lab, fix, structs.replace(facts, **known))


@pytest.mark.parametrize("fix", [quarantine_target, revoke_role_sessions, release])
def test_role_made_after_the_event_is_another(fix: Remediation, lab: Lab) -> None:
    facts = facts_of(lab, make_role, event_time="2026-03-02T09:00:00Z")

    with pytest.raises(CannotFix, match="another role of the same name"):
        proposed(lab, fix, facts)


@pytest.mark.parametrize("fix", [quarantine_target, revoke_user_sessions, release])
def test_user_made_after_the_event_is_another(fix: Remediation, lab: Lab) -> None:
    facts = facts_of(lab, make_user, event_time="2026-03-02T09:00:00Z")

    with pytest.raises(CannotFix, match="another user of the same name"):
        proposed(lab, fix, facts)


@pytest.mark.parametrize(
    ("build", "old"),
    [
        (make_calling_user, "AIDAOLDOLDOLDOLDOLD00"),
        (make_calling_role, "AROAOLDOLDOLDOLDO0000:build"),
    ],
)
@pytest.mark.parametrize("fix", [quarantine_caller, revoke_callers_sessions])
def test_caller_with_another_id_is_another(
    build: Build, old: str, fix: Remediation, lab: Lab
) -> None:
    facts = facts_of(lab, build)
    renamed = structs.replace(facts, actor=structs.replace(facts.actor, id=old))

    with pytest.raises(CannotFix, match=rf"the caller had {old}: it is another"):
        proposed(lab, fix, renamed)


def test_role_of_an_aws_service_is_not_quarantined(lab: Lab, tmp_path: Path) -> None:
    iam = lab.client("iam")
    made = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
    facts = facts_of(lab, lambda lab: {"role_name": made["RoleName"], "event_time": ""})

    with pytest.raises(Refused, match="belongs to AWS"):
        plan_of(desk_of(lab, tmp_path), quarantine_target, facts)


def test_last_administrator_is_not_quarantined(lab: Lab, tmp_path: Path) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="bob")
    lab.advance(3600)
    facts = facts_of(lab, lambda lab: {"user_name": "bob", "event_time": time_of(lab)})

    with pytest.raises(Refused, match="Fewer than 2 other ways to administer"):
        plan_of(desk_of(lab, tmp_path), quarantine_target, facts)


def test_policy_that_cannot_be_read_is_not_taken_for_none(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, make_user)
    desk = desk_of(lab, tmp_path, account_of(lab, make_key(lab, "bob")))
    lab.deny("bob", "iam:ListUserPolicies")

    with pytest.raises(Denied):
        plan_of(desk, quarantine_target, structs.replace(facts, user_name="bob"))


# Release -----------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [DENIAL, SMALL_DENIAL])
def test_release_takes_the_policy_off_and_its_undo_puts_it_back(
    document: Mapping[str, Any], lab: Lab
) -> None:
    facts = facts_of(lab, make_user)
    assert changes(lab, release, facts) == []
    lab.client("iam").put_user_policy(
        UserName="bob", PolicyName=QUARANTINE, PolicyDocument=text(document)
    )

    assert changes(lab, release, facts) == [
        (delete("user", "bob", QUARANTINE), put("user", "bob", QUARANTINE, document))
    ]


@pytest.mark.parametrize("both", [True, False])
def test_release_does_not_take_off_what_another_may_have_attached(both: bool, lab: Lab) -> None:
    facts = facts_of(lab, make_user)
    iam = lab.client("iam")
    iam.attach_user_policy(UserName="bob", PolicyArn=DENY_ALL)
    if both:
        iam.put_user_policy(UserName="bob", PolicyName=QUARANTINE, PolicyDocument=text(DENIAL))

    with pytest.raises(CannotFix, match="roll that plan back; else detach it by hand"):
        proposed(lab, release, facts)
