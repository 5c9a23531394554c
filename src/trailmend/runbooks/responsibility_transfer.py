"""One organization takes over the billing of another: it is asked for, renamed or ended."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.tries import tries

_INVITE = "botocore organizations InviteOrganizationToTransferResponsibility"
_END = "botocore organizations TerminateResponsibilityTransfer"
_UPDATE = "botocore organizations UpdateResponsibilityTransfer"
_SHAPE = "botocore organizations ResponsibilityTransfer"
_ID = "rt-12345678"
ASKED = on_organization(
    "InviteOrganizationToTransferResponsibility",
    type="BILLING",
    target={"type": "ACCOUNT", "id": OTHER_ACCOUNT},
    sourceName="subsidiary",
)
ENDED = on_organization("TerminateResponsibilityTransfer", id=_ID)
RENAMED = on_organization("UpdateResponsibilityTransfer", id=_ID, name="other", by=PIPELINE)
_GONE = on_organization(
    "TerminateResponsibilityTransfer", id=_ID, error="ResponsibilityTransferNotFoundException"
)
_DENIED = denied("TerminateResponsibilityTransfer", by=user("bob"), source="organizations")
_ENDS = "event_name = 'TerminateResponsibilityTransfer'"
_RENAMES = "event_name = 'UpdateResponsibilityTransfer'"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:InviteOrganizationToTransferResponsibility",
        "organizations.amazonaws.com:UpdateResponsibilityTransfer",
        "organizations.amazonaws.com:TerminateResponsibilityTransfer",
    ),
    family="organization",
    tier=2,
    first="Ask those who pay the bills whether they know the other organization.",
    information=(
        Claim(
            "The management account that calls asks another organization's to hand its billing "
            "over to it; billing is all that can be transferred.",
            f"{_INVITE}, ResponsibilityTransferType",
        ),
        Claim(
            "Nothing is transferred before the other management account accepts: AcceptHandshake, "
            "with TRANSFER_RESPONSIBILITY.",
            "botocore organizations AcceptHandshake",
        ),
        Claim("The update changes the name of a transfer and nothing else.", _UPDATE),
        Claim(
            "When a transfer ends, each account concerned gets ResponsibilityTransferTerminated.",
            _END,
        ),
    ),
    impact=(
        Claim(
            "Who manages the billing of another organization is responsible for its charges from "
            "the time that was agreed.",
            f"{_SHAPE}; {_INVITE} (StartTimestamp); unchecked: what a bill shows then",
        ),
        Claim(
            "It changes no policy and no role: accounts, units and guardrails stay as they are.",
            f"{_SHAPE} (Type)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A parent company or a reseller takes the bills of another over, or gives them back.",
            (Fact("A contract with the other organization is known."),),
            (Fact("The finance team has no such contract."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account hides costs, or burdens another with them.",
            (Fact("Accounts were made, or machines started, in numbers before."),),
            (Fact("The transfer was only given another name.", _RENAMES),),
        ),
        Explanation(
            "accident",
            "The wrong one of several transfers was ended.",
            (Fact("A transfer was ended.", _ENDS),),
            (Fact("A transfer was asked for.", f"NOT {_ENDS} AND NOT {_RENAMES}"),),
        ),
    ),
    corrections=(
        Correction(
            "The transfer makes the other organization's accounts one's own.",
            Claim("Only their billing; each keeps its organization and its policies.", _SHAPE),
        ),
    ),
    questions=("Which contract does the transfer belong to, and when does it begin or end?",),
    false_positives=("Resellers, and companies that are bought or sold.",),
    console=(
        Console(
            "See the transfers, and end one that nobody wants",
            (
                "In the management account that got the billing of others run: aws organizations "
                "list-inbound-responsibility-transfers --type BILLING.",
                "In the one that gave its own away: aws organizations "
                "list-outbound-responsibility-transfers --type BILLING.",
                "End it: aws organizations terminate-responsibility-transfer --id TRANSFER.",
            ),
            "botocore organizations ListInboundResponsibilityTransfers, "
            "ListOutboundResponsibilityTransfers, TerminateResponsibilityTransfer",
            "2026-11-28",
        ),
    ),
    detections={
        "asked": Detection(
            title="Another organization was asked to hand its billing over",
            level="low",
            when=f"NOT {_ENDS} AND NOT {_RENAMES}",
            fires=((ASKED,),),
            quiet=((ENDED,), (RENAMED,), (_DENIED,)),
        ),
        "ended": Detection(
            title="A transfer of billing between organizations was ended",
            level="medium",
            when=_ENDS,
            fires=((ENDED,),),
            quiet=((ASKED,), (RENAMED,), (_GONE,)),
        ),
        "renamed": Detection(
            title="A transfer of billing between organizations was given another name",
            level="info",
            when=_RENAMES,
            fires=((RENAMED,),),
            quiet=((ASKED,), (ENDED,)),
        ),
        **tries("transfer billing between organizations", denied=_DENIED, failed=_GONE, done=ENDED),
    },
)
