"""A channel is made, changed or deleted: by it events from outside AWS come into a store."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_MAKE = "botocore cloudtrail CreateChannel"
_UPDATE = "botocore cloudtrail UpdateChannel"
_OF_TRAILS = "arn:aws:cloudtrail:us-east-1:111122223333"
_ARN = f"{_OF_TRAILS}:channel/11111111-2222-3333-4444-666666666666"
_TO = [{"type": "EVENT_DATA_STORE", "location": f"{_OF_TRAILS}:eventdatastore/1"}]
BOB, CI = user("bob"), role("ci")


def _do(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, source="cloudtrail", **more)


MADE = _do(
    "CreateChannel",
    request={"name": "sign-ins", "source": "Custom", "destinations": _TO},
    response={"channelArn": _ARN},
    at="08:00:00",
)
MOVED = _do("UpdateChannel", request={"channel": _ARN, "destinations": _TO})
RENAMED = _do("UpdateChannel", request={"channel": _ARN, "name": "logins"})
DELETED = _do("DeleteChannel", request={"channel": _ARN})
_BY_CI = _do("DeleteChannel", CI, request={"channel": _ARN})
_GONE = _do("DeleteChannel", request={"channel": _ARN}, error="ChannelNotFoundException")
_DENIED = denied("DeleteChannel", by=BOB, source="cloudtrail", resource=_ARN)
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_ENDS = "event_name = 'DeleteChannel'"
_MOVES = (
    "(event_name = 'UpdateChannel' AND "
    "COALESCE(request, '\"destinations\":') LIKE '%\"destinations\":%')"
)

RUNBOOK = Runbook(
    events=tuple(
        f"cloudtrail.amazonaws.com:{name}"
        for name in ("CreateChannel", "DeleteChannel", "UpdateChannel")
    ),
    family="trail",
    tier=2,
    first="See whether events of that source still come into the store that people search.",
    information=(
        Claim(
            "By a channel the events of a partner, or of programs of one's own, come into stores "
            "of events of CloudTrail Lake.",
            _MAKE,
        ),
        Claim("There is one channel at most for each source.", f"{_MAKE} (Source)"),
        Claim(
            "A change names the stores that take the events in, or gives the channel another name; "
            "its source stays.",
            f"{_UPDATE}; {_MAKE} (Source)",
        ),
    ),
    impact=(
        Claim(
            "Without it what happens at that source, as sign-ins at an identity provider, is no "
            "longer beside the events of AWS.",
            f"botocore cloudtrail DeleteChannel; {_MAKE}",
        ),
        Claim(
            "Events that go to another store are missed where people look for them.",
            f"{_UPDATE} (Destinations)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A source is connected, or a contract with a partner ends.",
            (Fact("The caller had made the channel.", "target_made_by_actor"),),
            (Fact("Another principal had made it.", "NOT target_made_by_actor"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder cuts off the source that would show the first step of the attack.",
            (Fact("Events of that source end here, or go elsewhere.", f"{_ENDS} OR {_MOVES}"),),
            (Fact("A channel was made, or got another name.", f"NOT {_ENDS} AND NOT {_MOVES}"),),
        ),
    ),
    corrections=(
        Correction(
            "CloudTrail records AWS alone.",
            Claim("A store takes in events of other sources too, by channels.", _MAKE),
        ),
    ),
    questions=(
        "Which source is it, and who searches its events?",
        "What happened at that source in the hours before?",
    ),
    false_positives=("The end of a partner's integration.",),
    console=(
        Console(
            "Connect the source again",
            (
                "aws cloudtrail update-channel --channel ARN --destinations "
                "type=EVENT_DATA_STORE,location=STORE",
                "A deleted channel is made anew: aws cloudtrail create-channel --name NAME "
                "--source SOURCE --destinations type=EVENT_DATA_STORE,location=STORE; it has "
                "another ARN, which the source must be told.",
            ),
            "botocore cloudtrail UpdateChannel, CreateChannel",
            "2026-11-28",
        ),
    ),
    detections={
        "deleted": Detection(
            title="A channel of somebody else was deleted: its source's events come in no more",
            level="medium",
            when=f"{_ENDS} AND NOT {_OWN}",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=((DELETED,), (MADE, _BY_CI)),
            quiet=((MADE, DELETED), (MOVED,), (_GONE,)),
        ),
        "redirected": Detection(
            title="The events of somebody else's channel go to other stores",
            level="medium",
            when=f"{_MOVES} AND NOT {_OWN}",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=((MOVED,),),
            quiet=((RENAMED,), (MADE, MOVED), (DELETED,)),
        ),
        "set_up": Detection(
            title="A channel was made or renamed, or changed by whoever had made it",
            level="low",
            when=f"NOT (({_ENDS} OR {_MOVES}) AND NOT {_OWN})",
            fires=((MADE,), (RENAMED,), (MADE, MOVED), (MADE, DELETED)),
            quiet=((DELETED,), (MOVED,), (_DENIED,)),
        ),
        **tries(
            "change a channel of events",
            denied=_DENIED,
            failed=_GONE,
            done=MADE,
            level="medium",
            techniques=("T1562.008",),
        ),
    },
)
