"""A trail stops recording; it stays in the account and looks whole at a glance."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.trails import repair_trail

_MODEL = "botocore cloudtrail StopLogging"
_ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
_HISTORY = (
    "AWS CloudTrail User Guide (archive of June 2023), Viewing events with CloudTrail event "
    "history, read 2026-11-28"
)
ALICE, DEPLOY = user("alice"), role("deploy", session="alice")


def _stop(by: Principal, name: str = "main", **more: Any) -> dict[str, Any]:
    return call("StopLogging", by=by, source="cloudtrail", request={"name": name}, **more)


MADE = call("CreateTrail", by=ALICE, source="cloudtrail", request={"name": "main"}, at="08:00:00")
_GONE = _stop(ALICE, error="TrailNotFoundException", message=f"Unknown trail: {_ARN}")
_AWAY = _stop(ALICE, error="InvalidHomeRegionException")
_DENIED = denied("StopLogging", by=ALICE, resource=_ARN, source="cloudtrail")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("cloudtrail.amazonaws.com:StopLogging",),
    family="trail",
    first=(
        "Start logging again (`trails.repair_trail`), stop the caller if nobody answers for it, "
        "then read the event history of the hours since: it goes on without a trail."
    ),
    information=(
        Claim(
            "The call suspends recording and the delivery of log files for one trail; the trail "
            "and its settings stay.",
            _MODEL,
        ),
        Claim(
            "A trail of all regions is stopped in the region where it was made, and then records "
            "in none.",
            f"{_MODEL} (InvalidHomeRegionException)",
        ),
        Claim(
            "The record names the trail by name or by ARN, and can be the last that the stopped "
            "trail delivers; what follows is with another trail or in the event history alone.",
            "sample: panther StopLogging; sample: streamalert StopLogging; AWS CloudTrail User "
            "Guide (archive of June 2023), CloudTrail digest file structure, read 2026-11-28",
        ),
        Claim(
            "The event history keeps the management events of 90 days in each region without any "
            "trail, and nobody can turn it off.",
            _HISTORY,
        ),
    ),
    impact=(
        Claim(
            "From then on what reads the trail's bucket sees nothing: alarms on log groups, SIEM "
            "and this tool are blind to that trail.",
            _MODEL,
        ),
        Claim(
            "Data events, as reads of objects, are in no event history: what happens to them in "
            "the gap is lost.",
            _HISTORY,
        ),
        Claim(
            "Digest files miss the gap: validation finds no broken chain, for nothing was logged.",
            "measured with `aws cloudtrail validate-logs`, awscli 1.46.3: a stopped trail passes",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A trail is replaced by another, or a duplicate is stopped to save its cost.",
            (
                Fact("The caller had made the trail.", "target_made_by_actor"),
                Fact("Another trail of all regions records; see aws cloudtrail describe-trails."),
            ),
            (Fact("No other trail logs management events."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder blinds the account before the next step.",
            (Fact("IAM calls by the same principal followed; see the event history."),),
            (Fact("StartLogging by the same principal followed within minutes."),),
        ),
        Explanation(
            "insider",
            "A colleague hides a piece of work.",
            (Fact("Other logs show work of the same person in the gap."),),
            (Fact("A ticket names the trail."),),
        ),
        Explanation(
            "accident",
            "A clean-up script or a test of the wrong account stops a trail in use.",
            (Fact("The same call was made for trails of other accounts too."),),
            (Fact("A person chose the trail in the console.", "COALESCE(console, FALSE)"),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code with logging set to off, or a landing zone that moves trails.",
            (Fact("UpdateTrail or DeleteTrail by the same role stands beside it."),),
            (Fact("The code of the account leaves logging on."),),
        ),
    ),
    control_gaps=(
        Claim(
            "No service control policy denies cloudtrail:StopLogging to everybody but one role of "
            "the security account.",
            "AWS Organizations User Guide (archive of June 2023), Tutorial: Creating and "
            "configuring an organization (a policy that denies StopLogging), General examples (an "
            "exception for one role), read 2026-11-28",
        ),
        Claim(
            "The trail is the account's own. One of the organization could not be stopped from a "
            "member account.",
            "AWS CloudTrail User Guide (archive of June 2023), Creating a trail for an "
            "organization, read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "After StopLogging nothing can be known of the gap.",
            Claim("Management events are in the event history for 90 days.", _HISTORY),
        ),
        Correction(
            "describe-trails shows whether a trail is on.",
            Claim(
                "It does not. get-trail-status does, in IsLogging, with the last delivery.",
                "botocore cloudtrail GetTrailStatus, DescribeTrails",
            ),
        ),
    ),
    questions=(
        "To the owner of the log archive: which other trail records this account?",
        "What did the caller (`actor`) do before and after, by the event history of every region?",
        "To the caller: by which ticket, and when does logging start again?",
    ),
    false_positives=(
        "Attack simulations (Stratus Red Team) make a trail of their own and stop it.",
        "A migration to an organization's trail ends with stopping the old ones.",
    ),
    console=(
        Console(
            "Start logging",
            (
                "Open the CloudTrail console in the home region of the trail, choose Trails.",
                "Choose the trail's name, then Start logging at the top of its page.",
            ),
            "AWS CloudTrail User Guide (archive of June 2023), Turning off logging for a trail; "
            "labels not checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim("What was not recorded is not recorded later: the gap in the bucket stays.", _MODEL),
    ),
    detections={
        "by_root": Detection(
            title="Root stopped a trail",
            level="high",
            when="actor_type = 'Root'",
            techniques=("T1562.008",),
            fixes=(repair_trail,),
            fires=((_stop(root()),), (_stop(root(assumed=True)),)),
            quiet=((_stop(role("root")),), (_stop(ALICE),), (_GONE,)),
        ),
        "own_trail": Detection(
            title="A trail was stopped by whoever had made it",
            level="medium",
            when=f"actor_type <> 'Root' AND {_OWN}",
            techniques=("T1562.008",),
            fixes=(repair_trail, *STOP_CALLER),
            fires=((MADE, _stop(ALICE)), (MADE, _stop(ALICE, _ARN))),
            quiet=((_stop(ALICE),), (MADE, _stop(user("bob"))), (MADE, _stop(root()))),
        ),
        # A trail whose making the log does not show is the account's: null falls here.
        "stopped": Detection(
            title="A trail was stopped",
            level="high",
            when=f"actor_type <> 'Root' AND NOT {_OWN}",
            techniques=("T1562.008",),
            fixes=(repair_trail, *STOP_CALLER),
            fires=((_stop(ALICE),), (_stop(DEPLOY, _ARN),), (MADE, _stop(user("bob")))),
            quiet=((MADE, _stop(ALICE)), (_stop(root()),), (_DENIED,), (_AWAY,)),
        ),
        "denied": Detection(
            title="A try to stop a trail was refused",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=((_DENIED,), (denied("StopLogging", by=DEPLOY, source="cloudtrail"),)),
            quiet=((_stop(ALICE),), (_GONE,)),
        ),
        "no_such_trail": Detection(
            title="A trail that is not there was to be stopped",
            level="low",
            when="error_code LIKE 'TrailNotFound%'",
            outcome="failed",
            fires=((_GONE,),),
            quiet=((_AWAY,), (_DENIED,), (_stop(ALICE),)),
        ),
        "failed": Detection(
            title="A call to stop a trail failed",
            level="low",
            when="NOT COALESCE(error_code, '') LIKE 'TrailNotFound%'",
            outcome="failed",
            fires=((_AWAY,),),
            quiet=((_GONE,), (_DENIED,)),
        ),
    },
)
