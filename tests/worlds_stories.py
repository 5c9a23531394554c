"""Stories in the lab: an intruder with a key of their own, and what the log tells of it."""

from __future__ import annotations

from typing import Any

from tests.reading import findings_of
from tests.worlds import ADMINISTRATOR
from trailmend.findings import Finding
from trailmend.lab import Credentials, Lab
from trailmend.takeovers import Story, stories_of


def intruder(lab: Lab, name: str = "mallory") -> Any:
    """Make an administrator whose key is in strange hands from a day later on; give the client."""
    iam = lab.client("iam")
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    lab.advance(2 * 86400)
    return lab.client("iam", Credentials(key["AccessKeyId"], key["SecretAccessKey"]))


def story_of(name: str, lab: Lab, found: list[Finding] | None = None) -> Any:
    """Give the one story in which a user acts, its findings, and the lower ones that belong."""
    findings = findings_of(lab.records()) if found is None else found
    by = {one.id for one in findings if one.actor.name == name}
    (story,) = (one for one in stories_of(findings) if by & set(one.findings))
    return story, *_of(story, findings)


def _of(story: Story, findings: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    return (
        [one for one in findings if one.id in story.findings],
        [one for one in findings if one.id in story.supporting],
    )
