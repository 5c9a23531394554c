"""A permission set gets a policy: all whom it is assigned to will have it, in every account."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import (
    ADMINISTRATOR,
    ANNA,
    PIPELINE,
    READ_ONLY,
    on_set,
    set_given,
    set_made,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.permission_sets import detach_from_set, take_back_inline_of_set
from trailmend.tries import tries

_INLINE = "botocore sso-admin PutInlinePolicyToPermissionSet"
_MANAGED = "botocore sso-admin AttachManagedPolicyToPermissionSet"
_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_READ = _ALL.replace('"Action":"*"', '"Action":"s3:GetObject"')


def _inline(document: str) -> dict[str, Any]:
    return on_set("PutInlinePolicyToPermissionSet", inlinePolicy=document)


_REFERENCE = on_set(
    "AttachCustomerManagedPolicyReferenceToPermissionSet",
    customerManagedPolicyReference={"name": "developers", "path": "/"},
)
_TWICE = on_set(
    "AttachManagedPolicyToPermissionSet",
    managedPolicyArn=ADMINISTRATOR,
    error="ConflictException",
)
_DENIED = denied("PutInlinePolicyToPermissionSet", by=PIPELINE, source="sso")
_CUSTOMER = "event_name = 'AttachCustomerManagedPolicyReferenceToPermissionSet'"

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:PutInlinePolicyToPermissionSet",
        "sso.amazonaws.com:AttachManagedPolicyToPermissionSet",
        "sso.amazonaws.com:AttachCustomerManagedPolicyReferenceToPermissionSet",
    ),
    family="Identity Center",
    first=(
        "Ask who has this set where, before it is provisioned; take the policy off if nobody "
        "ordered it, and provision again."
    ),
    information=(
        Claim(
            "A set has at most one inline policy: the call replaces the one before, which is in "
            "`before` where the log shows it.",
            f"{_INLINE}; AWS IAM Identity Center User Guide (archive of June 2023), Create a "
            "permission set, read 2026-11-28",
        ),
        Claim(
            "The change reaches accounts in which the set is already assigned only by "
            "ProvisionPermissionSet.",
            f"{_INLINE}; {_MANAGED}",
        ),
        Claim(
            "A customer managed policy is a name and a path: what it says is in each account, and "
            "may differ from one to the next.",
            "botocore sso-admin CustomerManagedPolicyReference",
        ),
    ),
    impact=(
        Claim(
            "One call in one account raises everybody who has the set, in all their accounts.",
            f"{_INLINE}; {_MANAGED}",
        ),
        Claim(
            "Whoever may write the policy of that name in a member account decides what the set "
            "allows there.",
            "botocore sso-admin CustomerManagedPolicyReference",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A team needs more for its work.",
            (Fact("The set's owner asked for it in writing."),),
            (Fact("It makes administrators: {grants}.", "grants_admin"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder raises a set that they hold by a stolen user, rather than assign another.",
            (Fact("It makes administrators: {grants}.", "grants_admin"),),
            (Fact("The policy is known to make no administrator.", "NOT grants_admin"),),
        ),
        Explanation(
            "insider",
            "An administrator adds a right to the set of their own team.",
            (Fact("The caller's own role is the set's.", "actor_name LIKE 'AWSReservedSSO%'"),),
            (Fact("Another person merged the change."),),
        ),
        Explanation(
            "accident",
            "A wildcard that was meant for a test went into a set of everybody.",
            (Fact("It allows more than the policy before.", "widens"),),
            (Fact("It allows nothing more than before.", "NOT widens"),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code makes the set and fills it.",
            (Fact("The caller had made the set.", "target_made_by_actor"),),
            (Fact("Somebody else had made the set.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "What the set allows now is what its role allows.",
            Claim(
                "Not before ProvisionPermissionSet, unless the set is assigned for the first time "
                "in an account.",
                f"{_INLINE}; botocore sso-admin CreateAccountAssignment",
            ),
        ),
    ),
    questions=(
        "To whom and where is the set assigned?",
        "Was ProvisionPermissionSet called since? Until then the change is not in force there.",
        "Of a customer managed policy: what does it say in each of the accounts?",
    ),
    false_positives=("A set of administrators that is made on purpose, once.",),
    console=(
        Console(
            "Put the set's policies back",
            (
                "In the account that administers Identity Center open Permission sets and choose "
                "the set.",
                "Under Permissions detach the policy, or edit the inline policy back to `before`.",
                "See that the accounts are provisioned again, where the console does not do it on "
                "saving; by CLI: aws sso-admin provision-permission-set --instance-arn INSTANCE "
                "--permission-set-arn SET --target-type ALL_PROVISIONED_ACCOUNTS.",
                "No guide that was read shows these pages of the console, and no live console was "
                "looked at.",
            ),
            "botocore sso-admin ProvisionPermissionSet",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix provisions the set: that writes all of it into each account that has it, and "
            "cannot be taken back. Until it is done the accounts keep what the set allowed there.",
            "botocore sso-admin ProvisionPermissionSet",
        ),
    ),
    detections={
        "administrator": Detection(
            title="A permission set got a policy that makes administrators",
            level="high",
            when="COALESCE(grants_admin, FALSE)",
            techniques=("T1098.003",),
            fixes=(detach_from_set, take_back_inline_of_set, *STOP_CALLER),
            fires=((_inline(_ALL),), (set_given(ADMINISTRATOR),)),
            quiet=((_inline(_READ),), (set_given(READ_ONLY),), (_REFERENCE,), (_TWICE,)),
        ),
        # A document that cannot be read, or whose conditions decide: somebody should read it.
        "unclear": Detection(
            title="A permission set got a policy that may make administrators",
            level="medium",
            when=f"grants_admin IS NULL AND NOT {_CUSTOMER}",
            techniques=("T1098.003",),
            fixes=(detach_from_set, take_back_inline_of_set, *STOP_CALLER),
            fires=((_inline("{"),),),
            quiet=((_inline(_READ),), (_REFERENCE,), (set_given(ADMINISTRATOR),)),
        ),
        "of_the_accounts": Detection(
            title="A permission set got a policy that each account keeps for itself",
            level="low",
            when=f"grants_admin IS NULL AND {_CUSTOMER}",
            techniques=("T1098.003",),
            fires=((_REFERENCE,), (set_made(), _REFERENCE)),
            quiet=((_inline(_READ),), (_inline("{"),)),
        ),
        "given": Detection(
            title="A permission set got a policy that makes no administrator",
            level="low",
            when="COALESCE(NOT grants_admin, FALSE)",
            fixes=(detach_from_set, take_back_inline_of_set),
            fires=((_inline(_READ),), (set_made(), set_given(READ_ONLY, by=ANNA))),
            quiet=((_inline(_ALL),), (_REFERENCE,), (_DENIED,)),
        ),
        **tries(
            "give a permission set a policy",
            denied=_DENIED,
            failed=_TWICE,
            done=_inline(_READ),
            level="medium",
            techniques=("T1098.003",),
        ),
    },
)
