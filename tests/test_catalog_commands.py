"""Commands of the pages are such as the AWS CLI takes: checked against botocore's models."""

import re
from collections.abc import Iterable, Iterator

import botocore.session
import pytest
from botocore import xform_name

from trailmend.by_hand import by_hand
from trailmend.catalog import Console, Runbook, runbooks

COMMAND = re.compile(
    r"\baws (?P<service>[a-z][a-z0-9-]*) (?P<verb>[a-z0-9]+(?:-[a-z0-9]+)+)"
    r"(?P<options>(?: --[a-z0-9-]+(?: [^\s`;,-][^\s`;,]*)?)*)"
)
MODELS = {"s3api": "s3"}
"""A service by its name in the CLI -> in botocore, where they differ."""
OF_THE_CLI = {("cloudtrail", "validate-logs")}
"""Commands that the CLI has of itself, beside the operations of the service."""
FOR_ALL = {"region", "cli-input-json"}
"""Options that every command takes."""
SESSION = botocore.session.get_session()


def _steps(consoles: Iterable[Console]) -> Iterator[str]:
    for console in consoles:
        yield from console.steps


def _prose(runbook: Runbook) -> Iterator[str]:
    yield runbook.first
    yield from runbook.questions
    claims = (*runbook.information, *runbook.impact, *runbook.control_gaps, *runbook.not_fixable)
    yield from (claim.text for claim in claims)


def _faults(text: str, *, whole: bool) -> Iterator[str]:
    for found in COMMAND.finditer(text):
        service, verb, options = found["service"], found["verb"], found["options"]
        if (service, verb) in OF_THE_CLI:
            continue
        model = SESSION.get_service_model(MODELS.get(service, service))
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        if verb not in operations:
            yield f"{found[0]}: there is no such command"
            continue
        shape = model.operation_model(operations[verb]).input_shape
        given = set(re.findall(r" --([a-z0-9-]+)", options))
        taken = {xform_name(name, "-") for name in (shape.members if shape else ())}
        required = {xform_name(name, "-") for name in (shape.required_members if shape else ())}
        yield from (f"{found[0]}: no option --{name}" for name in given - taken - FOR_ALL)
        if whole or given:
            yield from (f"{found[0]}: lacks --{name}" for name in sorted(required - given))


@pytest.mark.parametrize("key", sorted(runbooks()))
def test_commands_of_a_page_are_whole_and_known_to_the_cli(key: str) -> None:
    runbook = runbooks()[key]
    steps = [fault for step in _steps(runbook.console) for fault in _faults(step, whole=True)]
    prose = [fault for text in _prose(runbook) for fault in _faults(text, whole=False)]

    assert steps + prose == []


def test_commands_of_the_fixes_by_hand_are_whole_and_known_to_the_cli() -> None:
    steps = list(_steps(by_hand().values()))

    assert [fault for step in steps for fault in _faults(step, whole=True)] == []


def test_a_command_that_lacks_an_option_is_seen() -> None:
    assert list(_faults("Run aws sso-admin provision-permission-set.", whole=True)) == [
        "aws sso-admin provision-permission-set: lacks --instance-arn",
        "aws sso-admin provision-permission-set: lacks --permission-set-arn",
        "aws sso-admin provision-permission-set: lacks --target-type",
    ]
    assert list(_faults("aws iam enable-mfa", whole=True)) == [
        "aws iam enable-mfa: there is no such command"
    ]
