"""A store of events is changed: what it takes in, for how long it keeps it, who may delete it."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_MODEL = "botocore cloudtrail UpdateEventDataStore"
_CONFIGURE = "botocore cloudtrail PutEventConfiguration, ContextKeySelector"
_ARN = (
    "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/11111111-2222-3333-4444-555555555555"
)
_DATA = [{"fieldSelectors": [{"field": "eventCategory", "equals": ["Data"]}]}]
BOB, CI = user("bob"), role("ci")


def _update(by: Principal = BOB, **changes: Any) -> dict[str, Any]:
    more = {name: changes.pop(name) for name in ("error", "at") if name in changes}
    request = {"eventDataStore": _ARN, **changes}
    return call("UpdateEventDataStore", by=by, source="cloudtrail", request=request, **more)


MADE = call(
    "CreateEventDataStore",
    by=BOB,
    source="cloudtrail",
    request={"name": "lake", "retentionPeriod": 365},
    response={"eventDataStoreArn": _ARN, "terminationProtectionEnabled": True},
    at="08:00:00",
)
_CONFIGURED = call(
    "PutEventConfiguration",
    by=BOB,
    source="cloudtrail",
    request={"eventDataStore": _ARN, "maxEventSize": "Standard"},
)
SHORTER, LONGER = _update(retentionPeriod=7), _update(retentionPeriod=400)
_UNPROTECTED, _ONE_REGION = (
    _update(terminationProtectionEnabled=False),
    _update(multiRegionEnabled=False),
)
_INACTIVE = _update(retentionPeriod=7, error="InactiveEventDataStoreException")
_DENIED = denied("UpdateEventDataStore", by=BOB, source="cloudtrail", resource=_ARN)
_UPDATES = "event_name = 'UpdateEventDataStore'"
_LESS = f"{_UPDATES} AND COALESCE(weakens, FALSE)"
_LOSES = "COALESCE(weakened, '') LIKE '%retentionPeriod%'"
_LEAVES_OUT = "COALESCE(weakened, '') LIKE '%advancedEventSelectors%'"
_MANAGEMENT = {"field": "eventCategory", "equals": ["Management"]}
_MYSELF = {"field": "userIdentity.arn", "notEquals": ["arn:aws:iam::111122223333:user/bob"]}
_BUT_MINE = [{"fieldSelectors": [_MANAGEMENT, _MYSELF]}]

RUNBOOK = Runbook(
    events=(
        "cloudtrail.amazonaws.com:UpdateEventDataStore",
        "cloudtrail.amazonaws.com:PutEventConfiguration",
    ),
    family="trail",
    tier=2,
    first=(
        "Turn termination protection on again, so that the store cannot be deleted; then set the "
        "rest back (`before`)."
    ),
    information=(
        Claim("A setting of the store that is not sent stays as it is.", _MODEL),
        Claim(
            "By it a store takes in one region instead of all, one account instead of the "
            "organization's, other kinds of events, and keeps them for fewer days.",
            _MODEL,
        ),
        Claim(
            "A store cannot be deleted while termination protection is on.",
            "botocore cloudtrail DeleteEventDataStore",
        ),
        Claim(
            "A key that the store was given once can be neither taken off nor changed.",
            f"{_MODEL} (KmsKeyId)",
        ),
        Claim(
            "PutEventConfiguration says how large an event may be, which keys of the request and "
            "which tags it carries, and what a trail sums up of data events.",
            _CONFIGURE,
        ),
    ),
    impact=(
        Claim(
            "Fewer days to keep means that CloudTrail removes the older events: no later setting "
            "brings them back.",
            f"{_MODEL} (RetentionPeriod); unchecked: that removed events cannot be had again",
        ),
        Claim(
            "Without protection one more call deletes the store.",
            "botocore cloudtrail DeleteEventDataStore (TerminationProtectionEnabled)",
        ),
        Claim(
            "A key that its owner disables stops the store and makes what it holds unreadable.",
            f"{_MODEL} (KmsKeyId)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Costs are cut, or the store is being left for another log.",
            (Fact("The caller had made the store.", "target_made_by_actor"),),
            (Fact("These settings became weaker: {weakened}.", "weakens"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder lets the evidence run out, or clears the way to delete the store.",
            (
                Fact("What is older than the new time is removed.", _LOSES),
                Fact(
                    "The protection against deletion is off.",
                    "weakened LIKE '%terminationProtectionEnabled%'",
                ),
                Fact("It leaves out management events.", _LEAVES_OUT),
                Fact("DeleteEventDataStore by the same principal followed."),
            ),
            (Fact("Nothing of the store became weaker.", "NOT weakens"),),
        ),
        Explanation(
            "accident",
            "A module's default for the days to keep replaced what somebody had chosen.",
            (Fact("The same value was sent to other stores."),),
            (Fact("Protection was taken off in the same call.", "weakened LIKE '%ermination%'"),),
        ),
    ),
    corrections=(
        Correction(
            "Fewer days to keep count for new events only.",
            Claim(
                "They count for what the store holds: older events are removed.",
                f"{_MODEL} (RetentionPeriod)",
            ),
        ),
    ),
    questions=(
        "To the owner of the log: for how long must events be kept, and where else are they?",
        "Whose is the key, if the call names one?",
    ),
    false_positives=("Stores of data events that are kept for a short time on purpose.",),
    console=(
        Console(
            "Set a store back",
            (
                "aws cloudtrail get-event-data-store --event-data-store ARN shows how it is set.",
                "aws cloudtrail update-event-data-store --event-data-store ARN "
                "--termination-protection-enabled --multi-region-enabled --retention-period DAYS, "
                "with the values of `before`.",
                "What the store lost may still be in the bucket of a trail: aws cloudtrail "
                "start-import copies it from there into a store.",
            ),
            "botocore cloudtrail GetEventDataStore, UpdateEventDataStore, StartImport",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "The store itself does not give back what a shorter time to keep removed from it.",
            "unchecked: the model speaks of the removal alone (botocore cloudtrail "
            "UpdateEventDataStore, RetentionPeriod)",
        ),
    ),
    detections={
        "shortened": Detection(
            title="A store of events keeps them for a shorter time: older ones are removed",
            level="high",
            when=f"{_LESS} AND {_LOSES}",
            techniques=("T1562.008", "T1485"),
            fixes=STOP_CALLER,
            fires=((MADE, SHORTER), (MADE, _update(CI, retentionPeriod=90))),
            quiet=((SHORTER,), (MADE, LONGER), (MADE, _UNPROTECTED), (MADE, _INACTIVE)),
        ),
        "less": Detection(
            title="A store of events no longer takes in all management events",
            level="high",
            when=f"{_LESS} AND NOT {_LOSES} AND {_LEAVES_OUT}",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=(
                (MADE, _update(advancedEventSelectors=_BUT_MINE)),
                (MADE, _update(advancedEventSelectors=_DATA)),
            ),
            quiet=((MADE, SHORTER), (_UNPROTECTED,), (_update(advancedEventSelectors=_DATA),)),
        ),
        "weakened": Detection(
            title="A store of events was changed to take in less, or may be deleted now",
            level="medium",
            when=f"{_LESS} AND NOT {_LOSES} AND NOT {_LEAVES_OUT}",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=(
                (_UNPROTECTED,),
                (_update(root(), multiRegionEnabled=False),),
            ),
            quiet=((MADE, SHORTER), (_update(multiRegionEnabled=True),), (_DENIED,)),
        ),
        # What the store was set to before is not in the log: it may be less now, or not.
        "perhaps_less": Detection(
            title="A store of events was changed; the log does not show how it was before",
            level="medium",
            when=f"{_UPDATES} AND weakens IS NULL",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=((SHORTER,), (_update(advancedEventSelectors=_DATA),), (_update(kmsKeyId="k"),)),
            quiet=((MADE, SHORTER), (_ONE_REGION,), (_CONFIGURED,)),
        ),
        "changed": Detection(
            title="Settings of a store of events were changed, none for the worse",
            level="low",
            when=f"{_UPDATES} AND weakens IS NOT DISTINCT FROM FALSE",
            fires=((MADE, LONGER), (_update(multiRegionEnabled=True),)),
            quiet=((MADE, SHORTER), (LONGER,), (_ONE_REGION,)),
        ),
        "configured": Detection(
            title="What the events of a store or trail carry was chosen",
            level="low",
            when=f"NOT {_UPDATES}",
            fires=((_CONFIGURED,),),
            quiet=((SHORTER,), (_DENIED,)),
        ),
        **tries(
            "change a store of events",
            denied=_DENIED,
            failed=_INACTIVE,
            done=SHORTER,
            level="medium",
            techniques=("T1562.008",),
        ),
    },
)
