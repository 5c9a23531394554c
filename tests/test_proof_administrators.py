"""S2: at least two ways to administer the account remain, whatever the guard lets through.

The judge is written anew from what `trailmend.guards.administrators` promises, over the account
as data: it knows nothing of how the guard reads, and tries every action of IAM by name.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from random import Random
from typing import Any

import pytest
from botocore.loaders import create_loader

from tests.claims import Proved
from tests.fake_account import (
    ACCOUNT,
    ADMINISTRATOR,
    DENY_ALL,
    LONG_AGO,
    NOW,
    OF_AWS,
    Bearer,
    Document,
    FakeAccount,
    allow,
    deny,
    document,
)
from trailmend.calls import Call, call
from trailmend.errors import CannotFix, Refused
from trailmend.guards import Guard, make_guard
from trailmend.plan import Actor, Facts, Part
from trailmend.planning.making import make_plan
from trailmend.settings import Protected

QUARANTINE = "trailmend-quarantine"
REQUIRE_MFA = "trailmend-require-mfa"
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}

# The judge --------------------------------------------------------------------------------


@cache
def actions_of_iam() -> tuple[str, ...]:
    model = create_loader().load_service_model("iam", "service-2")
    return tuple(f"iam:{name}" for name in model["operations"])


OBJECTS = ("*", *(f"arn:aws:iam::{ACCOUNT}:{kind}/x" for kind in ("user", "role", "policy")))


@cache
def pattern(text: str) -> re.Pattern[str]:
    parts = ("".join(".*" if c == "*" else "." if c == "?" else re.escape(c)) for c in text)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matches(statement: Document, element: str, candidates: tuple[str, ...]) -> bool:
    """Tell whether an element of a statement, or its negation, hits any of the candidates."""
    if f"Not{element}" in statement:
        patterns = [pattern(one) for one in listed(statement[f"Not{element}"])]
        return any(not any(p.fullmatch(one) for p in patterns) for one in candidates)
    patterns = [pattern(one) for one in listed(statement[element])]
    return any(p.fullmatch(one) for p in patterns for one in candidates)


def statements_of(account: FakeAccount, bearer: Bearer) -> Iterator[Document]:
    bearers = [bearer, *(account.groups[one] for one in bearer.groups)]
    managed = OF_AWS | account.policies
    for one in bearers:
        for policy in (*one.inline.values(), *(managed[arn] for arn in one.attached)):
            yield from (x for x in listed(policy["Statement"]) if not x.get("Condition"))


def may_do_everything(account: FakeAccount, bearer: Bearer) -> bool:
    """Apply the promise: all on all, no boundary, no unconditional Deny that may reach IAM."""
    if bearer.boundary:
        return False
    allowed = False
    for one in statements_of(account, bearer):
        if one["Effect"] == "Allow":
            everything = {"*", "*:*"} & set(listed(one.get("Action")))
            allowed = allowed or (bool(everything) and "*" in listed(one.get("Resource")))
        elif matches(one, "Action", actions_of_iam()) and matches(one, "Resource", OBJECTS):
            return False
    return allowed


def takers(role: Bearer) -> set[str]:
    """Name whom a trust lets in who is no service: `*`, an ARN, or an account."""
    found: set[str] = set()
    for one in role.trust["Statement"]:
        if one["Effect"] == "Deny" and not one.get("Condition"):
            return set()
        if isinstance(one["Principal"], str):
            found.add(one["Principal"])
        else:
            named = (one["Principal"].get(kind, []) for kind in ("AWS", "Federated"))
            found |= {who for names in named for who in listed(names)}
    return {who for who in found if who == "*" or who.isdecimal() or who.startswith("arn:")}


def ways(account: FakeAccount, hit: Collection[str] = (), passwords: bool = True) -> set[str]:
    """Judge who can administer; a role is not taken by those whom the plan has `hit`."""
    roles = {
        one.arn
        for one in account.roles.values()
        if takers(one) - set(hit) and may_do_everything(account, one)
    }
    return roles | {
        one.arn
        for one in account.users.values()
        if may_do_everything(account, one)
        and ("Active" in one.keys.values() or (passwords and one.password is not None))
    }


# Accounts ----------------------------------------------------------------------------------

DENIALS: tuple[Document, ...] = (
    deny(),
    deny("iam:*"),
    deny("IAM:Create*"),
    deny("?am:*"),
    deny(["s3:*", "iam:DeleteUser"], f"arn:aws:iam::{ACCOUNT}:user/x"),
    deny("*", f"arn:aws:iam::{ACCOUNT}:*"),
    deny("*", "arn:aws:s3:::secret/*"),
    deny("*", "arn:*"),
    deny("s3:*"),
    deny("*", "*", Condition=WITHOUT_MFA),
    {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
    {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"},
    {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::secret/*"},
)
GRANTS: tuple[Document, ...] = (
    allow(),
    allow(["*"]),
    allow("*:*"),
    allow("iam:*"),
    allow("*", "arn:aws:iam::*:*"),
    allow("*", "*", Condition=WITHOUT_MFA),
    {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
)
NAMES = ("ann", "bob", "eve", "kim", "sam")
ROLES = ("admins", "deploy", "gate", "power")


def some_policy(rng: Random, *, full: float = 0.5) -> Document:
    statements = [allow() if rng.random() < full else rng.choice(GRANTS)]
    if rng.random() < 0.15:
        statements.append(rng.choice(DENIALS))
    return document(*statements)


def some_powers(rng: Random, account: FakeAccount, bearer: Bearer) -> None:
    """Give policies in each of the ways that there are, or none."""
    way = rng.randrange(7)
    if way <= 1:
        bearer.attached.append(ADMINISTRATOR)
    elif way == 2:
        bearer.inline[rng.choice(["work", QUARANTINE, REQUIRE_MFA])] = some_policy(rng)
    elif way == 3 and account.policies:
        bearer.attached.append(rng.choice(list(account.policies)))
    elif way == 4 and bearer.kind == "user" and account.groups:
        bearer.groups.append(rng.choice(list(account.groups)))
    if rng.random() < 0.1:
        bearer.attached.append(rng.choice(list(OF_AWS)))
    if rng.random() < 0.1:
        bearer.inline["more"] = document(rng.choice(DENIALS))
    bearer.boundary = rng.random() < 0.07


def some_trust(rng: Random) -> Document:
    others: list[Any] = [
        "*",
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"AWS": "210987654321"},
        {"Service": "ec2.amazonaws.com"},
        {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/acorn"},
        {"AWS": "AIDAEXAMPLEDELETED00"},
    ]
    users = [f"arn:aws:iam::{ACCOUNT}:user/{one}" for one in NAMES]
    roles = [f"arn:aws:iam::{ACCOUNT}:role/{one}" for one in ROLES]
    named = {"AWS": rng.sample(users + roles, rng.randint(1, 2))}
    who = rng.choice(others) if rng.random() < 0.6 else named
    trust = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    shut = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    return document(trust, shut) if rng.random() < 0.05 else document(trust)


def some_user(rng: Random, name: str) -> Bearer:
    user = Bearer(name, "user")
    for number in range(rng.randint(0, 2)):
        user.keys[f"AKIA{name.upper()}{number}"] = rng.choice(["Active", "Active", "Inactive"])
    user.password = LONG_AGO if rng.random() < 0.5 else None
    return user


def some_account(rng: Random) -> FakeAccount:
    account = FakeAccount()
    account.policies = {
        f"arn:aws:iam::{ACCOUNT}:policy/own{number}": some_policy(rng) for number in range(2)
    }
    for name in ("staff", "wheel")[: rng.randint(0, 2)]:
        some_powers(rng, account, account.add(Bearer(name, "group")))
    for name in rng.sample(NAMES, rng.randint(1, 5)):
        some_powers(rng, account, account.add(some_user(rng, name)))
    for name in rng.sample(ROLES, rng.randint(0, 4)):
        role = account.add(Bearer(name, "role", trust=some_trust(rng)))
        some_powers(rng, account, role)
    return account


# Plans -------------------------------------------------------------------------------------


def some_document(rng: Random) -> str:
    statement = rng.choice([deny(), rng.choice(DENIALS), rng.choice(GRANTS)])
    return json.dumps(document(statement))


def calls_on_user(rng: Random, user: Bearer) -> list[Call]:
    """List what may be done to a user that has an effect."""
    named = {"UserName": user.name}
    policy = {"PolicyName": rng.choice(["work", "more", QUARANTINE])}
    found = [
        call("iam.put_user_policy", **named, **policy, PolicyDocument=some_document(rng)),
        call("iam.put_user_policy", **named, **policy, PolicyDocument=json.dumps(document(deny()))),
        call("iam.attach_user_policy", **named, PolicyArn=rng.choice([DENY_ALL, *OF_AWS])),
    ]
    if user.keys:
        key = {"AccessKeyId": rng.choice(list(user.keys))}
        found.append(call("iam.delete_access_key", **named, **key))
        status = rng.choice(["Active", "Inactive"])
        found.append(call("iam.update_access_key", **named, **key, Status=status))
    if user.password:
        found.append(call("iam.delete_login_profile", **named))
    gone = [{"PolicyName": one} for one in user.inline]
    found += [call("iam.delete_user_policy", **named, **one) for one in gone]
    found += [call("iam.detach_user_policy", **named, PolicyArn=one) for one in user.attached]
    return found


def calls_on_role(rng: Random, role: Bearer) -> list[Call]:
    """List what may be done to a role that has an effect."""
    named = {"RoleName": role.name}
    policy = {"PolicyName": rng.choice(["work", "more", QUARANTINE])}
    found = [
        call("iam.put_role_policy", **named, **policy, PolicyDocument=some_document(rng)),
        call("iam.attach_role_policy", **named, PolicyArn=rng.choice([DENY_ALL, *OF_AWS])),
    ]
    gone = [{"PolicyName": one} for one in role.inline]
    found += [call("iam.delete_role_policy", **named, **one) for one in gone]
    found += [call("iam.detach_role_policy", **named, PolicyArn=one) for one in role.attached]
    return found


def some_calls(rng: Random, account: FakeAccount) -> list[Call]:
    """Choose changes of a plan, of different users and roles mostly."""
    bearers = [*account.users.values(), *account.roles.values()]
    chosen = [rng.choice(bearers) for _ in range(rng.randint(1, 4))]
    made = [
        rng.choice((calls_on_user if one.kind == "user" else calls_on_role)(rng, one))
        for one in chosen
    ]
    if rng.random() < 0.1:
        policy = "iam.update_account_password_policy"
        made.append(call(policy, MaxPasswordAge=90, HardExpiry=True))
    return [one for place, one in enumerate(made) if one not in made[:place]]


FIXES_OF_USERS = (
    "access_keys.deactivate_access_key",
    "access_keys.delete_access_key",
    "access_keys.deactivate_unused_keys",
    "login_profiles.disable_console_access",
    "login_profiles.set_new_password",
    "mfa_policies.require_mfa",
    "principals.quarantine_target",
    "principals.quarantine_caller",
    "principals.release",
    "principals.revoke_user_sessions",
    "trails.attach_trail_reader",
)
FIXES_OF_ROLES = (
    "principals.quarantine_target",
    "principals.quarantine_caller",
    "principals.release",
    "principals.revoke_role_sessions",
)


def some_part(rng: Random, account: FakeAccount) -> Part:
    bearer = rng.choice([*account.users.values(), *account.roles.values()])
    user = bearer.name if bearer.kind == "user" else None
    facts = Facts(
        account_id=ACCOUNT,
        finding_id="f" * 16,
        event_id="e" * 16,
        event_name="Event",
        event_time="2026-03-02T09:00:00Z",
        asked_at=f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        actor=Actor(kind=bearer.kind, name=bearer.name),
        user_name=user,
        role_name=None if user else bearer.name,
        object_id=rng.choice(list(bearer.keys)) if bearer.keys else None,
    )
    return Part(rng.choice(FIXES_OF_USERS if user else FIXES_OF_ROLES), facts)


def guard_of(account: FakeAccount) -> Guard:
    return make_guard(account, Protected(), account.access_key_id)


def planned(rng: Random, account: FakeAccount) -> list[Call] | None:
    """Plan some fixes as the product does, as a story of up to four findings."""
    parts = [some_part(rng, account) for _ in range(rng.randint(1, 4))]
    try:
        plan = make_plan([[part] for part in parts], account, guard=guard_of(account), now=NOW)
    except (CannotFix, Refused):
        return None
    return [change.call for change in plan.changes]


def guarded(rng: Random, account: FakeAccount) -> list[Call] | None:
    """Ask the guard of one plan for some calls, whoever would want them."""
    guard, calls = guard_of(account), some_calls(rng, account)
    try:
        for one in calls:
            guard(one)
    except Refused:
        return None
    return calls


def can_act(account: FakeAccount, bearer: Bearer) -> bool:
    """Tell whether a user has credentials, a role always has, and nothing is denied to them."""
    credentials = "Active" in bearer.keys.values() or bearer.password is not None
    denied = any(one["Effect"] == "Deny" for one in statements_of(account, bearer))
    return (bearer.kind == "role" or credentials) and not denied


def actors(account: FakeAccount) -> set[str]:
    bearers = (*account.users.values(), *account.roles.values())
    return {one.arn for one in bearers if can_act(account, one)}


def check(make: Callable[[Random, FakeAccount], list[Call] | None], seeds: range) -> int:
    """Count the plans that were let through and touched a way, or came close to it."""
    near = 0
    for seed in seeds:
        rng = Random(seed)
        account = some_account(rng)
        before = ways(account)
        calls = make(rng, account)
        assert account.sent == [], seed
        if not calls:
            continue
        changed = copy.deepcopy(account)
        for one in calls:
            changed(one)
        passwords = not any(one.params.get("HardExpiry") for one in calls)
        after = ways(changed, actors(account) - actors(changed), passwords)
        assert len(after) >= 2 or before <= after, (seed, before - after, after, calls)
        near += after != before
    return near


# Holes that these accounts found ------------------------------------------------------------


def four_ways() -> FakeAccount:
    """Make two users and two roles that may do everything; ann alone takes the role power."""
    account = FakeAccount()
    for name in ("ann", "bob"):
        keys = {f"AKIA{name.upper()}0": "Active"}
        account.add(Bearer(name, "user", attached=[ADMINISTRATOR], keys=keys))
    for name, who in (("gate", "*"), ("power", {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"})):
        trust = document({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"})
        account.add(Bearer(name, "role", attached=[ADMINISTRATOR], trust=trust))
    return account


def quarantine(name: str) -> Call:
    policy = json.dumps(document(deny()))
    named = {"UserName": name, "PolicyName": QUARANTINE}
    return call("iam.put_user_policy", **named, PolicyDocument=policy)


def test_changes_of_one_plan_are_judged_together() -> None:
    account, guard = four_ways(), guard_of(four_ways())
    off = call("iam.update_access_key", UserName="bob", AccessKeyId="AKIABOB0", Status="Inactive")

    guard_of(account)(quarantine("ann"))
    guard_of(account)(off)
    guard(quarantine("ann"))
    with pytest.raises(Refused, match=r"found: role gate"):
        guard(off)


@pytest.mark.parametrize(
    "denial",
    [
        deny("*", f"arn:aws:iam::{ACCOUNT}:*"),
        deny("?am:*"),
        {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::x"},
    ],
)
def test_denial_of_iam_in_other_words_leaves_no_way(denial: Document) -> None:
    account = four_ways()
    account.roles["gate"].inline["shut"] = document(denial)

    with pytest.raises(Refused, match=r"found: user bob"):
        guard_of(account)(quarantine("ann"))


@pytest.mark.parametrize("policy", ["AWSDenyAll", "AWSCompromisedKeyQuarantineV3"])
def test_denial_of_aws_own_policy_leaves_no_way(policy: str) -> None:
    account = four_ways()
    account.roles["gate"].attached.append(f"arn:aws:iam::aws:policy/{policy}")

    with pytest.raises(Refused, match=r"found: user bob"):
        guard_of(account)(quarantine("ann"))


def test_policy_that_allows_everything_is_not_taken_for_a_quarantine() -> None:
    account = four_ways()
    account.add(Bearer("eve", "user", inline={QUARANTINE: document(allow())}, keys={"K": "Active"}))
    for name in ("bob", "ann"):
        account.users[name].attached.clear()
    account.roles["power"].attached.clear()
    taken = call("iam.delete_user_policy", UserName="eve", PolicyName=QUARANTINE)

    with pytest.raises(Refused, match=r"found: role gate"):
        guard_of(account)(taken)


COUNT = 10_000


@pytest.mark.parametrize("make", [planned, guarded])
def test_two_ways_remain_after_what_the_guard_lets_through(
    make: Callable[[Random, FakeAccount], list[Call] | None], proved: Proved
) -> None:
    assert check(make, range(300)) >= 10
    proved("S2", 300, "accounts", make.__name__)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("make", [planned, guarded])
def test_two_ways_remain_in_ten_thousand_accounts(
    make: Callable[[Random, FakeAccount], list[Call] | None], part: int, proved: Proved
) -> None:
    seeds = range(part * COUNT // 4, (part + 1) * COUNT // 4)

    near = check(make, seeds)

    assert near >= len(seeds) // 30
    proved("S2", len(seeds), "accounts", make.__name__)
    proved("S2", near, "plans that took a way, two remaining", make.__name__)
