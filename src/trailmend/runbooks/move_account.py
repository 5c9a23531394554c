"""An account moves to another unit: it leaves the guardrails of one and gets those of another."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, denied, user
from trailmend.evidence.center import on_organization
from trailmend.measures import STOP_CALLER
from trailmend.remediations.organization_accounts import move_back
from trailmend.tries import tries

_MODEL = "botocore organizations MoveAccount"


def _move(old: str, new: str, **more: Any) -> dict[str, Any]:
    return on_organization(
        "MoveAccount",
        accountId=OTHER_ACCOUNT,
        sourceParentId=old,
        destinationParentId=new,
        **more,
    )


_UNIT, _OTHER, _ROOT = "ou-ab12-11111111", "ou-ab12-22222222", "r-ab12"
OUT, IN, ACROSS = _move(_UNIT, _ROOT), _move(_ROOT, _UNIT), _move(_UNIT, _OTHER)
_THERE = _move(_UNIT, _OTHER, error="DuplicateAccountException")
_DENIED = denied("MoveAccount", by=user("bob"), source="organizations")
_TO_ROOT = "COALESCE(request, '') LIKE '%\"destinationParentId\":\"r-%'"
_FROM_ROOT = "COALESCE(request, '') LIKE '%\"sourceParentId\":\"r-%'"

RUNBOOK = Runbook(
    events=("organizations.amazonaws.com:MoveAccount",),
    family="organization",
    first="Compare the policies of the two units; move the account back if it lost guardrails.",
    information=(
        Claim(
            "The request names account, old and new parent; r-... is the root, ou-... a unit.",
            "botocore organizations MoveAccountRequest",
        ),
        Claim("Only the management account can make the call.", _MODEL),
    ),
    impact=(
        Claim(
            "Policies that hang on the old unit no longer hold for the account; those of the new "
            "one do. No policy is detached, and no record speaks of one.",
            "botocore organizations MoveAccount, DetachPolicy",
        ),
        Claim(
            "Directly below the root only what is attached to the root, or to the account itself, "
            "binds it.",
            "botocore organizations DetachPolicy (targets: root, unit, account)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A new account goes from the root to its unit; a closed one to where nothing is "
            "allowed.",
            (Fact("It came from the root.", _FROM_ROOT),),
            (Fact("It went to the root.", _TO_ROOT),),
        ),
        Explanation(
            "unauthorised",
            "Rather than detach a guardrail, an intruder takes the account out from under it.",
            (Fact("It went to the root.", _TO_ROOT),),
            (Fact("The new unit denies more."),),
        ),
        Explanation(
            "insider",
            "A team's account is parked in a unit with few rules.",
            (Fact("The caller belongs to that team."),),
            (Fact("The move was announced."),),
        ),
        Explanation(
            "accident",
            "The tree of the organization was refactored in code.",
            (
                Fact(
                    "The caller moved {targets_10m} accounts within ten minutes.",
                    "targets_10m >= 3",
                ),
            ),
            (Fact("One account alone was moved.", "targets_10m = 1"),),
        ),
        Explanation(
            "automation",
            "An account factory places the accounts it makes.",
            (Fact("CreateAccount by the same principal stands before it."),),
            (Fact("The account is older than the factory."),),
        ),
    ),
    corrections=(
        Correction(
            "A move changes the place in a tree and the bill, nothing else.",
            Claim(
                "It changes which policies bind the account.",
                "botocore organizations DetachPolicy (targets: root, unit, account)",
            ),
        ),
    ),
    questions=("Which denials hold in the old unit and not in the new one?",),
    false_positives=("Account factories.", "Accounts that are retired."),
    console=(
        Console(
            "Move the account back",
            (
                "In the management account: aws organizations move-account --account-id ACCOUNT "
                "--source-parent-id NEW --destination-parent-id OLD.",
                "Undo: the same call with the parents exchanged.",
            ),
            _MODEL,
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "What was done in the account while it stood elsewhere is not taken back by a move.",
            _MODEL,
        ),
    ),
    detections={
        "to_the_root": Detection(
            title="An account was moved out of its unit, to the root",
            level="high",
            when=f"{_TO_ROOT} AND NOT {_FROM_ROOT}",
            techniques=("T1562", "T1666"),
            fixes=(move_back, *STOP_CALLER),
            fires=((OUT,),),
            quiet=((IN,), (ACROSS,), (_move(_UNIT, _ROOT, error="InvalidInputException"),)),
        ),
        "from_the_root": Detection(
            title="An account was moved from the root to a unit",
            level="low",
            when=_FROM_ROOT,
            fixes=(move_back,),
            fires=((IN,),),
            quiet=((OUT,), (ACROSS,)),
        ),
        "across": Detection(
            title="An account was moved to another unit",
            level="medium",
            when=f"NOT {_TO_ROOT} AND NOT {_FROM_ROOT}",
            techniques=("T1562",),
            fixes=(move_back, *STOP_CALLER),
            fires=((ACROSS,), (on_organization("MoveAccount"),)),
            quiet=((OUT,), (IN,), (_THERE,)),
        ),
        **tries(
            "move an account of the organization",
            denied=_DENIED,
            failed=_THERE,
            done=ACROSS,
            level="medium",
        ),
    },
)
