"""A role's longest session or its description is changed."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore iam UpdateRole"
BOB, AUDIT = user("bob"), role("audit")


def _update(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"roleName": "audit", "maxSessionDuration": 43200}
    return call("UpdateRole", by=by, request=request, **more)


_GONE = _update(BOB, error="NoSuchEntityException")
_DENIED = denied("UpdateRole", by=BOB, resource=f"arn:aws:iam::{ACCOUNT}:role/audit")
_ITSELF = "COALESCE(on_itself, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateRole",),
    family="roles",
    tier=2,
    first="Nothing is urgent: see how long the role's sessions may last now, and who asked.",
    information=(
        Claim(
            "It sets the description and the longest session of a role: one hour to twelve.",
            "botocore iam UpdateRoleRequest (MaxSessionDuration)",
        ),
        Claim(
            "Sessions that were begun keep their end; a session of a session (role chaining) lasts "
            "one hour at most, whatever the role says.",
            "AWS IAM User Guide (archive of June 2023), Using IAM roles (role chaining), read "
            "2026-11-22",
        ),
    ),
    impact=(
        Claim(
            "A stolen session of the role can be used longer before it must be taken anew.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Long jobs, or people who sign in once a day.",
            (Fact("The role is of the caller's own making.", "target_made_by_actor"),),
            (Fact("The role's own session asked for it.", "on_itself"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes the sessions that they take last longer.",
            (Fact("The role's own session asked for it.", "on_itself"),),
            (Fact("The description alone was changed; see the request."),),
        ),
    ),
    questions=("Who takes the role, and for how long do they need it?",),
    false_positives=("Code that brings a role back to what it says.",),
    detections={
        "by_itself": Detection(
            title="A role's session changed how long its own sessions may last",
            level="medium",
            when=_ITSELF,
            techniques=("T1098.003",),
            fires=((_update(AUDIT),),),
            quiet=((_update(BOB),), (_update(user("audit")),)),
        ),
        "updated": Detection(
            title="A role's longest session or description was changed",
            level="low",
            when=f"NOT {_ITSELF}",
            fires=((_update(BOB),), (_update(role("ci", session="audit")),)),
            quiet=((_update(AUDIT),), (_GONE,)),
        ),
        **tries("change a role", denied=_DENIED, failed=_GONE, done=_update(BOB)),
    },
)
