"""A policy of the organization is attached: it may shut accounts out, or allow what was not."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.measures import STOP_CALLER
from trailmend.remediations.organization_policies import detach
from trailmend.tries import tries

_MODEL = "botocore organizations AttachPolicy"
_DETACH = "botocore organizations DetachPolicy"
_SCPS = (
    "AWS Organizations User Guide (archive of June 2023), Service control policies (SCPs), read "
    "2026-11-28"
)
_SCP_EFFECTS = (
    "AWS Organizations User Guide (archive of June 2023), SCP effects on permissions, read "
    "2026-11-28"
)
_UNIT = "ou-ab12-34cd56ef"


def _made(statement: str, **more: Any) -> dict[str, Any]:
    answer = {"policy": {"policySummary": {"id": "p-guard123", "type": "SERVICE_CONTROL_POLICY"}}}
    content = f'{{"Version":"2012-10-17","Statement":[{statement}]}}'
    return on_organization(
        "CreatePolicy", name="guard", content=content, response=answer, at="08:00:00", **more
    )


_ALL = '{"Effect":"Deny","Action":"*","Resource":"*"}'
_LEAVE = _ALL.replace('"*"', '"organizations:LeaveOrganization"', 1)
_KEYS = _ALL.replace('"*"', '["iam:DeleteAccessKey","guardduty:*"]', 1)
_USUAL = _ALL.replace('"*"', '["cloudtrail:StopLogging","guardduty:DeleteDetector"]', 1)
_EXCEPT = ',"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ops"}}}'
SHUT = _made(_ALL)
KEYS = _made(_KEYS)
KEYS_BUT_ONE = _made(_KEYS[:-1] + _EXCEPT)
PROTECTING = _made(_USUAL, by=PIPELINE)
GUARD = _made(_LEAVE, by=PIPELINE)
BUT_ONE = _made(_ALL[:-1] + _EXCEPT)
WITH_MFA = _made(_ALL[:-1] + ',"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}')
OPEN = _made(_ALL.replace("Deny", "Allow"))
BUCKETS = _made('{"Effect":"Allow","Action":"s3:*","Resource":"*"}')
TAGS = on_organization(
    "CreatePolicy",
    name="tags",
    content='{"tags":{"team":{}}}',
    response={"policy": {"policySummary": {"id": "p-guard123", "type": "TAG_POLICY"}}},
    at="08:00:00",
)
ATTACHED = on_organization("AttachPolicy", policyId="p-guard123", targetId=_UNIT)
DEFAULT = on_organization("AttachPolicy", policyId="p-FullAWSAccess", targetId="111122223333")
_TWICE = on_organization(
    "AttachPolicy",
    policyId="p-guard123",
    targetId=_UNIT,
    error="DuplicatePolicyAttachmentException",
)
_DENIED = denied("AttachPolicy", by=user("bob"), source="organizations")
_DENIES = "COALESCE(denies, FALSE)"
_SHUTS = "NOT COALESCE(grants_admin, TRUE)"
_LEAVES = "COALESCE(grants_admin, FALSE)"
_KNOWN = "denies IS NOT NULL"
_HINDERS = "COALESCE(hinders, FALSE)"
_HARMLESS = "NOT COALESCE(hinders, TRUE)"
_SPARES = f"denies = COALESCE(grants_admin, FALSE) AND NOT {_HINDERS}"

RUNBOOK = Runbook(
    events=("organizations.amazonaws.com:AttachPolicy",),
    family="organization",
    first="Read what the policy denies; if it shuts the responders out, detach it at once.",
    information=(
        Claim(
            "One policy is put on one root, unit or account; what it does there depends on its "
            "type, which the record does not name.",
            "botocore organizations AttachPolicyRequest",
        ),
        Claim(
            "A service control policy on a root or a unit holds in every account below it, for "
            "users and roles and for the root user.",
            _SCPS,
        ),
        Claim(
            "Only the management account and a delegated administrator can call it, and only "
            "while the type is enabled.",
            f"{_MODEL}, PolicyTypeNotEnabledException",
        ),
    ),
    impact=(
        Claim(
            "A denial of everything without a condition stops all work in the accounts below, and "
            "the response too: what a service control policy denies, no policy of the account can "
            "allow.",
            _SCP_EFFECTS,
        ),
        Claim(
            "A denial of the calls that take keys and policies away, or that read the findings of "
            "GuardDuty, holds the responders of every account below; what weakens a trail or a "
            "detector is another call, which guardrails deny to protect them.",
            _SCP_EFFECTS,
        ),
        Claim(
            "A denial with an exception can leave one role alone able to act: the intruder's.",
            "botocore organizations AttachPolicy; AWS Organizations User Guide (archive of June "
            "2023), SCP syntax, read 2026-11-28",
        ),
        Claim(
            "A policy that allows everything ends an allow list: what the other policies left out "
            "is possible again.",
            f"{_DETACH} (allow list)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A guardrail goes into force that was announced.",
            (
                Fact(
                    "What it denies leaves the accounts their administrators.",
                    f"{_DENIES} AND {_LEAVES} AND NOT {_HINDERS}",
                ),
                Fact("The caller had not made the policy.", "NOT made_by_actor"),
            ),
            (Fact("It leaves nobody below who administers.", _SHUTS),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account locks the accounts' owners out, or opens what "
            "an allow list had shut.",
            (
                Fact("It leaves nobody below who administers.", _SHUTS),
                Fact(
                    "It denies what responders need to stop an intruder, or to see one.", "hinders"
                ),
                Fact("The one whom the denial spares is a role that is new or not known."),
            ),
            (Fact("It neither shuts administrators out nor allows everything.", _SPARES),),
        ),
        Explanation(
            "insider",
            "An administrator stops another team's account in a quarrel.",
            (Fact("The target is the account or unit of one team."),),
            (Fact("The team had been told why."),),
        ),
        Explanation(
            "accident",
            "The policy was meant for a unit of accounts that are closed, and the root was chosen.",
            (Fact("The target is a root.", "target_name LIKE 'r-%'"),),
            (Fact("The target is one account.", "target_type = 'organization_account'"),),
        ),
        Explanation(
            "automation",
            "Control Tower, or a pipeline of landing zones, puts its guardrails in force.",
            (Fact("The caller attached policies to {targets_10m} targets.", "targets_10m >= 2"),),
            (Fact("No code of the landing zone attaches this policy there."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Nothing in the accounts below can refuse it: they only see calls denied with an "
            "explicit deny in a service control policy.",
            _SCP_EFFECTS,
        ),
    ),
    corrections=(
        Correction(
            "A policy that allows is harmless, for service control policies grant nothing.",
            Claim(
                "It grants nothing by itself, but ends the limit of an allow list.",
                f"{_DETACH} (allow list)",
            ),
        ),
    ),
    questions=(
        "Which accounts are below the target, and can the responders still act there?",
        "Which principal is excepted from the denial?",
    ),
    false_positives=(
        "A unit for accounts that are to be closed, in which everything is denied.",
        "Guardrails that are rolled out.",
    ),
    console=(
        Console(
            "Read what the policy says",
            (
                "In the management account run: aws organizations describe-policy --policy-id "
                "POLICY.",
                "See what else holds there: aws organizations list-policies-for-target "
                "--target-id TARGET --filter SERVICE_CONTROL_POLICY.",
            ),
            "botocore organizations DescribePolicy, ListPoliciesForTarget",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "The last service control policy of a root, unit or account cannot be detached: attach "
            "FullAWSAccess first.",
            _DETACH,
        ),
    ),
    detections={
        "shuts_out": Detection(
            title="A policy was attached that leaves nobody who administers the accounts below",
            level="high",
            when=f"{_DENIES} AND {_SHUTS}",
            techniques=("T1531", "T1484"),
            fixes=(detach, *STOP_CALLER),
            fires=((SHUT, ATTACHED),),
            quiet=((GUARD, ATTACHED), (BUT_ONE, ATTACHED), (ATTACHED,)),
        ),
        "hinders": Detection(
            title="A policy was attached that denies responders below what they need",
            level="high",
            when=f"{_DENIES} AND {_HINDERS} AND COALESCE(grants_admin, TRUE)",
            techniques=("T1562", "T1531", "T1484"),
            fixes=(detach, *STOP_CALLER),
            fires=((KEYS, ATTACHED), (BUT_ONE, ATTACHED)),
            quiet=((PROTECTING, ATTACHED), (KEYS_BUT_ONE, ATTACHED), (SHUT, ATTACHED)),
        ),
        # Null: a condition decides who is excepted, or a road to power may be left.
        "denies": Detection(
            title="A policy was attached that may shut administrators out of the accounts below",
            level="medium",
            when=f"{_DENIES} AND NOT {_HINDERS} AND grants_admin IS NULL",
            techniques=("T1531", "T1484"),
            fixes=(detach, *STOP_CALLER),
            fires=((WITH_MFA, ATTACHED),),
            quiet=((SHUT, ATTACHED), (GUARD, ATTACHED), (BUT_ONE, ATTACHED)),
        ),
        # Null: whoever is spared may be the responders, or the intruder.
        "spares_some": Detection(
            title="A policy was attached that denies all but some what responders need",
            level="medium",
            when=f"{_DENIES} AND hinders IS NULL AND {_LEAVES}",
            techniques=("T1562", "T1484"),
            fixes=(detach, *STOP_CALLER),
            fires=((KEYS_BUT_ONE, ATTACHED),),
            quiet=((KEYS, ATTACHED), (PROTECTING, ATTACHED), (BUT_ONE, ATTACHED)),
        ),
        "guardrail": Detection(
            title="A guardrail that denies some calls was attached",
            level="low",
            when=f"{_DENIES} AND {_LEAVES} AND {_HARMLESS}",
            fixes=(detach,),
            fires=((GUARD, ATTACHED), (PROTECTING, ATTACHED)),
            quiet=((SHUT, ATTACHED), (BUCKETS, ATTACHED), (KEYS, ATTACHED), (_TWICE,)),
        ),
        "allows_all": Detection(
            title="A policy of the organization that allows everything was attached",
            level="medium",
            when=f"{_KNOWN} AND NOT {_DENIES} AND {_LEAVES}",
            techniques=("T1562", "T1484"),
            fixes=(detach, *STOP_CALLER),
            fires=((DEFAULT,), (OPEN, ATTACHED)),
            quiet=((BUCKETS, ATTACHED), (TAGS, ATTACHED)),
            takes_back=True,
            only_of_suspects=True,
        ),
        "denies_nothing": Detection(
            title="A policy of the organization that denies no call was attached",
            level="low",
            when=f"{_KNOWN} AND NOT {_DENIES} AND NOT {_LEAVES}",
            fixes=(detach,),
            fires=((BUCKETS, ATTACHED), (TAGS, ATTACHED)),
            quiet=((DEFAULT,), (GUARD, ATTACHED)),
        ),
        # The log shows neither its making nor a change of it.
        "unknown": Detection(
            title="A policy of the organization was attached; what it says is not known",
            level="medium",
            when=f"NOT ({_KNOWN})",
            techniques=("T1484",),
            fixes=(detach, *STOP_CALLER),
            fires=((ATTACHED,),),
            quiet=((DEFAULT,), (TAGS, ATTACHED), (_TWICE,)),
        ),
        **tries(
            "attach a policy of the organization",
            denied=_DENIED,
            failed=_TWICE,
            done=ATTACHED,
            level="medium",
            techniques=("T1484",),
        ),
    },
)
