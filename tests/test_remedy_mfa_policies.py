"""A policy that demands MFA: it locks nobody out, and breaks no program that goes unnamed."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds import Case, account_of, ssh_body
from tests.worlds_mfa import OTHER, enrol, make_bob, told
from trailmend.calls import Call, ask, call
from trailmend.errors import CannotFix
from trailmend.lab import Credentials, Lab
from trailmend.lab.evaluation import applies
from trailmend.plan import Proposal, propose
from trailmend.remediations.mfa_policies import POLICY, document_for, require_mfa

ACCOUNT = "arn:aws:iam::123456789012"
BOB = f"{ACCOUNT}:user/staff/bob"
DELETE = call("iam.delete_user_policy", UserName="bob", PolicyName=POLICY)
SET_UP = {
    "iam:ChangePassword",
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetAccountPasswordPolicy",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
}


def text(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def policy(**statement: Any) -> str:
    return text({"Version": "2012-10-17", "Statement": [OTHER | statement]})


def put(document: Any, name: str = POLICY) -> Call:
    """Say the call that puts a policy on bob."""
    written = document if isinstance(document, str) else text(document)
    return call("iam.put_user_policy", UserName="bob", PolicyName=name, PolicyDocument=written)


def proposed(lab: Lab, **known: Any) -> Proposal:
    account = account_of(lab)
    facts = Case("", require_mfa, lambda _: told(lab) | known).facts(lab)
    return propose(require_mfa, facts, lambda question: ask(account, question))


def calls(proposal: Proposal) -> list[tuple[Call, Call | None]]:
    return [(one.call, one.undo) for one in proposal.changes]


def put_on_bob(iam: Any, *, keys: bool) -> None:
    iam.put_user_policy(
        UserName="bob", PolicyName=POLICY, PolicyDocument=text(document_for(BOB, keys=keys))
    )


# What is proposed --------------------------------------------------------------------------


def test_user_without_keys_gets_the_strict_form(lab: Lab) -> None:
    make_bob(lab)

    proposal = proposed(lab)

    assert calls(proposal) == [(put(document_for(BOB, keys=False)), DELETE)]
    assert "whoever has the password can enrol one" in proposal.changes[0].note


@pytest.mark.parametrize("status", ["Active", "Inactive"])
def test_access_key_is_spared_and_named_even_if_it_is_off(status: str, lab: Lab) -> None:
    """A key that is off can be turned on again, by the rollback of another plan too."""
    iam = make_bob(lab)
    enrol(lab, "bob", "phone")
    key = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="bob", AccessKeyId=key, Status=status)

    proposal = proposed(lab)

    assert calls(proposal) == [(put(document_for(BOB, keys=True)), DELETE)]
    assert proposal.changes[0].note.endswith(f" {key} of bob can be used without MFA as before.")


def test_ssh_key_is_spared_too(lab: Lab) -> None:
    make_bob(lab).upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(1))

    assert calls(proposed(lab)) == [(put(document_for(BOB, keys=True)), DELETE)]


@pytest.mark.parametrize("keys", [True, False])
def test_policy_in_either_form_is_enough(keys: bool, lab: Lab) -> None:
    iam = make_bob(lab)
    put_on_bob(iam, keys=keys)
    assert calls(proposed(lab)) == []
    iam.create_access_key(UserName="bob")
    assert calls(proposed(lab)) == []


def test_other_policy_of_the_name_comes_back_when_undone(lab: Lab) -> None:
    former = policy(Resource="arn:aws:s3:::ü/${aws:username}")
    make_bob(lab).put_user_policy(UserName="bob", PolicyName=POLICY, PolicyDocument=former)

    assert calls(proposed(lab)) == [(put(document_for(BOB, keys=False)), put(former))]


def test_user_of_programs_is_told_that_there_is_no_sign_in(lab: Lab) -> None:
    make_bob(lab, password=False)

    assert "no console password" in proposed(lab).changes[0].note


# The size of inline policies ---------------------------------------------------------------


def filled(length: int) -> str:
    """Write a policy of so many characters, and white space, which does not count."""
    return policy(Sid="x" * (length - len(policy(Sid="")))) + " " * 500


@pytest.mark.parametrize("keys", [True, False])
def test_policy_is_put_as_long_as_aws_takes_it(keys: bool, lab: Lab) -> None:
    """Held against the limit of the lab: what is proposed is taken, what is refused is not."""
    iam = make_bob(lab)
    if keys:
        iam.create_access_key(UserName="bob")
    room = 2048 - len(text(document_for(BOB, keys=keys)))
    iam.put_user_policy(UserName="bob", PolicyName="full", PolicyDocument=filled(room))

    ((proposal, _),) = calls(proposed(lab))

    iam.put_user_policy(**proposal.params)
    iam.delete_user_policy(UserName="bob", PolicyName=POLICY)
    iam.put_user_policy(UserName="bob", PolicyName="full", PolicyDocument=filled(room + 1))
    with pytest.raises(CannotFix, match=r"2048 is the limit: make one of them a managed policy"):
        proposed(lab)
    with pytest.raises(ClientError, match="LimitExceeded"):
        iam.put_user_policy(**proposal.params)


def test_policy_of_the_same_name_makes_room(lab: Lab) -> None:
    make_bob(lab).put_user_policy(UserName="bob", PolicyName=POLICY, PolicyDocument=filled(2048))

    assert [one for one, _ in calls(proposed(lab))] == [put(document_for(BOB, keys=False))]


# What the policy does ----------------------------------------------------------------------


def check_refused(ask: Any, **params: Any) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        ask(**params)


def test_user_without_mfa_can_set_it_up_and_nothing_else(lab: Lab) -> None:
    """The forced change of a password and a denial without MFA lock nobody out."""
    iam = make_bob(lab)
    iam.update_login_profile(UserName="bob", PasswordResetRequired=True)
    enrolled = enrol(lab, "bob", "old-phone")
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=enrolled)
    put_on_bob(iam, keys=False)
    own = lab.client("iam", lab.sign_in("bob"))

    own.change_password(OldPassword="Correct-horse-battery-7", NewPassword="Purple-otter-swims-42")
    check_refused(own.list_users)
    check_refused(own.delete_virtual_mfa_device, SerialNumber=enrolled)
    check_refused(own.create_access_key, UserName="bob")
    serial = enrol(lab, "bob", "phone")
    check_refused(own.deactivate_mfa_device, UserName="bob", SerialNumber=serial)
    assert own.list_mfa_devices(UserName="bob")["MFADevices"][0]["SerialNumber"] == serial
    assert lab.client("iam", lab.sign_in("bob")).list_users()["Users"]


def test_strict_form_refuses_a_key_that_is_made_later(lab: Lab) -> None:
    iam = make_bob(lab)
    put_on_bob(iam, keys=False)
    made = iam.create_access_key(UserName="bob")["AccessKey"]
    key = Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    check_refused(lab.client("iam", key).list_users)
    assert lab.client("sts", key).get_session_token()["Credentials"]


CONTEXTS = {
    "session without MFA": ("false", "false"),
    "session with MFA": ("true", "false"),
    "long-lived key": (None, "false"),
    "service that goes on with a key": ("false", "true"),
    "session without MFA, in a service that does not say": ("false", None),
}


@pytest.mark.parametrize(
    ("keys", "who", "denied"),
    [
        (True, "session without MFA", True),
        (True, "session with MFA", False),
        (True, "long-lived key", False),
        (True, "service that goes on with a key", False),
        (True, "session without MFA, in a service that does not say", True),
        (False, "session without MFA", True),
        (False, "session with MFA", False),
        (False, "long-lived key", True),
    ],
)
def test_form_decides_for_whom_the_denial_holds(keys: bool, who: str, denied: bool) -> None:
    denial = document_for(BOB, keys=keys)["Statement"][-1]
    mfa, via_service = CONTEXTS[who]
    context = {"aws:multifactorauthpresent": mfa, "aws:viaawsservice": via_service}

    assert denial["Effect"] == "Deny"
    assert applies(denial, "s3:GetObject", "*", context) is denied
    assert not any(applies(denial, action, "*", context) for action in SET_UP)
    assert applies(denial, "iam:DeleteVirtualMFADevice", "*", context) is denied
    assert applies(denial, "iam:DeactivateMFADevice", "*", context) is denied


names = st.text("abcXYZ019+=,.@-_", min_size=1, max_size=64)


@given(name=names, other=names, folders=st.lists(names, max_size=3))
def test_user_is_allowed_what_it_takes_on_themselves_alone(
    name: str, other: str, folders: list[str]
) -> None:
    """AWS's example holds for no user under a path: the path is in the ARN."""
    path = "".join(f"{one}/" for one in folders)
    arn = f"{ACCOUNT}:user/{path}{name}"
    grants = document_for(arn, keys=True)["Statement"][:-1]

    def allowed(action: str, resource: str) -> bool:
        context = {"aws:username": name}
        return any(applies(grant, action, resource, context) for grant in grants)

    assert {one["Effect"] for one in grants} == {"Allow"}
    assert allowed("iam:EnableMFADevice", arn)
    assert allowed("iam:ChangePassword", arn)
    assert allowed("iam:CreateVirtualMFADevice", f"{ACCOUNT}:mfa/{other}")
    assert allowed("iam:EnableMFADevice", f"{ACCOUNT}:user/{path}{other}") is (name == other)
    assert not allowed("iam:DeactivateMFADevice", arn)
    assert not allowed("iam:DeleteVirtualMFADevice", f"{ACCOUNT}:mfa/{name}")
    assert {action for one in grants for action in one["Action"]} == SET_UP
