"""What a finding shows of the log is in words: no Python, no escapes where none are needed."""

import pytest

from tests.reading import findings_of
from trailmend.evidence import call, user
from trailmend.report.terminal import console, whole_finding
from trailmend.report.values import told

DOCUMENT = '{\n  "Effect": "Allow"\n}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (None, "not known"),
        (7, "7"),
        ("alice", "alice"),
        ("[not JSON", "[not JSON"),
        ("one\n  two", "one two"),
        (["a", "b"], "a; b"),
        ([{"event_name": "CreateUser", "event_id": "1"}], "event_name CreateUser, event_id 1"),
        (DOCUMENT, '{"Effect":"Allow"}'),
    ],
)
def test_value_is_told_in_words(value: object, text: str) -> None:
    assert told(value) == text


def test_finding_without_agent_and_region_leaves_them_out() -> None:
    poor = call("CreateUser", by=user("eve"), userAgent=None, awsRegion=None)
    [found] = findings_of([poor])
    terminal = console()

    with terminal.capture() as captured:
        terminal.print(whole_finding(found))

    assert "None" not in captured.get()
