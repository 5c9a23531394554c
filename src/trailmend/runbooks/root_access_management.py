"""Whether the management account may act as root in member accounts is switched."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_CREDENTIALS = "botocore iam EnableOrganizationsRootCredentialsManagement"
_SESSIONS = "botocore iam EnableOrganizationsRootSessions"
_OFF = (
    "botocore iam DisableOrganizationsRootSessions, DisableOrganizationsRootCredentialsManagement"
)
_ROOT = "botocore sts AssumeRoot"
BOB = user("bob")


def _do(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, **more)


_ON = _do("EnableOrganizationsRootSessions")
_NOT_HERE = _do(
    "EnableOrganizationsRootSessions",
    error="CallerIsNotManagementAccountException",
)
_DENIED = denied("EnableOrganizationsRootSessions", by=BOB)

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:DisableOrganizationsRootCredentialsManagement",
        "iam.amazonaws.com:DisableOrganizationsRootSessions",
        "iam.amazonaws.com:EnableOrganizationsRootCredentialsManagement",
        "iam.amazonaws.com:EnableOrganizationsRootSessions",
    ),
    family="organization",
    first="Ask the owner of the organization; then look for AssumeRoot in the management account.",
    information=(
        Claim(
            "Root sessions let the management account, or a delegated administrator, take short "
            "sessions as root of a member account, for a few tasks each.",
            f"{_SESSIONS}; {_ROOT} (TaskPolicyArn)",
        ),
        Claim(
            "Credentials management lets it look at root's credentials in member accounts and "
            "delete them, or allow a recovery.",
            _CREDENTIALS,
        ),
        Claim(
            "Both need trusted access for IAM in the organization, and are called in the "
            "management account or by the delegated administrator.",
            f"{_CREDENTIALS}; {_SESSIONS}",
        ),
    ),
    impact=(
        Claim(
            "Who is strong in one account can undo, as root, bucket and queue policies that shut "
            "everybody out, and remove root's credentials, in all members.",
            f"{_ROOT} (TaskPolicyArn)",
        ),
        Claim("Switched off, hygiene of root's credentials is each account's own again.", _OFF),
    ),
    explanations=(
        Explanation(
            "intended",
            "The organization takes root's passwords and keys out of its members, as AWS advises.",
            (Fact("The security team announced it."),),
            (Fact("The management account is used for nothing of the kind."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account reaches for all members.",
            (Fact("AssumeRoot by the same principal followed."),),
            (Fact("No AssumeRoot followed within days."),),
        ),
        Explanation(
            "insider",
            "An administrator of the organization extends their reach.",
            (Fact("The owners of the members were not told."),),
            (Fact("A second person knows of it."),),
        ),
        Explanation(
            "accident",
            "It was switched off with trusted access for IAM.",
            (Fact("organizations:DisableAWSServiceAccess stands beside it."),),
            (Fact("It was switched on.", "event_name LIKE 'Enable%'"),),
        ),
        Explanation(
            "automation",
            "A landing zone sets it up once.",
            (Fact("The landing zone was set up on the same day."),),
            (Fact("The landing zone is years old."),),
        ),
    ),
    control_gaps=(
        Claim(
            "More than a few principals of the management account may call sts:AssumeRoot.",
            _ROOT,
        ),
    ),
    corrections=(
        Correction(
            "AssumeRoot gives root's whole power.",
            Claim("A session is held to one task policy of AWS's.", f"{_ROOT} (TaskPolicyArn)"),
        ),
    ),
    questions=("Who asked for it, and who may call sts:AssumeRoot now?",),
    false_positives=("The roll-out of central root access.",),
    console=(
        Console(
            "Switch it back",
            (
                "In the management account: aws iam list-organizations-features",
                "Then aws iam disable-organizations-root-sessions, or the call for the other "
                "feature, or enable it again.",
            ),
            f"{_OFF}; botocore iam ListOrganizationsFeatures",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim("No fix switches it: which state is right the owner of the organization says.", _OFF),
    ),
    detections={
        "switched_on": Detection(
            title="The management account can act on root in member accounts from now on",
            level="medium",
            when="event_name LIKE 'Enable%'",
            techniques=("T1098", "T1078.004"),
            fixes=STOP_CALLER,
            fires=((_ON,), (_do("EnableOrganizationsRootCredentialsManagement", root()),)),
            quiet=((_do("DisableOrganizationsRootSessions"),), (_NOT_HERE,)),
        ),
        "switched_off": Detection(
            title="Central management of root in member accounts was switched off",
            level="medium",
            when="NOT event_name LIKE 'Enable%'",
            techniques=("T1562",),
            fixes=STOP_CALLER,
            fires=((_do("DisableOrganizationsRootSessions", role("ci")),),),
            quiet=((_ON,), (_DENIED,)),
        ),
        **tries(
            "switch the central management of root",
            denied=_DENIED,
            failed=_NOT_HERE,
            done=_ON,
            level="medium",
        ),
    },
)
