"""Accounts of an organization: moved back, no longer a service's administrator, or that again.

All of it is done in the management account.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from trailmend.calls import Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation
from trailmend.remediations.organization_policies import the_organization
from trailmend.remediations.users import is_later

_PLACE = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]{1,126}")
_AT_ONCE = timedelta(minutes=1)
"""How much later than its record the date of a registration may be and still be that of it."""
_MEMBER, _ROOT, _UNIT = "444455556666", "r-ab12", "ou-ab12-34cd56ef"
_STACKS = "member.org.stacksets.cloudformation.amazonaws.com"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="MoveAccount",
    event_time="2026-03-02T09:00:00Z",
    target=Target("organization_account", _MEMBER),
    before={"parentId": _UNIT},
    after={"parentId": _ROOT},
)
OVER_IDENTITIES = (
    "sso.amazonaws.com",
    "iam.amazonaws.com",
    "account.amazonaws.com",
    _STACKS,
    "stacksets.cloudformation.amazonaws.com",
    "ssm.amazonaws.com",
)
"""Services that give or take identities in other accounts, or run code there with a role."""
_LISTED = "organizations.list_delegated_services_for_account"
_LET_IN = "organizations.list_aws_service_access_for_organization"
_ADMINISTRATORS = "organizations.list_delegated_administrators"
_ORGANIZATION = (call("organizations.describe_organization"), "o-exampleorgid")


@remediation(
    title="Move the account back",
    breaks="The policies of the former unit hold for the account again, those of the new one not.",
    example=Example(
        facts=_FACTS,
        reads=(
            _ORGANIZATION,
            (call("organizations.list_parents", ChildId=_MEMBER), _ROOT),
            (
                call("organizations.describe_organizational_unit", OrganizationalUnitId=_UNIT),
                "work",
            ),
        ),
        changes=(
            call(
                "organizations.move_account",
                AccountId=_MEMBER,
                SourceParentId=_ROOT,
                DestinationParentId=_UNIT,
            ),
        ),
    ),
    needs="finding",
)
def move_back(facts: Facts) -> Steps:
    """Move this one account from where the event put it to where it was; no policy is changed.

    An account that somebody has moved on since is left: that place may be the right one.
    """
    account = _account(facts)
    former, moved = str((facts.before or {}).get("parentId")), _set(facts, "parentId")
    if not (_PLACE.fullmatch(former) and _PLACE.fullmatch(moved)):
        raise CannotFix("The finding does not tell both places: look at its event.")
    yield from the_organization()
    now = yield read("organizations.list_parents", ChildId=account, pick="Parents[0].Id")
    if now is None:
        raise CannotFix(
            f"Account {account} is not in the organization any more: look for LeaveOrganization "
            "and RemoveAccountFromOrganization."
        )
    if now == former:
        return
    if now != moved:
        raise CannotFix(
            f"Account {account} is in {now} by now, which is neither where the event put it nor "
            "where it was before: see who moved it on."
        )
    unit = "the root"
    if former.startswith("ou-"):
        unit = yield read(
            "organizations.describe_organizational_unit",
            OrganizationalUnitId=former,
            pick="OrganizationalUnit.Name",
        )
    if unit is None:
        raise CannotFix(
            f"The unit {former} is not there any more: choose another that has the same policies, "
            "and move the account by hand (aws organizations move-account)."
        )
    yield change(
        "organizations.move_account",
        **_move(account, now, former),
        undo=call("organizations.move_account", **_move(account, former, now)),
        note=f"Account {account}: in {now} → in {former} ({unit}), as before the event",
    )


def _move(account: str, source: str, destination: str) -> dict[str, Any]:
    return {
        "AccountId": account,
        "SourceParentId": source,
        "DestinationParentId": destination,
    }


@remediation(
    title="Take the administration of the service from the account",
    breaks="Whoever administers the service from that account cannot do so any more.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="RegisterDelegatedAdministrator",
            before=None,
            after={"servicePrincipal": _STACKS},
        ),
        reads=(
            _ORGANIZATION,
            (call(_LISTED, AccountId=_MEMBER), _STACKS),
            (call(_LISTED, AccountId=_MEMBER), "2026-03-02T09:00:00Z"),
        ),
        changes=(
            call(
                "organizations.deregister_delegated_administrator",
                AccountId=_MEMBER,
                ServicePrincipal=_STACKS,
            ),
        ),
    ),
    stage="remove",
    needs="finding",
    events=("RegisterDelegatedAdministrator",),
)
def deregister_administrator(facts: Facts) -> Steps:
    """Deregister this one account for this one service; its other services stay.

    What the account did in others by the service stays done, and what the service kept in it may
    be lost: read the service's own page first.  A registration that is newer than the event is
    left.
    """
    account, service = _account(facts), _set(facts, "servicePrincipal")
    if not _SERVICE.fullmatch(service):
        raise CannotFix("The finding does not name the service: look at its event.")
    yield from the_organization()
    asked: dict[str, Any] = {"AccountId": account}
    one = f"DelegatedServices[?ServicePrincipal=='{service}'] | [0]"
    if (yield read(_LISTED, **asked, pick=f"{one}.ServicePrincipal")) is None:
        return
    # Who takes the fix back registers the account anew: the date is another then.
    made = yield read(_LISTED, **asked, pick=f"{one}.DelegationEnabledDate", watch=False)
    if _is_another(made, facts):
        raise CannotFix(
            f"Account {account} was registered for {service} again at {made}, after the "
            "event: see who did that."
        )
    named: dict[str, Any] = {"AccountId": account, "ServicePrincipal": service}
    yield change(
        "organizations.deregister_delegated_administrator",
        **named,
        undo=call("organizations.register_delegated_administrator", **named),
        note=f"Account {account}: administrator of {service} → not",
        irreversible=(
            f"What {service} keeps in account {account} as its administrator may be lost, and does "
            "not come back with the registration."
        ),
    )


@remediation(
    title="Give the account the administration of the service again",
    breaks="Whoever may act in that account administers the service for the organization again.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="DeregisterDelegatedAdministrator",
            before=None,
            after={"servicePrincipal": "guardduty.amazonaws.com"},
        ),
        reads=(
            _ORGANIZATION,
            (call("organizations.describe_account", AccountId=_MEMBER), "ACTIVE"),
            (call(_LISTED, AccountId=_MEMBER), None),
            (call(_LET_IN), ["guardduty.amazonaws.com"]),
            (call(_ADMINISTRATORS, ServicePrincipal="guardduty.amazonaws.com"), []),
        ),
        changes=(
            call(
                "organizations.register_delegated_administrator",
                AccountId=_MEMBER,
                ServicePrincipal="guardduty.amazonaws.com",
            ),
        ),
    ),
    needs="finding",
    events=("DeregisterDelegatedAdministrator",),
)
def register_administrator(facts: Facts) -> Steps:
    """Register this one account for this one service again; what the service kept is not restored.

    An account that is registered needs nothing.  Where another account got the service since the
    event nothing is proposed: take it from that one first.  Of a service that gives people access
    to accounts or runs code in them, what is done with the registration stays when it is taken away
    again: such a plan needs the consent to what cannot be undone.
    """
    account, service = _account(facts), _set(facts, "servicePrincipal")
    if not _SERVICE.fullmatch(service):
        raise CannotFix("The finding does not name the service: look at its event.")
    yield from the_organization()
    # Account.Status is retired in favour of State (botocore organizations Account).
    state = yield read(
        "organizations.describe_account", AccountId=account, pick="Account.[State, Status][?@]|[0]"
    )
    if state != "ACTIVE":
        raise CannotFix(
            f"Account {account} is {state or 'not in the organization any more'}, and only an "
            "active member can be registered: choose another account of the same team by hand (aws "
            "organizations register-delegated-administrator)."
        )
    pick = f"DelegatedServices[?ServicePrincipal=='{service}'].ServicePrincipal | [0]"
    if (yield read(_LISTED, AccountId=account, pick=pick)) is not None:
        return
    pick = f"EnabledServicePrincipals[?ServicePrincipal=='{service}'].ServicePrincipal"
    if not (yield read(_LET_IN, pick=pick)):
        raise CannotFix(
            f"{service} is not let into the organization, and can have no administrator there: "
            "switch its access on first, in the console of the service, then plan again."
        )
    yield from _check_no_other(service, facts.event_time)
    named: dict[str, Any] = {"AccountId": account, "ServicePrincipal": service}
    yield change(
        "organizations.register_delegated_administrator",
        **named,
        undo=call("organizations.deregister_delegated_administrator", **named),
        note=f"Account {account}: not administrator of {service} → administrator again",
        irreversible=_with_the_power(account, service) if service in OVER_IDENTITIES else "",
    )


def _check_no_other(service: str, event_time: str) -> Generator[Read, Any, None]:
    """Raise CannotFix where another account was made an administrator after the event.

    AWS tells when an account got its first service: one that had another before passes here, and
    AWS itself refuses a second administrator of a service that has but one.
    """
    others = yield read(
        _ADMINISTRATORS,
        ServicePrincipal=service,
        pick="DelegatedAdministrators[].{id: Id, since: DelegationEnabledDate}",
    )
    event = datetime.fromisoformat(event_time)
    for one in others or ():
        if one["since"] and datetime.fromisoformat(one["since"]) > event:
            raise CannotFix(
                f"Account {one['id']} became an administrator at {one['since']}, after the event, "
                f"and has {service}: look who did that. If it is not to have it, take it away "
                "first (organization_accounts.deregister_administrator), then plan again."
            )


def _with_the_power(account: str, service: str) -> str:
    return (
        f"By {service} whoever rules account {account} can give people access to other accounts, "
        "or run code in them: what they do so stays when the registration is taken away again."
    )


def _is_another(made: str | None, facts: Facts) -> bool:
    """Tell whether a registration is newer than the event, and not the undo of this very plan."""
    is_later(made, "")  # a date that AWS does not give cannot be compared
    date, event = map(datetime.fromisoformat, (str(made), facts.event_time))
    by_undo = bool(facts.asked_at) and date >= datetime.fromisoformat(facts.asked_at)
    return date - event > _AT_ONCE and not by_undo


def _account(facts: Facts) -> str:
    target = facts.target
    if target is UNSET or not re.fullmatch(r"\d{12}", target.name):
        raise CannotFix("The finding names no account of the organization: look at its event.")
    return target.name


def _set(facts: Facts, name: str) -> str:
    """Give what the event set; empty where the finding does not tell it."""
    return str((facts.after or {}).get(name, ""))
