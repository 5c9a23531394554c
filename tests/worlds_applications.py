"""Identity Centers that need the fix of an application."""

from __future__ import annotations

from typing import Any

from tests.worlds import Case
from tests.worlds_principals import time_of
from trailmend.lab import Lab
from trailmend.plan import Target
from trailmend.remediations.sso_applications import disable_application

CUSTOM = "arn:aws:sso::aws:applicationProvider/custom"


def make_application(lab: Lab, name: str = "reports") -> str:
    """Make an application of the customer's own."""
    client = lab.client("sso-admin")
    instance = client.list_instances()["Instances"][0]["InstanceArn"]
    made = client.create_application(InstanceArn=instance, ApplicationProviderArn=CUSTOM, Name=name)
    return str(made["ApplicationArn"])


def connected(lab: Lab) -> dict[str, Any]:
    """Make two applications; the event's is the first."""
    arn = make_application(lab)
    make_application(lab, "other")
    target = Target("application", arn, lab.region)
    return {"event_name": "CreateApplication", "event_time": time_of(lab), "target": target}


CASES: dict[str, Case] = {
    case.name: case for case in (Case("application that was made", disable_application, connected),)
}
