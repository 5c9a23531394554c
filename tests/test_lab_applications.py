"""Applications of Identity Center in the lab: the behaviour is proved by the test named like it."""

from __future__ import annotations

import re

from tests.test_lab_organizations import refusal
from tests.worlds_applications import CUSTOM, make_application
from trailmend.lab import Lab


def test_an_application_of_identity_center_is_kept(lab: Lab) -> None:
    client, arn = lab.client("sso-admin"), make_application(lab)

    assert re.fullmatch(
        rf"arn:aws:sso::{lab.account_id}:application/ssoins-[0-9a-z]{{16}}/apl-[0-9a-f]{{16}}", arn
    )
    made = client.describe_application(ApplicationArn=arn)
    assert {name: made[name] for name in ("Name", "Status", "ApplicationProviderArn")} == {
        "Name": "reports",
        "Status": "ENABLED",
        "ApplicationProviderArn": CUSTOM,
    }
    client.update_application(ApplicationArn=arn, Status="DISABLED")
    changed = client.describe_application(ApplicationArn=arn)
    assert (changed["Name"], changed["Status"]) == ("reports", "DISABLED")
    client.delete_application(ApplicationArn=arn)
    gone = [client.describe_application, client.update_application, client.delete_application]
    assert {refusal(one, ApplicationArn=arn) for one in gone} == {"ResourceNotFoundException"}


def test_call_on_an_application_is_recorded_as_published_samples_are(lab: Lab) -> None:
    arn = make_application(lab)

    told = lab.records()[-1]
    assert (told["eventSource"], told["eventName"], told["awsRegion"]) == (
        "sso.amazonaws.com",
        "CreateApplication",
        lab.region,
    )
    assert told["responseElements"] == {"applicationArn": arn}
