"""A role that only an AWS service may assume is made, or its deletion is asked for."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:CreateServiceLinkedRole",
        "iam.amazonaws.com:DeleteServiceLinkedRole",
    ),
    family="roles",
    tier=3,
    information=(
        Claim(
            "The service sets the role's policies and says when it can be deleted; the account "
            "cannot change them.",
            "botocore iam CreateServiceLinkedRole",
        ),
        Claim(
            "Services make theirs when they are first used, so the record often shows a service "
            "as the caller.",
            "sample: panther CreateServiceLinkedRole (rule tests)",
        ),
        Claim(
            "The deletion is a request: IAM answers with a task, and the service refuses it while "
            "the role is in use.",
            "botocore iam DeleteServiceLinkedRole, GetServiceLinkedRoleDeletionStatus",
        ),
    ),
    silence=(
        "Housekeeping: nobody but the service can assume the role, and its policies are AWS's. "
        "What the caller does with the service is in the service's own events."
    ),
)
