"""What the tests of stories of several findings share: short ways to make them."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from tests.identity_calls import on_user
from tests.reading import Fields, findings_of
from tests.telling import MINUTE, START, at
from trailmend.evidence import Principal
from trailmend.findings import (
    ActorPart,
    EventPart,
    Finding,
    SourcePart,
    TargetPart,
    Why,
    finding_id,
)
from trailmend.takeovers import Story, stories_of

HOUR, SECOND, DAY = timedelta(hours=1), timedelta(seconds=1), timedelta(days=1)
Step = tuple[timedelta, Fields]


def found_on(*steps: Step) -> list[Finding]:
    """Find what there is on records so long after the start; they are e0, e1, and so on."""
    return findings_of(
        at(START + after, f"e{n}", fields) for n, (after, fields) in enumerate(steps)
    )


def told(*steps: Step) -> list[Story]:
    return stories_of(found_on(*steps))


def events(story: Story, *, kinds: tuple[str, ...] = ("finding",)) -> list[tuple[str, str | None]]:
    return [(one.event_name, one.whom) for one in story.chapters if one.kind in kinds]


def gone(by: Principal, owner: str) -> Fields:
    """Take a user's password away: a plain finding, medium."""
    return on_user("DeleteLoginProfile", by, owner)


def reset(by: Principal, owner: str) -> Fields:
    return on_user("UpdateLoginProfile", by, owner)


def plain(number: int = 0, **changes: object) -> Finding:
    """Make a finding of bob on alice, so many minutes after the start."""
    name = f"e{number}"
    when = (START + number * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = EventPart(name, when, "iam.amazonaws.com", "Any", "1", None, "success", None)
    actor = ActorPart("IAMUser", "bob", None, "AIDABOB", None, "AKIABOB", "unknown", None, None)
    return msgspec.structs.replace(
        Finding(
            id=finding_id("1", name, "any"),
            detection="any.thing",
            title="Somebody did something",
            level="medium",
            event=event,
            actor=actor,
            target=TargetPart("user", "alice", None, None),
            relation="other",
            status="open",
            why=Why("TRUE", {}),
            source=SourcePart("case", 0, "file"),
        ),
        **changes,
    )
