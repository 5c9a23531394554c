"""A product of another company trades a token for credentials that somebody here delegated."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, outsider, user
from trailmend.runbooks.assume_role import week
from trailmend.tries import tries

_MODEL = "botocore sts GetDelegatedAccessToken"
_ACCEPT = "botocore iam AcceptDelegationRequest"
BOB, PRODUCT = user("bob"), outsider()


def _trade(by: Principal, **more: Any) -> dict[str, Any]:
    response = {
        "credentials": {"accessKeyId": "ASIADELEGATED"},
        "assumedPrincipal": f"arn:aws:iam::{ACCOUNT}:role/admin",
    }
    return call("GetDelegatedAccessToken", by=by, source="sts", response=response, **more)


_DENIED = denied("GetDelegatedAccessToken", by=PRODUCT, source="sts")
_LATE = _trade(PRODUCT, error="ExpiredTradeInTokenException")
_KNOWN = "NOT COALESCE(first_pair, TRUE)"

RUNBOOK = Runbook(
    events=("sts.amazonaws.com:GetDelegatedAccessToken",),
    family="sessions",
    first="Find the AcceptDelegationRequest before it, and ask whoever made that call; if nobody "
    "stands by it, revoke the access in the console of IAM.",
    information=(
        Claim(
            "A token that was sent to the partner is exchanged for temporary credentials of the "
            "principal that accepted the request.",
            f"{_MODEL}; {_ACCEPT}",
        ),
        Claim(
            "The answer names that principal (AssumedPrincipal) and the credentials' end "
            "(Expiration); no sample of the record is public.",
            f"{_MODEL} (AssumedPrincipal)",
        ),
        Claim(
            "At the acceptance IAM notes who called: that identity is behind the credentials.",
            _ACCEPT,
        ),
    ),
    impact=(
        Claim(
            "A company outside acts with rights of somebody of the account, within what the "
            "request names and for as long as it says.",
            "botocore iam CreateDelegationRequest",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A product is set up, and an administrator let it do so.",
            (Fact("The acceptance stands in the log of the hour before."),),
            (Fact("Nobody of the account accepted anything."),),
        ),
        Explanation(
            "unauthorised",
            "An administrator was talked into accepting, or the token was intercepted.",
            (Fact("The request's text promises something else than its permissions."),),
            (Fact("The company asked for it in a contract."),),
        ),
        Explanation(
            "insider",
            "Somebody lets their own product in.",
            (Fact("Who accepted has a share in the company that asked."),),
            (Fact("A second person approved."),),
        ),
        Explanation(
            "automation",
            "The product trades again within what was allowed.",
            (Fact("The same was done before.", _KNOWN),),
            (Fact("The same principal was never seen to do it.", "COALESCE(first_pair, FALSE)"),),
        ),
    ),
    control_gaps=(
        Claim(
            "Everybody may accept delegation requests (iam:AcceptDelegationRequest), not a few.",
            _ACCEPT,
        ),
    ),
    questions=("Which request was it, and which permissions did it name?", "Which calls followed?"),
    false_positives=("Set-up of a product from the marketplace.",),
    not_fixable=(
        Claim(
            "No call of a client takes the credentials back: revoke the access in the console of "
            "IAM (Temporary delegation requests, Actions, Revoke access). Where root had approved, "
            "it runs out by itself, within 4 hours.",
            "AWS IAM User Guide, Revoke Temporary delegation access, IAM temporary delegation, "
            "read 2026-11-28",
        ),
    ),
    detections={
        "traded": Detection(
            title="Credentials were given to a product that somebody delegated rights to",
            level="medium",
            when=f"NOT ({_KNOWN})",
            techniques=("T1199", "T1550.001"),
            fires=((_trade(PRODUCT),), (_trade(BOB),)),
            quiet=((_DENIED,), (_LATE,)),
        ),
        "again": Detection(
            title="A product traded again for credentials that it had before",
            level="low",
            when=_KNOWN,
            techniques=("T1199",),
            fires=((*week(_trade(PRODUCT)), _trade(PRODUCT)),),
            quiet=((_trade(PRODUCT),), (*week(_LATE), _trade(PRODUCT))),
        ),
        **tries(
            "get delegated credentials",
            denied=_DENIED,
            failed=_LATE,
            done=_trade(PRODUCT),
            level="medium",
        ),
    },
)
