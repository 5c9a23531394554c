"""What the ledger makes of permissions: which policy an event is about, and what it does."""

import json
from typing import Any

import pytest

from tests.reading import Fields, in_order, row_after, rows_of
from tests.test_policies_grants import allow, deny
from tests.test_policies_trusts import GITHUB, OTHER, PROVIDER, lets_in
from trailmend.context import Context
from trailmend.evidence import ACCOUNT, Principal, call, role, root, user

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OF_OWN = f"arn:aws:iam::{ACCOUNT}:policy/own"
BOB = user("bob")
COLUMNS = (
    "grants_admin grants denies trusts_outsider trusts_anyone trusted widens narrows "
    "lifts_denial "
    "policy_problems on_itself target_is_admin"
).split()


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def done(name: str, by: Principal = BOB, response: Fields | None = None, **request: Any) -> Fields:
    return call(name, by=by, request=request, response=response)


def told(row: Context) -> dict[str, Any]:
    return {name: value for name in COLUMNS if (value := getattr(row, name)) is not None}


def made(document: str) -> Fields:
    return done("CreatePolicy", response={"policy": {"arn": OF_OWN}}, policyDocument=document)


def version(document: str, number: int, *, default: bool = True) -> Fields:
    answer = {"policyVersion": {"versionId": f"v{number}"}}
    return done(
        "CreatePolicyVersion",
        response=answer,
        policyArn=OF_OWN,
        policyDocument=document,
        setAsDefault=default,
    )


ALL, READ, NO = text(allow("*")), text(allow("s3:GetObject", "*")), text(deny("iam:*"))
ALICE_MADE = done("CreateUser", userName="alice")
ALICE_ADMIN = done("AttachUserPolicy", userName="alice", policyArn=ADMIN)
GROUP_MADE = done("CreateGroup", groupName="staff")
GROUP_ADMIN = done("AttachGroupPolicy", groupName="Staff", policyArn=ADMIN)
JOINED = done("AddUserToGroup", userName="alice", groupName="STAFF")


@pytest.mark.parametrize(
    ("record", "columns"),
    [
        (
            done("PutUserPolicy", userName="eve", policyName="p", policyDocument=ALL),
            {
                "grants_admin": True,
                "grants": "statement 1: everything on *",
                "denies": False,
                "on_itself": False,
            },
        ),
        (done("CreatePolicy", policyName="p", policyDocument=READ), {"grants_admin": False}),
        (
            done("CreatePolicyVersion", policyArn=OF_OWN, policyDocument="{"),
            {
                "policy_problems": "line 1, 2: it is no JSON: Expecting property name enclosed in "
                "double quotes"
            },
        ),
        (
            done("PutRolePolicy", omitted=True, reason="requestParameters too large"),
            {"policy_problems": "policyDocument: CloudTrail left it out"},
        ),
        (
            done("AttachRolePolicy", roleName="r", policyArn=ADMIN),
            {"grants_admin": True, "grants": ADMIN, "denies": False, "on_itself": False},
        ),
        (
            done("AttachUserPolicy", userName="eve", policyArn=READER),
            {"grants_admin": False, "denies": False, "on_itself": False},
        ),
        (
            done("AttachUserPolicy", userName="eve", policyArn=f"{READER[:-14]}AWSDenyAll"),
            {"grants_admin": False, "denies": True, "on_itself": False},
        ),
        (done("AttachUserPolicy", userName="eve", policyArn=OF_OWN), {"on_itself": False}),
        (
            done(
                "CreateRole", roleName="r", assumeRolePolicyDocument=text(lets_in({"AWS": OTHER}))
            ),
            {
                "trusts_outsider": True,
                "trusts_anyone": False,
                "trusted": f"statement 1, limited by nothing: account arn:aws:iam::{OTHER}:root",
                "on_itself": False,
            },
        ),
        (done("DeleteUser", userName="eve"), {"on_itself": False}),
    ],
)
def test_event_tells_what_its_policy_means(record: Fields, columns: dict[str, Any]) -> None:
    told_here = told(row_after(record))

    assert {name: told_here.get(name) for name in columns} == columns
    assert set(told_here) - set(columns) <= {"denies", "on_itself"}


@pytest.mark.parametrize(
    ("earlier", "record", "columns"),
    [
        # A new version is compared with the one in force, a rollback to an old one too.
        ([made(READ)], version(ALL, 2), (True, True, False)),
        ([made(ALL)], version(READ, 2), (False, False, True)),
        ([made(READ)], version(ALL, 2, default=False), (True, None, None)),
        (
            [made(ALL), version(READ, 2)],
            done("SetDefaultPolicyVersion", policyArn=OF_OWN, versionId="v1"),
            (True, True, False),
        ),
        (
            [made(ALL), version(READ, 2)],
            done("DeletePolicyVersion", policyArn=OF_OWN, versionId="v1"),
            (True, None, None),
        ),
        # An inline policy that is new to one whose life is known allows more by all it allows.
        (
            [ALICE_MADE],
            done("PutUserPolicy", userName="Alice", policyName="p", policyDocument=READ),
            (False, True, False),
        ),
        (
            [done("PutUserPolicy", userName="alice", policyName="p", policyDocument=ALL)],
            done("PutUserPolicy", userName="alice", policyName="p", policyDocument=READ),
            (False, False, True),
        ),
        (
            [],
            done("PutUserPolicy", userName="alice", policyName="p", policyDocument=READ),
            (False, None, None),
        ),
    ],
)
def test_document_before_tells_whether_more_is_allowed(
    earlier: list[Fields], record: Fields, columns: tuple[bool | None, ...]
) -> None:
    row = row_after(*earlier, record)

    assert (row.grants_admin, row.widens, row.narrows) == columns


def test_inline_policy_that_is_written_over_loses_its_denial() -> None:
    written = done("PutUserPolicy", userName="alice", policyName="p", policyDocument=NO)
    over = written | done("PutUserPolicy", userName="alice", policyName="p", policyDocument=READ)

    assert row_after(written, over).lifts_denial is True
    assert row_after(written, written).lifts_denial is False
    assert row_after(over).lifts_denial is None


def test_trust_policy_is_compared_with_the_one_before() -> None:
    own, anyone = text(lets_in({"AWS": ACCOUNT})), text(lets_in("*"))
    born = done("CreateRole", roleName="r", assumeRolePolicyDocument=own)
    opened = done("UpdateAssumeRolePolicy", roleName="R", policyDocument=anyone)

    row = row_after(born, opened)

    assert (row.trusts_anyone, row.widens, row.narrows) == (True, True, False)
    assert json.loads(row.before or "") == {"assume_role_policy_document": own}
    assert row_after(opened).widens is None


def test_provider_of_github_without_a_subject_is_told_as_anyone() -> None:
    audience = {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}
    document = text(lets_in(PROVIDER, audience))

    row = row_after(done("CreateRole", roleName="r", assumeRolePolicyDocument=document))

    assert row.trusts_anyone is True


@pytest.mark.parametrize(
    ("earlier", "record", "grants_admin", "denies"),
    [
        ([made(ALL)], done("AttachUserPolicy", userName="eve", policyArn=OF_OWN), True, False),
        ([made(NO)], done("DetachUserPolicy", userName="eve", policyArn=OF_OWN), False, True),
        ([made(NO)], done("DeletePolicy", policyArn=OF_OWN), False, True),
        (
            [done("PutRolePolicy", roleName="r", policyName="p", policyDocument=NO)],
            done("DeleteRolePolicy", roleName="r", policyName="p"),
            False,
            True,
        ),
        ([], done("DeleteRolePolicy", roleName="r", policyName="p"), None, None),
        ([GROUP_MADE, GROUP_ADMIN], JOINED, True, False),
        ([GROUP_MADE], JOINED, False, False),
        ([GROUP_ADMIN], JOINED, True, None),
        ([], JOINED, None, None),
    ],
)
def test_policy_that_is_named_only_is_judged_as_far_as_the_log_shows_it(
    earlier: list[Fields], record: Fields, grants_admin: bool | None, denies: bool | None
) -> None:
    row = row_after(*earlier, record)

    assert (row.grants_admin, row.denies) == (grants_admin, denies)


@pytest.mark.parametrize(
    ("earlier", "known"),
    [
        ([], None),
        ([ALICE_MADE], False),
        ([ALICE_ADMIN], True),
        ([ALICE_MADE, JOINED], None),
        ([ALICE_MADE, GROUP_MADE, JOINED], False),
        ([ALICE_MADE, GROUP_MADE, JOINED, GROUP_ADMIN], True),
        ([ALICE_ADMIN, done("DetachUserPolicy", userName="alice", policyArn=ADMIN)], None),
        ([ALICE_ADMIN, ALICE_MADE], False),
        ([ALICE_ADMIN, done("UpdateUser", userName="alice", newUserName="bea")], None),
    ],
)
def test_administrator_is_known_by_the_policies_that_the_log_shows(
    earlier: list[Fields], known: bool | None
) -> None:
    assert row_after(*earlier, done("CreateAccessKey", userName="alice")).target_is_admin is known


@pytest.mark.parametrize(
    ("record", "itself"),
    [
        (done("AttachUserPolicy", userName="BOB", policyArn=ADMIN), True),
        (done("AttachUserPolicy", userName="alice", policyArn=ADMIN), False),
        (done("AttachUserPolicy", by=role("r", session="bob"), userName="bob"), False),
        (done("PutRolePolicy", by=role("r"), roleName="r", policyName="p"), True),
        (done("PutRolePolicy", by=user("r"), roleName="r", policyName="p"), False),
        (done("AttachGroupPolicy", groupName="admins", policyArn=ADMIN), True),
        (done("AttachGroupPolicy", groupName="staff", policyArn=ADMIN), None),
        (done("CreatePolicyVersion", policyArn=OF_OWN, policyDocument=ALL), True),
        (done("CreatePolicyVersion", policyArn=f"{OF_OWN}2", policyDocument=ALL), None),
        (done("CreateAccessKey", by=root(), userName="root"), False),
    ],
)
def test_call_about_the_caller_is_known_by_name_and_kind(
    record: Fields, itself: bool | None
) -> None:
    earlier = [
        done("AddUserToGroup", by=root(), userName="bob", groupName="admins"),
        done("AttachGroupPolicy", by=root(), groupName="Admins", policyArn=OF_OWN),
    ]

    assert row_after(*earlier, record).on_itself is itself


@pytest.mark.parametrize(
    ("earlier", "record"),
    [
        (GROUP_MADE, done("DeleteGroup", groupName="staff")),
        (made(READ), done("DeletePolicy", policyArn=OF_OWN)),
        (
            done("CreateRole", roleName="r", assumeRolePolicyDocument="{}"),
            done("DeleteRole", roleName="r"),
        ),
    ],
)
def test_maker_of_a_group_a_role_or_a_policy_is_remembered(earlier: Fields, record: Fields) -> None:
    stranger = record | {"userIdentity": dict(user("eve").identity)}

    assert row_after(earlier, record).target_made_by_actor is True
    assert row_after(earlier, stranger).target_made_by_actor is False
    assert row_after(record).target_made_by_actor is None


def test_what_a_deleted_role_had_is_told_to_put_it_back() -> None:
    trust = text(lets_in({"Service": "ec2.amazonaws.com"}))

    row = row_after(
        done(
            "CreateRole", roleName="r", assumeRolePolicyDocument=trust, permissionsBoundary=READER
        ),
        done("AttachRolePolicy", roleName="r", policyArn=ADMIN),
        done("PutRolePolicy", roleName="r", policyName="p", policyDocument=READ),
        done("DeleteRole", roleName="r"),
    )

    assert json.loads(row.before or "") == {
        "assume_role_policy_document": trust,
        "attached_policies": [ADMIN],
        "inline_policies": {"p": READ},
        "permissions_boundary": READER,
    }


def assumed(by: Principal, name: str, session: str, at: str) -> Fields:
    key = role(name, session=session).identity["accessKeyId"]
    return call(
        "AssumeRole",
        by=by,
        source="sts",
        request={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "roleSessionName": session},
        response={"credentials": {"accessKeyId": key}},
        at=at,
    )


def test_chain_of_sessions_leads_back_to_who_began_it() -> None:
    first, second = role("first", session="a"), role("second", session="b")

    row = row_after(
        assumed(BOB, "first", "a", "09:00:00"),
        assumed(first, "second", "b", "09:01:00"),
        done("CreateUser", by=second, userName="eve"),
    )

    begun = (row.origin_type, row.origin_id, row.origin_name, row.role_hops)
    assert begun == ("IAMUser", BOB.identity["principalId"], "bob", 2)
    assert row_after(done("CreateUser", by=second, userName="eve")).origin_id is None


def test_second_that_sets_one_policy_to_two_documents_leaves_it_unknown() -> None:
    puts = [
        done("PutUserPolicy", userName="eve", policyName="p", policyDocument=one)
        | {"eventTime": "2026-03-02T09:00:00Z", "eventID": name}
        for one, name in ((ALL, "a"), (READ, "b"))
    ]
    taken = done("DeleteUserPolicy", userName="eve", policyName="p") | {
        "eventTime": "2026-03-02T09:10:00Z"
    }
    assert rows_of([*puts, taken])[-1].before is None
    assert rows_of([puts[0], taken])[-1].before is not None


@pytest.mark.parametrize("kind", ["user", "group"])
def test_who_put_somebody_in_is_known_after_a_change_of_name(kind: str) -> None:
    names = {"userName": "alice", "groupName": "staff"}
    field, changed = f"{kind}Name", f"new{kind.capitalize()}Name"
    renamed = {field: names[field], changed: "other"}
    row = row_after(
        call("AddUserToGroup", by=BOB, request=names),
        call(f"Update{kind.capitalize()}", by=BOB, request=renamed, at="09:01:00"),
        call("RemoveUserFromGroup", by=BOB, request=names | {field: "other"}, at="09:02:00"),
    )

    assert row.made_by_actor is True


def test_who_takes_out_what_they_had_put_in_is_known_as_its_maker() -> None:
    for verb, request in (
        ("{}UserToGroup", {"userName": "alice", "groupName": "admins"}),
        ("{}RoleToInstanceProfile", {"roleName": "web", "instanceProfileName": "web"}),
    ):
        put_in = call(verb.format("Add"), by=BOB, request=request)
        taken_out = call(verb.format("Remove").replace("To", "From"), by=BOB, request=request)
        by_other = call(
            verb.format("Remove").replace("To", "From"), by=user("carol"), request=request
        )

        made = [row_after(*rows).made_by_actor for rows in (
            (taken_out,), (put_in, taken_out), (put_in, by_other)
        )]  # fmt: skip
        assert made == [None, True, False]


def _of_new_provider(days: int) -> Context:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.net"
    made = done(
        "CreateOpenIDConnectProvider",
        response={"openIDConnectProviderArn": arn},
        url="https://token.example.net",
    )
    trust = text(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": arn},
            "Condition": {"StringEquals": {"token.example.net:sub": "me"}},
        }
    )
    role_made = done("CreateRole", roleName="r", assumeRolePolicyDocument=trust)
    times = ("2026-03-02T09:00:00Z", f"2026-03-{2 + days:02}T09:00:00Z")
    records = [
        one | {"eventTime": at, "eventID": at}
        for one, at in zip((made, role_made), times, strict=True)
    ]
    return rows_of(records)[-1]


def test_whom_a_provider_speaks_for_is_not_known_for_a_week() -> None:
    new, known = _of_new_provider(7), _of_new_provider(8)
    who = f"oidc arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.net"
    only_if = "only if token.example.net:sub is me"

    assert (new.trusts_outsider, new.trusts_anyone) == (None, False)
    assert new.trusted == f"statement 1: {who}, a new provider, {only_if}"
    assert (known.trusts_outsider, known.trusted) == (False, f"statement 1: {who}, {only_if}")


def test_writer_of_an_inline_policy_alone_and_within_a_day_is_its_maker() -> None:
    def put(by: Principal) -> Fields:
        request = {"userName": "eve", "policyName": "hold", "policyDocument": NO}
        return call("PutUserPolicy", by=by, request=request)

    def off(by: Principal, at: str = "2026-03-02T10:00:00Z") -> Fields:
        request = {"userName": "eve", "policyName": "hold"}
        return call("DeleteUserPolicy", by=by, request=request, eventTime=at, eventID="off")

    def made(*puts: Principal, by: Principal, **more: str) -> bool | None:
        return rows_of([*in_order(*map(put, puts)), off(by, **more)])[-1].made_by_actor

    kim, ana = (role("responder", session=name) for name in ("kim", "ana"))

    assert made(kim, by=kim) is True
    assert made(kim, kim, by=kim) is True
    assert made(kim, by=kim, at="2026-03-03T10:00:00Z") is False
    assert made(kim, by=ana) is False
    assert made(ana, kim, by=kim) is None
    assert made(ana, kim, kim, by=kim) is None
