"""A member account is made, with a role by which the management account administers it."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, user
from trailmend.evidence.center import ANNA, PIPELINE, on_organization
from trailmend.tries import tries

_MODEL = "botocore organizations CreateAccount"
_GOV = "botocore organizations CreateGovCloudAccount"
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def _make(name: str = "CreateAccount", **more: Any) -> dict[str, Any]:
    status = {"id": "car-1234567890abcdef", "state": "IN_PROGRESS", "accountName": _HIDDEN}
    return on_organization(
        name,
        email=_HIDDEN,
        accountName=_HIDDEN,
        response={"createAccountStatus": status},
        **more,
    )


BY_PERSON = _make(by=user("bob"))
BY_ROLE = _make(by=PIPELINE)
_OWN_ROLE = _make(roleName="ops", by=ANNA)
_GOVERNMENT = _make("CreateGovCloudAccount")
_FULL = on_organization("CreateAccount", email=_HIDDEN, error="ConstraintViolationException")
_DENIED = denied("CreateAccount", by=user("bob"), source="organizations")
_RENAMES = "request LIKE '%roleName%' AND NOT request LIKE '%OrganizationAccountAccessRole%'"
_BY_ROLE = "actor_type = 'AssumedRole' AND NOT COALESCE(console, FALSE)"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:CreateAccount",
        "organizations.amazonaws.com:CreateGovCloudAccount",
    ),
    family="organization",
    tier=2,
    first="Ask who ordered the account; if nobody did, look for it and close it.",
    information=(
        Claim(
            "The account is made in the background: its number is in the event CreateAccountResult "
            "that follows, not in this one.",
            f"{_MODEL}, CreateAccountStatus (AccountId)",
        ),
        Claim(
            "It has a role, OrganizationAccountAccessRole unless the call names another, that "
            "users of the management account can take, and that administers it.",
            "botocore organizations CreateAccountRequest (RoleName)",
        ),
        Claim(
            "CreateGovCloudAccount makes two: one in GovCloud that is in no organization, and one "
            "in the organization that pays for it.",
            _GOV,
        ),
    ),
    impact=(
        Claim(
            "The organization pays for what runs in the new account, which its detections and "
            "policies may not cover yet.",
            "MITRE ATT&CK T1666, Modify Cloud Resource Hierarchy, read 2026-11-28",
        ),
        Claim(
            "Whoever may take roles in the management account administers the new account.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A team gets an account of its own.",
            (Fact("A request for an account is on record."),),
            (Fact("Nobody knows the address to which the account belongs."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes a place that no rule of the members watches, to compute there.",
            (
                Fact("The role has another name than the usual one.", _RENAMES),
                Fact("AssumeRole into the new account came from the same caller."),
            ),
            (Fact("The account was moved to a unit with guardrails at once."),),
        ),
        Explanation(
            "automation",
            "An account factory makes it.",
            (Fact("The factory's own role called."),),
            (Fact("The factory has no order for it."),),
        ),
    ),
    corrections=(
        Correction(
            "An account that nobody needs is removed from the organization.",
            Claim(
                "A new account has to wait four days for that, and needs its own payment method; "
                "closing it is the other way.",
                "botocore organizations LeaveOrganization, CloseAccount",
            ),
        ),
    ),
    questions=(
        "Whose mail address does the account have, and who reads it?",
        "In which unit is it, and which policies hold there?",
    ),
    false_positives=("Control Tower and other account factories.",),
    console=(
        Console(
            "Find the account, and close it if nobody ordered it",
            (
                "In the management account run: aws organizations list-create-account-status "
                "--states SUCCEEDED.",
                "Close it: aws organizations close-account --account-id ACCOUNT.",
            ),
            "botocore organizations ListCreateAccountStatus, CloseAccount",
            "2026-11-28",
        ),
    ),
    detections={
        "by_code": Detection(
            title="A role's session made a member account",
            level="low",
            when=_BY_ROLE,
            fires=((BY_ROLE,), (_OWN_ROLE,), (_GOVERNMENT,)),
            quiet=((BY_PERSON,), (_FULL,)),
        ),
        "by_person": Detection(
            title="A user, root or somebody in the console made a member account",
            level="medium",
            when=f"NOT ({_BY_ROLE})",
            techniques=("T1666",),
            fires=((BY_PERSON,),),
            quiet=((BY_ROLE,), (_DENIED,)),
        ),
        **tries(
            "make a member account",
            denied=_DENIED,
            failed=_FULL,
            done=BY_ROLE,
            level="medium",
            techniques=("T1666",),
        ),
    },
)
