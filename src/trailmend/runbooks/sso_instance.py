"""An instance of Identity Center is made or deleted: a directory of people begins or ends."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import call, denied
from trailmend.evidence.center import INSTANCE, PIPELINE, on_center
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_CREATE = "botocore sso-admin CreateInstance"
_DELETE = "botocore sso-admin DeleteInstance"
_LOST = (
    "AWS IAM Identity Center User Guide (archive of June 2023), Region availability (Delete your "
    "IAM Identity Center configuration), read 2026-11-28"
)
_ENABLED = "botocore sso-admin UpdateInstanceRequest (PermissionSetsEnabled)"
MADE = call(
    "CreateInstance",
    by=PIPELINE,
    source="sso",
    request={"name": "lab"},
    response={"instanceArn": INSTANCE},
    at="08:00:00",
)
DELETED = on_center("DeleteInstance")
_IS_THERE = call(
    "CreateInstance", by=PIPELINE, source="sso", request={"name": "lab"}, error="ConflictException"
)
_DENIED = denied("DeleteInstance", by=PIPELINE, source="sso")
_ENDS = "event_name = 'DeleteInstance'"
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("sso.amazonaws.com:CreateInstance", "sso.amazonaws.com:DeleteInstance"),
    family="Identity Center",
    first="Deleted: go to break-glass access, for nobody signs in by the portal. Made: ask the "
    "account's owner what the directory is for.",
    information=(
        Claim(
            "CreateInstance makes an instance in one account alone, a member or a standalone one; "
            "in the management account it is refused.",
            _CREATE,
        ),
        Claim(
            "An account has one instance. It lives in one region; the organization's can be copied "
            "to others (AddRegion).",
            f"{_CREATE}, AddRegion",
        ),
        Claim(
            "The instance of an organization is deleted only from the account that owns it, no "
            "delegated administrator can.",
            _DELETE,
        ),
    ),
    impact=(
        Claim(
            "With the instance of the organization go its people's sign-ins, permission sets and "
            "assignments: all who work by the portal are locked out.",
            f"{_DELETE}; {_LOST}",
        ),
        Claim(
            "An account's own instance is a second directory, outside the company's provider and "
            "its off-boarding.",
            _CREATE,
        ),
        Claim(
            "Permission sets can be enabled for an instance later, and never disabled.",
            _ENABLED,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An application needs an instance; or a trial is cleared away.",
            (Fact("The caller had made the instance.", "target_made_by_actor"),),
            (Fact("The instance is that of the organization."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder locks the company out, or makes a directory of their own to come back by.",
            (Fact("CreateUser in the new directory followed."),),
            (Fact("The account is a sandbox."),),
        ),
        Explanation(
            "insider",
            "A team makes its own directory because the central one is slow.",
            (Fact("An instance was made.", f"NOT {_ENDS}"),),
            (Fact("An instance was deleted.", _ENDS),),
        ),
        Explanation(
            "accident",
            "The console of an AWS application enables Identity Center in passing.",
            (Fact("It was enabled in the console.", "COALESCE(console, FALSE)"),),
            (Fact("The call did not come from the console.", "NOT console"),),
        ),
        Explanation(
            "automation",
            "A landing zone moves Identity Center to another region.",
            (Fact("An instance of another region was made before."),),
            (Fact("No other instance is there."),),
        ),
    ),
    corrections=(
        Correction(
            "A deleted instance can be enabled again with what it held.",
            Claim(
                "A new one has another id; sets, assignments and people have to be made anew.",
                f"{_CREATE}; {_LOST}",
            ),
        ),
    ),
    questions=(
        "Is it the organization's instance or an account's own?",
        "Who can enter the accounts without the portal (break-glass users, root)?",
    ),
    false_positives=("Trials of AWS applications in a sandbox.",),
    console=(
        Console(
            "Take back, or stand in for, the instance",
            (
                "Made: aws sso-admin delete-instance --instance-arn ARN, in the same account, "
                "after a look at its users.",
                "Deleted: enter by break-glass access, enable Identity Center in the management "
                "account, and run the code that makes sets and assignments.",
            ),
            f"{_CREATE}; {_DELETE}",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim("No call brings a deleted instance back.", "botocore sso-admin (no such call)"),
        Claim(
            "So no fix deletes one that was made: whose people and applications are in it by now, "
            "only its owners know.",
            _DELETE,
        ),
    ),
    detections={
        "deleted": Detection(
            title="An instance of Identity Center was deleted",
            level="high",
            when=f"{_ENDS} AND NOT {_OWN}",
            techniques=("T1531", "T1485"),
            fixes=STOP_CALLER,
            fires=((DELETED,), (MADE, DELETED)),
            quiet=((MADE,), (MADE, on_center("DeleteInstance", by=PIPELINE)), (_DENIED,)),
        ),
        "deleted_by_maker": Detection(
            title="An instance of Identity Center was deleted by whoever had made it",
            level="low",
            when=f"{_ENDS} AND {_OWN}",
            fires=((MADE, on_center("DeleteInstance", by=PIPELINE)),),
            quiet=((MADE, DELETED), (DELETED,)),
        ),
        "made": Detection(
            title="An account got an instance of Identity Center of its own",
            level="medium",
            when=f"NOT {_ENDS}",
            techniques=("T1136.003", "T1556"),
            fixes=STOP_CALLER,
            fires=((MADE,),),
            quiet=((DELETED,), (_IS_THERE,)),
        ),
        **tries(
            "make or delete an instance of Identity Center",
            denied=_DENIED,
            failed=_IS_THERE,
            done=MADE,
            level="medium",
        ),
    },
)
