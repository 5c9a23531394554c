"""Pages whose events are named like another service's: told apart in heading and hint."""

import pytest
from typer.testing import CliRunner, Result

from trailmend.catalog import advice, asked_as, runbooks
from trailmend.cli import app
from trailmend.report.event_names import namesakes, shown_names


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


@pytest.mark.parametrize(
    ("source", "name", "said"),
    [
        ("iam", "CreateUser", "What to do by hand: trailmend runbook CreateUser"),
        (
            "organizations",
            "PutResourcePolicy",
            "What to do by hand: trailmend runbook organizations:PutResourcePolicy",
        ),
        (
            "cloudtrail",
            "PutResourcePolicy",
            "What to do by hand: trailmend runbook cloudtrail:PutResourcePolicy",
        ),
        ("cloudtrail", "StopLogging", "What to do by hand: trailmend runbook StopLogging"),
        ("cloudtrail", "CreateUser", "No runbook knows CreateUser: ask whoever called it."),
    ],
)
def test_advice_on_an_event_leads_to_the_page_of_its_own_service(
    source: str, name: str, said: str
) -> None:
    assert advice(f"{source}.amazonaws.com", name) == said


def test_event_whose_name_others_have_too_is_asked_for_so_that_its_page_opens() -> None:
    shared = {
        asked_as(*event.split(":")): one
        for one in runbooks().values()
        for event in one.events
        if len(namesakes(event.partition(":")[2])) > 1
    }
    heads = {asked: shown(asked).stdout.partition("\n")[0] for asked in shared}

    assert len(shared) > 30
    assert heads == {asked: f"# {', '.join(shown_names(one))}" for asked, one in shared.items()}


def test_no_two_pages_show_the_same_name() -> None:
    names = [name for one in runbooks().values() for name in shown_names(one)]

    assert sorted(names) == sorted(set(names))
