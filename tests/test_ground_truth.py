"""What is known of published logs is found, and little else: recall and noise, printed.

Ground truth: the user agents of Stratus Red Team in invictus, the techniques of TrailDiscover, the
labels of Panther's rule tests.  None of these is read by the product.
"""

import json
from functools import cache

import pytest

from tests.claims import Proved
from tests.reading import DATA
from tests.test_real_data import found, resolved
from trailmend.catalog import LEVELS, runbooks
from trailmend.events import Event
from trailmend.findings import Finding

READS = ("Get", "List", "Generate", "Simulate", "Describe", "Lookup")
SERIOUS = LEVELS[LEVELS.index("medium") :]
KNOWN = {event for one in runbooks().values() if one.tier != 3 for event in one.events}
PER_THOUSAND = 5
WORST = {
    "iam-create-admin-user": ("CreateAccessKey", "high"),
    "iam-backdoor-role": ("UpdateAssumeRolePolicy", "critical"),
    "cloudtrail-event-selectors": ("PutEventSelectors", "high"),
    "cloudtrail-lifecycle-rule": ("PutBucketLifecycle", "high"),
}
"""Of techniques of Stratus Red Team the event that tells, and the level at least."""


def pair(event: Event) -> str:
    return f"{event.event_source}:{event.event_name}"


def is_write(event: Event) -> bool:
    return event.event_source == "iam.amazonaws.com" and not event.event_name.startswith(READS)


def is_attack(event: Event) -> bool:
    """Say whether Stratus Red Team made the call, and not the Terraform that it runs before.

    S3 puts brackets around an agent.
    """
    return (event.user_agent or "").lstrip("[").startswith("stratus-red-team_")


@cache
def by_event(folder: str) -> dict[str, list[Finding]]:
    told: dict[str, list[Finding]] = {}
    for one in found(folder):
        told.setdefault(one.event.event_id, []).append(one)
    return told


def published(folder: str) -> list[Event]:
    if not (DATA / folder / "events.jsonl").exists():
        pytest.skip(f"the published logs are not here: {DATA / folder}")
    return resolved(folder)


def test_every_write_of_an_attack_on_identities_is_found(proved: Proved) -> None:
    mine = [one for one in published("invictus") if is_attack(one)]
    wanted = [one for one in mine if pair(one) in KNOWN and not one.event_name.startswith(READS)]
    silent = {
        event for key in runbooks() if runbooks()[key].silence for event in runbooks()[key].events
    }

    missed = [
        one.event_name
        for one in wanted
        if one.event_id not in by_event("invictus") and pair(one) not in silent
    ]

    proved("recall", len(wanted), "events of attacks in invictus found", "identity writes")
    assert wanted
    assert missed == []


@pytest.mark.parametrize("technique", WORST)
def test_technique_that_can_be_told_is_grave(technique: str) -> None:
    name, least = WORST[technique]
    published("invictus")

    levels = [one.level for one in found("invictus") if one.event.event_name == name]

    assert max(map(LEVELS.index, levels)) >= LEVELS.index(least)


def test_clean_up_and_set_up_make_no_noise(proved: Proved) -> None:
    folder = "invictus"
    # What is prepared for an attack by the same hand, as its role's rights, is the attack's.
    events = published(folder)
    victims = {one.target_name for one in events if is_attack(one)} - {None}
    others = [one for one in events if not is_attack(one) and one.target_name not in victims]
    writes = [one for one in others if is_write(one)]
    loud = [
        one.detection
        for event in others
        for one in by_event(folder).get(event.event_id, ())
        if one.level in SERIOUS
    ]

    proved("noise", len(loud), f"findings of medium or more on {len(writes)} writes", folder)
    assert len(writes) > 40
    assert len(loud) * 1000 <= PER_THOUSAND * len(writes)


def test_every_technique_of_traildiscover_on_identities_is_found(proved: Proved) -> None:
    path = DATA / "traildiscover" / "ground_truth.json"
    if not path.exists():
        pytest.skip(f"the published logs are not here: {path}")
    truth = json.loads(path.read_text())
    named = {f"{one['eventSource']}:{name}" for name, one in truth.items()}
    silent = {event for one in runbooks().values() if one.silence for event in one.events}
    events = [one for one in resolved("traildiscover") if pair(one) in named & KNOWN]

    missed = {
        pair(one)
        for one in events
        if one.event_id not in by_event("traildiscover") and pair(one) not in silent
    }

    proved("recall", len(events), "events of TrailDiscover with a page found", "identity writes")
    assert events
    assert missed == set()


def test_every_identity_write_of_traildiscover_has_a_page() -> None:
    events = [one for one in resolved("traildiscover") if is_write(one)]

    assert {pair(one) for one in events} - {
        e for o in runbooks().values() for e in o.events
    } == set()
