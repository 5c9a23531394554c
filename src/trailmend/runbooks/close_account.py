"""A member account is closed: all that runs in it stops, and after 90 days it is gone."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, denied, root, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_MODEL = "botocore organizations CloseAccount"
CLOSED = on_organization("CloseAccount", accountId=OTHER_ACCOUNT)
_BY_CODE = on_organization("CloseAccount", accountId=OTHER_ACCOUNT, by=PIPELINE)
_BY_ROOT = on_organization("CloseAccount", accountId=OTHER_ACCOUNT, by=root())
_TOO_MANY = on_organization(
    "CloseAccount", accountId=OTHER_ACCOUNT, error="ConstraintViolationException"
)
_DENIED = denied("CloseAccount", by=user("bob"), source="organizations")

RUNBOOK = Runbook(
    events=("organizations.amazonaws.com:CloseAccount",),
    family="organization",
    first="Ask AWS Support to reopen the account at once: after 90 days nobody can.",
    information=(
        Claim(
            "The call closes one member account of an organization with all features; it cannot "
            "close the management account.",
            _MODEL,
        ),
        Claim(
            "AWS does it in the background: the account is PENDING_CLOSURE, then SUSPENDED, and "
            "an event CloseAccountResult follows.",
            _MODEL,
        ),
        Claim(
            "In 30 days at most 250 member accounts or a fifth of them can be closed, whichever "
            "is more, and never more than 1,000.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "Nothing in the account can be reached; after 90 days its resources are deleted, and "
            "the account cannot be reopened any more.",
            _MODEL,
        ),
        Claim(
            "The account of GovCloud that is linked to it is closed with it.",
            f"{_MODEL} (linked to an AWS GovCloud account)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A project has ended, and its account is given up.",
            (Fact("The account had been moved to a unit of accounts to be closed."),),
            (
                Fact(
                    "The account is in use.",
                ),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account destroys what the accounts hold, or the "
            "account that keeps the logs.",
            (
                Fact("The account keeps logs, backups or the tools of the response."),
                Fact("The caller closed {targets_10m} accounts.", "targets_10m >= 2"),
            ),
            (Fact("A request to close this account is on record."),),
        ),
        Explanation(
            "insider",
            "Somebody who leaves takes the work of others down.",
            (Fact("The caller is about to leave, or was told so."),),
            (Fact("The owner of the account asked for it."),),
        ),
        Explanation(
            "accident",
            "The number of another account was pasted.",
            (Fact("A similar number, or a neighbour in the list, was meant to be closed."),),
            (Fact("The account had been emptied first."),),
        ),
        Explanation(
            "automation",
            "A factory of test accounts takes back those that are out of date.",
            (Fact("The account was made by the same factory, for a limited time."),),
            (Fact("The account is older than the factory."),),
        ),
    ),
    control_gaps=(
        Claim(
            "A policy of the organization can keep members from leaving, but binds nobody in the "
            "management account, where this is called.",
            "botocore organizations LeaveOrganization; AWS Organizations User Guide (archive of "
            "June 2023), Service control policies (SCPs), read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "A closed account is gone at once.",
            Claim("For 90 days it is suspended, and AWS Support can reopen it.", _MODEL),
        ),
        Correction(
            "Closing an account ends its costs.",
            Claim("A bill may still come after the closure.", _MODEL),
        ),
    ),
    questions=(
        "What ran in the account, and which other accounts depend on its roles, keys and buckets?",
        "Does it keep the logs of the organization, or backups?",
    ),
    false_positives=("Accounts of projects that have ended, and of trainings.",),
    console=(
        Console(
            "See how far it is, and ask for the account",
            (
                "In the management account run: aws organizations describe-account --account-id "
                "ACCOUNT.",
                "While it is SUSPENDED open a case with AWS Support and ask to reinstate the "
                "account.",
            ),
            _MODEL,
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No call reopens an account: AWS Support does, within 90 days and while the account "
            "is SUSPENDED.",
            _MODEL,
        ),
    ),
    detections={
        "closed": Detection(
            title="A member account was closed",
            level="high",
            when="TRUE",
            techniques=("T1485", "T1531"),
            fixes=STOP_CALLER,
            fires=((CLOSED,), (_BY_CODE,), (_BY_ROOT,)),
            quiet=((_TOO_MANY,), (_DENIED,)),
            takes_back=True,
            only_of_suspects=True,
        ),
        **tries(
            "close a member account",
            denied=_DENIED,
            failed=_TOO_MANY,
            done=CLOSED,
            level="medium",
            techniques=("T1485",),
        ),
    },
)
