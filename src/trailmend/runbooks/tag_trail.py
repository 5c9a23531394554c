"""Tags of a trail, of a store of events, of a channel or of a dashboard are set or taken away."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "cloudtrail.amazonaws.com:AddTags",
        "cloudtrail.amazonaws.com:RemoveTags",
    ),
    family="trail",
    tier=3,
    information=(
        Claim(
            "A trail, a store of events, a dashboard or a channel bears up to 50 tags; a new value "
            "takes the place of the old one under the same key.",
            "botocore cloudtrail AddTags",
        ),
        Claim(
            "Those of a trail of all regions are set in its home region alone.",
            "botocore cloudtrail AddTags",
        ),
    ),
    silence=(
        "Housekeeping: what is recorded, where to and for how long stays as it is. Where a policy "
        "of yours lets people change trails by their tags, write a rule of your own for it."
    ),
)
