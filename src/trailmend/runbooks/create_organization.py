"""An organization is made or deleted: an account begins or ceases to rule others."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, role, root
from trailmend.evidence.center import on_organization
from trailmend.tries import tries

_CREATE = "botocore organizations CreateOrganization"
_DELETE = "botocore organizations DeleteOrganization"
_GUIDE = (
    "AWS Organizations User Guide, Deleting an organization with AWS Organizations, read 2026-11-28"
)
_ADMIN = role("operator")
MADE = on_organization(
    "CreateOrganization",
    featureSet="ALL",
    by=_ADMIN,
    response={"organization": {"id": "exampleorg2", "featureSet": "ALL"}},
)
DELETED = on_organization("DeleteOrganization", by=_ADMIN)
_FULL = on_organization("DeleteOrganization", by=_ADMIN, error="OrganizationNotEmptyException")
_DENIED = denied("DeleteOrganization", by=_ADMIN, source="organizations")
_MAKES = "event_name = 'CreateOrganization'"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:CreateOrganization",
        "organizations.amazonaws.com:DeleteOrganization",
    ),
    family="organization",
    tier=2,
    first="Ask the owner of the account; see what accounts were made, or what had been guarded.",
    information=(
        Claim(
            "The account in which CreateOrganization is called becomes the management account; it "
            "must be in no organization.",
            f"{_CREATE}, AlreadyInOrganizationException",
        ),
        Claim(
            "Unless it is made for its bills alone, the new organization has all features, and "
            "service control policies are enabled.",
            _CREATE,
        ),
        Claim(
            "An organization can be deleted only when no member account is left in it.",
            f"{_DELETE}, OrganizationNotEmptyException",
        ),
    ),
    impact=(
        Claim(
            "Who rules the account can make others from it, whose bills it pays.",
            "botocore organizations CreateOrganization, CreateAccount",
        ),
        Claim(
            "The policies that were made in the organization are deleted with it; the former "
            "management account goes on alone.",
            _GUIDE,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A company with several accounts begins to keep them together, or gives a trial up.",
            (Fact("The account is the one that was chosen to manage the others."),),
            (Fact("The account holds workloads of one team."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in a lone account makes accounts in its name, at its owner's expense.",
            (
                Fact("An organization was made by root.", f"{_MAKES} AND actor_type = 'Root'"),
                Fact("CreateAccount followed."),
            ),
            (Fact("Known accounts of the company were invited next."),),
        ),
        Explanation(
            "accident",
            "A tutorial or a tool made it on the way to something else.",
            (Fact("A service that needs an organization was being set up."),),
            (Fact("The call stands alone."),),
        ),
    ),
    corrections=(
        Correction(
            "Deleting the organization deletes its accounts.",
            Claim("They have to leave it before, and go on alone.", _DELETE),
        ),
    ),
    questions=("Which accounts are, or were, in the organization?",),
    false_positives=("Trials, and companies that begin with several accounts.",),
    console=(
        Console(
            "See the organization, and delete it if nobody wants it",
            (
                "In the account run: aws organizations describe-organization.",
                "See what is in it: aws organizations list-accounts.",
                "Once it has no other account: aws organizations delete-organization.",
            ),
            "botocore organizations DescribeOrganization, ListAccounts, DeleteOrganization",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "A deleted organization and its policies cannot be recovered: make a new one.",
            _GUIDE,
        ),
    ),
    detections={
        "made": Detection(
            title="The account made an organization of its own",
            level="medium",
            when=_MAKES,
            techniques=("T1666",),
            fires=((MADE,), (on_organization("CreateOrganization", by=root()),)),
            quiet=((DELETED,), (_DENIED,)),
        ),
        "deleted": Detection(
            title="The organization was deleted",
            level="medium",
            when=f"NOT {_MAKES}",
            techniques=("T1666", "T1562"),
            fires=((DELETED,),),
            quiet=((MADE,), (_FULL,)),
        ),
        **tries(
            "make or delete an organization",
            denied=_DENIED,
            failed=_FULL,
            done=DELETED,
            level="medium",
            techniques=("T1666",),
        ),
    },
)
