"""The organization is enabled to have policies: all features, or one more type of them."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.tries import tries

_TYPE = "botocore organizations EnablePolicyType"
_ALL = "botocore organizations EnableAllFeatures"


def _on(kind: str, **more: Any) -> dict[str, Any]:
    return on_organization("EnablePolicyType", rootId="r-ab12", policyType=kind, **more)


_SCP, _TAGS = _on("SERVICE_CONTROL_POLICY"), _on("TAG_POLICY", by=PIPELINE)
FEATURES = on_organization(
    "EnableAllFeatures",
    response={"handshake": {"id": "h-examplehandshake111", "action": "ENABLE_ALL_FEATURES"}},
)
_IS_ON = _on("SERVICE_CONTROL_POLICY", error="PolicyTypeAlreadyEnabledException")
_DENIED = denied("EnablePolicyType", by=user("bob"), source="organizations")
_ONE = "event_name = 'EnablePolicyType'"
_GUARDS = "COALESCE(request, 'CONTROL_POLICY') LIKE '%CONTROL_POLICY%'"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:EnablePolicyType",
        "organizations.amazonaws.com:EnableAllFeatures",
    ),
    family="organization",
    tier=2,
    first="Ask who keeps the guardrails; if nobody ordered it, see what was attached since.",
    information=(
        Claim(
            "EnablePolicyType lets policies of one type be attached below the root; "
            "DisablePolicyType undoes it.",
            _TYPE,
        ),
        Claim(
            "EnableAllFeatures is for an organization that was made for its bills alone: every "
            "invited account gets a handshake and has to accept it.",
            _ALL,
        ),
        Claim(
            "The change to all features is final only when the management account accepts the "
            "last handshake: AcceptHandshake, with APPROVE_ALL_FEATURES.",
            f"{_ALL}; botocore organizations AcceptHandshake",
        ),
    ),
    impact=(
        Claim(
            "With all features the management account can forbid what even administrators of the "
            "member accounts may do, leaving the organization among it.",
            _ALL,
        ),
        Claim(
            "A type that is enabled opens the way for policies of it, and denies nothing by "
            "itself.",
            "botocore organizations EnablePolicyType, AttachPolicy",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The organization begins to have guardrails, or policies of a new kind.",
            (Fact("A type is enabled that was not in use before."),),
            (Fact("The type had been switched off a short time before."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account makes ready to bind the members.",
            (Fact("AttachPolicy of a denial followed."),),
            (Fact("The type guards no access.", f"{_ONE} AND NOT {_GUARDS}"),),
        ),
        Explanation(
            "automation",
            "A landing zone is set up, and enables what it needs.",
            (Fact("Several types were enabled in a row.", "same_action_10m >= 2"),),
            (Fact("The organization has no landing zone."),),
        ),
    ),
    corrections=(
        Correction(
            "Enabling service control policies may lock accounts out.",
            Claim(
                "They start with FullAWSAccess attached everywhere, which allows everything.",
                "AWS Organizations User Guide, Disabling a policy type, read 2026-11-28",
            ),
        ),
    ),
    questions=("Which policies of the type were attached since?",),
    false_positives=("New organizations and landing zones.",),
    console=(
        Console(
            "See what is enabled, and switch a type off again",
            (
                "In the management account run: aws organizations list-roots.",
                "Look what would be lost: aws organizations list-policies --filter TYPE.",
                "If nobody needs it: aws organizations disable-policy-type --root-id ROOT "
                "--policy-type TYPE.  It takes every policy of the type off everything.",
            ),
            "botocore organizations ListRoots, ListPolicies, DisablePolicyType",
            "2026-11-28",
        ),
    ),
    detections={
        "guards_on": Detection(
            title="A type of policies that can deny calls was enabled in the organization",
            level="low",
            when=f"{_ONE} AND {_GUARDS}",
            fires=((_SCP,), (_on("RESOURCE_CONTROL_POLICY"),)),
            quiet=((_TAGS,), (FEATURES,), (_IS_ON,)),
        ),
        "type_on": Detection(
            title="A type of policies that guards no access was enabled in the organization",
            level="info",
            when=f"{_ONE} AND NOT {_GUARDS}",
            fires=((_TAGS,),),
            quiet=((_SCP,), (_DENIED,)),
        ),
        "features": Detection(
            title="All features were asked for, by which policies can bind the members",
            level="low",
            when=f"NOT {_ONE}",
            fires=((FEATURES,),),
            quiet=((_SCP,), (_TAGS,)),
        ),
        **tries("enable policies in the organization", denied=_DENIED, failed=_IS_ON, done=_SCP),
    },
)
