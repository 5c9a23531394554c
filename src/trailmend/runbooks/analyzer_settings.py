"""An analyzer of IAM Access Analyzer is made, or what it looks at is changed."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.tries import tries

_MAKE = "botocore accessanalyzer CreateAnalyzer"
_LINKED = "botocore accessanalyzer CreateServiceLinkedAnalyzer"
_CHANGE = "botocore accessanalyzer UpdateAnalyzer"
_RULES = "botocore accessanalyzer AnalysisRule, AnalysisRuleCriteria"
BOB, CI = user("bob"), role("ci")


def _call(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    fields = {name: more.pop(name) for name in ("at", "error") if name in more}
    request = {"analyzerName": "account"} | more
    return call(event_name, by=by, source="access-analyzer", request=request, **fields)


def _unused(**rule: Any) -> dict[str, Any]:
    return {"unusedAccess": {"unusedAccessAge": 90, **rule}}


_LEFT_OUT = _unused(analysisRule={"exclusions": [{"accountIds": ["444455556666"]}]})
MADE = _call("CreateAnalyzer", type="ACCOUNT", at="08:00:00")
HIDING = _call("CreateAnalyzer", type="ACCOUNT", archiveRules=[{"ruleName": "all"}])
BY_SERVICE = _call("CreateServiceLinkedAnalyzer", type="ACCOUNT_UNUSED_ACCESS")
CHANGED = _call("UpdateAnalyzer", configuration=_unused())
NARROWED = _call("UpdateAnalyzer", configuration=_LEFT_OUT)
_TWICE = _call("CreateAnalyzer", type="ACCOUNT", error="ConflictException")
_DENIED = denied("UpdateAnalyzer", by=BOB, source="access-analyzer")
_UPDATED = "event_name = 'UpdateAnalyzer'"
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_EXCLUDES = "COALESCE(request, '') LIKE '%\"exclusions\":[{%'"
_HIDES = "COALESCE(request, '') LIKE '%\"archiveRules\":[{%'"

RUNBOOK = Runbook(
    events=(
        "access-analyzer.amazonaws.com:CreateAnalyzer",
        "access-analyzer.amazonaws.com:CreateServiceLinkedAnalyzer",
        "access-analyzer.amazonaws.com:UpdateAnalyzer",
    ),
    family="account",
    tier=2,
    first="Read which accounts, tags or resources the request leaves out, and ask who ordered it.",
    information=(
        Claim(
            "An analyzer looks for access from outside, for unused access, or for access inside "
            "the account or the organization; its type is set when it is made.",
            f"{_MAKE}, Type",
        ),
        Claim(
            "An analyzer of unused access can leave out accounts, and whatever bears a tag: it "
            "makes no findings of those.",
            _RULES,
        ),
        Claim(
            "The configuration of an analyzer of access from outside cannot be changed.", _CHANGE
        ),
        Claim(
            "A service-linked analyzer is made by a service of AWS alone; anybody else is denied.",
            _LINKED,
        ),
    ),
    impact=(
        Claim(
            "Who is left out may keep unused keys and rights that nobody is told of.",
            _RULES,
        ),
        Claim(
            "An analyzer that is made with archive rules hides what meets them from its first "
            "finding on.",
            f"{_MAKE} (archiveRules)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Access Analyzer is set up, or accounts of a test are left out of it.",
            (Fact("The caller had made the analyzer.", "target_made_by_actor"),),
            (Fact("The accounts or tags that are left out are those of production."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder leaves out what they mean to keep.",
            (Fact("A principal that the caller made bears the tag that is left out."),),
            (Fact("Nothing is left out.", f"NOT {_EXCLUDES}"),),
        ),
    ),
    corrections=(
        Correction(
            "Where there is an analyzer, unused and outside access are both reported.",
            Claim(
                "One analyzer reports one kind of access, that of its type.",
                f"{_MAKE}, Type",
            ),
        ),
    ),
    questions=("Which analyzers cover the account, of which type, and what do they leave out?",),
    false_positives=("The set-up of Access Analyzer by infrastructure as code.",),
    detections={
        "left_out": Detection(
            title="Accounts or tags were left out of what an analyzer reports",
            level="medium",
            when=f"{_UPDATED} AND NOT {_OWN} AND {_EXCLUDES}",
            techniques=("T1562.001",),
            fires=((NARROWED,), (MADE, _call("UpdateAnalyzer", CI, configuration=_LEFT_OUT))),
            quiet=((MADE, NARROWED), (CHANGED,), (_DENIED,)),
        ),
        "changed": Detection(
            title="What an analyzer of unused or internal access looks at was changed",
            level="low",
            when=f"{_UPDATED} AND NOT {_OWN} AND NOT {_EXCLUDES}",
            techniques=("T1562.001",),
            fires=((CHANGED,),),
            quiet=((MADE, CHANGED), (NARROWED,), (MADE,)),
        ),
        "by_maker": Detection(
            title="What an analyzer looks at was changed by whoever had made it",
            level="info",
            when=f"{_UPDATED} AND {_OWN}",
            fires=((MADE, CHANGED), (MADE, NARROWED)),
            quiet=((CHANGED,), (NARROWED,)),
        ),
        "made_with_rules": Detection(
            title="An analyzer was made that archives some of its findings at once",
            level="low",
            when=f"NOT {_UPDATED} AND {_HIDES}",
            techniques=("T1562.001",),
            fires=((HIDING,),),
            quiet=((MADE,), (CHANGED,)),
        ),
        "made": Detection(
            title="An analyzer was made",
            level="info",
            when=f"NOT {_UPDATED} AND NOT {_HIDES}",
            fires=((MADE,), (BY_SERVICE,)),
            quiet=((HIDING,), (CHANGED,), (_TWICE,)),
        ),
        **tries(
            "make an analyzer, or change what it looks at",
            denied=_DENIED,
            failed=_TWICE,
            done=MADE,
        ),
    },
)
