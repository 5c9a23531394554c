"""The organization hands power out: to a member account, or to a service in all accounts."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, denied, user
from trailmend.evidence.center import on_organization
from trailmend.measures import STOP_CALLER
from trailmend.remediations.organization_accounts import (
    OVER_IDENTITIES,
    deregister_administrator,
)
from trailmend.tries import tries

_REGISTER = "botocore organizations RegisterDelegatedAdministrator"
_SERVICE = "botocore organizations EnableAWSServiceAccess"


def _register(service: str, **more: Any) -> dict[str, Any]:
    return on_organization(
        "RegisterDelegatedAdministrator",
        accountId=OTHER_ACCOUNT,
        servicePrincipal=service,
        **more,
    )


def of_service(*names: str) -> str:
    """Make the condition that the request names one of these services."""
    texts = (f"COALESCE(request, '') LIKE '%\"servicePrincipal\":\"{name}\"%'" for name in names)
    return " OR ".join(texts)


def _enable(service: str) -> dict[str, Any]:
    return on_organization("EnableAWSServiceAccess", servicePrincipal=service)


_STACKS = "member.org.stacksets.cloudformation.amazonaws.com"
_TWICE = _register("sso.amazonaws.com", error="AccountAlreadyRegisteredException")
_DENIED = denied("RegisterDelegatedAdministrator", by=user("bob"), source="organizations")
_REGISTERS = "event_name = 'RegisterDelegatedAdministrator'"
_POWERFUL = of_service(*OVER_IDENTITIES)

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:RegisterDelegatedAdministrator",
        "organizations.amazonaws.com:EnableAWSServiceAccess",
    ),
    family="organization",
    first="Read servicePrincipal: of Identity Center, IAM, StackSets it is power over accounts.",
    information=(
        Claim(
            "The registered member account administers the features that one service has for the "
            "organization, and may read the organization's data.",
            _REGISTER,
        ),
        Claim(
            "EnableAWSServiceAccess lets a service read the tree, make its role in every account, "
            "and act there for the organization.",
            _SERVICE,
        ),
        Claim("Both calls are made in the management account alone.", f"{_REGISTER}; {_SERVICE}"),
    ),
    impact=(
        Claim(
            "Who rules a delegated account for Identity Center assigns people to member accounts; "
            "for StackSets, deploys what they like there.",
            "AWS IAM Identity Center User Guide, Delegated administration, read 2026-11-28; AWS "
            "Organizations User Guide (archive of June 2023), AWS CloudFormation StackSets and AWS "
            "Organizations, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Security tools move to an account of the security team, as AWS recommends.",
            (Fact("The account is that of the security or identity team."),),
            (Fact("The service has power over identities or code.", _POWERFUL),),
        ),
        Explanation(
            "unauthorised",
            "From an hour in the management account an intruder makes a lasting outpost in a "
            "member account they hold.",
            (Fact("The service has power over identities or code.", _POWERFUL),),
            (Fact("The service only reads and reports."),),
        ),
        Explanation(
            "insider",
            "A team has its own account registered to skip the central one.",
            (Fact("The account belongs to the caller's team."),),
            (Fact("The owners of the organization made the change."),),
        ),
        Explanation(
            "accident",
            "A tutorial's command is run with the wrong account number.",
            (Fact("DeregisterDelegatedAdministrator followed."),),
            (Fact("A file of the organization's code holds the number."),),
        ),
        Explanation(
            "automation",
            "A landing zone sets its services up.",
            (
                Fact(
                    "The caller made {same_action_10m} such calls within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("The landing zone was set up long ago."),),
        ),
    ),
    corrections=(
        Correction(
            "Registration gives everybody in the account the power.",
            Claim("They still need IAM permissions for the service.", _REGISTER),
        ),
    ),
    questions=(
        "Whose is the account, and who may act in it?",
        "What did the service do in other accounts since?",
    ),
    false_positives=("The set-up of a landing zone or of a new security service.",),
    console=(
        Console(
            "Take the registration or the access back",
            (
                "In the management account: aws organizations deregister-delegated-administrator "
                "--account-id ACCOUNT --service-principal SERVICE.",
                "Or turn the service's access off in the console of that service, which also "
                "cleans up.",
                "Ask first: to deregister can delete what the delegate made (settings, findings).",
            ),
            "botocore organizations DeregisterDelegatedAdministrator, DisableAWSServiceAccess",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix takes the access of a service back: AWS advises strongly to do it in the "
            "console or by the commands of that service, which cleans up.",
            "botocore organizations DisableAWSServiceAccess",
        ),
        Claim(
            "Taking it back does not undo what the account or the service did meanwhile in other "
            "accounts.",
            "botocore organizations DisableAWSServiceAccess",
        ),
    ),
    detections={
        "of_identities": Detection(
            title="A member account got power over identities or code of all accounts",
            level="high",
            when=f"{_REGISTERS} AND ({_POWERFUL})",
            techniques=("T1098", "T1484"),
            fixes=(deregister_administrator, *STOP_CALLER),
            fires=((_register("sso.amazonaws.com"),), (_register(_STACKS),)),
            quiet=((_register("guardduty.amazonaws.com"),), (_enable(_STACKS),), (_TWICE,)),
        ),
        "registered": Detection(
            title="A member account became the delegated administrator of a service",
            level="medium",
            when=f"{_REGISTERS} AND NOT ({_POWERFUL})",
            techniques=("T1098",),
            fixes=(deregister_administrator, *STOP_CALLER),
            fires=((_register("guardduty.amazonaws.com"),),),
            quiet=((_register("sso.amazonaws.com"),), (_enable("ram.amazonaws.com"),)),
        ),
        "powerful_service": Detection(
            title="A service was let into all accounts that can give identities or run code",
            level="medium",
            when=f"NOT {_REGISTERS} AND ({_POWERFUL})",
            techniques=("T1484",),
            fixes=STOP_CALLER,
            fires=((_enable(_STACKS),), (_enable("iam.amazonaws.com"),)),
            quiet=((_enable("ram.amazonaws.com"),), (_register(_STACKS),)),
        ),
        "service": Detection(
            title="A service was let into all accounts of the organization",
            level="low",
            when=f"NOT {_REGISTERS} AND NOT ({_POWERFUL})",
            fires=((_enable("ram.amazonaws.com"),),),
            quiet=((_enable(_STACKS),), (_DENIED,)),
        ),
        **tries(
            "hand out power over the organization",
            denied=_DENIED,
            failed=_TWICE,
            done=_register("sso.amazonaws.com"),
            level="medium",
            techniques=("T1098",),
        ),
    },
)
