"""The organization takes power back: from the administrator of a service, or from a service."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.measures import STOP_CALLER
from trailmend.remediations.organization_accounts import register_administrator
from trailmend.runbooks.delegated_administrator import of_service
from trailmend.tries import tries

_DEREGISTER = "botocore organizations DeregisterDelegatedAdministrator"
_DISABLE = "botocore organizations DisableAWSServiceAccess"


def _account(verb: str, service: str, **more: Any) -> dict[str, Any]:
    return on_organization(
        f"{verb}DelegatedAdministrator",
        accountId=OTHER_ACCOUNT,
        servicePrincipal=f"{service}.amazonaws.com",
        **more,
    )


def _shut(service: str, **more: Any) -> dict[str, Any]:
    return on_organization(
        "DisableAWSServiceAccess", servicePrincipal=f"{service}.amazonaws.com", **more
    )


_OF_GUARDDUTY = _account("Deregister", "guardduty")
_OF_PEOPLE = _account("Deregister", "sso")
_REGISTERED = _account("Register", "guardduty", at="08:00:00")
_BY_ANOTHER = _account("Register", "guardduty", by=PIPELINE, at="08:00:00")
_NOT_ONE = _account("Deregister", "guardduty", error="AccountNotRegisteredException")
_DENIED = denied("DeregisterDelegatedAdministrator", by=user("bob"), source="organizations")
_TAKES = "event_name = 'DeregisterDelegatedAdministrator'"
# Services that watch the accounts, or keep what happens in them.
_WATCHES = of_service(
    *(
        f"{name}.amazonaws.com"
        for name in (
            *(
                "access-analyzer",
                "auditmanager",
                "cloudtrail",
                "config",
                "config-multiaccountsetup",
            ),
            *(
                "detective",
                "fms",
                "guardduty",
                "inspector2",
                "macie",
                "malware-protection.guardduty",
            ),
            *("securityhub", "securitylake"),
        )
    )
)
_OWN = "COALESCE(made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:DeregisterDelegatedAdministrator",
        "organizations.amazonaws.com:DisableAWSServiceAccess",
    ),
    family="organization",
    first="Read servicePrincipal: of GuardDuty, Security Hub or Config, who watches is blind now.",
    information=(
        Claim(
            "DeregisterDelegatedAdministrator takes one service from one member account; where it "
            "was its last, the account cannot read the organization any more.",
            "botocore organizations DeregisterDelegatedAdministratorRequest",
        ),
        Claim(
            "After DisableAWSServiceAccess the service makes no role in new accounts, and does "
            "nothing in the others once it has cleaned up.",
            _DISABLE,
        ),
        Claim(
            "Both calls are made in the management account alone, and recorded there, in "
            "us-east-1.",
            f"{_DEREGISTER}; {_DISABLE}; AWS Organizations User Guide (archive of June 2023), "
            "Logging AWS Organizations API calls with AWS CloudTrail, read 2026-11-28",
        ),
    ),
    impact=(
        Claim(
            "The account of the security team sees and rules the other accounts by that service no "
            "more, and nobody may notice.",
            f"{_DEREGISTER}; unchecked: what each service shows after it",
        ),
        Claim(
            "What a service keeps for the organization may stop being gathered, or be cleaned up "
            "for good.",
            _DISABLE,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The service moves to another account of the same team, or is not used any more.",
            (Fact("RegisterDelegatedAdministrator of another account stands beside it."),),
            (Fact("The service watches the accounts.", _WATCHES),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account blinds the security team before the next step.",
            (Fact("The service watches the accounts.", _WATCHES),),
            (Fact("The caller had registered the account.", _OWN),),
        ),
        Explanation(
            "insider",
            "An administrator takes a service away from a team without asking it.",
            (Fact("The administrator's own account was registered instead."),),
            (Fact("The team of that account knows of it."),),
        ),
        Explanation(
            "accident",
            "Code that is applied to the wrong organization removes registrations.",
            (
                Fact(
                    "The caller took {same_action_10m} registrations away within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("One registration alone was taken.", "same_action_10m = 1"),),
        ),
        Explanation(
            "automation",
            "A landing zone moves its services, or a test of it is cleaned up.",
            (Fact("The caller had registered the account.", _OWN),),
            (Fact("Nothing was registered in its place."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Policies of the organization do not bind the management account, so nothing but its "
            "own IAM keeps these calls back there.",
            "AWS Organizations User Guide (archive of June 2023), Service control policies (SCPs), "
            "read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "To take power away is safe.",
            Claim(
                "It can be the power to watch: AWS warns of unintended impacts on the service.",
                _DEREGISTER,
            ),
        ),
    ),
    questions=(
        "Which account watches the others by that service now, if any?",
        "What happened in the member accounts since that the service would have told?",
        "Does the team of the account that lost it know of the change?",
    ),
    false_positives=("A move of security services to another account.", "The end of a service."),
    console=(
        Console(
            "Register the account, or let the service in, again",
            (
                "In the management account, in the console of the service: register the account as "
                "its delegated administrator, or switch its access to the organization on.",
                "By command: aws organizations register-delegated-administrator --account-id "
                "ACCOUNT --service-principal SERVICE.",
                "In that account look whether the service still has its members and settings.",
            ),
            "botocore organizations RegisterDelegatedAdministrator, EnableAWSServiceAccess",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "What the service kept in the account, its members and its settings do not come back "
            "with the registration.",
            f"{_DEREGISTER}; unchecked: it differs by service",
        ),
        Claim(
            "No fix lets a service in again: AWS recommends to do it in the console or by the "
            "commands of that service, which makes what it needs.",
            "botocore organizations EnableAWSServiceAccess",
        ),
    ),
    detections={
        "watcher_deregistered": Detection(
            title="The account that watches the others lost a service of security",
            level="high",
            when=f"{_TAKES} AND ({_WATCHES}) AND NOT {_OWN}",
            techniques=("T1562",),
            fixes=(register_administrator, *STOP_CALLER),
            fires=((_OF_GUARDDUTY,), (_BY_ANOTHER, _OF_GUARDDUTY)),
            quiet=((_OF_PEOPLE,), (_REGISTERED, _OF_GUARDDUTY), (_shut("guardduty"),), (_NOT_ONE,)),
        ),
        "deregistered": Detection(
            title="A member account is no longer the administrator of a service",
            level="medium",
            takes_back=True,
            when=f"{_TAKES} AND NOT ({_WATCHES}) AND NOT {_OWN}",
            techniques=("T1531",),
            fixes=(register_administrator, *STOP_CALLER),
            fires=((_OF_PEOPLE,), (_REGISTERED, _OF_PEOPLE)),
            quiet=(
                (_OF_GUARDDUTY,),
                (_account("Register", "sso", at="08:00:00"), _OF_PEOPLE),
                (_shut("sso"),),
            ),
        ),
        # No fix: in the plan of a story it would give again what the intruder had given.
        "taken_back": Detection(
            title="The administration of a service was taken back by whoever had given it",
            level="low",
            when=f"{_TAKES} AND {_OWN}",
            fires=((_REGISTERED, _OF_GUARDDUTY),),
            quiet=((_OF_GUARDDUTY,), (_BY_ANOTHER, _OF_GUARDDUTY), (_REGISTERED, _OF_PEOPLE)),
        ),
        "watcher_shut_out": Detection(
            title="A service of security was shut out of the organization",
            level="high",
            when=f"NOT {_TAKES} AND ({_WATCHES})",
            techniques=("T1562",),
            fixes=STOP_CALLER,
            fires=((_shut("guardduty"),), (_shut("config"),)),
            quiet=((_shut("ram"),), (_OF_GUARDDUTY,)),
        ),
        "shut_out": Detection(
            title="A service was shut out of the organization",
            level="low",
            when=f"NOT {_TAKES} AND NOT ({_WATCHES})",
            fires=((_shut("ram"),),),
            quiet=((_shut("guardduty"),), (_OF_PEOPLE,), (_DENIED,)),
        ),
        **tries(
            "take the administration of a service away",
            denied=_DENIED,
            failed=_NOT_ONE,
            done=_OF_GUARDDUTY,
            level="medium",
            techniques=("T1562",),
        ),
    },
)
