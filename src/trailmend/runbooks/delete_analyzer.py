"""An analyzer of IAM Access Analyzer is deleted with all its findings."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore accessanalyzer DeleteAnalyzer"
BOB, CI = user("bob"), role("ci")


def _call(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    request = {"analyzerName": "account"}
    return call(event_name, by=by, source="access-analyzer", request=request, **more)


MADE, DELETED = _call("CreateAnalyzer", at="08:00:00"), _call("DeleteAnalyzer")
OF_SERVICE = _call("DeleteServiceLinkedAnalyzer")
_GONE = _call("DeleteAnalyzer", error="ResourceNotFoundException")
_DENIED = denied("DeleteAnalyzer", by=BOB, source="access-analyzer")
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_LINKED = "event_name = 'DeleteServiceLinkedAnalyzer'"

RUNBOOK = Runbook(
    events=(
        "access-analyzer.amazonaws.com:DeleteAnalyzer",
        "access-analyzer.amazonaws.com:DeleteServiceLinkedAnalyzer",
    ),
    family="account",
    tier=2,
    first=(
        "Make an analyzer again: it looks at everything anew; archived findings do not come back."
    ),
    information=(
        Claim(
            "With the analyzer the whole service is off for the account, or the organization, in "
            "that region, and its findings are deleted.",
            _MODEL,
        ),
        Claim("The call cannot be undone.", _MODEL),
        Claim(
            "An analyzer that a service of AWS made for itself looks for unused access. It is "
            "deleted by a call of its own, which that service lets through only where it uses it "
            "no more.",
            "botocore accessanalyzer DeleteServiceLinkedAnalyzer, CreateServiceLinkedAnalyzer",
        ),
    ),
    impact=(
        Claim(
            "Roles, buckets and keys that are opened to outsiders from now on are reported by "
            "nobody.",
            "AWS IAM User Guide (archive of June 2023), Using AWS IAM Access Analyzer, read "
            "2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The organization's analyzer takes the place of the account's own.",
            (Fact("The caller had made the analyzer.", "target_made_by_actor"),),
            (Fact("No other analyzer covers the account."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder who means to trust an account of their own blinds the watcher first.",
            (Fact("CreateRole or PutBucketPolicy with an outsider followed."),),
            (Fact("The analyzer was empty for months."),),
        ),
    ),
    corrections=(
        Correction(
            "A new analyzer brings the old findings back.",
            Claim("It makes new ones of what is open today; archived ones are gone.", _MODEL),
        ),
    ),
    questions=("Does an analyzer of the organization cover the account and region?",),
    false_positives=("Regions that are given up.", "Stacks that are torn down."),
    detections={
        "by_maker": Detection(
            title="An analyzer was deleted by whoever had made it",
            level="low",
            when=f"{_OWN} AND NOT {_LINKED}",
            fires=((MADE, DELETED),),
            quiet=((MADE, _call("DeleteAnalyzer", CI)), (DELETED,)),
        ),
        "deleted": Detection(
            title="The analyzer that reports access by outsiders was deleted",
            level="medium",
            when=f"NOT {_OWN} AND NOT {_LINKED}",
            techniques=("T1562.001",),
            fires=((DELETED,), (MADE, _call("DeleteAnalyzer", CI))),
            quiet=((MADE, DELETED), (OF_SERVICE,), (_GONE,), (_DENIED,)),
        ),
        "of_service": Detection(
            title="An analyzer that a service of AWS had made, and uses no more, was deleted",
            level="info",
            when=_LINKED,
            fires=((OF_SERVICE,),),
            quiet=((DELETED,), (_GONE,)),
        ),
        **tries("delete an analyzer", denied=_DENIED, failed=_GONE, done=DELETED, level="medium"),
    },
)
