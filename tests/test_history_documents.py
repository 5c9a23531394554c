"""Documents of policies in a history: in words at the terminal, whole in JSON."""

import json
from io import StringIO

import msgspec
from rich.console import Console

from tests.histories import MAKER, done, past_of
from tests.reading import in_order
from trailmend.evidence import call
from trailmend.history import Fact, History
from trailmend.report.history import history_page

AT = "2026-03-02T09:00:00Z"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com", "AWS": "444455556666"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "\x1b[31mred"}},
        }
    ],
}
WORDS = (
    "allows sts:assumerole to service ec2.amazonaws.com, arn:aws:iam::444455556666:root "
    "if sts:externalid is \x1b[31mred"
)


def of_role() -> History:
    sent = {"roleName": "deploy", "assumeRolePolicyDocument": json.dumps(TRUST)}
    return past_of("role/deploy", *in_order(call("CreateRole", by=MAKER, request=sent)))


def page(told: History, width: int) -> list[str]:
    out = StringIO()
    console = Console(file=out, width=width, color_system=None)
    console.print(*history_page(told))
    return out.getvalue().splitlines()


def test_document_is_told_in_words_and_given_whole() -> None:
    [trust] = [fact for fact in of_role().facts if fact.name == "trust policy"]

    [broken] = trust.meaning[1:]
    assert "a character that no policy may hold" in broken
    told = f"{WORDS}, or not: parts of it cannot be read"
    assert trust == Fact(
        "trust policy", "1 statement, by maker", "known", AT, TRUST, meaning=[told, broken]
    )
    assert json.loads(msgspec.json.encode(trust))["document"] == TRUST


def test_page_keeps_to_its_width_and_shows_what_does_not_print() -> None:
    for width in (60, 100):
        lines = page(of_role(), width)

        assert max(map(len, lines)) <= width
        assert "\x1b" not in "".join(lines)
        assert "allows sts:assumerole" in " ".join(" ".join(lines).split())


def test_statements_are_told_by_what_they_allow_and_deny() -> None:
    document = {
        "Statement": [
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            {"Effect": "Deny", "Action": [f"s3:Get{n}" for n in range(14)], "Resource": "arn:x"},
        ]
    }
    put = done("PutUserPolicy", policyName="p", policyDocument=json.dumps(document))

    facts = past_of("user/bob", *in_order(done("CreateUser"), put)).facts

    [policy] = [fact for fact in facts if fact.name == "inline policy"]
    listed = ", ".join(f"s3:get{n}" for n in range(12))
    assert (policy.value, policy.document) == ("p, by maker", document)
    assert policy.meaning[:2] == [
        "allows every action but iam:* on everything",
        f"denies {listed}, and 2 more on arn:x",
    ]


def test_document_that_the_log_does_not_hold_is_said_to_be_missing() -> None:
    put, missing = done("PutUserPolicy", policyName="p"), "the log does not hold the document"

    assert (
        Fact("inline policy", "p, by maker", "known", AT, meaning=[missing])
        in past_of("user/bob", *in_order(put)).facts
    )
