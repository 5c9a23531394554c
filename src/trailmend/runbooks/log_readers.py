"""Who else may read a store of events, or send events into it, is set: by a policy or by Athena."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, Principal, call, denied, role, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_EXAMPLES = (
    "AWS CloudTrail User Guide, AWS CloudTrail resource-based policy examples, read 2026-11-28"
)
_POLICY = "botocore cloudtrail PutResourcePolicy"
_FEDERATE = "botocore cloudtrail EnableFederation"
_OF_TRAILS = "arn:aws:cloudtrail:us-east-1:111122223333"
_STORE = f"{_OF_TRAILS}:eventdatastore/11111111-2222-3333-4444-555555555555"
_CHANNEL = f"{_OF_TRAILS}:channel/11111111-2222-3333-4444-666666666666"
BOB, CI = user("bob"), role("ci")


def _do(event_name: str, by: Principal = BOB, **request: Any) -> dict[str, Any]:
    more = {one: request.pop(one) for one in ("error", "at") if one in request}
    return call(event_name, by=by, source="cloudtrail", request=request, **more)


def _put(principal: str, thing: str = _STORE, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    allowed = (
        f'{{"Effect": "Allow", "Principal": {principal}, "Action": "cloudtrail:*", '
        f'"Resource": "{thing}"}}'
    )
    policy = f'{{"Version": "2012-10-17", "Statement": [{allowed}]}}'
    return _do("PutResourcePolicy", by, resourceArn=thing, resourcePolicy=policy, **more)


_OTHERS = f'{{"AWS": "{OTHER_ACCOUNT}"}}'
OUTSIDER, ANYONE = _put(_OTHERS), _put('"*"')
OWN = _put('{"AWS": "111122223333"}')
TO_CHANNEL = _put(_OTHERS, _CHANNEL)
_UNCLEAR = _put('{"AWS": "AROAEXAMPLEEXAMPLE12"}')
CLOSED = _do("DeleteResourcePolicy", resourceArn=_STORE)
FEDERATED = _do(
    "EnableFederation",
    eventDataStore=_STORE,
    federationRoleArn="arn:aws:iam::111122223333:role/lake",
)
_UNFEDERATED = _do("DisableFederation", eventDataStore=_STORE)
_BAD = _do("PutResourcePolicy", resourceArn=_STORE, error="ResourcePolicyNotValidException")
_DENIED = denied("PutResourcePolicy", by=BOB, source="cloudtrail", resource=_STORE)
_PUTS = "event_name = 'PutResourcePolicy'"
_ANYONE = "COALESCE(trusts_anyone, FALSE)"
_OUTSIDER = "COALESCE(trusts_outsider, FALSE)"
_IS_STORE = "COALESCE(target_type, 'event_data_store') = 'event_data_store'"

RUNBOOK = Runbook(
    events=tuple(
        f"cloudtrail.amazonaws.com:{name}"
        for name in (
            *("PutResourcePolicy", "DeleteResourcePolicy"),
            *("EnableFederation", "DisableFederation"),
        )
    ),
    family="trail",
    tier=2,
    first="Read whom the policy names; take it off unless the owner of the log knows them.",
    information=(
        Claim(
            "A store of events, a channel and a dashboard can each have a policy of their own; "
            "what is sent is attached whole.",
            _POLICY,
        ),
        Claim(
            "The policy of a store opens it to other accounts; that of a channel says who may "
            "send events through it; that of a dashboard lets CloudTrail refresh it.",
            _EXAMPLES,
        ),
        Claim(
            "With federation people search the store by Athena, and services read it by the role "
            "that the call names.",
            f"{_FEDERATE} (FederationRoleArn)",
        ),
        Claim(
            "Without it searches in CloudTrail Lake go on, and nothing that was recorded goes.",
            "botocore cloudtrail DisableFederation",
        ),
    ),
    impact=(
        Claim(
            "Whoever may query the store reads who did what in the account, or in the whole "
            "organization, and sees whether they were noticed.",
            f"{_EXAMPLES}; botocore cloudtrail CreateEventDataStore (OrganizationEnabled)",
        ),
        Claim(
            "Whoever may send through a channel can put events into the store that never happened.",
            f"{_EXAMPLES} (PutAuditEvents)",
        ),
        Claim(
            "A store can be deleted only where federation is off.",
            "botocore cloudtrail DeleteEventDataStore (FederationStatus)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The security account is to search the log, or a partner delivers events of its own.",
            (Fact("No outsider is let in.", "NOT trusts_outsider"),),
            (Fact("The policy lets an outsider in: {trusted}.", "trusts_outsider"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder lets an account of their own read along, or forge events.",
            (
                Fact("Anyone is let in.", "trusts_anyone"),
                Fact("The policy lets an outsider in: {trusted}.", "trusts_outsider"),
            ),
            (Fact("The account that is let in is one of the company's."),),
        ),
        Explanation(
            "accident",
            "The example of a manual was pasted with its star as the principal.",
            (Fact("A principal is the star.", "trusts_anyone"),),
            (Fact("Each principal is named.", "NOT trusts_anyone"),),
        ),
    ),
    corrections=(
        Correction(
            "Only the owner's account can query a store of events.",
            Claim("A policy of the store opens it to principals of other accounts.", _EXAMPLES),
        ),
    ),
    questions=(
        "Whose are the accounts that the policy names?",
        "Who may use the tables in Athena that belong to the store?",
    ),
    false_positives=("Security accounts, partners that deliver events, and dashboards.",),
    console=(
        Console(
            "Close the store again",
            (
                "aws cloudtrail get-resource-policy --resource-arn ARN shows the policy in force.",
                "aws cloudtrail delete-resource-policy --resource-arn ARN, or put-resource-policy "
                "with the policy of `before`.",
                "aws cloudtrail disable-federation --event-data-store ARN ends the searches by "
                "Athena.",
            ),
            "botocore cloudtrail GetResourcePolicy, DeleteResourcePolicy, PutResourcePolicy, "
            "DisableFederation",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "What was read cannot be called back, and forged events stay in the store.",
            "unchecked: botocore cloudtrail has no call that deletes single events",
        ),
    ),
    detections={
        "anyone": Detection(
            title="A store of events, a channel or a dashboard was opened to anyone",
            level="high",
            when=f"{_PUTS} AND {_ANYONE}",
            techniques=("T1530", "T1098"),
            fixes=STOP_CALLER,
            fires=((ANYONE,), (_put('{"AWS": "*"}', _CHANNEL),)),
            quiet=((OUTSIDER,), (OWN,), (_BAD,)),
        ),
        "outsider_reads": Detection(
            title="A store of events was opened to another account",
            level="high",
            when=f"{_PUTS} AND NOT {_ANYONE} AND {_OUTSIDER} AND {_IS_STORE}",
            techniques=("T1530", "T1098"),
            fixes=STOP_CALLER,
            fires=((OUTSIDER,), (_put(_OTHERS, by=CI),)),
            quiet=((ANYONE,), (TO_CHANNEL,), (OWN,)),
        ),
        "outsider_sends": Detection(
            title="A channel or a dashboard was opened to another account",
            level="medium",
            when=f"{_PUTS} AND NOT {_ANYONE} AND {_OUTSIDER} AND NOT {_IS_STORE}",
            techniques=("T1098",),
            fixes=STOP_CALLER,
            fires=((TO_CHANNEL,),),
            quiet=((OUTSIDER,), (OWN,)),
        ),
        "unclear": Detection(
            title="A policy was put on a store, channel or dashboard: whom it lets in is not known",
            level="medium",
            when=f"{_PUTS} AND NOT {_ANYONE} AND trusts_outsider IS NULL",
            techniques=("T1098",),
            fixes=STOP_CALLER,
            fires=((_UNCLEAR,), (_do("PutResourcePolicy", resourceArn=_STORE),)),
            quiet=((OUTSIDER,), (OWN,), (CLOSED,)),
        ),
        "own": Detection(
            title="A policy was put on a store, channel or dashboard that lets in no outsider",
            level="low",
            when=f"{_PUTS} AND NOT {_ANYONE} AND trusts_outsider IS NOT DISTINCT FROM FALSE",
            fires=((OWN,), (_put('{"Service": "cloudtrail.amazonaws.com"}'),)),
            quiet=((OUTSIDER,), (_UNCLEAR,)),
        ),
        "federated": Detection(
            title="A store of events was opened to searches by Athena",
            level="medium",
            when="event_name = 'EnableFederation'",
            techniques=("T1530",),
            fixes=STOP_CALLER,
            fires=((FEDERATED,),),
            quiet=((_UNFEDERATED,), (OUTSIDER,)),
        ),
        "closed": Detection(
            title="A way to a store of events was closed: its policy, or searches by Athena",
            level="low",
            when=f"NOT {_PUTS} AND event_name <> 'EnableFederation'",
            fires=((CLOSED,), (_UNFEDERATED,)),
            quiet=((FEDERATED,), (OUTSIDER,), (_DENIED,)),
        ),
        **tries(
            "open a store of events",
            denied=_DENIED,
            failed=_BAD,
            done=OUTSIDER,
            level="medium",
            techniques=("T1530",),
        ),
    },
)
