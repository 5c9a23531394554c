"""An account leaves the organization, or is removed: no guardrail of it binds the account."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, denied, role, root
from trailmend.evidence.center import on_organization
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_LEAVE = "botocore organizations LeaveOrganization"
_REMOVE = "botocore organizations RemoveAccountFromOrganization"
LEFT = on_organization("LeaveOrganization", by=role("operator"))
REMOVED = on_organization("RemoveAccountFromOrganization", accountId=OTHER_ACCOUNT)
_HELD = on_organization("LeaveOrganization", error="ConstraintViolationException")
_DENIED = denied("LeaveOrganization", by=role("operator"), source="organizations")
_ITSELF = "event_name = 'LeaveOrganization'"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:LeaveOrganization",
        "organizations.amazonaws.com:RemoveAccountFromOrganization",
    ),
    family="organization",
    first="Treat the account as one without guardrails: secure its root user, invite it back.",
    information=(
        Claim(
            "LeaveOrganization is called in the account that leaves, "
            "RemoveAccountFromOrganization in the management account.",
            f"{_LEAVE}; {_REMOVE}",
        ),
        Claim(
            "The management account gets an event AccountDepartedOrganization besides, with "
            "departureMethod LEFT or REMOVED.",
            f"{_LEAVE}; {_REMOVE}",
        ),
        Claim(
            "An account can leave only with what a standalone account needs: contact, payment, "
            "support plan.",
            _LEAVE,
        ),
    ),
    impact=(
        Claim(
            "No policy of the organization holds in the account, and it pays its own bills.",
            _REMOVE,
        ),
        Claim(
            "An organization's trail stops for the account: what happens next is in the account's "
            "own trails and event history alone.",
            "AWS CloudTrail User Guide (archive of June 2023), Creating a trail for an "
            "organization, read 2026-11-28",
        ),
        Claim(
            "Whoever took the account over keeps all that is in it, out of reach of the central "
            "teams.",
            "Stratus Red Team, aws.defense-evasion.organizations-leave (sample: invictus)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A part of the company is sold and takes its account along.",
            (Fact("The management account made the call.", f"NOT {_ITSELF}"),),
            (
                Fact(
                    "Calls refused to the caller in the hour before: {denied_before}.",
                    "denied_before >= 1",
                ),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder in a member account shakes off guardrails and watchers.",
            (
                Fact(
                    "Calls refused to the caller in the hour before: {denied_before}.",
                    "denied_before >= 1",
                ),
            ),
            (Fact("The management account made the call.", f"NOT {_ITSELF}"),),
        ),
        Explanation(
            "insider",
            "A team wants to be rid of central rules.",
            (Fact("Root of the account that leaves made the call.", "actor_type = 'Root'"),),
            (Fact("The account is a sandbox."),),
        ),
        Explanation(
            "accident",
            "A clean-up names the wrong account.",
            (Fact("Other accounts were removed by the same run."),),
            (Fact("A billing contact was changed first: it was planned."),),
        ),
        Explanation(
            "automation",
            "Test accounts move to another organization.",
            (Fact("An invitation was accepted by the same account afterwards."),),
            (Fact("The account holds production."),),
        ),
    ),
    control_gaps=(
        Claim(
            "No service control policy denies organizations:LeaveOrganization, though only the "
            "management account needs to let accounts go.",
            _LEAVE,
        ),
    ),
    corrections=(
        Correction(
            "The management account can fetch the account back.",
            Claim(
                "It can only invite it; the account has to accept.",
                "botocore organizations InviteAccountToOrganization",
            ),
        ),
    ),
    questions=(
        "Who holds the root user's address and MFA of the account?",
        "Is any trail of the account's own still recording, and to whose bucket?",
    ),
    false_positives=("Divestiture, and moves between organizations of one company.",),
    console=(
        Console(
            "Invite the account back",
            (
                "In the management account: aws organizations invite-account-to-organization "
                "--target Id=ACCOUNT,Type=ACCOUNT.",
                "In the account: aws organizations accept-handshake --handshake-id ID.  Then, in "
                "the management account, move it back to its unit: aws organizations "
                "move-account --account-id ACCOUNT --source-parent-id ROOT "
                "--destination-parent-id UNIT.",
            ),
            "botocore organizations InviteAccountToOrganization, AcceptHandshake",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No call brings the account back without the consent of whoever rules it now.",
            "botocore organizations InviteAccountToOrganization",
        ),
    ),
    detections={
        "left": Detection(
            title="The account left its organization",
            level="high",
            when=_ITSELF,
            techniques=("T1562", "T1666"),
            fixes=STOP_CALLER,
            fires=((LEFT,), (on_organization("LeaveOrganization", by=root()),)),
            quiet=((REMOVED,), (_HELD,), (_DENIED,)),
        ),
        "removed": Detection(
            title="An account was removed from the organization",
            level="high",
            when=f"NOT {_ITSELF}",
            techniques=("T1562", "T1666"),
            fixes=STOP_CALLER,
            fires=((REMOVED,),),
            quiet=((LEFT,), (_HELD,)),
            takes_back=True,
            only_of_suspects=True,
        ),
        **tries(
            "take an account out of its organization",
            denied=_DENIED,
            failed=_HELD,
            done=LEFT,
            level="medium",
            techniques=("T1562", "T1666"),
        ),
    },
)
