"""A plan is stale where a watched part of the account is another than it saw."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jmespath
import msgspec
import pytest

from tests.all_cases import CASES, beyond_a_few, family_of, quick
from tests.applying import KEY
from tests.claims import Proved
from tests.worlds import Case, Wrapped, account_of, approved, carry_out, desk_of, writes
from trailmend.calls import Call, Client
from trailmend.desk import apply_plan
from trailmend.errors import Stale
from trailmend.lab import Lab
from trailmend.plan import Plan, Seen

cases = quick(CASES.values(), beyond_a_few)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Walk the leaves of an answer, and its lists, whose length is a fact too."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key != "ResponseMetadata":
                yield from leaves(part, (*path, key))
    elif isinstance(value, list):
        yield path, value
        for place, part in enumerate(value):
            yield from leaves(part, (*path, place))
    else:
        yield path, value


def other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case datetime():
            return value + timedelta(seconds=1)
        case str():
            return {"Active": "Inactive", "Inactive": "Active"}.get(value, f"{value}x")
        case list():
            return value[1:] if value else []
        case _:
            return None


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def something(seen: Seen, client: Client) -> Mapping[str, Any]:
    """Give an answer in which there is what was not there when the plan was made."""
    made = datetime(2026, 3, 1, tzinfo=UTC)
    match seen.call.name:
        case "iam.get_account_password_policy":
            return {"PasswordPolicy": {"MinimumPasswordLength": 14}}
        case "iam.get_login_profile":
            return {"LoginProfile": {"CreateDate": made}}
        case "iam.list_virtual_mfa_devices":
            serial = re.search(r"arn:[^\"]+", seen.pick)
            assert serial is not None
            return {"VirtualMFADevices": [{"SerialNumber": serial.group()}]}
        case "iam.get_user" | "iam.get_role":
            kind = seen.call.name.partition("_")[2].title()
            boundary = {"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/AWSDenyAll"}
            return {kind: client(seen.call)[kind] | {"PermissionsBoundary": boundary}}
        case "iam.get_policy":
            return {"Policy": {"Arn": seen.call.params["PolicyArn"], "CreateDate": made}}
        case "organizations.list_delegated_services_for_account":
            service = re.search(r"'([^']+)'", seen.pick)
            assert service is not None
            return {"DelegatedServices": [{"ServicePrincipal": service[1]}]}
        case "iam.get_open_id_connect_provider":
            return {"Url": "token.example.com", "CreateDate": made}
        case "iam.get_saml_provider":
            return {"SAMLMetadataDocument": "<EntityDescriptor/>", "CreateDate": made}
        case "sso-admin.get_permissions_boundary_for_permission_set":
            own = {"ManagedPolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}
            return {"PermissionsBoundary": own}
    raise AssertionError(f"say what {seen.call.text} answers when there is something")


def drifts(plan: Plan, client: Client) -> Iterator[tuple[Seen, Any]]:
    """Give every answer that differs in one place, such that a watched part differs."""
    for seen in plan.reads:
        if not seen.watch:
            continue
        if seen.answer is None:
            yield seen, something(seen, client)
            continue
        answer = client(seen.call)
        for path, value in leaves(answer):
            drifted = replaced(answer, path, other(value))
            if msgspec.to_builtins(jmespath.search(seen.pick, drifted)) != seen.answer:
                yield seen, drifted


@cases
def test_plan_is_stale_if_any_watched_part_is_another(
    case: Case, lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    account = account_of(lab)

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        for one, answer in lies:
            if one == call:
                return answer
        return client(call)

    lies: list[tuple[Call, Mapping[str, Any]]] = []
    desk = desk_of(lab, tmp_path, Wrapped(account, around))
    plan = approved(desk, case, lab)
    sent = writes(lab)
    found = list(drifts(plan, account))

    unnoticed = []
    for seen, answer in found:
        lies[:] = [(seen.call, answer)]
        try:
            carry_out(desk, plan.id)
        except Stale:
            continue
        unnoticed.append((seen, answer))

    assert unnoticed == []
    assert writes(lab) == sent
    watched = {seen.call.text for seen in plan.reads if seen.watch and seen.answer}
    assert {seen.call.text for seen, _ in found} >= watched
    lies.clear()
    assert carry_out(desk, plan.id).state == "applied"
    proved("A4", len(found), "drifts refused", family_of(case))


def test_stale_plan_says_what_is_another(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["weak policy"], lab)
    lab.client("iam").update_account_password_policy(
        MinimumPasswordLength=9, RequireNumbers=True, MaxPasswordAge=365
    )

    with pytest.raises(Stale) as caught:
        apply_plan(desk, plan.id)

    assert "iam.get_account_password_policy().minimumPasswordLength: 8 when planned, 9 now" in str(
        caught.value
    )


def test_use_of_a_key_since_the_plan_does_not_make_it_stale(lab: Lab, tmp_path: Path) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        answer = dict(client(call))
        if call.name == "iam.get_access_key_last_used" and used:
            answer["AccessKeyLastUsed"] = {"LastUsedDate": "2026-03-02T09:00:00Z"} | used
        return answer

    used: dict[str, str] = {}
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)
    used.update(ServiceName="s3", Region="us-east-1")

    assert apply_plan(desk, plan.id).state == "applied"


def test_user_made_anew_under_the_same_name_makes_the_plan_stale(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["deleted SSH key"], lab)
    iam = lab.client("iam")
    for key in iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"]:
        iam.delete_ssh_public_key(UserName="bob", SSHPublicKeyId=key["SSHPublicKeyId"])
    iam.delete_user(UserName="bob")
    iam.create_user(UserName="bob")

    with pytest.raises(Stale, match=r"iam\.get_user"):
        apply_plan(desk, plan.id)
