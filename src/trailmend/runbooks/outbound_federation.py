"""Whether principals of the account may have signed tokens for services outside is switched."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore iam EnableOutboundWebIdentityFederation"
_OFF = "botocore iam DisableOutboundWebIdentityFederation"
_JWT = "botocore sts GetWebIdentityToken"
BOB = user("bob")


def _on(by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call("EnableOutboundWebIdentityFederation", by=by, **more)


_IS_ON = _on(error="FeatureEnabledException")
_SWITCHED_OFF = call("DisableOutboundWebIdentityFederation", by=BOB)
_DENIED = denied("EnableOutboundWebIdentityFederation", by=BOB)

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:DisableOutboundWebIdentityFederation",
        "iam.amazonaws.com:EnableOutboundWebIdentityFederation",
    ),
    family="federation",
    tier=2,
    first="Ask which service outside is to believe the account's tokens, and who may have them.",
    information=(
        Claim(
            "Switched on, principals that may call GetWebIdentityToken get tokens signed by AWS "
            "that say who they are; services outside can check them.",
            f"{_MODEL}; {_JWT}",
        ),
        Claim("The account gets an issuer address of its own.", _MODEL),
    ),
    impact=(
        Claim("Whoever has a role here can be that role in services that trust the issuer.", _JWT),
        Claim("Switched off, programs that come so are refused outside.", _OFF),
    ),
    explanations=(
        Explanation(
            "intended",
            "A partner's service is to be used without keys.",
            (Fact("A ticket names the partner."),),
            (Fact("No service outside knows the issuer."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder carries the account's identity outside, or stops programs.",
            (Fact("GetWebIdentityToken by the same principal followed."),),
            (Fact("The owners of programs that call outside asked for it."),),
        ),
    ),
    questions=("Which services outside trust the issuer?",),
    false_positives=("A new partner.",),
    detections={
        "switched_on": Detection(
            title="Tokens for services outside can be had from now on",
            level="medium",
            when="event_name = 'EnableOutboundWebIdentityFederation'",
            techniques=("T1484.002",),
            fires=((_on(),), (_on(role("ci")),)),
            quiet=((_SWITCHED_OFF,), (_IS_ON,)),
        ),
        "switched_off": Detection(
            title="Tokens for services outside were switched off",
            level="low",
            when="event_name <> 'EnableOutboundWebIdentityFederation'",
            fires=((_SWITCHED_OFF,),),
            quiet=((_on(),), (_DENIED,)),
        ),
        **tries("switch tokens for services outside", denied=_DENIED, failed=_IS_ON, done=_on()),
    },
)
