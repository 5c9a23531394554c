"""A partner is given temporary access by a delegation request: accepted, sent on, or changed."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_ACCEPT = "botocore iam AcceptDelegationRequest"
_SEND = "botocore iam SendDelegationToken"
_REJECT = "botocore iam RejectDelegationRequest"
_CREATE = "botocore iam CreateDelegationRequest"
BOB = user("bob")


def _do(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, request={"delegationRequestId": "dr-0123456789"}, **more)


_GONE = _do("AcceptDelegationRequest", error="NoSuchEntityException")
_DENIED = denied("AcceptDelegationRequest", by=BOB)
_GUIDE = "AWS IAM User Guide, IAM temporary delegation, read 2026-11-28"
_REVOKE = "AWS IAM User Guide, Revoke Temporary delegation access, read 2026-11-28"
_GIVES = "event_name IN ('AcceptDelegationRequest', 'SendDelegationToken')"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:AcceptDelegationRequest",
        "iam.amazonaws.com:AssociateDelegationRequest",
        "iam.amazonaws.com:CreateDelegationRequest",
        "iam.amazonaws.com:RejectDelegationRequest",
        "iam.amazonaws.com:SendDelegationToken",
        "iam.amazonaws.com:UpdateDelegationRequest",
    ),
    family="federation",
    first="Accepted and not yet sent: reject it. Sent: revoke the access in the console of IAM.",
    information=(
        Claim(
            "A partner asks for temporary access; somebody of the account accepts, and the "
            "partner's access is that of who accepted, within what was asked for.",
            f"{_CREATE} (Permissions); {_ACCEPT}",
        ),
        Claim(
            "Accepted, nothing flows yet: SendDelegationToken hands the partner a token by a "
            "channel of the partner's.",
            f"{_ACCEPT}; {_SEND}",
        ),
        Claim("A request that was accepted can be rejected until the token is sent.", _REJECT),
        Claim(
            "Once sent the request is final; the access that came of it can still be revoked in "
            "the console, unless root had approved it.",
            f"{_SEND}; {_REVOKE}",
        ),
    ),
    impact=(
        Claim(
            "The partner, or who poses as one, acts in the account without a role that a review "
            "of roles would show.",
            _ACCEPT,
        ),
        Claim(
            "The access ends by itself, within 12 hours at most; a role that the partner made "
            "meanwhile stays, and lets it in again.",
            _GUIDE,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A supplier's set-up page asked an administrator to approve.",
            (Fact("The supplier is known, and the request was expected."),),
            (Fact("Nobody of the team had begun it."),),
        ),
        Explanation(
            "unauthorised",
            "An administrator was led to approve by a link, or an intruder approved.",
            (Fact("The request came to the approver by a link in a mail or a chat."),),
            (Fact("The partner confirms the request by its id."),),
        ),
        Explanation(
            "insider",
            "A colleague lets a partner of their own in.",
            (Fact("The partner is known to the colleague alone."),),
            (Fact("A second person knows of it."),),
        ),
        Explanation(
            "accident",
            "The request was approved in the wrong account.",
            (Fact("A rejection by the same principal followed."),),
            (Fact("The partner works in this account."),),
        ),
        Explanation(
            "automation",
            "Approval is meant for people; a program that approves is worth a question.",
            (Fact("A program is written to approve requests of this partner."),),
            (Fact("The approval took a person minutes to read."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:AcceptDelegationRequest is allowed to everybody who may manage IAM.",
            _GUIDE,
        ),
    ),
    corrections=(
        Correction(
            "Access that was approved by mistake can be withdrawn by rejecting the request.",
            Claim(
                "Only until the token is sent. Then the access itself has to be revoked.",
                f"{_REJECT}; {_SEND}; {_REVOKE}",
            ),
        ),
    ),
    questions=(
        "Which partner is it, what did it ask for, and for how long? `aws iam "
        "get-delegation-request --delegation-request-id ID`.",
        "To the caller (`actor`): who sent you the link?",
    ),
    false_positives=("Setting up a supplier's product.",),
    console=(
        Console(
            "Reject a request",
            ("aws iam reject-delegation-request --delegation-request-id ID",),
            _REJECT,
            "2026-11-28",
        ),
        Console(
            "Revoke the access after the token was sent",
            (
                "Open IAM, Temporary delegation requests, and find the request by its id.",
                "Choose Actions, Revoke access, and confirm: what the partner does ends at once.",
                "Of a request that root approved this cannot be done.",
                "Then look for roles that the partner made: they stay.",
            ),
            f"{_REVOKE}; labels not checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix rejects it: it cannot be accepted again, so who wanted it must be asked first.",
            _REJECT,
        ),
    ),
    detections={
        "given": Detection(
            title="A partner's request for access was accepted, or its token was sent",
            level="medium",
            when=f"{_GIVES} AND actor_type <> 'Root'",
            techniques=("T1199",),
            fixes=STOP_CALLER,
            fires=((_do("AcceptDelegationRequest"),), (_do("SendDelegationToken", role("ci")),)),
            quiet=((_do("CreateDelegationRequest"),), (_do("AcceptDelegationRequest", root()),)),
        ),
        "given_by_root": Detection(
            title="Root gave a partner access",
            level="high",
            when=f"{_GIVES} AND actor_type = 'Root'",
            techniques=("T1199",),
            fires=((_do("SendDelegationToken", root()),),),
            quiet=((_do("SendDelegationToken"),), (_do("RejectDelegationRequest", root()),)),
        ),
        "handled": Detection(
            title="A partner's request for access was made, changed or rejected",
            level="low",
            when=f"NOT {_GIVES}",
            fires=((_do("CreateDelegationRequest"),), (_do("RejectDelegationRequest"),)),
            quiet=((_do("AcceptDelegationRequest"),), (_GONE,)),
        ),
        **tries(
            "answer a partner's request for access",
            denied=_DENIED,
            failed=_GONE,
            done=_do("AcceptDelegationRequest"),
            level="medium",
        ),
    },
)
