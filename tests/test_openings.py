"""What leaves an intruder a way in where no fix takes it back."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.takeovers import plain
from trailmend.findings import Finding
from trailmend.takeovers.openings import cannot_be_held, lets_in


def _on(name: str, service: str = "iam", outcome: str = "success") -> Finding:
    event = replace(
        plain().event, event_name=name, event_source=f"{service}.amazonaws.com", outcome=outcome
    )
    return plain(event=event)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (_on("CreateAccessKey"), True),
        (_on("ConsoleLogin", "signin"), True),
        (_on("DeleteCrl", "rolesanywhere"), True),
        (_on("DeactivateMFADevice"), True),
        (_on("DeleteAccessKey"), False),
        (_on("CreatePolicy"), False),
        (_on("CreateUser"), False),
        (_on("CreateTrail", "cloudtrail"), False),
        (_on("CreateAccessKey", outcome="denied"), False),
    ],
)
def test_gift_is_a_way_in_and_a_loss_is_none(finding: Finding, expected: bool) -> None:
    assert lets_in(finding) == expected


@pytest.mark.parametrize(
    ("kind", "arn", "expected"),
    [
        ("IAMUser", "arn:aws:iam::1:user/bob", False),
        ("IAMUser", None, False),
        ("IAMUser", "arn:aws:iam::2:user/bob", True),
        ("Root", "arn:aws:iam::1:root", True),
        ("SAMLUser", None, True),
        ("AWSService", None, False),
    ],
)
def test_root_and_callers_from_elsewhere_cannot_be_held(
    kind: str, arn: str | None, expected: bool
) -> None:
    finding = plain(actor=replace(plain().actor, type=kind, arn=arn))

    assert cannot_be_held(finding) == expected
