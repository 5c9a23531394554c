"""A11: planning changes nothing: no write leaves this machine, for any fix and any account."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

from tests.all_cases import CASES, family_of
from tests.claims import Proved
from tests.fake_account import ACCOUNT
from tests.worlds import Case, desk_of, plan_of, snapshot, writes
from tests.worlds_trails import MORE
from trailmend.aws import AwsClient
from trailmend.calls import ask, read
from trailmend.errors import Refused
from trailmend.lab import Lab
from trailmend.plan import Facts, Remediation, Steps, propose, remediations

READS = ("Get", "List", "Describe", "Head", "LookupEvents")


ALL = CASES | MORE


@dataclass
class Wire:
    """Counts what botocore sends, by operation, at the last moment before it is sent."""

    lab: Lab
    sent: Counter[str] = field(default_factory=Counter)

    @property
    def client(self) -> AwsClient:
        """A client of the lab that can only read, watched below boto3."""
        who = self.lab.administrator
        session = boto3.Session(
            aws_access_key_id=who.access_key_id,
            aws_secret_access_key=who.secret_access_key,
            region_name=self.lab.region,
        )
        session.events.register("before-send", self._count)
        return AwsClient(session, self.lab.endpoint_url)

    def _count(self, *, event_name: str, **_: Any) -> None:
        self.sent[event_name.rpartition(".")[2]] += 1

    @property
    def changes(self) -> list[str]:
        """The operations that were sent and are no reads."""
        return [name for name in self.sent if not name.startswith(READS)]


def planned(case: Case, lab: Lab, folder: Path) -> int:
    """Plan a case; count the calls that were sent, none of them a write."""
    facts = case.facts(lab)
    wire, before, sent = Wire(lab), snapshot(lab), len(lab.calls)
    wrote = writes(lab)

    plan = plan_of(desk_of(lab, folder, wire.client), case.fix, facts)

    assert plan.changes
    assert wire.changes == []
    assert len(lab.calls) - sent == wire.sent.total()
    assert writes(lab) == wrote
    assert snapshot(lab) == before
    return wire.sent.total()


@pytest.mark.parametrize("name", ["active key", "lost device", "trail at another home"])
def test_planning_sends_no_write(name: str, lab: Lab, tmp_path: Path, proved: Proved) -> None:
    proved("A11", planned(ALL[name], lab, tmp_path), "calls while planning, none a write")


@pytest.mark.soak
@pytest.mark.parametrize("case", ALL.values(), ids=lambda case: case.name)
def test_planning_sends_no_write_in_any_case(
    case: Case, lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    count = planned(case, lab, tmp_path)

    family = family_of(case)
    proved("A11", count, "calls while planning, none a write", family)
    proved("A11", 1, "plans", family)


def test_every_fix_has_a_case() -> None:
    assert {case.fix.key for case in ALL.values()} == remediations().keys()


@pytest.mark.parametrize("name", ["iam.create_user", "iam.delete_user"])
def test_fix_that_writes_while_it_asks_is_stopped_below_boto3(name: str, lab: Lab) -> None:
    def rogue(facts: Facts) -> Steps:
        yield read(name, UserName="bob", pick="User")

    fix = next(iter(remediations().values()))
    wire, before = Wire(lab), writes(lab)
    client = wire.client
    rogue_fix = Remediation(rogue, fix.title, fix.breaks, fix.example)

    with pytest.raises(Refused, match="sent only by applying a plan"):
        propose(
            rogue_fix,
            replace(fix.example.facts, account_id=ACCOUNT),
            lambda question: ask(client, question),
        )

    assert wire.sent.total() == 0
    assert writes(lab) == before
