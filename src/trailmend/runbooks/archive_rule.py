"""Findings of IAM Access Analyzer are hidden, by an archive rule or by hand, or shown again."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, user
from trailmend.runbooks.assume_role import week
from trailmend.tries import tries

_MODEL = "botocore accessanalyzer CreateArchiveRule, UpdateArchiveRule"
_APPLY = "botocore accessanalyzer ApplyArchiveRule"
_BY_HAND_MODEL = "botocore accessanalyzer UpdateFindings"
_ANALYZER_ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/account"
BOB, CI = user("bob"), role("ci")
_OF_PARTNER = {"principal.AWS": {"eq": ["444455556666"]}}


def _rule(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    request = {"analyzerName": "account", "ruleName": "partner", "filter": _OF_PARTNER}
    return call(event_name, by=by, source="access-analyzer", request=request, **more)


def _findings(status: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    request = {"analyzerArn": _ANALYZER_ARN, "status": status, "ids": ["4f7b1d0e"]}
    return call("UpdateFindings", by=by, source="access-analyzer", request=request, **more)


ANALYZER = call(
    "CreateAnalyzer",
    by=BOB,
    source="access-analyzer",
    request={"analyzerName": "account"},
    at="08:00:00",
)
MADE, CHANGED = _rule("CreateArchiveRule"), _rule("UpdateArchiveRule")
_TWICE = _rule("CreateArchiveRule", error="ConflictException")
APPLIED = call(
    "ApplyArchiveRule",
    by=BOB,
    source="access-analyzer",
    request={"analyzerArn": _ANALYZER_ARN, "ruleName": "partner"},
)
UNMADE, ARCHIVED, SHOWN = _rule("DeleteArchiveRule"), _findings("ARCHIVED"), _findings("ACTIVE")
_REVIEWS = week(ARCHIVED)
_DENIED = denied("CreateArchiveRule", by=BOB, source="access-analyzer")
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_HAND = "event_name = 'UpdateFindings'"
_SHOWS = (
    "(event_name = 'DeleteArchiveRule' OR "
    f"{_HAND} AND COALESCE(request, '') LIKE '%\"status\":\"ACTIVE\"%')"
)
_REVIEWER = "NOT COALESCE(first_pair, TRUE)"
_HIDES = f"NOT {_SHOWS} AND NOT {_OWN}"

RUNBOOK = Runbook(
    events=(
        "access-analyzer.amazonaws.com:CreateArchiveRule",
        "access-analyzer.amazonaws.com:UpdateArchiveRule",
        "access-analyzer.amazonaws.com:ApplyArchiveRule",
        "access-analyzer.amazonaws.com:DeleteArchiveRule",
        "access-analyzer.amazonaws.com:UpdateFindings",
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
            "A rule archives what comes after it; ApplyArchiveRule archives what was there before.",
            f"{_MODEL}; {_APPLY}",
        ),
        Claim(
            "UpdateFindings archives the findings that it names, or makes archived ones active "
            "again, which no other call does.",
            _BY_HAND_MODEL,
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
        Claim(
            "A door that stands open already is hidden by applying a rule, or by its id.",
            f"{_APPLY}; {_BY_HAND_MODEL}",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A partner's access is known and shall not be reported each time.",
            (Fact("The account in the filter is in a contract."),),
            (
                Fact("The filter names no account and no resource."),
                Fact(
                    "The caller was never seen to archive findings of the analyzer.",
                    f"{_HAND} AND COALESCE(first_pair, FALSE)",
                ),
            ),
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
            title="Findings were archived, or a rule for it was set, by who had made the analyzer",
            level="info",
            when=f"NOT {_SHOWS} AND {_OWN}",
            fires=((ANALYZER, MADE), (ANALYZER, CHANGED), (ANALYZER, ARCHIVED)),
            quiet=((ANALYZER, _rule("CreateArchiveRule", CI)), (MADE,), (ANALYZER, SHOWN)),
        ),
        "hides": Detection(
            title="A rule hides findings of an analyzer",
            level="medium",
            when=f"{_HIDES} AND NOT {_HAND}",
            techniques=("T1562.001",),
            fires=((MADE,), (CHANGED,), (APPLIED,), (ANALYZER, _rule("CreateArchiveRule", CI))),
            quiet=((ANALYZER, MADE), (ARCHIVED,), (UNMADE,), (_TWICE,), (_DENIED,)),
        ),
        "archived": Detection(
            title="Somebody who is not known to review findings of an analyzer archived some",
            level="medium",
            when=f"{_HIDES} AND {_HAND} AND NOT ({_REVIEWER})",
            techniques=("T1562.001",),
            fires=((ARCHIVED,), (*week(_findings("ARCHIVED", CI)), ARCHIVED)),
            quiet=((SHOWN,), (MADE,), (ANALYZER, ARCHIVED), (_findings("ARCHIVED", error="X"),)),
        ),
        "reviewed": Detection(
            title="Findings of an analyzer were archived by somebody who had done so before",
            level="low",
            when=f"{_HIDES} AND {_HAND} AND {_REVIEWER}",
            techniques=("T1562.001",),
            fires=((*_REVIEWS, ARCHIVED),),
            quiet=((ARCHIVED,), (ANALYZER, ARCHIVED)),
        ),
        "shown": Detection(
            title="An archive rule was deleted, or archived findings were made active again",
            level="info",
            when=_SHOWS,
            fires=((UNMADE,), (SHOWN,), (ANALYZER, SHOWN)),
            quiet=((ARCHIVED,), (MADE,), (_DENIED,)),
        ),
        **tries("hide findings of an analyzer", denied=_DENIED, failed=_TWICE, done=MADE),
    },
)
