"""A handshake is accepted: the account joins an organization, or gives it power over itself."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, role, root, user
from trailmend.evidence.center import on_organization
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_MODEL = "botocore organizations AcceptHandshake"
_ACTIONS = "botocore organizations Handshake, ActionType"
_ADMIN = role("operator")


def _accepted(action: str, **more: Any) -> dict[str, Any]:
    handshake = {
        "id": "h-examplehandshake111",
        "action": action,
        "state": "ACCEPTED",
        "parties": [
            {"type": "ORGANIZATION", "id": "exampleorg2"},
            {"type": "ACCOUNT", "id": "111122223333"},
        ],
    }
    return on_organization(
        "AcceptHandshake",
        handshakeId="h-examplehandshake111",
        response={"handshake": handshake},
        **{"by": _ADMIN, **more},
    )


JOINED = _accepted("INVITE")
_BY_ROOT = _accepted("INVITE", by=root())
FEATURES = _accepted("ENABLE_ALL_FEATURES")
BILLING = _accepted("TRANSFER_RESPONSIBILITY")
_UNTOLD = on_organization("AcceptHandshake", handshakeId="h-examplehandshake111", by=_ADMIN)
_OLD = on_organization(
    "AcceptHandshake",
    handshakeId="h-examplehandshake111",
    by=_ADMIN,
    error="HandshakeAlreadyInStateException",
)
_DENIED = denied("AcceptHandshake", by=user("bob"), source="organizations")


def _is(action: str) -> str:
    return f"COALESCE(response, '') LIKE '%\"action\":\"{action}\"%'"


_INVITED, _BILLED = _is("INVITE"), _is("TRANSFER_RESPONSIBILITY")
_FEATURED = _is("%ALL_FEATURES")

RUNBOOK = Runbook(
    events=("organizations.amazonaws.com:AcceptHandshake",),
    family="organization",
    first="See whose organization it is; if it is not yours, leave it before anything else.",
    information=(
        Claim(
            "The answer tells what was accepted (`action`): INVITE joins an organization, "
            "ENABLE_ALL_FEATURES and APPROVE_ALL_FEATURES let its policies bind the members, "
            "TRANSFER_RESPONSIBILITY gives its billing to another.",
            _ACTIONS,
        ),
        Claim(
            "An invitation is accepted in the invited account, a transfer of billing in the "
            "management account of those who are billed.",
            _MODEL,
        ),
        Claim(
            "The management accounts concerned get AccountJoinedOrganization and, of an account "
            "that changed over, AccountDepartedOrganization.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "The management account that the account joins can bind its users and roles by "
            "policies, and, with root access centralised, act as its root.",
            "botocore organizations EnableAllFeatures, LeaveOrganization; botocore sts AssumeRoot",
        ),
        Claim(
            "An account that changed over has none of the guardrails of its former organization, "
            "whose administrators cannot fetch it back.",
            f"{_MODEL}; botocore organizations InviteAccountToOrganization",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A company joins its accounts, or a bought one, to its organization.",
            (Fact("The organization in the answer is the company's own."),),
            (Fact("Nobody of the company knows the organization in the answer."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder takes the account into an organization of theirs, to rule it from there.",
            (
                Fact("An invitation was accepted.", _INVITED),
                Fact("Root accepted.", "actor_type = 'Root'"),
            ),
            (Fact("The sender of the handshake had announced it."),),
        ),
        Explanation(
            "insider",
            "A team takes its account out of the reach of the central teams.",
            (Fact("The account had been in another organization the minute before."),),
            (Fact("The account had been in no organization."),),
        ),
        Explanation(
            "accident",
            "The invitation of a reseller or of another company was taken for one's own.",
            (Fact("The organization belongs to a reseller or partner."),),
            (Fact("Its number is that of the company's own organization."),),
        ),
        Explanation(
            "automation",
            "A migration of many accounts answers its own invitations.",
            (Fact("InviteAccountToOrganization by the same programme came minutes before."),),
            (Fact("Nothing was invited from the company's own management account."),),
        ),
    ),
    control_gaps=(
        Claim(
            "An account in no organization is bound by no policy of one: only its own IAM decides "
            "who may accept.",
            "botocore organizations EnableAllFeatures",
        ),
    ),
    corrections=(
        Correction(
            "The management account gets a role in every account that joins.",
            Claim(
                "Not by the invitation: OrganizationAccountAccessRole is made in accounts that the "
                "organization creates; invited ones have to make it themselves.",
                "botocore organizations CreateAccountRequest (RoleName: Creating the "
                "OrganizationAccountAccessRole in an invited member account)",
            ),
        ),
    ),
    questions=(
        "Whose is the organization in the answer (`parties`), and who sent the handshake?",
        "Who administers its management account?",
    ),
    false_positives=("Mergers of companies, and accounts bought from a reseller.",),
    console=(
        Console(
            "See the organization, and leave it",
            (
                "In the account run: aws organizations describe-organization.",
                "If it is not yours: aws organizations leave-organization.  That needs contact, "
                "payment and a support plan of the account's own.",
            ),
            "botocore organizations DescribeOrganization, LeaveOrganization",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "A policy of the new organization may deny the account to leave it; then only its "
            "management account can let it go.",
            "botocore organizations LeaveOrganization, RemoveAccountFromOrganization",
        ),
    ),
    detections={
        "joined": Detection(
            title="The account accepted an invitation to an organization",
            level="high",
            when=_INVITED,
            techniques=("T1666",),
            fixes=STOP_CALLER,
            fires=((JOINED,), (_BY_ROOT,)),
            quiet=((FEATURES,), (BILLING,), (_OLD,)),
        ),
        "features": Detection(
            title="It was accepted that the organization's policies bind its accounts",
            level="medium",
            when=f"{_FEATURED} AND NOT {_INVITED}",
            techniques=("T1666",),
            fixes=STOP_CALLER,
            fires=((FEATURES,), (_accepted("APPROVE_ALL_FEATURES"),)),
            quiet=((JOINED,), (BILLING,)),
        ),
        "billing": Detection(
            title="The billing of the organization was handed to another one",
            level="medium",
            when=f"{_BILLED} AND NOT {_INVITED} AND NOT {_FEATURED}",
            fixes=STOP_CALLER,
            fires=((BILLING,),),
            quiet=((JOINED,), (FEATURES,)),
        ),
        # The answer is not in the record, or is of a kind that came later.
        "unclear": Detection(
            title="A handshake with an organization was accepted; which one is not told",
            level="medium",
            when=f"NOT {_INVITED} AND NOT {_FEATURED} AND NOT {_BILLED}",
            techniques=("T1666",),
            fixes=STOP_CALLER,
            fires=((_UNTOLD,),),
            quiet=((JOINED,), (FEATURES,), (BILLING,)),
        ),
        **tries(
            "accept a handshake with an organization",
            denied=_DENIED,
            failed=_OLD,
            done=JOINED,
            level="medium",
            techniques=("T1666",),
        ),
    },
)
