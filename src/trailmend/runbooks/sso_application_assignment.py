"""Who may use an application of Identity Center: somebody is let in or out, or everybody is in."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, directory_id
from trailmend.evidence.center import APPLICATION, PIPELINE, on_center
from trailmend.tries import tries

_GIVE = "botocore sso-admin CreateApplicationAssignment"
_TAKE = "botocore sso-admin DeleteApplicationAssignment"
_RULE = "botocore sso-admin PutApplicationAssignmentConfiguration"
MADE = on_center(
    "CreateApplication", name="reports", response={"applicationArn": APPLICATION}, at="08:00:00"
)


def _assign(event_name: str, name: str = "sam", **more: Any) -> dict[str, Any]:
    whom: dict[str, Any] = {"principalType": "USER", "principalId": directory_id(name)}
    return on_center(event_name, applicationArn=APPLICATION, **whom, **more)


def _required(required: bool) -> dict[str, Any]:
    return on_center(
        "PutApplicationAssignmentConfiguration",
        applicationArn=APPLICATION,
        assignmentRequired=required,
    )


GIVEN, TAKEN = _assign("CreateApplicationAssignment"), _assign("DeleteApplicationAssignment")
OPENED, CLOSED = _required(False), _required(True)
_FIVE = tuple(
    _assign("DeleteApplicationAssignment", f"u{number}", at=f"09:0{number}:00")
    for number in range(5)
)
_TWICE = _assign("CreateApplicationAssignment", error="ConflictException")
_DENIED = denied("CreateApplicationAssignment", by=PIPELINE, source="sso")
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_SETS = "event_name = 'PutApplicationAssignmentConfiguration'"
# A request that CloudTrail left out may let everybody in.
_OPENS = "COALESCE(request, '\"assignmentRequired\":false') LIKE '%\"assignmentRequired\":false%'"
_TAKES = "event_name = 'DeleteApplicationAssignment'"

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:CreateApplicationAssignment",
        "sso.amazonaws.com:DeleteApplicationAssignment",
        "sso.amazonaws.com:PutApplicationAssignmentConfiguration",
    ),
    family="Identity Center",
    tier=2,
    first="See whether the application asks for assignments, and who has one that should not.",
    information=(
        Claim("An assignment lets one user or one group of the directory in.", _GIVE),
        Claim(
            "Where no assignment is required, all users of the directory are in; it is required if "
            "nothing is set.",
            _RULE,
        ),
        Claim(
            "Assignments that were made meanwhile count again when they are required again.", _RULE
        ),
    ),
    impact=(
        Claim(
            "Whoever has any person of the directory gets into an application that is open to all, "
            "with what the application gives to everybody.",
            _RULE,
        ),
        Claim("Those whose assignment is taken lose the application.", _TAKE),
    ),
    explanations=(
        Explanation(
            "intended",
            "A team gets an application, or it is made for the whole company.",
            (Fact("It is opened by whoever had made it.", f"{_SETS} AND {_OWN}"),),
            (Fact("The application shows data that is not for everybody."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder lets a person of theirs into an application, by name or with all others.",
            (
                Fact("Assignments are not required any more.", f"{_SETS} AND {_OPENS}"),
                Fact("The caller had made the person, {target_name}.", f"NOT {_SETS} AND {_OWN}"),
            ),
            (Fact("Somebody lost the application.", _TAKES),),
        ),
    ),
    corrections=(
        Correction(
            "An assignment to an application gives an AWS account.",
            Claim(
                "It gives the application; an account is assigned with a permission set.",
                f"{_GIVE}, CreateAccountAssignment",
            ),
        ),
    ),
    questions=("What can somebody do in the application who has no right of their own there?",),
    false_positives=("People who join, change teams or leave.",),
    detections={
        "open_to_all": Detection(
            title="An application was opened to everybody of the directory",
            level="medium",
            when=f"{_SETS} AND {_OPENS} AND NOT {_OWN}",
            techniques=("T1098",),
            fires=((OPENED,),),
            quiet=((MADE, OPENED), (CLOSED,), (GIVEN,)),
        ),
        "open_by_maker": Detection(
            title="An application was opened to everybody by whoever had made it",
            level="low",
            when=f"{_SETS} AND {_OPENS} AND {_OWN}",
            fires=((MADE, OPENED),),
            quiet=((OPENED,), (MADE, CLOSED)),
        ),
        "closed": Detection(
            title="An application asks for assignments now",
            level="info",
            when=f"{_SETS} AND NOT ({_OPENS})",
            fires=((CLOSED,), (MADE, CLOSED)),
            quiet=((OPENED,), (TAKEN,)),
        ),
        "bulk": Detection(
            title="The fifth user or group within ten minutes lost an application to one principal",
            level="medium",
            when=f"{_TAKES} AND COALESCE(targets_10m, 0) = 5",
            techniques=("T1531",),
            fires=(_FIVE,),
            quiet=((TAKEN,), _FIVE[:4]),
        ),
        "taken": Detection(
            title="Somebody of the directory lost an application",
            level="low",
            when=f"{_TAKES} AND COALESCE(targets_10m, 0) <> 5",
            fires=((TAKEN,), _FIVE[:4]),
            quiet=((GIVEN,), (CLOSED,)),
        ),
        "given": Detection(
            title="Somebody of the directory was let into an application",
            level="low",
            when=f"NOT {_SETS} AND NOT {_TAKES}",
            techniques=("T1098",),
            fires=((GIVEN,),),
            quiet=((TAKEN,), (OPENED,), (_TWICE,)),
        ),
        **tries("let somebody into an application", denied=_DENIED, failed=_TWICE, done=GIVEN),
    },
)
