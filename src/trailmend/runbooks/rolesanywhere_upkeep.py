"""Roles Anywhere: warnings of certificates that expire are set, and things get tags."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "rolesanywhere.amazonaws.com:PutNotificationSettings",
        "rolesanywhere.amazonaws.com:ResetNotificationSettings",
        "rolesanywhere.amazonaws.com:TagResource",
        "rolesanywhere.amazonaws.com:UntagResource",
    ),
    family="federation",
    tier=3,
    information=(
        Claim(
            "The settings say how many days before a certificate expires Roles Anywhere tells of "
            "it, or that it does not: of the authority's certificate or of those of the callers.",
            "botocore rolesanywhere PutNotificationSettings, NotificationSetting",
        ),
        Claim(
            "A reset puts the settings of a trust anchor back to those that Roles Anywhere has of "
            "itself.",
            "botocore rolesanywhere ResetNotificationSettings",
        ),
        Claim(
            "The two calls on tags name a trust anchor, a profile or the like by its ARN.",
            "botocore rolesanywhere TagResource, UntagResource",
        ),
    ),
    silence=(
        "Housekeeping: who can get a session stays the same. Without the warning a certificate "
        "runs out unnoticed, and machines stop rather than intruders start. Where a policy of "
        "yours decides by a tag of a trust anchor or profile, write a rule of your own for it."
    ),
)
