"""Who called: every identity type, what proves identity and what the caller only claims."""

from typing import Any

import pytest

from tests.reading import Fields, event_of
from trailmend.events import role_id
from trailmend.evidence import (
    ACCOUNT,
    OTHER_ACCOUNT,
    Principal,
    call,
    directory_id,
    directory_sign_in,
    federated,
    identity_center_user,
    in_set,
    outsider,
    role,
    root,
    saml,
    service,
    unnamed,
    user,
    web_identity,
)
from trailmend.evidence import sign_in as signing_in

ALICE = user("alice")
ROLE_ID = "AROA1234567890EXAMPLE"
TIMES = {"creationDate": "2026-03-02T08:00:00Z"}


def by(identity: Fields | None, **fields: Any) -> Fields:
    return call("ListUsers", by=Principal(identity or {}), **fields)


def sign_in(who: Principal, extra: Fields | None) -> Fields:
    return call(
        "ConsoleLogin",
        by=who,
        response={"ConsoleLogin": "Success"},
        eventSource="signin.amazonaws.com",
        additionalEventData=extra,
    )


# Subtlety 9: the types, and an identity that has none.
@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("IAMUser", "IAMUser"),
        ("AssumedRole", "AssumedRole"),
        ("Role", "AssumedRole"),
        ("Root", "Root"),
        ("FederatedUser", "FederatedUser"),
        ("WebIdentityUser", "WebIdentityUser"),
        ("SAMLUser", "SAMLUser"),
        ("IdentityCenterUser", "IdentityCenterUser"),
        ("AWSService", "AWSService"),
        ("AWSAccount", "AWSAccount"),
        ("Directory", "Unknown"),
        ("Unknown", "Unknown"),
        ("iamuser", "Unknown"),
        ("", "Unknown"),
        (None, "Unknown"),
        (["IAMUser"], "Unknown"),
    ],
)
def test_identity_type_is_read_as_documented_and_never_guessed(sent: Any, read: str) -> None:
    assert event_of(by({"type": sent})).actor_type == read


def test_identity_without_type_but_with_a_calling_service_is_aws_itself() -> None:
    # Subtlety 9: 42 records of the Invictus data look like this.
    event = event_of(by({"accountId": ACCOUNT, "invokedBy": "autoscaling.amazonaws.com"}))

    assert (event.actor_type, event.actor_name) == ("AWSService", "autoscaling.amazonaws.com")


@pytest.mark.parametrize("identity", [None, {}, "root", [], 7])
def test_absent_identity_is_an_unknown_actor_and_nothing_is_made_up(identity: Any) -> None:
    event = event_of(by({}) | {"userIdentity": identity})

    told = (event.actor_arn, event.actor_account, event.actor_id, event.actor_name)
    assert (event.actor_type, told, event.mfa) == ("Unknown", (None,) * 4, "unknown")
    assert event.assumed_root is False


def test_role_is_named_by_its_issuer_and_never_by_the_session() -> None:
    # Subtlety 10: the caller chooses the session name.
    event = event_of(call("ListUsers", by=role("help-desk", session="alice")))

    assert (event.actor_name, event.session_name) == ("help-desk", "alice")


def test_role_without_an_issuer_is_named_by_its_arn() -> None:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/help-desk/alice"
    event = event_of(by({"type": "AssumedRole", "principalId": f"{ROLE_ID}:alice", "arn": arn}))

    told = (event.actor_name, event.session_name, event.actor_id, event.actor_account)
    assert told == ("help-desk", "alice", ROLE_ID, ACCOUNT)


def test_role_given_by_its_own_arn_is_named_without_its_path() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/teams/help-desk"
    event = event_of(by({"type": "Role", "principalId": ROLE_ID, "arn": arn}))

    assert (event.actor_name, event.session_name) == ("help-desk", None)


def test_role_has_one_id_in_all_its_sessions() -> None:
    # Subtlety 10: the id of a role stands before the colon.
    ids = {event_of(call("ListUsers", by=role("ops", session=s))).actor_id for s in ("a", "b")}

    assert len(ids) == 1
    assert ":" not in str(ids)


def test_people_of_identity_center_are_told_apart_in_one_role() -> None:
    # AWS names their sessions; of a role that is only called so, the caller does.
    ana, kim = (event_of(call("ListUsers", by=in_set(person))) for person in ("ana", "kim"))
    plain = role("AWSReservedSSO_Platform_0123456789abcdef", session="ana")
    number = role_id(ana.actor_id)

    assert (ana.actor_id, kim.actor_id) == (f"{number}:ana", f"{number}:kim")
    assert event_of(call("ListUsers", by=plain)).actor_id == number


@pytest.mark.parametrize("absent", ["principalId", "arn", "issuer.principalId", "issuer.arn"])
def test_person_of_identity_center_is_told_by_what_is_left(absent: str) -> None:
    whole = in_set("ana").identity
    issuer = dict(whole["sessionContext"]["sessionIssuer"])
    identity = {**whole, "sessionContext": {"sessionIssuer": issuer}}
    (issuer if "." in absent else identity).pop(absent.rpartition(".")[2])

    assert event_of(by(identity)).actor_id == event_of(call("ListUsers", by=in_set("ana"))).actor_id


def test_role_of_another_account_has_one_id_in_all_its_sessions() -> None:
    # Subtleties 10 and 17.  Samples: panther-analysis, GetObject by AROAEXAMPLE:session-name.
    ids = {
        event_of(by({"type": "AWSAccount", "principalId": f"{ROLE_ID}:{session}"})).actor_id
        for session in ("a", "b")
    }

    assert ids == {ROLE_ID}


def test_alias_of_the_account_is_not_the_name_of_root() -> None:
    # Subtlety 10: root's userName is the account alias where one is set.
    event = event_of(by({**root().identity, "userName": "alice"}))

    assert (event.actor_name, event.actor_id) == ("root", ACCOUNT)


def test_source_identity_is_kept_apart_from_the_session_name() -> None:
    # Subtlety 10: set when the role was assumed, and kept through role chains.
    identity = dict(role("ops", session="x").identity)
    identity["sessionContext"] = {**identity["sessionContext"], "sourceIdentity": "carol"}

    event = event_of(by(identity))

    assert (event.source_identity, event.session_name) == ("carol", "x")


def test_user_with_a_session_token_is_still_the_user() -> None:
    # Subtlety 11, and the rivals' defect 15: ASIA does not mean a role.
    long_lived, session = (
        event_of(call("ListUsers", by=user("alice", mfa=m))) for m in (None, True)
    )

    assert [e.access_key_id and e.access_key_id[:4] for e in (long_lived, session)] == [
        "AKIA",
        "ASIA",
    ]
    assert [(e.actor_type, e.actor_id, e.actor_name) for e in (long_lived, session)] == [
        ("IAMUser", ALICE.identity["principalId"], "alice")
    ] * 2


def test_federated_user_is_known_by_the_user_who_issued_the_session() -> None:
    # Subtlety 11.
    issuer = {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "alice"}
    event = event_of(
        by(
            {
                "type": "FederatedUser",
                "principalId": f"{ACCOUNT}:bob",
                "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
                "accountId": ACCOUNT,
                "sessionContext": {"sessionIssuer": issuer},
            }
        )
    )

    told = (event.actor_id, event.actor_name, event.session_name)
    assert told == ("AIDAEXAMPLE", "alice", "bob")


def test_federated_user_without_an_issuer_does_not_share_the_id_of_root() -> None:
    # Subtlety 11.  Sample: panther-analysis, principalId 123456789012:federated-user.
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    identity = {"type": "FederatedUser", "principalId": f"{ACCOUNT}:bob", "arn": arn}

    event = event_of(by({**identity, "accountId": ACCOUNT}))

    assert event.actor_id != event_of(call("ListUsers", by=root())).actor_id


@pytest.mark.parametrize("key", ["", None])
def test_empty_access_key_is_none(key: str | None) -> None:
    # Subtlety 11.
    assert event_of(by({**ALICE.identity, "accessKeyId": key})).access_key_id is None


def test_identity_center_user_is_known_by_the_user_id_of_the_directory() -> None:
    # Subtlety 12: since January 2025 neither userName nor principalId is sent.
    behalf = {"userId": "94482488-3041-7005", "identityStoreArn": "arn:aws:identitystore::1:x"}
    event = event_of(
        by(
            {"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": behalf},
            additionalEventData={"UserName": "alice@example.com"},
        )
    )

    assert (event.actor_id, event.actor_name) == ("94482488-3041-7005", "alice@example.com")


def test_identity_center_user_without_a_name_has_none() -> None:
    # Subtlety 12.
    event = event_of(by({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "9448"}}))

    assert (event.actor_id, event.actor_name) == ("9448", None)


@pytest.mark.parametrize(
    ("sent", "read"), [("true", True), (True, True), ("false", False), (None, False), ("", False)]
)
def test_assumed_root_session_is_told_from_root(sent: Any, read: bool) -> None:
    # Subtlety 13.
    identity = {**root().identity, "sessionContext": {"assumedRoot": sent}}

    event = event_of(by(identity))

    assert (event.actor_type, event.actor_name, event.assumed_root) == ("Root", "root", read)


def with_mfa(kind: str, said: Any) -> Fields:
    return by({"type": kind, "sessionContext": {"attributes": {"mfaAuthenticated": said, **TIMES}}})


# Subtlety 14: text, three states, and blind for roles and federation.
@pytest.mark.parametrize(
    ("kind", "said", "read"),
    [
        ("IAMUser", "true", "yes"),
        ("IAMUser", "false", "no"),
        ("IAMUser", True, "yes"),
        ("IAMUser", False, "no"),
        ("IAMUser", None, "unknown"),
        ("IAMUser", "", "unknown"),
        ("Root", "true", "yes"),
        ("Root", "false", "no"),
        ("AssumedRole", "true", "yes"),
        ("AssumedRole", "false", "unknown"),
        ("FederatedUser", "false", "unknown"),
        ("SAMLUser", "false", "unknown"),
        ("WebIdentityUser", "false", "unknown"),
        ("IdentityCenterUser", "false", "unknown"),
        ("AWSService", "false", "unknown"),
    ],
)
def test_mfa_has_three_states(kind: str, said: Any, read: str) -> None:
    assert event_of(with_mfa(kind, said)).mfa == read


def test_long_lived_key_tells_nothing_of_mfa() -> None:
    # Subtlety 14: there is no session context at all.
    assert event_of(call("ListUsers", by=ALICE)).mfa == "unknown"


# Subtlety 14: Yes and No, but YES in AWS's own example of a root sign-in.
@pytest.mark.parametrize(
    ("who", "extra", "read"),
    [
        (ALICE, {"MFAUsed": "Yes"}, "yes"),
        (ALICE, {"MFAUsed": "No"}, "no"),
        (root(), {"MFAUsed": "YES"}, "yes"),
        (root(mfa=True), {"MFAUsed": "No"}, "no"),
        (ALICE, {"MobileVersion": "No"}, "unknown"),
        (ALICE, None, "unknown"),
        (role("sso", session="alice"), {"MFAUsed": "No"}, "unknown"),
    ],
)
def test_console_sign_in_tells_mfa_in_its_own_field(
    who: Principal, extra: Fields | None, read: str
) -> None:
    assert event_of(sign_in(who, extra)).mfa == read


def test_mfa_of_other_calls_is_not_read_from_the_field_of_the_sign_in() -> None:
    event = event_of(call("ListUsers", by=ALICE, additionalEventData={"MFAUsed": "Yes"}))

    assert event.mfa == "unknown"


# Subtleties 15 and 33.
@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"eventVersion": "1.08", "sessionCredentialFromConsole": "true"}, True),
        ({"eventVersion": "1.08", "sessionCredentialFromConsole": True}, True),
        ({"eventVersion": "1.08"}, False),
        ({"eventVersion": "1.10"}, False),
        ({"eventVersion": "1.9"}, False),
        ({"eventVersion": "1.11"}, False),
        ({"eventVersion": "2.0"}, False),
        ({"eventVersion": "1.05"}, None),
        ({"eventVersion": None}, None),
        ({"eventVersion": "one"}, None),
        ({"eventVersion": "9" * 5000}, None),
    ],
)
def test_absent_sign_of_the_console_is_no_only_where_it_would_be_shown(
    fields: Fields, read: bool | None
) -> None:
    assert event_of(call("ListUsers", by=user("alice", mfa=True), **fields)).console is read


def test_old_record_names_the_console_as_invoker() -> None:
    # Subtlety 15: one field, two meanings.
    said = {**user("alice", mfa=True).identity, "invokedBy": "signin.amazonaws.com"}
    service = {**user("alice", mfa=True).identity, "invokedBy": "cloudformation.amazonaws.com"}

    assert event_of(by(said, eventVersion="1.02")).console is True
    assert event_of(by(service)).console is False


def test_long_lived_key_is_never_the_consoles() -> None:
    assert event_of(call("ListUsers", by=ALICE, eventVersion="1.02")).console is False


@pytest.mark.parametrize(
    "address", ["cloudformation.amazonaws.com", "AWS Internal", "2001:db8::7", "198.51.100.7"]
)
def test_source_address_is_kept_as_sent(address: str) -> None:
    # Subtlety 16.
    assert event_of(call("ListUsers", by=ALICE, sourceIPAddress=address)).source_ip == address


def test_account_of_the_caller_and_of_the_record_are_two_things() -> None:
    # Subtlety 17.
    event = event_of(call("ListUsers", by=ALICE, recipientAccountId="999999999999"))

    assert (event.actor_account, event.account_id) == (ACCOUNT, "999999999999")


def test_record_without_recipient_belongs_to_the_account_of_the_caller() -> None:
    # Subtlety 17: records before version 1.02 have no recipientAccountId.
    fields = call("ListUsers", by=ALICE)
    del fields["recipientAccountId"]

    assert event_of(fields).account_id == ACCOUNT


def test_user_without_user_name_is_named_by_the_end_of_the_arn() -> None:
    identity = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/teams/eu/alice"}

    assert event_of(by(identity)).actor_name == "alice"


def test_hidden_user_name_of_a_failed_sign_in_is_no_name() -> None:
    # Subtlety 35: else every mistyped name is one and the same person.
    hidden = {"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}

    failed = sign_in(Principal(hidden), None) | {"responseElements": {"ConsoleLogin": "Failure"}}

    assert event_of(failed).actor_name is None


@pytest.mark.parametrize("when", ["20131102T010628Z", "2013-11-02T01:06:28Z"])
def test_start_of_the_session_is_read_in_both_forms_of_the_user_guide(when: str) -> None:
    attributes = {"attributes": {"mfaAuthenticated": "false", "creationDate": when}}

    event = event_of(by({"type": "IAMUser", "sessionContext": attributes}))

    assert str(event.session_created) == "2013-11-02 01:06:28+00:00"


@pytest.mark.parametrize(
    ("principal", "kind", "name", "account"),
    [
        (user("alice", account=OTHER_ACCOUNT), "IAMUser", "alice", OTHER_ACCOUNT),
        (role("ops", account=OTHER_ACCOUNT), "AssumedRole", "ops", OTHER_ACCOUNT),
        (outsider(), "AWSAccount", None, OTHER_ACCOUNT),
        (outsider(by_role=True), "AWSAccount", None, OTHER_ACCOUNT),
        (federated("sam", issuer="broker"), "FederatedUser", "broker", ACCOUNT),
        (saml("sam@example.com"), "SAMLUser", "sam@example.com", None),
        (web_identity("repo:a/b"), "WebIdentityUser", "repo:a/b", None),
        (identity_center_user("sam"), "IdentityCenterUser", None, ACCOUNT),
        (service(), "AWSService", "config.amazonaws.com", None),
        (unnamed(), "IAMUser", None, ACCOUNT),
    ],
)
def test_every_kind_of_caller_of_the_evidence_is_read(
    principal: Principal, kind: str, name: str | None, account: str | None
) -> None:
    event = event_of(call("AssumeRole", by=principal, source="sts"))

    told = (event.actor_type, event.actor_name, event.actor_account, event.event_source)
    assert told == (kind, name, account, "sts.amazonaws.com")


def test_namesakes_of_two_accounts_have_two_ids() -> None:
    # Subtlety 17.
    for make in (user, role):
        ours, theirs = (event_of(call("GetUser", by=make("a", account=a))) for a in ("1", "2"))
        assert ours.actor_id != theirs.actor_id
        assert ours.access_key_id != theirs.access_key_id


def test_sign_in_of_the_evidence_tells_its_outcome_without_an_error_code() -> None:
    # Subtlety 5.
    reasons = (None, "Failed authentication")
    events = [event_of(signing_in(user("alice"), failure=why)) for why in reasons]

    assert [one.outcome for one in events] == ["success", "failed"]
    assert [(one.actor_name, one.error_code, one.access_key_id) for one in events] == [
        ("alice", None, None),
        ("alice", None, None),
    ]


def test_person_of_identity_center_is_told_by_the_directory() -> None:
    # Subtlety 12.  The sign-in has the type `Unknown`, and the account's number for principalId.
    signed_in = event_of(directory_sign_in("sam"))
    called = event_of(call("ListApplications", by=identity_center_user("sam"), source="sso"))

    for event in (signed_in, called):
        assert (event.actor_type, event.actor_id) == ("IdentityCenterUser", directory_id("sam"))
    assert (signed_in.actor_name, called.actor_name) == ("sam", None)
    assert (signed_in.outcome, signed_in.relation) == ("success", "none")


def test_unknown_caller_is_never_taken_for_root() -> None:
    # Subtlety 12: a sign-in of a directory that says no more than the account.
    identity = {"type": "Unknown", "principalId": ACCOUNT, "accountId": ACCOUNT}

    assert event_of(by(identity)).actor_id is None
    assert event_of(by(dict(root().identity))).actor_id == ACCOUNT
