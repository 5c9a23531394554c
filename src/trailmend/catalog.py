"""What we know: the shape of a runbook, and where the runbooks are found.

A runbook is one module of `trailmend.runbooks` with one constant, `RUNBOOK`.
There is no registry: the package is walked.  A name is said once: the key of a detection is
the module's name and the name in `detections` (`delete_login_profile.by_someone_else`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal

from trailmend.loading import Broken, constants

if TYPE_CHECKING:
    from trailmend.plan import Remediation

Level = Literal["info", "low", "medium", "high", "critical"]
LEVELS: tuple[Level, ...] = ("info", "low", "medium", "high", "critical")
Outcome = Literal["success", "denied", "failed"]
Hypothesis = Literal["intended", "unauthorised", "insider", "accident", "automation"]
Tier = Literal[1, 2, 3]
Family = Literal[
    "passwords",
    "MFA devices",
    "keys and certificates",
    "users and groups",
    "permissions",
    "roles",
    "federation",
    "sessions",
    "sign-in",
    "Identity Center",
    "organization",
    "account",
    "trail",
]

Case = tuple[dict[str, Any], ...]
"""CloudTrail records in any order; `evidence.call` makes them."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence about AWS and where it can be checked.

    `source` is a botocore shape (`botocore iam DeleteLoginProfile`), an AWS page with the date it
    was read, or a published sample; `unchecked: ...` where nothing could be checked.
    """

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact for or against an explanation; `when` decides it on a row, None asks a person.

    A decided fact may carry values of its row: `{source_ip}` stands for that column.
    """

    text: str
    when: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns whose values stand in the text."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.text) if name is not None)

    @property
    def named(self) -> str:
        """Write the text with the names of the columns, for who reads no row."""
        return self.told({name: f"`{name}`" for name in self.columns})

    def told(self, values: Mapping[str, Any]) -> str:
        """Write the text with the values of a row; what comes from the log is not read again."""
        return self.text.format_map(values)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way the event can have come about."""

    hypothesis: Hypothesis
    text: str
    supports: tuple[Fact, ...]
    against: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """Something widely said about the event that is not so, and what is."""

    said: str
    fact: Claim


@dataclass(frozen=True, slots=True)
class Hardening:
    """A fix of the account that is often named beside the event: what it does for it, what not."""

    fix: Remediation
    does: str
    lacks: str
    source: str


@dataclass(frozen=True, slots=True)
class Console:
    """A fix by hand in the AWS console; `read` is the date its source was read."""

    title: str
    steps: tuple[str, ...]
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class Detection:
    """A situation worth a finding: a condition on the columns of `events` and `context`.

    `when` is SQL of the portable subset (`conditions.parse_condition`) and is tried on events with
    this `outcome`.  `fires`: in each case the last event in time is hit.  `quiet`: no event is.

    `fixes` stand in order of preference: the first is what `trailmend plan FINDING` takes, and a
    story takes the first of each stage.

    `takes_back`: nothing is opened by it, so it is low where it puts another principal's doing
    right (`stories.taken_back`).  `only_of_suspects`: it opens or ends something all the same, so
    it is low only where that principal has another finding of level high or above within a week.
    """

    title: str
    level: Level
    when: str
    fires: tuple[Case, ...]
    quiet: tuple[Case, ...]
    outcome: Outcome = "success"
    techniques: tuple[str, ...] = ()
    fixes: tuple[Remediation, ...] = ()
    formerly: tuple[str, ...] = ()
    takes_back: bool = False
    only_of_suspects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """All that is known of one event: what it is, what it means, how it is found and mended.

    `events` are pairs `source:name`, as `iam.amazonaws.com:DeleteLoginProfile`, because the same
    name stands for different calls of different services; calls that differ by their noun alone,
    as AttachUserPolicy and AttachRolePolicy, share a page.  `first` is what to do before
    anything else, in one line.  `console` holds what is done by hand beside the fixes; the steps
    of each fix are in `by_hand`.

    `tier` 1: what an intruder gains or destroys by the call, with fixes; 2: what should be known
    beside it; 3: housekeeping, which gives no finding.  `silence` says why an event gives none;
    without it each event of the page gives exactly one, with it one at most.
    """

    events: tuple[str, ...]
    family: Family
    tier: Tier = 1
    information: tuple[Claim, ...]
    impact: tuple[Claim, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    detections: Mapping[str, Detection] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    first: str = ""
    silence: str = ""
    control_gaps: tuple[Claim, ...] = ()
    corrections: tuple[Correction, ...] = ()
    console: tuple[Console, ...] = ()
    not_fixable: tuple[Claim, ...] = ()
    hardening: tuple[Hardening, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The event names without their sources."""
        return tuple(event.partition(":")[2] for event in self.events)

    @property
    def fixes(self) -> tuple[Remediation, ...]:
        """The fixes of all detections, each once, in the order of the page."""
        return tuple(dict.fromkeys(fix for one in self.detections.values() for fix in one.fixes))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain: an event of these pairs that meets the condition.

    `by` names the columns whose values the steps have in common, one for each of the chain's
    `joined` words and in their order: what one step calls `object_id` may be the next one's
    `access_key_id`.
    """

    events: tuple[str, ...]
    by: tuple[str, ...]
    when: str = "TRUE"
    outcome: Outcome = "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Steps that mean more together than each alone; found on the event that completes it.

    The steps are different events that come within a time, in their order or, with `ordered`
    False, in any; inside one second the order is not known and either counts.  `joined` says in
    words what they have in common.  A value that a step does not tell joins nothing.
    """

    title: str
    level: Level
    steps: tuple[Step, ...]
    joined: tuple[str, ...]
    within: timedelta
    ordered: bool = True
    impact: tuple[Claim, ...]
    explanations: tuple[Explanation, ...]
    fires: tuple[Case, ...]
    quiet: tuple[Case, ...]
    techniques: tuple[str, ...] = ()
    fixes: tuple[Remediation, ...] = ()


@cache
def runbooks() -> dict[str, Runbook]:
    """Find every runbook of the package; the key is the name of its module.

    One that cannot be loaded is left out, and `broken` names it.
    """
    import trailmend.runbooks as package

    found: dict[str, Runbook] = constants(package, "RUNBOOK", Runbook)[0]
    return found


@cache
def chains() -> dict[str, Chain]:
    """Find every chain; the key is `chain.` and the name of its module."""
    import trailmend.chains as package

    return {f"chain.{key}": one for key, one in constants(package, "CHAIN", Chain)[0].items()}


def broken() -> tuple[Broken, ...]:
    """Name the modules of the catalog that could not be loaded."""
    import trailmend.chains
    import trailmend.runbooks

    return (
        *constants(trailmend.runbooks, "RUNBOOK", Runbook)[1],
        *constants(trailmend.chains, "CHAIN", Chain)[1],
    )


@cache
def detections() -> dict[str, tuple[Runbook, Detection]]:
    """Give every detection under its key, with the runbook it stands in."""
    return {
        f"{key}.{name}": (runbook, detection)
        for key, runbook in runbooks().items()
        for name, detection in runbook.detections.items()
    }


def asked_as(event_source: str, event_name: str) -> str:
    """Name an event as `trailmend runbook` takes it: with its service, if others have the name too.

    Those of IAM stand alone.
    """
    service = event_source.partition(".")[0]
    services = {
        event.partition(".")[0]
        for runbook in runbooks().values()
        for event in runbook.events
        if event.endswith(f":{event_name}")
    }
    return event_name if service == "iam" or services <= {service} else f"{service}:{event_name}"


def advice(event_source: str, event_name: str) -> str:
    """Say where it stands what people can do about an event."""
    if any(f"{event_source}:{event_name}" in runbook.events for runbook in runbooks().values()):
        return f"What to do by hand: trailmend runbook {asked_as(event_source, event_name)}"
    return f"No runbook knows {event_name}: ask whoever called it."
