"""S1: protected users and roles are never written, and each of three layers alone sees to it.

The layers: the guard when a plan is made, the guard before each write, the client that cannot
write while planning.  Each finding is one that would be mended, if its user were not protected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders

from tests.all_cases import CASES, family_of
from tests.claims import Proved
from tests.fake_account import ACCOUNT, NOW, Bearer, FakeAccount
from tests.fake_findings import (
    IN_THE_LAB_ALONE,
    OF_ROLES,
    OF_THE_ACCOUNT,
    OF_USERS,
    SSH_KEY,
    facts_of,
    run_of,
    some_account,
    target,
    unguarded,
)
from tests.worlds import account_of, writes
from trailmend.aws import AwsClient
from trailmend.calls import Call, fill, reveal
from trailmend.changing.apply import apply
from trailmend.errors import Refused, Stopped
from trailmend.guards import Guard, make_guard
from trailmend.guards.writes import WRITES
from trailmend.lab import Lab
from trailmend.plan import Part, remediations
from trailmend.planning.making import make_plan
from trailmend.settings import Protected

# Protections -------------------------------------------------------------------------------


def listed(rng: Random, account: FakeAccount, bearer: Bearer) -> Protected:
    return Protected(principals=("x", rng.choice([bearer.name, bearer.name.upper()])))


def by_pattern(rng: Random, account: FakeAccount, bearer: Bearer) -> Protected:
    name = bearer.name
    return Protected(principals=(rng.choice([f"{name[:3]}*", f"?{name[1:]}", f"*{name[-1]}"]),))


def by_tag(rng: Random, account: FakeAccount, bearer: Bearer) -> Protected:
    tag = rng.choice(["trailmend:protected", "keep"])
    bearer.tags.add(tag)
    return Protected(tag=tag)


def caller(rng: Random, account: FakeAccount, bearer: Bearer) -> Protected:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{bearer.name}/night"
    account.caller = bearer.arn if bearer.kind == "user" else session
    return Protected()


def by_nature(rng: Random, account: FakeAccount, bearer: Bearer) -> Protected:
    """Add nothing: root, and the roles of AWS, are what they are."""
    return Protected()


Protect = Callable[[Random, FakeAccount, Bearer], Protected]
NAMES = ("break-glass", "ops", "Eve.Adams@corp", "a+b=c", "night_owl")
ORDINARY = [(kind, name, "/") for kind in ("user", "role") for name in NAMES]
WHO: list[tuple[Protect, Sequence[tuple[str, str, str]]]] = [
    (listed, ORDINARY),
    (by_pattern, ORDINARY),
    (by_tag, ORDINARY),
    (caller, ORDINARY),
    (by_nature, [("user", "root", "/"), ("user", "Root", "/"), ("role", "root", "/")]),
    (by_nature, [("role", "AWSServiceRoleForX", "/aws-service-role/x.amazonaws.com/")]),
    (by_nature, [("role", "AWSReservedSSO_X", "/aws-reserved/sso.amazonaws.com/eu-west-1/")]),
]


def worlds(seeds: range) -> Iterator[tuple[int, FakeAccount, Part, Callable[[], Protected]]]:
    """Make findings about users and roles that are protected once the last thing is called."""
    for seed in seeds:
        rng = Random(seed)
        protect, names = WHO[seed % len(WHO)]
        kind, name, path = rng.choice(names)
        fix = rng.choice(OF_ROLES if kind == "role" else OF_USERS)
        account = some_account()
        bearer = account.add(target(rng, fix, kind, name, path))
        part = Part(fix, facts_of(fix, bearer))
        yield seed, account, part, partial(protect, rng, account, bearer)


def guard_of(account: FakeAccount, protected: Protected) -> Guard:
    return make_guard(account, protected, account.access_key_id)


# Layers ------------------------------------------------------------------------------------


def hits(sent: Sequence[Call]) -> list[Call]:
    """Choose the writes that name a user or a role."""
    return [one for one in sent if WRITES[one.name] != "account"]


def guard_in_planning_suffices(seeds: range) -> int:
    count = 0
    for seed, account, part, protect in worlds(seeds):
        unguarded(account, part)
        guard = guard_of(account, protect())
        with pytest.raises(Refused):
            make_plan([[part]], account, guard=guard, now=NOW)
        assert account.sent == [], seed
        count += 1
    return count


def guard_before_the_write_suffices(seeds: range, folder: Path) -> int:
    count = 0
    for seed, account, part, protect in worlds(seeds):
        plan = unguarded(account, part)
        with pytest.raises((Refused, Stopped)):
            apply(run_of(account, plan, folder / str(seed), guard=guard_of(account, protect())))
        assert hits(account.sent) == [], seed
        count += 1
    return count


class Wire:
    """boto3 without a network: it counts what would be sent, and answers nothing."""

    def __init__(self) -> None:
        self.sent = 0
        session = boto3.Session(
            aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="x", region_name="us-east-1"
        )
        session.events.register("before-send", self._answer)
        self.client = AwsClient(session)

    def _answer(self, request: AWSRequest, **_: Any) -> Any:
        self.sent += 1
        answer: Any = AWSResponse(str(request.url), 200, HTTPHeaders(), None)
        answer._content = b"<Answer/>"
        return answer


def plain(call: Call) -> Call:
    """Put something in the place of secrets and answers, as boto3 checks what it is given."""
    filled = fill(call, lambda _: SSH_KEY)
    return reveal(filled, lambda one: "123456" if one.kind == "code" else "Abcdef1!" * 3)


def client_that_only_reads_suffices(seeds: range) -> int:
    """Send each call of each plan, and each undo, by the client that plans are made with."""
    wire, count = Wire(), 0
    for _, account, part, _ in worlds(seeds):
        for change in unguarded(account, part).changes:
            for one in (change.call, change.undo):
                if one is not None:
                    with pytest.raises(Refused, match="sent only by applying a plan"):
                        wire.client(plain(one))
        count += 1
    assert wire.sent == 0
    return count


def test_every_fix_of_a_user_or_role_is_tried() -> None:
    elsewhere = {key for key in remediations() if key.partition(".")[0] in IN_THE_LAB_ALONE}
    assert {*OF_USERS, *OF_ROLES, *OF_THE_ACCOUNT, *elsewhere} == remediations().keys()
    tried = {(part.fix, part.facts.user_name is None) for _, _, part, _ in worlds(range(2000))}
    assert tried == {(fix, False) for fix in OF_USERS} | {(fix, True) for fix in OF_ROLES}


def test_without_protection_each_finding_is_mended(tmp_path: Path) -> None:
    for seed, account, part, _ in worlds(range(200)):
        if WHO[seed % len(WHO)][0] is by_nature:
            continue
        plan = unguarded(account, part)
        guard = guard_of(account, Protected())
        apply(run_of(account, plan, tmp_path / str(seed), guard=guard))
        named = hits([change.call for change in plan.changes])
        assert len(hits(account.sent)) == len(named) > 0, seed


def test_writing_client_is_what_the_wire_would_count() -> None:
    wire = Wire()

    wire.client.writing("P-2222")(Call("iam.delete_login_profile", {"UserName": "bob"}))

    assert wire.sent == 1


QUICK = range(210)


def test_guard_in_planning_alone_protects(proved: Proved) -> None:
    proved("S1", guard_in_planning_suffices(QUICK), "findings", "guard in planning")


def test_guard_before_the_write_alone_protects(tmp_path: Path, proved: Proved) -> None:
    count = guard_before_the_write_suffices(QUICK, tmp_path)
    proved("S1", count, "findings", "guard before the write")


def test_client_that_only_reads_alone_protects(proved: Proved) -> None:
    proved("S1", client_that_only_reads_suffices(QUICK), "findings", "client that only reads")


PARTS = [range(start, start + 2_500) for start in range(0, 10_000, 2_500)]


@pytest.mark.soak
@pytest.mark.parametrize("seeds", PARTS, ids=str)
def test_guard_in_planning_alone_protects_in_ten_thousand_findings(
    seeds: range, proved: Proved
) -> None:
    proved("S1", guard_in_planning_suffices(seeds), "findings", "guard in planning")


@pytest.mark.soak
@pytest.mark.parametrize("seeds", PARTS, ids=str)
def test_guard_before_the_write_alone_protects_in_ten_thousand_findings(
    seeds: range, tmp_path: Path, proved: Proved
) -> None:
    count = guard_before_the_write_suffices(seeds, tmp_path)
    proved("S1", count, "findings", "guard before the write")


@pytest.mark.soak
@pytest.mark.parametrize("seeds", PARTS, ids=str)
def test_client_that_only_reads_alone_protects_in_ten_thousand_findings(
    seeds: range, proved: Proved
) -> None:
    proved("S1", client_that_only_reads_suffices(seeds), "findings", "client that only reads")


def test_plan_of_several_changes_is_refused_before_its_first(tmp_path: Path) -> None:
    account = FakeAccount()
    fix = "mfa_devices.enrol_virtual_device"
    bearer = account.add(target(Random(0), fix, "user", "ops", "/"))
    plan = unguarded(account, Part(fix, facts_of(fix, bearer)))

    guard = guard_of(account, Protected(principals=("ops",)))
    with pytest.raises(Refused):
        apply(run_of(account, plan, tmp_path, guard=guard))

    assert account.sent == []


LAB_CASES = [one for one in CASES.values() if family_of(one) in IN_THE_LAB_ALONE]
OF_A_POLICY = {
    "policies.recreate_policy",
    "policies.restore_default_version",
    "policy_versions.delete_ready_version",
}
"""What these reach are the bearers of a policy, and their cases have none."""
NAMES_NOBODY = {
    key
    for key in remediations()
    if key.startswith(
        (
            *("account_assignments.", "directory_groups.", "permission_sets."),
            *("oidc_providers.", "organization_", "saml_providers."),
            *("roles_anywhere.", "sso_applications.", "trail_lifecycles."),
        )
    )
}
"""Who administers by a provider, or is held by a policy or a set elsewhere, is not named."""


@pytest.mark.soak
def test_fix_of_permissions_is_refused_where_everybody_is_protected(lab: Lab) -> None:
    refused = set()
    for case in LAB_CASES:
        lab.reset()
        client, facts = account_of(lab), case.facts(lab)
        if facts.user_name is None and facts.role_name is None:
            continue
        guard = make_guard(client, Protected(principals=("*",)), client.access_key_id)
        sent = len(writes(lab))
        with pytest.raises(Refused):
            make_plan([[Part(case.fix.key, facts)]], client, guard=guard, now=NOW)
        assert len(writes(lab)) == sent
        refused.add(case.fix.key)

    assert refused == {case.fix.key for case in LAB_CASES} - OF_A_POLICY - NAMES_NOBODY
