"""An account is invited to the organization; an invitation is declined or called back."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.tries import tries

_INVITE = "botocore organizations InviteAccountToOrganization"
_DECLINE = "botocore organizations DeclineHandshake"
_CANCEL = "botocore organizations CancelHandshake"
_TARGET = {"type": "ACCOUNT", "id": OTHER_ACCOUNT}


def _answer(event_name: str, state: str, **more: Any) -> dict[str, Any]:
    handshake = {"id": "h-examplehandshake111", "action": "INVITE", "state": state}
    return on_organization(
        event_name,
        handshakeId="h-examplehandshake111",
        response={"handshake": handshake},
        **more,
    )


INVITED = on_organization("InviteAccountToOrganization", target=_TARGET)
DECLINED = _answer("DeclineHandshake", "DECLINED")
CANCELED = _answer("CancelHandshake", "CANCELED", by=PIPELINE)
_TWICE = on_organization(
    "InviteAccountToOrganization", target=_TARGET, error="DuplicateHandshakeException"
)
_DENIED = denied("InviteAccountToOrganization", by=user("bob"), source="organizations")
_INVITES = "event_name = 'InviteAccountToOrganization'"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:InviteAccountToOrganization",
        "organizations.amazonaws.com:DeclineHandshake",
        "organizations.amazonaws.com:CancelHandshake",
    ),
    family="organization",
    tier=2,
    first="See which account is invited; call the invitation back while it is not accepted.",
    information=(
        Claim(
            "The invitation goes by mail to the owner of the account, who has to accept it there.",
            f"{_INVITE}; botocore organizations AcceptHandshake",
        ),
        Claim(
            "Who received a handshake can decline it, who sent it can cancel it; each is recorded "
            "in the account that does it.",
            f"{_DECLINE}; {_CANCEL}",
        ),
        Claim(
            "An account that is invited by its mail address is not named in the record by its "
            "number.",
            "botocore organizations HandshakeParty",
        ),
    ),
    impact=(
        Claim(
            "An account that joins is paid for by the organization, and trails and services of "
            "all accounts reach it.",
            "botocore organizations EnableAWSServiceAccess; AWS CloudTrail User Guide (archive of "
            "June 2023), Creating a trail for an organization, read 2026-11-28",
        ),
        Claim(
            "Policies and shares that trust the organization as a whole let a stranger's account "
            "in as soon as it is a member.",
            "AWS IAM User Guide (archive of June 2023), AWS global condition context keys "
            "(aws:PrincipalOrgID), read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An account that the company has bought or made elsewhere is brought in.",
            (Fact("The account is known to the company."),),
            (Fact("Nobody knows the account that is invited."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder brings an account of theirs in, to pass where the organization is "
            "trusted.",
            (Fact("The account was not the company's before."),),
            (Fact("The account had been removed by mistake a short time before."),),
        ),
        Explanation(
            "automation",
            "A migration invites its accounts one after the other.",
            (Fact("The caller invited {targets_10m} accounts.", "targets_10m >= 2"),),
            (Fact("The list of the migration does not have the account."),),
        ),
    ),
    corrections=(
        Correction(
            "An invited account is under the organization's rule.",
            Claim("Not before it accepts, which is an event of its own: AcceptHandshake.", _INVITE),
        ),
    ),
    questions=("Whose account is it, and was the invitation accepted?",),
    false_positives=("Mergers, and accounts that were made outside the organization.",),
    console=(
        Console(
            "Call the invitation back, or remove the account",
            (
                "In the management account list what is open: aws organizations "
                "list-handshakes-for-organization.",
                "Call it back: aws organizations cancel-handshake --handshake-id HANDSHAKE.",
                "Once it is accepted: aws organizations remove-account-from-organization "
                "--account-id ACCOUNT.",
            ),
            "botocore organizations ListHandshakesForOrganization, CancelHandshake, "
            "RemoveAccountFromOrganization",
            "2026-11-28",
        ),
    ),
    detections={
        "invited": Detection(
            title="An account was invited to the organization",
            level="medium",
            when=_INVITES,
            techniques=("T1666",),
            fires=((INVITED,),),
            quiet=((DECLINED,), (CANCELED,), (_TWICE,)),
        ),
        "turned_down": Detection(
            title="A handshake between organization and account was declined or cancelled",
            level="info",
            when=f"NOT {_INVITES}",
            fires=((DECLINED,), (CANCELED,)),
            quiet=((INVITED,), (_DENIED,)),
        ),
        **tries(
            "invite an account, or turn a handshake down",
            denied=_DENIED,
            failed=_TWICE,
            done=INVITED,
        ),
    },
)
