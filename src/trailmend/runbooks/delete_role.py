"""A role is deleted: what ran with it fails, and its id is gone."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.tries import tries

_MODEL = "botocore iam DeleteRole"
BOB, CI = user("bob"), role("ci")


def _delete(by: Principal, name: str = "audit", **more: Any) -> dict[str, Any]:
    return call("DeleteRole", by=by, request={"roleName": name}, **more)


_MADE = call("CreateRole", by=BOB, request={"roleName": "audit"}, at="08:00:00")
_LEFT = _delete(BOB, error="DeleteConflictException")
_DENIED = denied("DeleteRole", by=BOB, resource=f"arn:aws:iam::{ACCOUNT}:role/audit")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeleteRole",),
    family="roles",
    tier=2,
    first=(
        "Ask what ran with the role; `before` in the finding holds what is needed to make it anew."
    ),
    information=(
        Claim(
            "Its policies must be detached or deleted before, and it must be in no instance "
            "profile; else the call fails with DeleteConflict.",
            _MODEL,
        ),
        Claim(
            "Instances that run with it lose their rights.",
            f"{_MODEL} (warning about running instances)",
        ),
        Claim(
            "A role that is made anew has another id; a trust policy elsewhere that named the old "
            "one by ARN shows its id and lets the new one in no more.",
            "AWS IAM User Guide (archive of June 2023), AWS JSON policy elements: Principal, read "
            "2026-11-22",
        ),
    ),
    impact=(
        Claim("Programs, pipelines and people who took it are refused from then on.", _MODEL),
        Claim(
            "A role of the security team that is gone cannot be used to look or to mend.", _MODEL
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A stack or a service was taken down.",
            (Fact("The caller had made the role.", "target_made_by_actor"),),
            (Fact("Somebody else had made the role.", "NOT target_made_by_actor"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder tidies up, stops a service, or blinds the security team.",
            (Fact("The role was a scanner's or a responder's; see its name and trust."),),
            (Fact("The stack that held it is gone as well."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code.",
            (Fact("A plan of the code shows the role as destroyed."),),
            (Fact("The code still holds the role."),),
        ),
    ),
    corrections=(
        Correction(
            "Making the role again by the same name puts everything back.",
            Claim(
                "Where other accounts' policies named it, they have to name the new one.",
                "AWS IAM User Guide (archive of June 2023), AWS JSON policy elements: Principal, "
                "read 2026-11-22",
            ),
        ),
    ),
    questions=(
        "What took the role in the last days? Look for AssumeRole with it as target.",
        "To the caller (`actor`): which stack or ticket?",
    ),
    false_positives=("Terraform destroy, and tests.",),
    not_fixable=(
        Claim("No call brings back the id; a role of the same name is another one.", _MODEL),
    ),
    detections={
        "made_by_caller": Detection(
            title="A role was deleted by whoever had made it",
            level="low",
            when=_OWN,
            fires=((_MADE, _delete(BOB)),),
            quiet=((_MADE, _delete(CI)), (_delete(BOB),)),
        ),
        "deleted": Detection(
            title="A role was deleted",
            level="low",
            when=f"NOT {_OWN}",
            techniques=("T1531",),
            fires=((_delete(BOB),), (_delete(root()),), (_MADE, _delete(CI))),
            quiet=((_MADE, _delete(BOB)), (_LEFT,)),
        ),
        **tries("delete a role", denied=_DENIED, failed=_LEFT, done=_delete(BOB), level="medium"),
    },
)
