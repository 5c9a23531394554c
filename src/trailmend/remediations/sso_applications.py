"""Applications of Identity Center: one is disabled, and stays as evidence."""

from __future__ import annotations

import re
from typing import Any

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation

_ARN = re.compile(
    r"arn:aws[a-z-]*:sso::\d{12}:application/(?:sso)?ins-[\w.-]{16}/apl-[a-zA-Z0-9]{16}", re.ASCII
)
_APPLICATION = "arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef"
_REGION = "us-east-1"


@remediation(
    title="Disable the application",
    breaks="Nobody gets into the application by Identity Center while it is disabled.",
    example=Example(
        facts=Facts(
            account_id="111122223333",
            finding_id="c5a7e9f1b3d50248",
            event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
            event_name="CreateApplication",
            event_time="2026-03-02T09:00:00Z",
            target=Target("application", _APPLICATION, _REGION),
        ),
        reads=(
            (
                call("sso-admin.describe_application", region=_REGION, ApplicationArn=_APPLICATION),
                {"name": "reports", "status": "ENABLED"},
            ),
        ),
        changes=(
            call(
                "sso-admin.update_application",
                region=_REGION,
                ApplicationArn=_APPLICATION,
                Status="DISABLED",
            ),
        ),
    ),
    stage="remove",
    needs="finding",
)
def disable_application(facts: Facts) -> Steps:
    """Disable this one application; its grants, scopes and assignments stay as they are.

    AWS does not say whether tokens that it was given end with it: end the sessions of the people
    whose tokens it had.  An application that is not there, or is disabled, needs nothing.
    """
    target = facts.target if isinstance(facts.target, Target) else Target("", "")
    if target.kind != "application" or not _ARN.fullmatch(target.name) or not target.region:
        raise CannotFix(
            "The finding names no application by its ARN: look at its event, and find it by aws "
            "sso-admin list-applications --instance-arn INSTANCE."
        )
    on: dict[str, Any] = {"region": target.region, "ApplicationArn": target.name}
    found = yield read("sso-admin.describe_application", **on, pick="{name: Name, status: Status}")
    if found is not None and found["status"] == "ENABLED":
        yield change(
            "sso-admin.update_application",
            **on,
            Status="DISABLED",
            undo=call("sso-admin.update_application", **on, Status="ENABLED"),
            note=f"Application {found['name']} ({target.name}): enabled → disabled",
        )
