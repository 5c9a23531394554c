"""A permission set takes effect in the accounts in which it is assigned."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import ADMINISTRATOR, PIPELINE, READ_ONLY, on_set, set_given
from trailmend.tries import tries

_MODEL = "botocore sso-admin ProvisionPermissionSet"
EVERYWHERE = on_set("ProvisionPermissionSet", targetType="ALL_PROVISIONED_ACCOUNTS")
_BUSY = on_set(
    "ProvisionPermissionSet", targetType="ALL_PROVISIONED_ACCOUNTS", error="ConflictException"
)
_DENIED = denied("ProvisionPermissionSet", by=PIPELINE, source="sso")

RUNBOOK = Runbook(
    events=("sso.amazonaws.com:ProvisionPermissionSet",),
    family="Identity Center",
    tier=2,
    first="Read what was changed in the set since it was provisioned last: that is in force now.",
    information=(
        Claim(
            "The call carries a set's policies to one account, or with ALL_PROVISIONED_ACCOUNTS to "
            "every account that has it.",
            "botocore sso-admin ProvisionPermissionSetRequest (TargetType)",
        ),
        Claim(
            "It runs in the background. In the accounts the service changes the roles by its own "
            "service-linked role, so their records do not name who ordered it here.",
            "botocore sso-admin DescribePermissionSetProvisioningStatus; AWS IAM Identity Center "
            "User Guide (archive of June 2023), Using service-linked roles for IAM Identity "
            "Center, read 2026-11-28",
        ),
    ),
    impact=(
        Claim("Policies that were put or taken before hold from now on.", _MODEL),
        Claim(
            "In the accounts nobody else can change the set's role: AWS refuses it, to "
            "administrators too. A policy that the set names by its name alone is each account's "
            "own, and can be changed there.",
            "AWS IAM Identity Center User Guide (archive of June 2023), Troubleshooting IAM "
            "Identity Center issues, Use IAM policies in permission sets, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A change of the set was approved and is rolled out.",
            (Fact("The change of the set came from the same principal."),),
            (Fact("Nobody knows of a change."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder's change of the set is put in force.",
            (Fact("The set is known to make administrators.", "target_is_admin"),),
            (Fact("The set is known to make no administrator.", "NOT target_is_admin"),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code provisions after each change.",
            (Fact("Whoever provisions the set had made it.", "target_made_by_actor"),),
            (Fact("The code of the set was not changed."),),
        ),
    ),
    corrections=(
        Correction(
            "Attaching a policy to a set is what gives people the access.",
            Claim("In accounts that have the set already, this call does.", _MODEL),
        ),
    ),
    questions=("Which changes of the set came before, by whom?", "In which accounts is it?"),
    false_positives=("Each run of the code that keeps the sets.",),
    detections={
        "administrator": Detection(
            title="A permission set that makes administrators took effect in accounts",
            level="medium",
            when="COALESCE(target_is_admin, FALSE)",
            techniques=("T1098.003",),
            fires=((set_given(ADMINISTRATOR), EVERYWHERE),),
            quiet=((set_given(READ_ONLY), EVERYWHERE), (EVERYWHERE,)),
        ),
        "provisioned": Detection(
            title="A permission set took effect in accounts",
            level="low",
            when="NOT COALESCE(target_is_admin, FALSE)",
            fires=((EVERYWHERE,), (set_given(READ_ONLY), EVERYWHERE)),
            quiet=((set_given(ADMINISTRATOR), EVERYWHERE), (_BUSY,)),
        ),
        **tries("put a permission set in force", denied=_DENIED, failed=_BUSY, done=EVERYWHERE),
    },
)
