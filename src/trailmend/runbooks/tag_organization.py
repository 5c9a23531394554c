"""Tags of an account, a unit, the root or a policy of the organization are set or taken away."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:TagResource",
        "organizations.amazonaws.com:UntagResource",
    ),
    family="organization",
    tier=3,
    information=(
        Claim(
            "An account, a unit, the root and a policy of the organization can have tags; the call "
            "is made in the management account or a delegated administrator's.",
            "botocore organizations TagResource, UntagResource",
        ),
        Claim(
            "When an account leaves the organization, its tags are deleted.",
            "botocore organizations LeaveOrganization",
        ),
    ),
    silence=(
        "Housekeeping: places and policies stay as they are. Tags may decide access all the same: "
        "where a policy of yours asks for a tag of an account or unit, whoever sets it sets what "
        "the policy allows. A rule of your own for that tag tells you of it."
    ),
)
