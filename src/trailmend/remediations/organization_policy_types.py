"""Types of an organization's policies: one that was switched off is switched on again."""

from __future__ import annotations

import re

from msgspec import UNSET

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation
from trailmend.remediations.organization_policies import the_organization

_ROOT = re.compile(r"r-[0-9a-z]{4,32}")
_TYPE = re.compile(r"[A-Z][A-Z0-9_]{2,49}")
_SCP = "SERVICE_CONTROL_POLICY"
_SHOWN = 10
"""How many policies that are to be attached again are named."""


@remediation(
    title="Switch the type of policies on again",
    breaks="Nothing by itself: what was attached is to be attached again by hand.",
    example=Example(
        facts=Facts(
            account_id="111122223333",
            finding_id="c5a7e9f1b3d50248",
            event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
            event_name="DisablePolicyType",
            event_time="2026-03-02T09:00:00Z",
            target=Target("organization", "r-ab12"),
            after={"policyType": _SCP},
        ),
        reads=(
            (call("organizations.describe_organization"), "o-exampleorgid"),
            (call("organizations.list_roots"), []),
            (call("organizations.list_policies", Filter=_SCP), ["guard (p-guard123)"]),
        ),
        changes=(call("organizations.enable_policy_type", RootId="r-ab12", PolicyType=_SCP),),
    ),
    needs="finding",
)
def enable_type(facts: Facts) -> Steps:
    """Enable the one type in the one root.  The attachments do not come back by that.

    AWS does it in the background.  Then attach each policy where it was, as your code or earlier
    AttachPolicy records tell: aws organizations attach-policy.  Service control policies start
    with FullAWSAccess alone everywhere.
    """
    target = facts.target
    kind = str((facts.after or {}).get("policyType", ""))
    if target is UNSET or not _ROOT.fullmatch(target.name) or not _TYPE.fullmatch(kind):
        raise CannotFix("The finding does not name the root and the type: look at its event.")
    root = target.name
    yield from the_organization()
    on = yield read(
        "organizations.list_roots",
        pick=f"Roots[?Id=='{root}'] | [0].PolicyTypes[?Status=='ENABLED'].Type",
    )
    if on is None:
        raise CannotFix(
            f"The root {root} is not the organization's any more: see whether the account is in "
            "another organization by now."
        )
    if kind in on:
        return
    own = yield read(
        "organizations.list_policies",
        Filter=kind,
        pick="Policies[?!AwsManaged].join('', [Name, ' (', Id, ')'])",
        watch=False,
    )
    yield change(
        "organizations.enable_policy_type",
        RootId=root,
        PolicyType=kind,
        undo=call("organizations.disable_policy_type", RootId=root, PolicyType=kind),
        note=f"Type {kind} in root {root}: off → on; {_to_attach(own or [])}",
    )


def _to_attach(policies: list[str]) -> str:
    """Tell what is left to people."""
    if not policies:
        return "there is no policy of it to attach again"
    more = f" and {len(policies) - _SHOWN} more" if len(policies) > _SHOWN else ""
    return f"attach again where they were: {', '.join(policies[:_SHOWN])}{more}"
