"""Tags of a permission set, an application or another thing of Identity Center change."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:TagResource",
        "sso.amazonaws.com:UntagResource",
    ),
    family="Identity Center",
    tier=3,
    information=(
        Claim(
            "Tags of the instance, a permission set, an application or a trusted token issuer are "
            "set, or taken away by their keys; the request names the thing by its ARN "
            "(resourceArn).",
            "botocore sso-admin TagResource, UntagResource, TaggableResourceArn (its pattern)",
        ),
        Claim(
            "They are no tags of people's sessions: those come from attributes of the directory.",
            "botocore sso-admin UpdateInstanceAccessControlAttributeConfiguration",
        ),
    ),
    silence=(
        "Housekeeping: nobody gets another right by it. Where you let administrators change only "
        "what bears a tag, who may set that tag is who may change the thing: then write a rule of "
        "your own for it."
    ),
)
