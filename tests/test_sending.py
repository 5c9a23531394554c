"""What a change sends and what takes it back are told so that the reader sees what differs."""

import json
from typing import Any

from trailmend.calls import Call, Secret, call, change
from trailmend.report.differences import Line
from trailmend.report.sending import Sent, sent

ACCOUNT = "123456789012"


def trusting(*principals: str) -> str:
    """Give a trust policy that is far longer than a line."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": one}, "Action": "sts:AssumeRole"}
        for one in principals
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def lines_of(do: Call, undo: Call | None) -> list[Sent | Line]:
    made = change(do.name, **do.params, undo=undo, note="", irreversible="" if undo else "All.")
    return list(sent(made, ACCOUNT))


def trust(document: Any) -> Call:
    return call("iam.update_assume_role_policy", RoleName="deploy", PolicyDocument=document)


def test_long_documents_of_do_and_undo_are_told_by_what_differs() -> None:
    ours, theirs = "arn:aws:iam::123456789012:root", "arn:aws:iam::444455556666:root"
    shown = 'iam.update_assume_role_policy(RoleName="deploy", PolicyDocument=<document, see below>)'

    assert lines_of(trust(trusting(ours)), trust(trusting(ours, theirs))) == [
        Sent("do", shown),
        Sent("undo", shown),
        Sent("of", "PolicyDocument, what changes:"),
        Line("left out", "8 lines as before"),
        Line("kept", '      "Action": "sts:AssumeRole"'),
        Line("kept", "    },"),
        Line("gone", "    {"),
        Line("gone", '      "Effect": "Allow",'),
        Line("gone", '      "Principal": {'),
        Line("gone", f'        "AWS": "{theirs}"'),
        Line("gone", "      },"),
        Line("gone", '      "Action": "sts:AssumeRole"'),
        Line("gone", "    }"),
        Line("kept", "  ]"),
        Line("kept", "}"),
        Sent("meaning", f"Shut out, statement 2, limited by nothing: account {theirs}"),
    ]


def test_document_that_only_the_undo_has_is_told_as_what_goes() -> None:
    deleting = call("iam.delete_user_policy", UserName="bob", PolicyName="work")
    writing = call(
        "iam.put_user_policy",
        UserName="bob",
        PolicyName="work",
        PolicyDocument={"Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]},
    )

    told = lines_of(deleting, writing)

    assert told[2] == Sent("of", "PolicyDocument, what goes:")
    assert {one.kind for one in told[3:]} == {"gone"}


def test_parts_of_a_policy_in_another_order_are_no_difference() -> None:
    first = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}
    second = dict(reversed(first.items()))
    documents = (
        {"Version": "2012-10-17", "Statement": [first]},
        {"Statement": [second], "Version": "2012-10-17"},
    )

    assert [one.kind for one in lines_of(*map(trust, documents))] == ["do", "undo"]


def test_long_texts_with_the_same_ends_are_cut_where_they_differ() -> None:
    metadata = [f"<EntityDescriptor>{'a' * 60}{one}{'b' * 60}</EntityDescriptor>" for one in "12"]
    calls = [call("iam.update_saml_provider", SAMLMetadataDocument=one) for one in metadata]

    do, undo = lines_of(*calls)

    around = f"…{'a' * 15}%s{'b' * 44}…"
    assert do.text == f"iam.update_saml_provider(SAMLMetadataDocument={around % 1})"
    assert undo.text == f"iam.update_saml_provider(SAMLMetadataDocument={around % 2})"


def test_secret_is_told_by_its_name() -> None:
    making = call("iam.create_login_profile", Password=Secret("password", "bob.password"))

    assert lines_of(making, None) == [
        Sent("do", "iam.create_login_profile(Password=<secret bob.password>)")
    ]


def test_arn_is_told_whole() -> None:
    arn = "arn:aws:iam::123456789012:mfa/alice-trailmend-20261128104532"
    removing = call("iam.delete_virtual_mfa_device", SerialNumber=arn)

    assert lines_of(removing, None) == [
        Sent("do", f'iam.delete_virtual_mfa_device(SerialNumber="{arn}")')
    ]
