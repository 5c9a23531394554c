"""What each fix proposes, for every account it may meet."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs, to_builtins

from tests.worlds import ssh_body
from trailmend.calls import Answer, Call, Read, call
from trailmend.errors import CannotFix
from trailmend.password_policies import PasswordPolicy, read_policy, weaker_fields
from trailmend.plan import Facts, Proposal, Remediation, propose
from trailmend.remediations.access_keys import deactivate_access_key
from trailmend.remediations.password_policy import (
    enforce_password_policy,
    restore_password_policy,
)
from trailmend.remediations.ssh_keys import find_uploaded_key, fingerprint_of, restore_ssh_key
from trailmend.settings import Settings

FACTS = Facts(
    account_id="123456789012",
    finding_id="f",
    event_id="e",
    event_name="Event",
    event_time="2026-03-02T09:00:00Z",
    baseline=Settings().baseline,
)


def facts(**known: Any) -> Facts:
    return structs.replace(FACTS, **known)


def answering(answers: dict[str, Any]) -> Callable[[Read], Any]:
    """Answer by the name of the call, and by the key that it asks for where there are many."""

    def answer(question: Read) -> Any:
        given = answers[question.call.name]
        if question.call.name == "iam.get_ssh_public_key":
            return given.get(question.call.params["SSHPublicKeyId"])
        return given

    return answer


# The password policy -----------------------------------------------------------------------

policies = st.builds(
    PasswordPolicy,
    require_symbols=st.booleans(),
    require_numbers=st.booleans(),
    require_uppercase_characters=st.booleans(),
    require_lowercase_characters=st.booleans(),
    allow_users_to_change_password=st.booleans(),
    hard_expiry=st.booleans(),
    minimum_password_length=st.integers(6, 128),
    max_password_age=st.just(0) | st.integers(1, 1095),
    password_reuse_prevention=st.integers(0, 24),
)


def with_policy(fix: Remediation, known: Facts, now: PasswordPolicy | None) -> Proposal:
    return propose(fix, known, lambda _: to_builtins(now))


def policy_of(sent: Call) -> PasswordPolicy:
    """Read back what an update sets; what is not sent has the API's default."""
    assert sent.name == "iam.update_account_password_policy"
    names = {re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(): v for key, v in sent.params.items()}
    return PasswordPolicy(**names)


def test_example_of_the_restored_policy_is_no_weaker_than_the_baseline() -> None:
    (shown,) = restore_password_policy.example.changes

    baseline = read_policy(restore_password_policy.example.facts.baseline)
    assert weaker_fields(baseline, policy_of(shown)) == ()


def after(proposal: Proposal, now: PasswordPolicy | None) -> PasswordPolicy | None:
    return policy_of(proposal.changes[0].call) if proposal.changes else now


@given(now=st.none() | policies, before=st.none() | policies, baseline=policies)
def test_no_field_of_the_password_policy_becomes_weaker(
    now: PasswordPolicy | None, before: PasswordPolicy | None, baseline: PasswordPolicy
) -> None:
    known = facts(before=before and to_builtins(before), baseline=to_builtins(baseline))

    for fix in (restore_password_policy, enforce_password_policy):
        target = after(with_policy(fix, known, now), now)
        wanted = before if fix is restore_password_policy and before else baseline
        without_hard_expiry = structs.replace(wanted, hard_expiry=False)
        assert weaker_fields(now, target) == ()
        assert weaker_fields(without_hard_expiry, target) == ()


@given(now=st.none() | policies, before=st.none() | policies, baseline=policies)
def test_password_policy_is_changed_by_one_call_and_then_never_again(
    now: PasswordPolicy | None, before: PasswordPolicy | None, baseline: PasswordPolicy
) -> None:
    known = facts(before=before and to_builtins(before), baseline=to_builtins(baseline))

    for fix in (restore_password_policy, enforce_password_policy):
        proposal = with_policy(fix, known, now)
        assert len(proposal.changes) <= 1
        assert with_policy(fix, known, after(proposal, now)).changes == ()


@given(now=st.none() | policies, before=st.none() | policies)
def test_undo_of_the_password_policy_is_the_former_policy(
    now: PasswordPolicy | None, before: PasswordPolicy | None
) -> None:
    known = facts(before=before and to_builtins(before))

    for change in with_policy(restore_password_policy, known, now).changes:
        assert change.undo is not None
        if now is None:
            assert change.undo == Call("iam.delete_account_password_policy")
        else:
            assert policy_of(change.undo) == now


@given(now=st.none() | policies, before=st.none() | policies)
def test_hard_expiry_comes_only_if_it_was_in_force(
    now: PasswordPolicy | None, before: PasswordPolicy | None
) -> None:
    known = facts(before=before and to_builtins(before), baseline={"hardExpiry": True})

    restored = after(with_policy(restore_password_policy, known, now), now)
    enforced = after(with_policy(enforce_password_policy, known, now), now)

    was = bool(now and now.hard_expiry)
    assert bool(restored and restored.hard_expiry) == (was or bool(before and before.hard_expiry))
    assert bool(enforced and enforced.hard_expiry) == was


@given(now=st.none() | policies, before=st.none() | policies)
def test_users_may_change_their_password_unless_they_could_not_before(
    now: PasswordPolicy | None, before: PasswordPolicy | None
) -> None:
    known = facts(before=before and to_builtins(before))

    restored = after(with_policy(restore_password_policy, known, now), now)
    enforced = after(with_policy(enforce_password_policy, known, now), now)

    kept = now.allow_users_to_change_password if now else True
    assert restored is not None
    assert enforced is not None
    assert enforced.allow_users_to_change_password == kept
    was = before.allow_users_to_change_password if before else kept
    assert restored.allow_users_to_change_password == was


@given(policies, policies)
def test_zero_is_never_sent(now: PasswordPolicy, before: PasswordPolicy) -> None:
    known = facts(before=to_builtins(before))

    for change in with_policy(restore_password_policy, known, now).changes:
        for one in (change.call, change.undo):
            assert one is not None
            assert 0 not in [v for v in one.params.values() if not isinstance(v, bool)]


@pytest.mark.parametrize(
    ("now", "target", "said"),
    [
        (0, 90, "Passwords older than 90 days expire at once."),
        (365, 90, "Passwords older than 90 days expire at once."),
        (90, 90, ""),
        (0, 0, ""),
    ],
)
def test_expiry_that_hits_passwords_in_use_is_said(now: int, target: int, said: str) -> None:
    known = facts(before=to_builtins(PasswordPolicy(max_password_age=target, require_numbers=True)))

    (change,) = with_policy(
        restore_password_policy, known, PasswordPolicy(max_password_age=now)
    ).changes

    assert change.breaks == said


def test_lockout_by_hard_expiry_is_said() -> None:
    before = PasswordPolicy(max_password_age=90, hard_expiry=True)

    (change,) = with_policy(
        restore_password_policy, facts(before=to_builtins(before)), None
    ).changes

    assert change.breaks.endswith("cannot sign in until an administrator resets it.")


def test_former_policy_that_cannot_be_read_is_not_guessed() -> None:
    known = facts(before={"minimumPasswordLength": "long"})

    with pytest.raises(CannotFix, match="enforce_password_policy"):
        with_policy(restore_password_policy, known, None)


def test_enforcing_without_a_baseline_says_where_to_set_one() -> None:
    with pytest.raises(CannotFix, match="password_policy"):
        with_policy(enforce_password_policy, facts(baseline={}), None)


# Access keys -------------------------------------------------------------------------------

KEY = "AKIAEXAMPLE000000001"


def with_key(owner: str | None, status: str | None, **known: Any) -> Proposal:
    used = {"LastUsedDate": None, "ServiceName": "N/A", "Region": "N/A"}
    answers = {"UserName": owner, "AccessKeyLastUsed": used}

    def answer(question: Read) -> Any:
        return status if question.call.name == "iam.list_access_keys" else answers[question.pick]

    return propose(deactivate_access_key, facts(object_id=KEY, **known), answer)


def test_only_the_named_key_of_its_owner_is_turned_off() -> None:
    (change,) = with_key("bob", "Active").changes

    target = {"UserName": "bob", "AccessKeyId": KEY}
    assert change.call == call("iam.update_access_key", **target, Status="Inactive")
    assert change.undo == call("iam.update_access_key", **target, Status="Active")


@pytest.mark.parametrize("status", ["Inactive", "Expired", None])
def test_key_that_does_not_work_needs_nothing(status: str | None) -> None:
    assert with_key("bob", status, user_name="bob").changes == ()


def test_key_of_somebody_else_than_the_log_says_is_not_touched() -> None:
    with pytest.raises(CannotFix, match="belongs to alice, AWS says bob"):
        with_key("bob", "Active", user_name="alice")


def test_key_without_an_owner_is_not_touched() -> None:
    with pytest.raises(CannotFix, match="root"):
        with_key(None, "Active", user_name="bob")


@pytest.mark.parametrize("key", [None, "", "AKIA'] | [0", "*"])
def test_only_a_key_id_is_looked_for(key: str | None) -> None:
    with pytest.raises(CannotFix):
        propose(deactivate_access_key, facts(object_id=key), answering({}))


def test_unknown_use_is_not_called_unused() -> None:
    (change,) = with_key("bob", "Active").changes

    assert "does not prove that there was none" in change.note


# SSH keys ----------------------------------------------------------------------------------

OLD, BODY = "APKAEXAMPLE000000001", ssh_body(1)


def with_ssh(
    keys: dict[str, tuple[str, str]], user: str | None = "AIDA1", **before: Any
) -> Proposal:
    known = {"ssh_public_key_body": BODY, "fingerprint": fingerprint_of(BODY), "status": "Active"}
    answers = {
        "iam.get_user": user,
        "iam.list_ssh_public_keys": sorted(keys),
        "iam.get_ssh_public_key": {k: {"body": b, "status": s} for k, (b, s) in keys.items()},
    }
    known_facts = facts(user_name="bob", object_id=OLD, before=known | before)
    return propose(restore_ssh_key, known_facts, answering(answers))


def calls(proposal: Proposal) -> list[tuple[str, Any]]:
    return [(one.call.name, one.call.params.get("Status")) for one in proposal.changes]


UPLOAD = ("iam.upload_ssh_public_key", None)
UPDATE = "iam.update_ssh_public_key"


@pytest.mark.parametrize(
    ("keys", "status", "expected"),
    [
        ({}, "Active", [UPLOAD]),
        ({}, None, [UPLOAD]),
        ({}, "Inactive", [UPLOAD, (UPDATE, "Inactive")]),
        ({}, "Expired", [UPLOAD, (UPDATE, "Inactive")]),
        ({"APKA2": (ssh_body(2), "Active")}, "Active", [UPLOAD]),
        ({"APKA2": (BODY, "Active")}, "Active", []),
        ({"APKA2": (f"{BODY} bob@laptop", "Active")}, "Active", []),
        ({"APKA2": (BODY, "Inactive")}, "Inactive", []),
        ({"APKA2": (BODY, "Inactive")}, "Active", [(UPDATE, "Active")]),
        ({"APKA2": (BODY, "Active")}, "Inactive", [(UPDATE, "Inactive")]),
        ({OLD: ("another form", "Inactive")}, "Active", [(UPDATE, "Active")]),
    ],
)
def test_ssh_key_gets_back_its_body_and_its_status(
    keys: dict[str, tuple[str, str]], status: str | None, expected: list[tuple[str, str]]
) -> None:
    assert calls(with_ssh(keys, status=status)) == expected


def test_key_that_is_there_is_woken_without_its_body() -> None:
    keys = {OLD: (BODY, "Inactive")}

    assert calls(with_ssh(keys, ssh_public_key_body=None, fingerprint=None)) == [(UPDATE, "Active")]


def test_undo_of_an_upload_deletes_the_key_that_was_uploaded() -> None:
    (change,) = with_ssh({}).changes

    answer = Answer("SSHPublicKey.SSHPublicKeyId")
    assert change.undo == call("iam.delete_ssh_public_key", UserName="bob", SSHPublicKeyId=answer)
    assert change.recover == "ssh_keys.find_uploaded_key"
    assert "new id" in change.note
    assert "~/.ssh/config" in change.note


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ({"ssh_public_key_body": None}, "ask its owner for the public key"),
        ({"fingerprint": "00:11"}, "the log says 00:11"),
        ({"ssh_public_key_body": "-----BEGIN PUBLIC KEY-----"}, "not in the form ssh-rsa"),
        ({"ssh_public_key_body": "ssh-rsa AAAA%"}, "cannot be checked"),
        ({"ssh_public_key_body": "ssh-rsa"}, "cannot be checked"),
    ],
)
def test_key_that_is_not_surely_the_deleted_one_is_not_uploaded(
    before: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CannotFix, match=sentence):
        with_ssh({}, **before)


def test_fingerprint_is_compared_without_its_form() -> None:
    plain = fingerprint_of(BODY).replace(":", "").upper()

    assert calls(with_ssh({}, fingerprint=plain)) == [UPLOAD]


def test_sixth_key_is_not_tried() -> None:
    keys = {f"APKA{n}": (ssh_body(n + 2), "Active") for n in range(5)}

    with pytest.raises(CannotFix, match="5 is the limit"):
        with_ssh(keys)


def test_key_of_a_deleted_user_is_not_uploaded() -> None:
    with pytest.raises(CannotFix, match="does not exist"):
        with_ssh({}, user=None)


def test_key_without_a_user_is_not_uploaded() -> None:
    with pytest.raises(CannotFix, match="names no user"):
        propose(restore_ssh_key, facts(object_id=OLD), answering({}))


def test_finder_gives_the_id_of_the_uploaded_body_only() -> None:
    upload = call("iam.upload_ssh_public_key", UserName="bob", SSHPublicKeyBody=BODY)

    def found(keys: dict[str, str]) -> Any:
        steps = find_uploaded_key(upload)
        answers = {
            "iam.list_ssh_public_keys": sorted(keys),
            "iam.get_ssh_public_key": {k: {"body": b, "status": "Active"} for k, b in keys.items()},
        }
        told = None
        try:
            while True:
                told = answering(answers)(steps.send(told))
        except StopIteration as end:
            return end.value

    assert found({}) is None
    assert found({"APKA2": ssh_body(2)}) is None
    assert found({"APKA2": ssh_body(2), "APKA3": BODY}) == {
        "SSHPublicKey": {"SSHPublicKeyId": "APKA3"}
    }
