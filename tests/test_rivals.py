"""What published rules and tools get wrong about identity events, as cases that come out right.

The numbers are those of a review of Sigma, Suzaku, Panther, Tailpipe, Splunk, Sentinel, Prowler,
Elastic and their mappings to ATT&CK; where another test proves a case at length it is named.
"""

import botocore.session
import pytest

from tests.identity_calls import deactivate, delete_policy, make_key, on_user, set_policy
from tests.reading import Fields, event_of, events_of, in_order
from tests.telling import ALICE, BOB, CAROL, found_in, placed
from trailmend.analysis import analyse
from trailmend.blind_spots import BlindSpots, seen_in, sentences
from trailmend.catalog import detections, runbooks
from trailmend.evidence import Principal, call, role, root, sign_in, user
from trailmend.evidence.policies import ADMINISTRATOR, ALL, OWN, on, policy_made, version_made
from trailmend.findings import Finding

SERIOUS = ("medium", "high", "critical")


def keys(*records: Fields) -> set[str]:
    return {one.detection for one in analyse(events_of(in_order(*records)))}


def alone(fields: Fields) -> Finding:
    return found_in(placed([], fields, []))


def test_own_reset_is_own_though_an_arn_never_equals_a_name() -> None:
    own, other = (
        alone(on_user("UpdateLoginProfile", ALICE, "alice")),
        alone(on_user("UpdateLoginProfile", BOB, "alice")),
    )

    assert (own.relation, other.relation) == ("self", "other")
    assert own.level not in SERIOUS
    assert other.level in SERIOUS


def test_owner_of_a_new_key_is_read_from_the_answer() -> None:
    made = make_key(BOB, "alice") | {"requestParameters": None}
    answer = {"accessKey": {"userName": "alice", "accessKeyId": "AKIAEXAMPLE", "status": "Active"}}

    found = alone(made | {"responseElements": answer})
    assert (found.target.name, found.relation, found.level in SERIOUS) == ("alice", "other", True)


def test_session_named_alice_is_not_alice() -> None:
    found = alone(on_user("UpdateLoginProfile", role("ci", session="alice"), "alice"))

    assert (found.relation, found.level in SERIOUS) == ("other", True)


def test_failed_second_factor_names_who_failed() -> None:
    failure = {"responseElements": {"CheckMfa": "Failure"}, "errorMessage": "Failed authentication"}
    found = alone(sign_in(ALICE, event_name="CheckMfa") | failure)

    assert (found.event.outcome, found.actor.name) == ("failed", "alice")


def test_password_policy_is_watched_by_the_operations_that_exist_and_as_a_change() -> None:
    exist = botocore.session.get_session().get_service_model("iam").operation_names
    named = {name for one in runbooks().values() for name in one.names if "PasswordPolicy" in name}
    found = [alone(delete_policy(BOB)), alone(set_policy(BOB, minimumPasswordLength=6))]

    assert named == {"UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"} <= set(exist)
    assert all(one.level in SERIOUS and "T1201" not in one.techniques for one in found)


def test_failed_sign_in_of_root_is_not_a_sign_in_of_root() -> None:
    failed = sign_in(root(), failure="Failed authentication") | {"eventID": "found"}

    assert "errorCode" not in failed
    assert event_of(failed).outcome == "failed"
    assert not {"console_login.by_root"} & keys(failed)
    assert "console_login.by_root" in keys(sign_in(root(), mfa=True))


def test_change_of_roots_mail_is_found_where_it_is_recorded() -> None:
    changed = call(
        "EmailUpdated", by=root(), source="signin", eventType="AwsConsoleSignIn", request=None
    )

    assert alone(changed).level in SERIOUS


def test_user_whose_name_is_part_of_anothers_is_another() -> None:
    found = alone(make_key(user("a"), "admin"))

    assert (found.relation, found.level in SERIOUS) == ("other", True)
    assert alone(make_key(user("a"), "admin") | {"userAgent": "console.amazonaws.com"}).level == (
        found.level
    )


def test_policy_that_is_attached_to_nobody_is_not_said_to_be_attached() -> None:
    made = policy_made(ALL, by=BOB)
    later = [on("Attach{}Policy", "user dave", by=BOB, policyArn=ADMINISTRATOR)]

    assert found_in(placed([], made, [])).next == []
    assert [one.event_name for one in found_in(placed([], made, later)).next] == []
    attached = on("Attach{}Policy", "user dave", by=BOB, policyArn=OWN)
    assert [one.event_name for one in found_in(placed([], made, [attached])).next] == [
        "AttachUserPolicy"
    ]
    wide = found_in(placed([policy_made(ALL, by=CAROL)], version_made(ALL, by=BOB), []))
    assert wide.target.type == "policy"


def test_key_that_root_makes_for_itself_is_found_without_a_request() -> None:
    answer = {"accessKey": {"accessKeyId": "AKIAEXAMPLE", "status": "Active"}}
    found = alone(call("CreateAccessKey", by=root(), request=None, response=answer))

    assert (found.target.type, found.level) == ("root", "high")


def test_log_without_the_region_of_iam_is_called_blind() -> None:
    seen = seen_in([("111122223333", "eu-west-1", "2026-03-02T09")])

    assert [one for one in sentences(BlindSpots(seen=tuple(seen))) if "IAM" in one] == [
        "Account 111122223333 has no event of us-east-1, where IAM's own calls are recorded."
    ]


def test_caller_that_is_a_session_of_a_role_can_be_contained() -> None:
    found = alone(make_key(role("ci"), "alice"))

    assert {"principals.quarantine_caller", "principals.revoke_callers_sessions"} & set(found.fixes)


def test_one_key_on_an_administrator_is_enough_in_whatever_session() -> None:
    sessions = [role("ci", session=name) for name in ("one", "two")]

    assert all(alone(make_key(by, "alice")).level in SERIOUS for by in sessions)


@pytest.mark.parametrize("by", [BOB, role("ci")], ids=["own key", "another principal"])
def test_new_administrator_is_joined_by_the_user_and_not_by_address_or_key(by: Principal) -> None:
    made = on_user("CreateUser", BOB, "eve")
    granted = on("Attach{}Policy", "user eve", by=by, policyArn=ADMINISTRATOR)
    elsewhere = {"sourceIPAddress": "203.0.113.99"}

    assert "chain.new_administrator" in keys(made, make_key(by, "eve") | elsewhere, granted)
    assert "chain.new_administrator" not in keys(made, make_key(by, "dave"), granted)


def test_session_token_of_a_user_is_the_user() -> None:
    signed = {**ALICE.identity, "accessKeyId": "ASIAEXAMPLE"}
    event = event_of(on_user("UpdateLoginProfile", Principal(signed), "alice"))

    assert (event.actor_type, event.relation) == ("IAMUser", "self")


def test_guessed_user_names_count_as_failures_too() -> None:
    unknown = [
        sign_in(ALICE, failure="No username found in supplied account", at=f"09:0{n}:00")
        for n in range(5)
    ]

    assert event_of(unknown[0]).outcome == "failed"
    assert "console_login.guessing" in keys(*unknown)


def test_techniques_say_what_was_done() -> None:
    removals = alone(deactivate(BOB, "alice")), alone(delete_policy(BOB))
    locked_out = alone(on_user("DeleteLoginProfile", BOB, "alice"))

    assert not {"T1621", "T1201"} & {name for one in removals for name in one.techniques}
    assert "T1531" in locked_out.techniques
    on_hosts = {key for key, (_, one) in detections().items() if "T1098.007" in one.techniques}
    assert on_hosts == set()
    of_fatigue = {key for key, (_, one) in detections().items() if "T1621" in one.techniques}
    assert {key.partition(".")[0] for key in of_fatigue} == {"check_mfa", "get_session_token"}
