"""Pages whose events are named like another service's: told apart in heading and hint."""

import pytest
from typer.testing import CliRunner, Result

from trailmend.catalog import runbooks
from trailmend.cli import app
from trailmend.report.event_names import shown_names


def shown(event: str) -> Result:
    return CliRunner().invoke(app, ["runbook", event])


@pytest.mark.parametrize(
    ("event", "head"),
    [
        ("CreateUser", "# CreateUser"),
        (
            "identitystore:CreateUser",
            "# CreateUser (identitystore, sso-directory, identitystore-scim)",
        ),
        ("organizations:DeletePolicy", "# DetachPolicy, DeletePolicy (organizations)"),
    ],
)
def test_page_is_headed_by_its_names_with_services_where_iam_has_them_too(
    event: str, head: str
) -> None:
    assert shown(event).stdout.partition("\n")[0] == head


def test_reader_of_a_page_is_told_of_the_same_name_at_another_service() -> None:
    assert shown("DeletePolicy").stderr.splitlines()[0] == (
        "DeletePolicy of another service: trailmend runbook organizations:DeletePolicy"
    )
    assert "of another service" not in shown("CreateAccessKey").stderr


def test_no_two_pages_show_the_same_name() -> None:
    names = [name for one in runbooks().values() for name in shown_names(one)]

    assert sorted(names) == sorted(set(names))
