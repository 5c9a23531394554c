"""A unit of the organization is made, renamed or deleted."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:CreateOrganizationalUnit",
        "organizations.amazonaws.com:UpdateOrganizationalUnit",
        "organizations.amazonaws.com:DeleteOrganizationalUnit",
    ),
    family="organization",
    tier=3,
    information=(
        Claim(
            "A unit holds accounts and other units, so that policies are attached to all of them "
            "at once; a new one is empty.",
            "botocore organizations CreateOrganizationalUnit",
        ),
        Claim(
            "The update gives a unit another name: its id, its accounts and its policies stay.",
            "botocore organizations UpdateOrganizationalUnit",
        ),
        Claim(
            "Only a unit without accounts and units in it can be deleted.",
            "botocore organizations DeleteOrganizationalUnit, OrganizationalUnitNotEmptyException",
        ),
    ),
    silence=(
        "Housekeeping: no account changes its place by it. What takes an account out of a unit and "
        "its policies is MoveAccount, which has a page of its own."
    ),
)
