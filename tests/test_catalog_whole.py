"""The catalog knows every identity write there is: it fails when AWS adds one."""

import botocore.session
import pytest

from trailmend.catalog import runbooks

READS = ("Get", "List", "Generate", "Simulate", "Describe", "Lookup", "Preview", "Search")
KNOWN = {event for one in runbooks().values() for event in one.events}
TRAIL = """
    CreateTrail DeleteEventDataStore DeleteTrail DeregisterOrganizationDelegatedAdmin
    PutEventSelectors PutInsightSelectors RegisterOrganizationDelegatedAdmin StartLogging
    StopEventDataStoreIngestion StopLogging UpdateTrail
    """.split()


def writes(service: str) -> list[str]:
    model = botocore.session.get_session().get_service_model(service)
    return [name for name in model.operation_names if not name.startswith(READS)]


def test_every_write_of_iam_has_a_page() -> None:
    assert len(writes("iam")) >= 108
    assert [name for name in writes("iam") if f"iam.amazonaws.com:{name}" not in KNOWN] == []


def test_every_call_of_sts_has_a_page() -> None:
    model = botocore.session.get_session().get_service_model("sts")

    missing = [name for name in model.operation_names if f"sts.amazonaws.com:{name}" not in KNOWN]

    assert missing == []


@pytest.mark.parametrize("name", TRAIL)
def test_every_way_to_blind_the_trail_has_a_page(name: str) -> None:
    assert f"cloudtrail.amazonaws.com:{name}" in KNOWN


@pytest.mark.parametrize("service", ["iam", "sts", "cloudtrail"])
def test_every_page_is_of_an_event_that_there_is(service: str) -> None:
    names = botocore.session.get_session().get_service_model(service).operation_names
    known = [event.partition(":") for event in KNOWN]

    assert {name for host, _, name in known if host == f"{service}.amazonaws.com"} <= set(names)
