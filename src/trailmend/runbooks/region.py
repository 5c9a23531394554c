"""A region is enabled for the account, or disabled in it."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_ENABLE = "botocore account EnableRegion"
_DISABLE = "botocore account DisableRegion"
_REGIONS = (
    "AWS Account Management Reference Guide, Enable or disable AWS Regions in your account, "
    "read 2026-11-28"
)
_MANY = (
    "AWS CloudTrail User Guide, Receiving CloudTrail log files from multiple Regions, "
    "read 2026-11-28"
)
BOB = user("bob")


def _call(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    request = {"regionName": "af-south-1"} | more.pop("request", {})
    return call(event_name, by=by, source="account", request=request, **more)


ENABLED, DISABLED = _call("EnableRegion"), _call("DisableRegion")
_OF_MEMBER = _call("EnableRegion", role("org-admin"), request={"accountId": OTHER_ACCOUNT})
_BUSY = _call("EnableRegion", error="ConflictException")
_DENIED = denied("EnableRegion", by=BOB, source="account")
_ON = "event_name = 'EnableRegion'"

RUNBOOK = Runbook(
    events=("account.amazonaws.com:EnableRegion", "account.amazonaws.com:DisableRegion"),
    family="account",
    tier=2,
    first="Ask who needs the region; if nobody does, disable it, and look at what was made in it.",
    information=(
        Claim(
            "Regions launched before March 20, 2019 are on in every account and cannot be "
            "switched; the later ones are off until they are enabled.",
            _REGIONS,
        ),
        Claim(
            "Enabling brings the account's identities and policies to the region; it takes "
            "minutes, at times hours, and only then is the region usable.",
            f"{_ENABLE} (RegionName)",
        ),
        Claim(
            "The management account, or the delegated administrator of account management, can "
            "do it for a member account.",
            f"{_ENABLE} (AccountId)",
        ),
    ),
    impact=(
        Claim(
            "A region where nobody watches is a place to work unseen: monitoring may not cover "
            "regions that are new to the account.",
            "SigmaHQ rules, aws_cloudtrail_region_enabled, read 2026-11-28",
        ),
        Claim(
            "A trail of all regions gets a copy of itself in the new one; a trail of one region "
            "sees nothing there.",
            _MANY,
        ),
        Claim(
            "Disabling a region takes all access by IAM from what is in it, and the account's "
            "identities out of it.",
            f"{_DISABLE} (RegionName)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A product is to run in the region, or a region that is no longer used is closed.",
            (
                Fact(
                    "The caller did it for {targets_10m} accounts within ten minutes.",
                    "targets_10m >= 3",
                ),
            ),
            (Fact("The company does nothing in that region."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder opens a region without watchers, to run machines or hide a foothold.",
            (Fact("A region was enabled.", _ON),),
            (Fact("A policy of the organization denies regions that are not used."),),
        ),
        Explanation(
            "accident",
            "The wrong region was chosen in the list of the console.",
            (Fact("The other call on the same region followed within the hour."),),
            (Fact("Something was made in the region since."),),
        ),
    ),
    corrections=(
        Correction(
            "Whoever may use the account may use every region.",
            Claim(
                "Not one that has to be enabled: account:EnableRegion is a right of its own, and "
                "the condition account:TargetRegion says for which.",
                "AWS IAM User Guide, AWS: Allows enabling and disabling AWS Regions, "
                "read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): for which work?",
        "Does a trail of all regions record the account, and does threat detection cover the new "
        "region?",
        "Which calls does the log show in that region since?",
    ),
    false_positives=("A new market, and landing zones that close regions.",),
    console=(
        Console(
            "Switch the region back",
            (
                "aws account get-region-opt-status --region-name REGION tells whether the change "
                "is done: until then it cannot be turned round.",
                "aws account disable-region --region-name REGION, or aws account enable-region "
                "--region-name REGION; for a member account add --account-id ACCOUNT in the "
                "management account.",
                "Before disabling, delete what was made in the region: afterwards nobody reaches "
                "it.",
            ),
            "botocore account GetRegionOptStatus, DisableRegion, EnableRegion",
            "2026-11-28",
        ),
    ),
    detections={
        "enabled": Detection(
            title="A region was enabled for the account",
            level="medium",
            when=_ON,
            techniques=("T1535",),
            fixes=STOP_CALLER,
            fires=((ENABLED,), (_OF_MEMBER,), (_call("EnableRegion", root()),)),
            quiet=((DISABLED,), (_BUSY,), (_DENIED,)),
        ),
        "disabled": Detection(
            title="A region was disabled: nobody reaches what is in it",
            level="medium",
            takes_back=True,
            when=f"NOT {_ON}",
            techniques=("T1531",),
            fixes=STOP_CALLER,
            fires=((DISABLED,),),
            quiet=((ENABLED,), (_BUSY,)),
        ),
        **tries(
            "enable or disable a region",
            denied=_DENIED,
            failed=_BUSY,
            done=ENABLED,
            level="medium",
            techniques=("T1535",),
        ),
    },
)
