"""A policy of the organization is made; as long as it is attached nowhere it holds nowhere."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.tries import tries

_MODEL = "botocore organizations CreatePolicy"
_REQUEST = "botocore organizations CreatePolicyRequest"
_DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
_ID = {"policy": {"policySummary": {"id": "p-guard123"}}}
DENIAL = on_organization(
    "CreatePolicy", name="stop", type="SERVICE_CONTROL_POLICY", content=_DENY, response=_ID
)
TAGS = on_organization(
    "CreatePolicy",
    name="tags",
    type="TAG_POLICY",
    content='{"tags":{"team":{}}}',
    response=_ID,
    by=PIPELINE,
)
_TWICE = on_organization(
    "CreatePolicy", name="stop", content=_DENY, error="DuplicatePolicyException"
)
_DENIED = denied("CreatePolicy", by=user("bob"), source="organizations")
_DENIES = "COALESCE(denies, FALSE)"

RUNBOOK = Runbook(
    events=("organizations.amazonaws.com:CreatePolicy",),
    family="organization",
    tier=2,
    first="Read what it says, and look where it is attached: AttachPolicy puts it in force.",
    information=(
        Claim(
            "The request has the type and the whole text; the answer has the id by which later "
            "records name the policy.",
            f"{_REQUEST}, PolicySummary",
        ),
        Claim(
            "Besides service and resource control policies there are types that deny no call, as "
            "those of tags, backups and the settings of single services.",
            "botocore organizations PolicyType",
        ),
        Claim(
            "It is made in the management account, or in that of a delegated administrator.", _MODEL
        ),
    ),
    impact=(
        Claim("Nothing changes in any account before the policy is attached.", _MODEL),
        Claim(
            "A text that denies everything is one call away from stopping all accounts below a "
            "root.",
            "botocore organizations CreatePolicy, AttachPolicy",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A new guardrail is written down before it is tried on a unit.",
            (Fact("It was reviewed, as other policies of the organization are."),),
            (Fact("Nobody who keeps the guardrails knows the text."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder gets a policy ready that stops the owners of accounts.",
            (Fact("It denies calls.", _DENIES), Fact("It spares a role that nobody knows.")),
            (Fact("It has no statement that denies.", "NOT denies"),),
        ),
        Explanation(
            "automation",
            "Control Tower or code makes the policies of a landing zone.",
            (Fact("The code of the landing zone has the same text."),),
            (Fact("The name is in no code of the organization."),),
        ),
    ),
    corrections=(
        Correction(
            "A policy that was made is in force.",
            Claim("Only where it is attached, while its type is enabled.", f"{_MODEL}, PolicyType"),
        ),
    ),
    questions=("Where was the policy attached since, and by whom?",),
    false_positives=("The set-up of a landing zone, and new guardrails.",),
    detections={
        "denies": Detection(
            title="A policy of the organization that denies calls was made",
            level="low",
            when=_DENIES,
            fires=((DENIAL,),),
            quiet=((TAGS,), (_TWICE,)),
        ),
        "made": Detection(
            title="A policy of the organization was made that is not known to deny calls",
            level="info",
            when=f"NOT {_DENIES}",
            fires=((TAGS,),),
            quiet=((DENIAL,), (_DENIED,)),
        ),
        **tries("make a policy of the organization", denied=_DENIED, failed=_TWICE, done=TAGS),
    },
)
