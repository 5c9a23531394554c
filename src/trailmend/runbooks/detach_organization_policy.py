"""A policy of the organization is detached or deleted: a guardrail of accounts may be gone."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.measures import STOP_CALLER
from trailmend.remediations.organization_policies import attach_again
from trailmend.tries import tries

_MODEL = "botocore organizations DetachPolicy"
_DELETE = "botocore organizations DeletePolicy"
_DENY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateUser",'
    '"Resource":"*"}]}'
)
_MADE = {"policy": {"policySummary": {"id": "p-guard123", "type": "SERVICE_CONTROL_POLICY"}}}
MADE = on_organization(
    "CreatePolicy", name="guard", content=_DENY, response=_MADE, by=PIPELINE, at="08:00:00"
)
HINDERING = on_organization(
    "CreatePolicy",
    name="guard",
    content=_DENY.replace("iam:CreateUser", "*"),
    response=_MADE,
    by=PIPELINE,
    at="08:00:00",
)
OWN = on_organization("CreatePolicy", name="guard", content=_DENY, response=_MADE, at="08:00:00")
ALLOWS = on_organization(
    "CreatePolicy",
    name="tags",
    content=_DENY.replace("Deny", "Allow"),
    response=_MADE,
    at="08:00:00",
    by=PIPELINE,
)
DETACHED = on_organization("DetachPolicy", policyId="p-guard123", targetId="ou-ab12-34cd56ef")
DELETED = on_organization("DeletePolicy", policyId="p-guard123")
DEFAULT = on_organization("DetachPolicy", policyId="p-FullAWSAccess", targetId="111122223333")
_IN_USE = on_organization("DeletePolicy", policyId="p-guard123", error="PolicyInUseException")
_LAST = on_organization(
    "DetachPolicy",
    policyId="p-FullAWSAccess",
    targetId="111122223333",
    error="ConstraintViolationException",
)
_DENIED = denied("DetachPolicy", by=user("bob"), source="organizations")
_DETACHES = "event_name = 'DetachPolicy'"
_FULL = "COALESCE(object_id, '') IN ('p-FullAWSAccess', 'p-RCPFullAWSAccess')"
_DENIES = "COALESCE(denies, FALSE)"
_HINDERS = "COALESCE(hinders, FALSE)"
_MINE = "(COALESCE(made_by_actor, FALSE) OR COALESCE(target_made_by_actor, FALSE))"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:DetachPolicy",
        "organizations.amazonaws.com:DeletePolicy",
    ),
    family="organization",
    first=(
        "Attach the policy again to the same target, unless those who keep the guardrails did it."
    ),
    information=(
        Claim(
            "The call takes one policy off one root, unit or account. Of a service control policy "
            "the change is in force at once for all users and roles below.",
            _MODEL,
        ),
        Claim(
            "It is made in the management account or a delegated administrator's account, and "
            "recorded there, in us-east-1.",
            f"{_MODEL}; AWS Organizations User Guide (archive of June 2023), Logging AWS "
            "Organizations API calls with AWS CloudTrail, read 2026-11-28",
        ),
        Claim(
            "A policy is deleted only when it is attached nowhere; else the call fails with "
            "PolicyInUse.",
            _DELETE,
        ),
        Claim(
            "The record names ids alone. What the policy says is known where the log shows its "
            "making (`before`); a detached one can still be read.",
            "botocore organizations DetachPolicyRequest, DescribePolicy",
        ),
    ),
    impact=(
        Claim(
            "What the policy denied is possible again in every account below the target: leaving "
            "the organization, stopping trails, other regions.",
            _MODEL,
        ),
        Claim(
            "To detach the default FullAWSAccess does the contrary: it leaves only what the other "
            "policies allow, and may stop all work below.",
            f"{_MODEL} (allow list)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A guardrail is replaced, or attached one level higher.",
            (
                Fact("AttachPolicy by the same principal stands beside it."),
                Fact(
                    "The default policy was detached, which only narrows.",
                    "object_id = 'p-FullAWSAccess'",
                ),
            ),
            (Fact("The policy denied something: {object_id}.", "denies"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account frees a member account before the next step.",
            (Fact("The policy denied something.", "denies"),),
            (Fact("The accounts below hold nothing, as a sandbox."),),
        ),
        Explanation(
            "insider",
            "An administrator lifts a denial for an hour of work.",
            (Fact("The administrator had been refused what the policy denies."),),
            (Fact("The same policy was attached again soon."),),
        ),
        Explanation(
            "accident",
            "Code that is applied to the wrong organization or unit removes attachments.",
            (
                Fact(
                    "The caller detached or deleted {same_action_10m} within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("One attachment alone was removed.", "same_action_10m = 1"),),
        ),
        Explanation(
            "automation",
            "Control Tower, or a pipeline of landing zones, updates its guardrails.",
            (Fact("UpdatePolicy or CreatePolicy by the same role stands beside it."),),
            (Fact("The code of the landing zone still attaches the policy."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Policies do not bind the management account, so nothing but its own IAM keeps this "
            "call back there.",
            "AWS Organizations User Guide (archive of June 2023), Service control policies (SCPs), "
            "read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "Any detached policy means less protection.",
            Claim(
                "Not the default FullAWSAccess: an account without it is allowed less.",
                f"{_MODEL} (allow list)",
            ),
        ),
        Correction(
            "Service control policies grant permissions.",
            Claim(
                "They limit what users and roles of the accounts can be granted.",
                f"{_MODEL}; AWS Organizations User Guide (archive of June 2023), Service control "
                "policies (SCPs), read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "What does the policy deny, and which accounts are below the target?",
        "Who keeps the guardrails, and is the caller among them?",
        "What did principals of the accounts below do since that was denied before?",
    ),
    false_positives=("A move to an organization with other guardrails.", "Control Tower updates."),
    console=(
        Console(
            "Attach the policy again",
            (
                "In the management account run: aws organizations attach-policy --policy-id "
                "POLICY --target-id TARGET, with the ids of the event.",
                "A deleted policy is made anew with create-policy and the content of `before`; it "
                "gets another id.",
                "Undo: detach-policy with the same ids.",
            ),
            "botocore organizations AttachPolicy, CreatePolicy",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "To which targets a deleted policy had been attached, only earlier records tell.",
            "botocore organizations DeletePolicyRequest",
        ),
        Claim(
            "No fix makes a deleted policy again: it had been attached nowhere, and the new one "
            "would have another id.",
            "botocore organizations DeletePolicy, CreatePolicy",
        ),
    ),
    detections={
        "default_detached": Detection(
            title="The policy that allows everything was detached: what no other allows stops",
            level="medium",
            techniques=("T1531", "T1484"),
            when=f"{_DETACHES} AND {_FULL}",
            fixes=(attach_again,),
            fires=((DEFAULT,),),
            quiet=((DETACHED,), (_LAST,)),
        ),
        "denial_detached": Detection(
            title="A guardrail that denies was detached",
            level="high",
            when=f"{_DETACHES} AND NOT {_FULL} AND {_DENIES} AND NOT {_HINDERS} AND NOT {_MINE}",
            techniques=("T1562", "T1484"),
            fixes=(attach_again, *STOP_CALLER),
            fires=((MADE, DETACHED),),
            quiet=((DETACHED,), (OWN, DETACHED), (ALLOWS, DETACHED), (HINDERING, DETACHED)),
        ),
        "hindrance_detached": Detection(
            title="A policy that denied responders what they need was detached",
            level="high",
            when=f"{_DETACHES} AND NOT {_FULL} AND {_DENIES} AND {_HINDERS} AND NOT {_MINE}",
            techniques=("T1562", "T1484"),
            fixes=(attach_again, *STOP_CALLER),
            fires=((HINDERING, DETACHED),),
            quiet=((MADE, DETACHED), (DETACHED,), (DEFAULT,)),
            takes_back=True,
            only_of_suspects=True,
        ),
        # Null is not known to deny; a policy of tags or backups has no such statement.
        "detached": Detection(
            title="A policy of the organization was detached",
            level="medium",
            when=f"{_DETACHES} AND NOT {_FULL} AND NOT {_DENIES} AND NOT {_MINE}",
            techniques=("T1562", "T1484"),
            fixes=(attach_again, *STOP_CALLER),
            fires=((DETACHED,), (ALLOWS, DETACHED)),
            quiet=((MADE, DETACHED), (DEFAULT,), (_LAST,)),
        ),
        "detached_by_maker": Detection(
            title="A policy of the organization was detached by whoever had made it",
            level="low",
            when=f"{_DETACHES} AND NOT {_FULL} AND {_MINE}",
            fixes=(attach_again,),
            fires=((OWN, DETACHED),),
            quiet=((MADE, DETACHED), (DETACHED,)),
        ),
        "denial_deleted": Detection(
            title="A policy of the organization that denies was deleted, attached nowhere",
            level="medium",
            when=f"NOT {_DETACHES} AND {_DENIES} AND NOT {_MINE}",
            techniques=("T1562",),
            fixes=STOP_CALLER,
            fires=((MADE, DELETED),),
            quiet=((DELETED,), (OWN, DELETED), (_IN_USE,)),
            takes_back=True,
            only_of_suspects=True,
        ),
        "deleted": Detection(
            title="A policy of the organization was deleted, attached nowhere",
            level="low",
            when=f"NOT {_DETACHES} AND NOT ({_DENIES} AND NOT {_MINE})",
            fires=((DELETED,), (OWN, DELETED)),
            quiet=((MADE, DELETED), (DETACHED,)),
        ),
        **tries(
            "detach or delete a policy of the organization",
            denied=_DENIED,
            failed=_IN_USE,
            done=DETACHED,
            level="medium",
            techniques=("T1562",),
        ),
    },
)
