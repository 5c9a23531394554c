"""The text of an organization's policy changes, in every account it is attached to, at once."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.measures import STOP_CALLER
from trailmend.remediations.organization_policies import restore_content
from trailmend.tries import tries

_MODEL = "botocore organizations UpdatePolicy"
_DENY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["iam:CreateUser",'
    '"cloudtrail:StopLogging"],"Resource":"*"}]}'
)
_LESS = _DENY.replace('"iam:CreateUser",', "")
_MADE = {"policy": {"policySummary": {"id": "p-guard123"}}}
_HINDERING = _DENY.replace('"iam:CreateUser"', '"iam:CreateUser","iam:DeleteAccessKey"')
STRONG = on_organization(
    "CreatePolicy", name="guard", content=_DENY, response=_MADE, by=PIPELINE, at="08:00:00"
)
WEAK = on_organization(
    "CreatePolicy", name="guard", content=_LESS, response=_MADE, by=PIPELINE, at="08:00:00"
)


def _set(content: str | None, **more: Any) -> dict[str, Any]:
    text: dict[str, Any] = {} if content is None else {"content": content}
    return on_organization("UpdatePolicy", policyId="p-guard123", **text, **more)


_RENAMED = _set(None, name="other")
_SAME = _set(_DENY, error="DuplicatePolicyException")
_DENIED = denied("UpdatePolicy", by=user("bob"), source="organizations")
_WIDER = "COALESCE(widens, FALSE)"
_HINDERS = "(COALESCE(hinders, FALSE) AND COALESCE(narrows, TRUE))"

RUNBOOK = Runbook(
    events=("organizations.amazonaws.com:UpdatePolicy",),
    family="organization",
    first="Compare the content with `before`; write the former text back if nobody ordered this.",
    information=(
        Claim(
            "A field that the request leaves out stays as it is; the type of a policy cannot be "
            "changed.",
            _MODEL,
        ),
        Claim(
            "The request has the whole new text, the record not the old one: that is in `before` "
            "where the log shows an earlier write.",
            "botocore organizations UpdatePolicyRequest",
        ),
        Claim(
            "It is recorded in the management account or the delegated administrator's.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "A denial that is dropped, narrowed to fewer actions, or given an exception by a "
            "condition is lifted at once everywhere the policy is attached.",
            "botocore organizations UpdatePolicy; AWS Organizations User Guide (archive of June "
            "2023), Creating, updating, and deleting service control policies, read 2026-11-28",
        ),
        Claim(
            "It is quieter than to detach: the policy keeps its name and its attachments.",
            "botocore organizations UpdatePolicy, DetachPolicy",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An exception was asked for and granted, or the guardrails are extended.",
            (Fact("It denies more than before.", "narrows"),),
            (Fact("It denies less than before.", "widens"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder writes an exception for a role of their own.",
            (
                Fact("It denies less than before.", "widens"),
                Fact(
                    "It denies what responders need to stop an intruder, or to see one.", "hinders"
                ),
                Fact("The new text names a principal in a condition."),
            ),
            (Fact("It denies nothing less than before.", "NOT widens"),),
        ),
        Explanation(
            "insider",
            "An administrator exempts their own team for good.",
            (Fact("The new text spares an account or a role of that team."),),
            (Fact("Another person approved the text."),),
        ),
        Explanation(
            "accident",
            "A statement is lost when two changes are merged.",
            (Fact("Something was tightened and something else was lost.", "widens AND narrows"),),
            (Fact("Only one exception was added."),),
        ),
        Explanation(
            "automation",
            "A pipeline writes its policies at every run.",
            (Fact("The caller had made the policy.", "target_made_by_actor"),),
            (Fact("Somebody else had made the policy.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "A watch on detached policies sees every guardrail that goes.",
            Claim(
                "An update empties a policy that stays attached.",
                "botocore organizations UpdatePolicy",
            ),
        ),
    ),
    questions=(
        "Which accounts is it attached to (`aws organizations list-targets-for-policy "
        "--policy-id ID`)?",
        "Who may ask for exceptions, and is there one on record?",
    ),
    false_positives=("Exceptions that were approved.", "Texts that are only ordered anew."),
    console=(
        Console(
            "Write the former text back",
            (
                "Save the content of `before` to a file.",
                "In the management account: aws organizations update-policy --policy-id ID "
                "--content file://FILE.",
                "Undo: the same call with the text of the event.",
            ),
            "botocore organizations UpdatePolicy",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "Organizations keeps no versions of a policy: without an earlier record or the code, "
            "the former text is lost.",
            "botocore organizations (no call lists versions)",
        ),
    ),
    detections={
        "weakened": Detection(
            title="A guardrail of the organization was weakened",
            level="high",
            when=_WIDER,
            techniques=("T1562", "T1484"),
            fixes=(restore_content, *STOP_CALLER),
            fires=((STRONG, _set(_LESS)),),
            quiet=((WEAK, _set(_DENY)), (_set(_LESS),), (STRONG, _RENAMED)),
        ),
        "hinders": Detection(
            title="A guardrail of the organization now denies responders what they need",
            level="high",
            when=f"{_HINDERS} AND NOT {_WIDER}",
            techniques=("T1562", "T1531", "T1484"),
            fixes=(restore_content, *STOP_CALLER),
            fires=((STRONG, _set(_HINDERING)), (_set(_HINDERING),)),
            quiet=((STRONG, _set(_LESS)), (WEAK, _set(_DENY)), (STRONG, _RENAMED)),
        ),
        # Null: the former text is not in the log, or no request could be found that proves it.
        "unclear": Detection(
            title="A guardrail of the organization was rewritten; what it was is not known",
            level="medium",
            when=f"NOT {_WIDER} AND widens IS NULL AND NOT {_HINDERS}",
            techniques=("T1562", "T1484"),
            fixes=(restore_content, *STOP_CALLER),
            fires=((_set(_LESS),), (STRONG, _set("{"))),
            quiet=((STRONG, _set(_LESS)), (_RENAMED,), (STRONG, _SAME)),
        ),
        "not_weaker": Detection(
            title="A guardrail of the organization was renamed, tightened or written again",
            level="low",
            when=f"NOT {_WIDER} AND widens IS NOT NULL AND NOT {_HINDERS}",
            fires=((WEAK, _set(_DENY)), (_RENAMED,)),
            quiet=((STRONG, _set(_LESS)), (_DENIED,)),
        ),
        **tries(
            "rewrite a policy of the organization",
            denied=_DENIED,
            failed=_SAME,
            done=_set(_LESS),
            level="medium",
            techniques=("T1562",),
        ),
    },
)
