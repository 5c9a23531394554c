"""Tags of a user or role are set or taken away: where policies go by them, they are rights."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore iam TagUser, TagRole, UntagUser, UntagRole"
_ABAC = (
    "AWS IAM User Guide, Define permissions based on attributes with ABAC authorization, read "
    "2026-11-28"
)
ALICE, BOB, AUDIT = user("alice"), user("bob"), role("audit", session="alice")


def _tag(event_name: str, by: Principal, **request: Any) -> dict[str, Any]:
    more = {name: request.pop(name) for name in ("error",) if name in request}
    return call(event_name, by=by, request=request, **more)


_OF_ALICE = _tag("TagUser", BOB, userName="alice", tags=[{"key": "team", "value": "red"}])
_GONE = _tag("TagUser", BOB, userName="alice", error="NoSuchEntityException")
_DENIED = denied("TagUser", by=ALICE, resource="user alice")
_ITSELF = "COALESCE(on_itself, FALSE)"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:TagRole",
        "iam.amazonaws.com:TagUser",
        "iam.amazonaws.com:UntagRole",
        "iam.amazonaws.com:UntagUser",
    ),
    family="permissions",
    tier=2,
    first="See whether a policy of yours asks for the tag; if none does, nothing is urgent.",
    information=(
        Claim(
            "A tag with the same key is overwritten; the former value is not in the record.", _MODEL
        ),
        Claim(
            "Policies can ask for the caller's tags (aws:PrincipalTag): then a tag gives or takes "
            "rights on all that they speak of.",
            f"{_MODEL} (Access control); {_ABAC}",
        ),
        Claim(
            "Tags of a session come with AssumeRole, and stand above those of the role.",
            "botocore sts AssumeRole (Tags)",
        ),
    ),
    impact=(
        Claim(
            "Where rights go by tags, whoever may tag a user may give it another team's rights.",
            _ABAC,
        ),
        Claim(
            "A tag that protects from tools, this one among them, can be taken away before an "
            "attack.",
            "the product: settings.toml, [protected] tag",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Costs and teams are marked.",
            (Fact("The caller had made the user or role.", "target_made_by_actor"),),
            (Fact("The caller tagged itself.", "on_itself"),),
        ),
        Explanation(
            "unauthorised",
            "Somebody takes rights that go by tags, or takes a protecting tag away.",
            (Fact("The caller tagged itself.", "on_itself"),),
            (Fact("No policy asks for the tag."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code, or a tagging job.",
            (Fact("The tags are those that the code or the job writes."),),
            (Fact("No code and no job writes tags of this name."),),
        ),
    ),
    corrections=(
        Correction(
            "Tags are only labels.",
            Claim("For policies that ask for them they are rights.", _ABAC),
        ),
    ),
    questions=("Which policies, trust policies and tools ask for this key?",),
    false_positives=("Tagging by infrastructure as code.",),
    detections={
        "itself": Detection(
            title="A user or role changed its own tags",
            level="low",
            when=_ITSELF,
            techniques=("T1098",),
            fires=(
                (_tag("TagUser", ALICE, userName="alice"),),
                (_tag("UntagRole", AUDIT, roleName="audit"),),
            ),
            quiet=((_OF_ALICE,), (_tag("TagUser", AUDIT, userName="alice"),)),
        ),
        "another": Detection(
            title="Tags of a user or role were changed",
            level="info",
            when=f"NOT {_ITSELF}",
            fires=((_OF_ALICE,), (_tag("UntagRole", BOB, roleName="audit"),)),
            quiet=((_tag("TagUser", ALICE, userName="alice"),), (_DENIED,)),
        ),
        **tries("change tags of a user or role", denied=_DENIED, failed=_GONE, done=_OF_ALICE),
    },
)
