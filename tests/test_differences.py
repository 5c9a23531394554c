"""Before and after are set side by side, by what the log shows and no more."""

import json
from typing import Any

import msgspec
import pytest

from tests.outputs_support import finding
from tests.reading import findings_of, in_order
from trailmend.evidence import call, user
from trailmend.report.contrasts import changed
from trailmend.report.differences import Change, Line, changes
from trailmend.report.terminal import console

EVE = user("eve")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def policy(**request: Any) -> dict[str, Any]:
    return call("UpdateAccountPasswordPolicy", by=EVE, request=request)


def test_password_policy_after_an_update_has_the_fields_that_were_reset() -> None:
    *_, last = findings_of(
        in_order(policy(minimumPasswordLength=14, requireSymbols=True), policy(maxPasswordAge=90))
    )

    told = {one.name: (one.before, one.after) for one in changes(last) if one.differs}
    assert told == {
        "minimumPasswordLength": ("14", "6"),
        "requireSymbols": ("true", "false"),
        "maxPasswordAge": ("0", "90"),
    }


def test_nothing_is_left_after_a_deletion() -> None:
    deleted = call("DeleteAccountPasswordPolicy", by=EVE)

    *_, last = findings_of(in_order(policy(minimumPasswordLength=14), deleted))

    assert last.after is None
    assert {one.after for one in changes(last)} == {"gone"}


def test_a_call_without_effect_changed_nothing() -> None:
    event = msgspec.structs.replace(finding().event, outcome="denied", error_code="AccessDenied")

    assert [one for one in changes(finding(event=event, after=None)) if one.differs] == []


def test_policies_are_compared_line_by_line_and_the_new_right_is_named() -> None:
    old = document(allow("s3:GetObject"))
    new = document(allow("s3:GetObject"), allow("*"))

    (found,) = changes(finding(before={"policy_document": old}, after={"policy_document": new}))

    assert found.meaning == ("Newly allowed: statement 2: everything on *",)
    assert [line.text.strip() for line in found.lines if line.kind == "gone"] == []
    assert Line("new", '        "*"') in found.lines
    assert found.lines[0] == Line("left out", "8 lines as before")


def test_a_policy_in_url_encoding_is_read_and_one_that_is_no_json_is_shown_as_it_is() -> None:
    encoded, lines = "%7B%22Statement%22%3A%5B%5D%7D", ("{", '  "Statement": []', "}")

    assert changes(finding(before=None, after={"a": encoded, "b": "{torn"})) == [
        Change("a", "not known", f'"{encoded}"', tuple(Line("new", text) for text in lines)),
        Change("b", "not known", '"{torn"'),
    ]


@pytest.mark.soak
def test_a_giant_policy_is_cut_and_what_is_left_out_is_counted() -> None:
    old, new = (document(*(allow(f"s3:{verb}{number}") for number in range(400))) for verb in "ab")

    (found,) = changes(finding(before={"policy_document": old}, after={"policy_document": new}))

    assert len(found.lines) == 121
    assert found.lines[-1].kind == "left out"


def test_one_finding_at_a_terminal_shows_what_changed() -> None:
    old, new = document(allow("s3:GetObject")), document(allow("s3:PutObject"))
    before = {"policy_document": old, "default_version_id": "v1"}
    after = {"policy_document": new, "default_version_id": "v2"}
    terminal = console()

    with terminal.capture() as captured:
        terminal.print(*changed(finding(before=before, after=after)))

    assert [line.rstrip() for line in captured.get().splitlines()] == [
        "",
        "Before and after",
        '  default_version_id  "v1" → "v2"',
        "  policy_document, line by line:",
        "      4 lines as before",
        '            "Effect": "Allow",',
        '            "Action": [',
        '    -         "s3:GetObject"',
        '    +         "s3:PutObject"',
        "            ],",
        '            "Resource": "*"',
        "      3 lines as before",
    ]
