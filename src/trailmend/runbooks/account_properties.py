"""Settings of IAM and STS that hold for the whole account are changed."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, root, user
from trailmend.tries import tries

_PROPERTIES = "botocore iam PutAccountProperties"
_STS = "botocore iam SetSecurityTokenServicePreferences"
BOB = user("bob")


def _set(by: Principal = BOB, **more: Any) -> dict[str, Any]:
    request = {"globalEndpointTokenVersion": "v2Token"}
    return call("SetSecurityTokenServicePreferences", by=by, request=request, **more)


_PUT = call("PutAccountProperties", by=BOB, request={"properties": []})
_BROKEN = _set(error="ServiceFailureException")
_DENIED = denied("SetSecurityTokenServicePreferences", by=BOB)

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:PutAccountProperties",
        "iam.amazonaws.com:SetSecurityTokenServicePreferences",
    ),
    family="account",
    tier=2,
    first="Read the request: which setting, and to what; ask the owner of the account.",
    information=(
        Claim(
            "One sets features of IAM for the account, as Role Manager, by names and values.",
            _PROPERTIES,
        ),
        Claim(
            "The other says whether tokens of the global STS endpoint are valid in all regions "
            "(version 2) or only in those that are on by default (version 1).",
            f"{_STS} (GlobalEndpointTokenVersion)",
        ),
    ),
    impact=(
        Claim(
            "With version 2 a stolen session of the global endpoint works in opt-in regions too; "
            "with version 1 programs there that use that endpoint fail.",
            f"{_STS} (GlobalEndpointTokenVersion)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An opt-in region is to be used.",
            (Fact("EnableRegion stands beside it."),),
            (Fact("The account uses no opt-in region."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder prepares to work in a region that nobody watches.",
            (Fact("Machines were started in that region within the day."),),
            (Fact("The owner of the account asked for it."),),
        ),
    ),
    questions=("To the owner of the account: who asked for it?",),
    false_positives=("Landing zones set it once.",),
    detections={
        "set": Detection(
            title="A setting of IAM or STS for the whole account was changed",
            level="low",
            when="TRUE",
            fires=((_set(),), (_PUT,), (_set(root()),)),
            quiet=((_BROKEN,), (_DENIED,)),
        ),
        **tries(
            "change a setting of the whole account", denied=_DENIED, failed=_BROKEN, done=_set()
        ),
    },
)
