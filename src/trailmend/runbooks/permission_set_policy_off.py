"""A permission set loses a policy: mostly less power, sometimes the denial that held it back."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import PIPELINE, READ_ONLY, on_set, set_given, set_made
from trailmend.tries import tries

_MODEL = (
    "botocore sso-admin DetachManagedPolicyFromPermissionSet, "
    "DetachCustomerManagedPolicyReferenceFromPermissionSet, DeleteInlinePolicyFromPermissionSet"
)
_LOGIC = "AWS IAM User Guide (archive of June 2023), Policy evaluation logic, read 2026-11-28"
_DENIES = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}'
_PUT = on_set("PutInlinePolicyToPermissionSet", inlinePolicy=_DENIES, at="08:20:00")
_ALLOWS = on_set(
    "PutInlinePolicyToPermissionSet", inlinePolicy=_DENIES.replace("Deny", "Allow"), at="08:20:00"
)
CLEARED = on_set("DeleteInlinePolicyFromPermissionSet")
DETACHED = on_set("DetachManagedPolicyFromPermissionSet", managedPolicyArn=READ_ONLY)
_QUARANTINE = "arn:aws:iam::aws:policy/AWSDenyAll"
LET_GO = on_set("DetachManagedPolicyFromPermissionSet", managedPolicyArn=_QUARANTINE)
_REFERENCE = on_set(
    "DetachCustomerManagedPolicyReferenceFromPermissionSet",
    customerManagedPolicyReference={"name": "developers", "path": "/"},
)
_GONE = on_set("DeleteInlinePolicyFromPermissionSet", error="ResourceNotFoundException")
_DENIED = denied("DetachManagedPolicyFromPermissionSet", by=PIPELINE, source="sso")

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:DetachManagedPolicyFromPermissionSet",
        "sso.amazonaws.com:DetachCustomerManagedPolicyReferenceFromPermissionSet",
        "sso.amazonaws.com:DeleteInlinePolicyFromPermissionSet",
    ),
    family="Identity Center",
    tier=2,
    first="See whether what went denied something; if so, give it back and provision the set.",
    information=(
        Claim(
            "The three calls take an AWS managed policy, a reference to a customer managed one, or "
            "the inline policy off a set.",
            _MODEL,
        ),
        Claim(
            "The inline policy's text is not in the record of its deletion; `before` has it where "
            "the log shows the call that set it.",
            "botocore sso-admin DeleteInlinePolicyFromPermissionSetRequest",
        ),
    ),
    impact=(
        Claim(
            "An explicit denial in the set beat every allowance; without it the rest of the set "
            "holds in full.",
            _LOGIC,
        ),
        Claim(
            "People who need what was taken are stopped at the next provisioning, not at once.",
            "botocore sso-admin CreateAccountAssignment (a set that is updated subsequently)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The set is narrowed, or the policy moves into another.",
            (Fact("The policy is not known to deny.", "NOT denies"),),
            (Fact("The policy denied something.", "denies"),),
        ),
        Explanation(
            "unauthorised",
            "Somebody who has the set takes its denial away.",
            (Fact("The policy denied something.", "denies"),),
            (Fact("Another policy of the set denies the same."),),
        ),
        Explanation(
            "automation",
            "Code replaces one policy by another.",
            (Fact("The caller had made the set.", "target_made_by_actor"),),
            (Fact("The set is another principal's work.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "To take a policy away can only lessen access.",
            Claim(
                "Not where the policy denies.",
                _LOGIC,
            ),
        ),
    ),
    questions=("What did the policy say, and what is left of the set?",),
    false_positives=("Infrastructure as code that detaches before it attaches.",),
    detections={
        "denial_lifted": Detection(
            title="A permission set lost a policy that denied",
            level="high",
            when="COALESCE(denies, FALSE)",
            techniques=("T1098.003", "T1562"),
            fires=((_PUT, CLEARED), (LET_GO,)),
            quiet=((_ALLOWS, CLEARED), (CLEARED,), (DETACHED,)),
        ),
        # Null is "not known to deny": most policies of sets allow.
        "taken": Detection(
            title="A permission set lost a policy",
            level="low",
            when="NOT COALESCE(denies, FALSE)",
            fires=(
                (CLEARED,),
                (DETACHED,),
                (_REFERENCE,),
                (set_made(), set_given(READ_ONLY), DETACHED),
            ),
            quiet=((_PUT, CLEARED), (LET_GO,), (_GONE,)),
        ),
        **tries("take a policy off a permission set", denied=_DENIED, failed=_GONE, done=DETACHED),
    },
)
