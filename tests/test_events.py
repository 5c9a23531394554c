"""One record in, one event out: outcome, time, place, and whatever else a record may hold."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading import Fields, event_of, findings_of
from trailmend import context
from trailmend.context import Context, fold
from trailmend.events import COLUMNS, BadRecord, Event
from trailmend.evidence import ACCOUNT, call, directory_sign_in, root, user

ALICE, BOB = user("alice"), user("bob")
SUCCEEDED, FAILED = {"success": "true"}, {"success": "false"}
REFUSED = "AccessDenied"
TAKE_PROFILE = call("DeleteLoginProfile", by=BOB, request={"userName": "alice"})


def sign_in(answer: Any, **fields: Any) -> Fields:
    return call("ConsoleLogin", by=root(), response=answer, **fields) | {
        "eventSource": "signin.amazonaws.com"
    }


def test_columns_document_exactly_the_fields_of_an_event() -> None:
    assert list(COLUMNS) == list(Event.__struct_fields__)
    assert all(text.strip().endswith(".") for text in COLUMNS.values())


def test_columns_document_exactly_the_fields_of_a_row_of_context() -> None:
    assert list(context.COLUMNS) == list(Context.__struct_fields__)
    assert all(text.strip().endswith(".") for text in context.COLUMNS.values())


# Subtlety 28: CloudTrail's codes are not those of the API pages.
@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("AccessDenied", "denied"),
        ("AccessDeniedException", "denied"),
        ("Client.UnauthorizedOperation", "denied"),
        ("UnauthorizedOperation", "denied"),
        ("NoSuchEntityException", "failed"),
        ("NoSuchEntity", "failed"),
        ("EntityTemporarilyUnmodifiableException", "failed"),
        ("EntityAlreadyExistsException", "failed"),
        ("LimitExceededException", "failed"),
        ("DeleteConflictException", "failed"),
        ("ThrottlingException", "failed"),
        ("PasswordPolicyViolation", "failed"),
        ("", "success"),
        (None, "success"),
    ],
)
def test_outcome_follows_the_error_code(code: str | None, outcome: str) -> None:
    assert event_of({**TAKE_PROFILE, "errorCode": code}).outcome == outcome


# Subtlety 5, and the rivals' defects 6 and 16.
@pytest.mark.parametrize(
    ("answer", "message", "outcome"),
    [
        ({"ConsoleLogin": "Success"}, None, "success"),
        ({"ConsoleLogin": "Failure"}, "Failed authentication", "failed"),
        ({"ConsoleLogin": "Failure"}, "No username found in supplied account", "failed"),
        ({"ConsoleLogin": "Failure"}, None, "failed"),
        (None, "Failed authentication", "failed"),
        ({"CheckMfa": "Success"}, "Failed authentication", "failed"),
    ],
)
def test_sign_in_fails_without_an_error_code(
    answer: Fields | None, message: str | None, outcome: str
) -> None:
    assert event_of(sign_in(answer, errorMessage=message)).outcome == outcome


def test_check_of_a_second_factor_is_an_event_of_its_own() -> None:
    # Subtlety 5: CheckMfa: Success is not a sign-in.
    event = event_of(sign_in({"CheckMfa": "Success"}, eventName="CheckMfa"))

    assert (event.event_name, event.outcome) == ("CheckMfa", "success")


def test_sign_in_of_any_region_and_form_is_read_alike() -> None:
    # Subtleties 2 and 7.
    there = event_of(sign_in({"ConsoleLogin": "Failure"}, awsRegion="us-east-2"))

    assert (there.outcome, there.region, there.event_source) == (
        "failed",
        "us-east-2",
        "signin.amazonaws.com",
    )


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1", None])
def test_region_never_decides(region: str | None) -> None:
    # Subtleties 1 and 2.
    found = findings_of([TAKE_PROFILE | {"awsRegion": region}])

    assert [(one.detection, one.event.region) for one in found] == [
        ("delete_login_profile.by_someone_else", region)
    ]


def test_late_record_says_why_and_what_it_amends() -> None:
    # Subtlety 3.
    addendum = {"reason": "UPDATED_DATA", "originalEventID": "e-1", "updatedFields": "eventTime"}
    event = event_of(TAKE_PROFILE | {"addendum": addendum})

    assert (event.addendum, event.original_event_id) == ("UPDATED_DATA", "e-1")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-03-02T09:00:00Z", (2026, 3, 2, 9, 0, 0)),
        ("2026-03-02T09:00:00.999Z", (2026, 3, 2, 9, 0, 0)),
        ("2026-03-02T09:00:00+02:00", (2026, 3, 2, 7, 0, 0)),
        ("2026-03-02T00:30:00+05:30", (2026, 3, 1, 19, 0, 0)),
        ("2026-03-02 09:00:00", (2026, 3, 2, 9, 0, 0)),
        ("20260302T090000Z", (2026, 3, 2, 9, 0, 0)),
    ],
)
def test_time_is_utc_to_the_second(sent: str, read: tuple[int, ...]) -> None:
    # Subtlety 4.
    event = event_of(TAKE_PROFILE | {"eventTime": sent})

    assert event.event_time == datetime(*read, tzinfo=UTC)  # type: ignore[arg-type,misc]  # six numbers


@pytest.mark.parametrize(
    "sent", ["yesterday", "", "2026-13-01T00:00:00Z", None, 0, "0001-01-01T00:00:00+10:00"]
)
def test_record_without_a_readable_time_is_refused_by_name(sent: Any) -> None:
    with pytest.raises(BadRecord, match="eventTime"):
        event_of(TAKE_PROFILE | {"eventTime": sent})


def test_copies_in_other_accounts_share_an_id_and_have_keys_of_their_own() -> None:
    # Subtlety 6.
    here = event_of(TAKE_PROFILE | {"sharedEventID": "s"})
    there = event_of(
        TAKE_PROFILE | {"sharedEventID": "s", "eventID": "2", "recipientAccountId": "999999999999"}
    )

    assert here.shared_event_id == there.shared_event_id == "s"
    assert (here.account_id, here.event_id) != (there.account_id, there.event_id)


def test_record_without_an_id_gets_one_from_its_content() -> None:
    # Subtlety 6.
    nameless = {name: value for name, value in TAKE_PROFILE.items() if name != "eventID"}
    turned = dict(reversed(nameless.items()))
    another = nameless | {"userAgent": "x"}

    ids = [event_of(fields, place).event_id for place, fields in enumerate([nameless, turned])]

    assert ids[0] == ids[1]
    assert ids[0] != event_of(another).event_id
    assert all(ids)


@pytest.mark.parametrize(
    "part", ["requestParameters", "responseElements", "additionalEventData", None]
)
def test_omitted_content_is_a_sign(part: str | None) -> None:
    # Subtlety 8.
    gap = {"reason": "requestParameters too large", "originalSize": 200_000, "omitted": True}

    assert event_of(TAKE_PROFILE | ({part: gap} if part else {})).truncated is (part is not None)


def test_text_of_the_caller_is_kept_as_sent() -> None:
    # Subtlety 36: making it harmless is for each output, and the evidence stays what it was.
    hostile = "=cmd|' /C calc'!A0<script>\x1b[2J\u202e\0"
    event = event_of(
        TAKE_PROFILE | {"userAgent": hostile, "requestParameters": {"userName": hostile}}
    )

    assert (event.user_agent, event.target_name) == (hostile, hostile)
    assert json.loads(event.request or "") == {"userName": hostile}


def test_what_the_caller_chooses_changes_no_finding() -> None:
    # Subtlety 16; design.md section 5, "Levels".
    plain = findings_of([TAKE_PROFILE])
    posing = findings_of([TAKE_PROFILE | {"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.9"}])

    assert [(one.id, one.level) for one in posing] == [(one.id, one.level) for one in plain]


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "AWS ROOT USER", "alice", "true", "arn:aws:iam::1:user/", ":::::/", "9" * 4301]
    )
    | st.text(st.characters(exclude_categories=["Cs"]))
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
_WHOLE = {
    **call("CreateAccessKey", by=user("bob", mfa=True), request={"userName": "alice"}),
    "responseElements": {"accessKey": {"accessKeyId": "AKIAX", "userName": "alice"}},
    "additionalEventData": {"MFAUsed": "No"},
    "addendum": {"reason": "UPDATED_DATA"},
    "errorCode": None,
    "errorMessage": None,
}
_NAMES = st.sampled_from(
    "CreateAccessKey EnableMFADevice DeactivateMFADevice UploadSSHPublicKey UpdateUser CreateUser "
    "UpdateAccountPasswordPolicy UpdateSSHPublicKey ConsoleLogin CreateLoginProfile".split()
)


@st.composite
def _hostile(draw: st.DrawFn) -> Fields:
    """Put any JSON in the place of any part of a record, at the top or one or two steps down."""
    fields: Fields = json.loads(json.dumps(_WHOLE))
    fields["eventName"] = draw(_NAMES)
    for _ in range(draw(st.integers(1, 4))):
        place: Any = fields
        for _ in range(draw(st.integers(0, 2))):
            inner = [value for value in place.values() if isinstance(value, dict) and value]
            place = draw(st.sampled_from(inner)) if inner else place
        key = draw(st.sampled_from(sorted(place)))
        if place is not fields or key not in ("eventTime", "eventName", "eventSource"):
            place[key] = draw(_JSON)
    return fields


@settings(max_examples=300, deadline=None)
@given(_hostile())
def test_no_record_of_any_content_can_make_reading_fail(fields: Fields) -> None:
    event = event_of(fields)
    later = event_of(_WHOLE | {"eventName": "DeleteAccessKey", "eventID": "later"})

    rows = fold([event, later])

    assert msgspec.convert(msgspec.to_builtins(event), Event) == event
    assert msgspec.convert(msgspec.to_builtins(rows), list[Context]) == rows


def test_account_that_nothing_tells_is_named_unknown() -> None:
    fields = TAKE_PROFILE | {"userIdentity": None, "recipientAccountId": None}

    assert (event_of(fields).account_id, event_of(TAKE_PROFILE).account_id) == ("unknown", ACCOUNT)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        (directory_sign_in("sam"), "success"),
        (directory_sign_in("sam", event_name="CredentialVerification", failed=True), "failed"),
        (directory_sign_in("sam", event_name="CredentialChallenge"), "success"),
        (
            call("CreateOAuth2Token", by=ALICE, source="signin", additionalEventData=SUCCEEDED),
            "success",
        ),
        (
            call("CreateOAuth2Token", by=ALICE, source="signin", additionalEventData=FAILED),
            "failed",
        ),
        (call("AssumeRole", by=ALICE, source="sts", additionalEventData=FAILED), "success"),
        (call("X", by=ALICE, source="organizations", error=f"{REFUSED}Exception"), "denied"),
        (
            call("X", by=ALICE, source="organizations", error=f"{REFUSED}ForDependencyException"),
            "denied",
        ),
        (call("X", by=ALICE, source="s3", error=f"Vpce{REFUSED}"), "denied"),
        (call("X", by=ALICE, source="kms", error="NotFoundException"), "failed"),
    ],
)
def test_each_service_tells_its_outcome_in_its_own_place(fields: Fields, outcome: str) -> None:
    # Subtlety 5.  Samples of AWS: Transfer Family "CloudTrail logging for web apps" (sign-in of a
    # person of Identity Center), Sign-In "CreateOAuth2Token"; an answer of `false` is unchecked.
    assert event_of(fields).outcome == outcome


@pytest.mark.parametrize("year", ["0001", "1999", "9999"])
def test_time_that_no_trail_can_have_is_refused_by_name(year: str) -> None:
    with pytest.raises(BadRecord, match=f"of the year {int(year)}: no CloudTrail wrote that"):
        event_of(call("GetUser", by=user("bob")) | {"eventTime": f"{year}-01-01T00:00:00Z"})
