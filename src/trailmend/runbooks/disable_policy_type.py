"""A whole type of policies is switched off: every guardrail of the kind is detached."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, role, user
from trailmend.evidence.center import on_organization
from trailmend.measures import STOP_CALLER
from trailmend.remediations.organization_policy_types import enable_type
from trailmend.tries import tries

_MODEL = "botocore organizations DisablePolicyType"
_GUIDE = "AWS Organizations User Guide, Disabling a policy type, read 2026-11-28"


def _off(kind: str, **more: Any) -> dict[str, Any]:
    return on_organization("DisablePolicyType", rootId="r-ab12", policyType=kind, **more)


_SCP, _TAGS = _off("SERVICE_CONTROL_POLICY"), _off("TAG_POLICY")
_IS_OFF = _off("SERVICE_CONTROL_POLICY", error="PolicyTypeNotEnabledException")
_DENIED = denied("DisablePolicyType", by=user("bob"), source="organizations")
# Null (CloudTrail left the request out) falls on the side of the guardrails.
_GUARDS = "COALESCE(request, 'CONTROL_POLICY') LIKE '%CONTROL_POLICY%'"

RUNBOOK = Runbook(
    events=("organizations.amazonaws.com:DisablePolicyType",),
    family="organization",
    first="Enable the type again and attach each policy anew: the attachments do not come back.",
    information=(
        Claim(
            "The call detaches all policies of one type from everything in the root; the policies "
            "themselves stay.",
            _GUIDE,
        ),
        Claim(
            "It runs in the background, and is called in the management account or by a delegated "
            "administrator of policies.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "With SERVICE_CONTROL_POLICY every denial of the organization is gone at one stroke; "
            "with RESOURCE_CONTROL_POLICY the guard around its resources.",
            f"{_GUIDE}; {_MODEL}",
        ),
        Claim(
            "Enabled again, service control policies start with FullAWSAccess alone everywhere.",
            _GUIDE,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An organization gives a type up that it never used, as policies of tags.",
            (Fact("The type guards no access.", f"NOT {_GUARDS}"),),
            (Fact("The type guards access.", _GUARDS),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account takes all guardrails down with one call.",
            (Fact("The type guards access.", _GUARDS),),
            (Fact("A change with a date names the call."),),
        ),
        Explanation(
            "insider",
            "An administrator turns everything off to find out which policy blocks a call.",
            (Fact("EnablePolicyType followed within minutes."),),
            (Fact("A plan says when the type is enabled again."),),
        ),
        Explanation(
            "accident",
            "The list of enabled types in the code of the organization lost an entry.",
            (Fact("The code's list of types was changed just before."),),
            (Fact("A person called from the console.", "COALESCE(console, FALSE)"),),
        ),
        Explanation(
            "automation",
            "A test organization is torn down.",
            (Fact("DeleteOrganization followed."),),
            (Fact("The organization has accounts in use."),),
        ),
    ),
    corrections=(
        Correction(
            "Enabling the type again restores what was.",
            Claim("The attachments are lost and have to be made anew.", _GUIDE),
        ),
    ),
    questions=(
        "Which policies were attached where? The code, or earlier AttachPolicy records, tell.",
        "What was done in the accounts while nothing was denied?",
    ),
    false_positives=("Types that guard no access and that nobody used.",),
    console=(
        Console(
            "Enable the type and attach again",
            (
                "Run in the management account: aws organizations enable-policy-type --root-id "
                "ROOT --policy-type TYPE.",
                "For each policy and target: aws organizations attach-policy --policy-id POLICY "
                "--target-id TARGET.",
            ),
            "botocore organizations EnablePolicyType, AttachPolicy",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "What was attached where is in no answer of the service any more.",
            _GUIDE,
        ),
    ),
    detections={
        "guardrails_off": Detection(
            title="All guardrails of the organization were switched off",
            level="high",
            when=_GUARDS,
            techniques=("T1562", "T1484"),
            fixes=(enable_type, *STOP_CALLER),
            fires=((_SCP,), (_off("RESOURCE_CONTROL_POLICY"),)),
            quiet=((_TAGS,), (_IS_OFF,)),
        ),
        "type_off": Detection(
            title="A type of the organization's policies that guards no access was switched off",
            level="medium",
            when=f"NOT {_GUARDS}",
            techniques=("T1562",),
            fixes=(enable_type, *STOP_CALLER),
            fires=((_TAGS,), (_off("BACKUP_POLICY", by=role("pipeline")),)),
            quiet=((_SCP,), (_DENIED,)),
        ),
        **tries(
            "switch a type of policies off",
            denied=_DENIED,
            failed=_IS_OFF,
            done=_SCP,
            level="medium",
            techniques=("T1562",),
        ),
    },
)
