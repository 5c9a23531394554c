"""The catalog knows every identity write there is: it fails when AWS adds one."""

import botocore.session
import pytest

from trailmend.catalog import runbooks

READS = (
    "Get", "List", "Generate", "Simulate", "Describe", "Lookup", "Preview", "Search",
    "Validate", "CheckAccess", "CheckNo", "IsMemberInGroups",
)  # fmt: skip
KNOWN = {event for one in runbooks().values() for event in one.events}
WHOLE = {
    "accessanalyzer": "access-analyzer",
    "account": "account",
    "cloudtrail": "cloudtrail",
    "iam": "iam",
    "identitystore": "identitystore",
    "organizations": "organizations",
    "rolesanywhere": "rolesanywhere",
    "signin": "signin",
    "sso-admin": "sso",
    "sso-oidc": "sso-oauth",
    "sts": "sts",
}
"""Services of which every write has a page, by the name of their model; then their host."""


RESULTS = {"CreateAccountResult", "CloseAccountResult"}
"""Events that AWS itself writes when it has done what a call asked for."""


def operations(service: str) -> list[str]:
    return list(botocore.session.get_session().get_service_model(service).operation_names)


@pytest.mark.parametrize("service", WHOLE)
def test_every_write_of_the_service_has_a_page(service: str) -> None:
    writes = [name for name in operations(service) if not name.startswith(READS)]
    host = f"{WHOLE[service]}.amazonaws.com"

    assert len(writes) >= {"iam": 108, "sso-oidc": 4}.get(service, 5)
    assert [name for name in writes if f"{host}:{name}" not in KNOWN] == []


def test_every_call_of_sts_has_a_page() -> None:
    assert [name for name in operations("sts") if f"sts.amazonaws.com:{name}" not in KNOWN] == []


@pytest.mark.parametrize("service", sorted(set(WHOLE) - {"signin", "sso-admin"}))
def test_every_page_is_of_an_event_that_there_is(service: str) -> None:
    # Not for signin and sso: ConsoleLogin, Authenticate and their like are no public operations.
    host = f"{WHOLE[service]}.amazonaws.com"
    known = [event.partition(":") for event in KNOWN]

    assert {name for of, _, name in known if of == host} - RESULTS <= set(operations(service))
