"""An archive rule hides findings of IAM Access Analyzer as soon as they arise."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore accessanalyzer CreateArchiveRule, UpdateArchiveRule"
BOB, CI = user("bob"), role("ci")
_OF_PARTNER = {"principal.AWS": {"eq": ["444455556666"]}}


def _rule(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    request = {"analyzerName": "account", "ruleName": "partner", "filter": _OF_PARTNER}
    return call(event_name, by=by, source="access-analyzer", request=request, **more)


ANALYZER = call(
    "CreateAnalyzer",
    by=BOB,
    source="access-analyzer",
    request={"analyzerName": "account"},
    at="08:00:00",
)
MADE, CHANGED = _rule("CreateArchiveRule"), _rule("UpdateArchiveRule")
_TWICE = _rule("CreateArchiveRule", error="ConflictException")
_DENIED = denied("CreateArchiveRule", by=BOB, source="access-analyzer")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=(
        "access-analyzer.amazonaws.com:CreateArchiveRule",
        "access-analyzer.amazonaws.com:UpdateArchiveRule",
    ),
    family="account",
    tier=2,
    first="Read the filter: does it hide one known account, or whole kinds of findings?",
    information=(
        Claim(
            "New findings that meet the criteria are archived at once, and whoever looks at active "
            "findings sees none of them. EventBridge gets an event for each finding all the same.",
            f"{_MODEL}; AWS IAM User Guide (archive of June 2023), Archive rules, Monitoring AWS "
            "Identity and Access Management Access Analyzer with Amazon EventBridge, read "
            "2026-11-28",
        ),
        Claim(
            "The request holds the criteria; an update must send them too.",
            "botocore accessanalyzer CreateArchiveRuleRequest, UpdateArchiveRuleRequest (filter)",
        ),
    ),
    impact=(
        Claim(
            "A filter on one's own account, or on public access, hides the door that is opened "
            "next.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A partner's access is known and shall not be reported each time.",
            (Fact("The account in the filter is in a contract."),),
            (Fact("The filter names no account and no resource."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder hides findings on an account of their own.",
            (Fact("A policy that trusts the account in the filter followed."),),
            (Fact("The caller keeps the analyzer.", "target_made_by_actor"),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code makes the analyzer with its rules.",
            (Fact("The caller had made the analyzer.", "target_made_by_actor"),),
            (Fact("Somebody else had made the analyzer.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "Archived findings are gone.",
            Claim(
                "They are kept with the status archived, and can be listed by it.",
                "botocore accessanalyzer FindingStatus, ListFindings",
            ),
        ),
    ),
    questions=("Which findings were archived since (ListFindings with status ARCHIVED)?",),
    false_positives=("Review of findings by those whose work it is.",),
    detections={
        "by_maker": Detection(
            title="An archive rule was set by whoever had made the analyzer",
            level="info",
            when=_OWN,
            fires=((ANALYZER, MADE), (ANALYZER, CHANGED)),
            quiet=((ANALYZER, _rule("CreateArchiveRule", CI)), (MADE,)),
        ),
        "hides": Detection(
            title="Findings on access by outsiders are hidden by a new rule",
            level="medium",
            when=f"NOT {_OWN}",
            techniques=("T1562.001",),
            fires=((MADE,), (CHANGED,), (ANALYZER, _rule("CreateArchiveRule", CI))),
            quiet=((ANALYZER, MADE), (_TWICE,), (_DENIED,)),
        ),
        **tries("hide findings of an analyzer", denied=_DENIED, failed=_TWICE, done=MADE),
    },
)
