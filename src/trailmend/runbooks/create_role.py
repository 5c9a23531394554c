"""A new role: whom its trust policy lets in is decided at once, what it may do later."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.principals import quarantine_target
from trailmend.remediations.roles import close_trust
from trailmend.tries import tries

_MODEL = "botocore iam CreateRole"
_TRUST = "AWS IAM User Guide (archive of June 2023), Roles terms and concepts, read 2026-11-22"
BOB, CI = user("bob"), role("ci")


def trust(principal: str, **condition: Any) -> str:
    """Write a trust policy, as the record holds it."""
    more = f', "Condition": {condition["when"]}' if condition else ""
    action = "sts:AssumeRole" + ("WithWebIdentity" if "Federated" in principal else "")
    return (
        f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "{action}", '
        f'"Principal": {principal}{more}}}]}}'
    )


OWN = trust(f'{{"AWS": "arn:aws:iam::{ACCOUNT}:root"}}')
EC2 = trust('{"Service": "ec2.amazonaws.com"}')
OUTSIDER = trust('{"AWS": "arn:aws:iam::444455556666:root"}')
KNOWN_BY_ID = trust(
    '{"AWS": "arn:aws:iam::444455556666:root"}', when='{"StringEquals": {"sts:ExternalId": "x"}}'
)
ANYONE = trust('"*"')
ANY_ROLE_OF_A_NAME = trust(
    '"*"', when='{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}}'
)
TAGGED = trust('"*"', when='{"StringEquals": {"aws:PrincipalTag/team": "deploy"}}')
ANY_TOKEN = trust(f'{{"Federated": "arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com"}}')
OURS_OF_GITHUB_AND_EC2 = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": '
    '"sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "arn:aws:iam::'
    f'{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"}}, "Condition": {{"StringEquals"'
    ': {"token.actions.githubusercontent.com:sub": "repo:example/web:ref:refs/heads/main"}}}, '
    '{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": '
    '"ec2.amazonaws.com"}}]}'
)
UNKNOWN_ID = trust('{"AWS": "AROAEXAMPLE0000000001"}')
OUR_ORGANIZATION = trust('"*"', when='{"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}')


def _make(by: Principal, document: str, event_name: str = "CreateRole", **more: Any) -> Any:
    request = {"roleName": "audit", "assumeRolePolicyDocument": document}
    return call(event_name, by=by, request=request, **more)


_TAKEN = _make(BOB, EC2, error="EntityAlreadyExistsException")
_DENIED = denied("CreateRole", by=BOB, resource=f"arn:aws:iam::{ACCOUNT}:role/audit")
_ANYONE = "COALESCE(trusts_anyone, FALSE)"
_OUTSIDER = "COALESCE(trusts_outsider, FALSE)"
_UNTOLD = f"NOT {_OUTSIDER} AND NOT {_ANYONE} AND trusts_outsider IS NULL"
# Whoever the issuer gives a token to, a principal that is only an id, or anyone under a condition
# that does not say whose they are.
_WIDE = (
    "(trusted IS NOT NULL AND (trusts_anyone IS NULL "
    "OR trusted LIKE '%, limited by nothing: oidc %' "
    "OR trusted LIKE '%, limited by nothing: id A%'))"
)

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:CreateRole", "iam.amazonaws.com:AcquireRole"),
    family="roles",
    first="Read whom it trusts (`trusted`); if nobody knows them, close the trust, then ask.",
    information=(
        Claim(
            "A role has a trust policy from its making on: it says who may assume it, under which "
            "conditions.",
            f"{_MODEL}; {_TRUST}",
        ),
        Claim(
            "Of CreateRole: policies come by calls of their own; until then whoever assumes it "
            "may do what policies of resources allow the role, and nothing else.",
            _MODEL,
        ),
        Claim(
            "The record of CreateRole holds the trust policy as JSON text in "
            "assumeRolePolicyDocument.",
            "sample: invictus CreateRole",
        ),
        Claim(
            "AcquireRole makes a role from a template, which brings name, trust, policies and "
            "boundary along: the request names the template alone, and a rule for CreateRole "
            "misses it.",
            "botocore iam AcquireRole, AcquireRoleRequest",
        ),
    ),
    impact=(
        Claim(
            "A trust in another account is a door that its owner opens at any time; changing your "
            "own passwords and keys does not close it.",
            _TRUST,
        ),
        Claim(
            'Principal "*" without a condition lets in every AWS account there is.',
            "AWS IAM User Guide (archive of June 2023), AWS JSON policy elements: Principal, read "
            "2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A service, a pipeline or a supplier gets a role to work with.",
            (
                Fact("It lets in no principal of another account.", "NOT trusts_outsider"),
                Fact("A contract names the account that it trusts."),
            ),
            (Fact("Outsiders are let in; in all it trusts: {trusted}.", "trusts_outsider"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes a way back from an account of their own.",
            (
                Fact("Outsiders are let in; in all it trusts: {trusted}.", "trusts_outsider"),
                Fact("The role was made an administrator; see chain.backdoor_role."),
            ),
            (Fact("The trust is limited to your organization (aws:PrincipalOrgID)."),),
        ),
        Explanation(
            "insider",
            "A colleague's private account is let in, to go on after leaving.",
            (Fact("The account that is let in is known to the colleague alone."),),
            (Fact("The account that is let in is the company's."),),
        ),
        Explanation(
            "accident",
            "A trust that was meant for a service, or for one role, names everybody.",
            (Fact("It lets in anyone.", "trusts_anyone"),),
            (Fact("The document was reviewed."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code makes roles by the dozen.",
            (
                Fact(
                    "The caller made {same_action_10m} roles within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("The role stands in no module and no template."),),
        ),
    ),
    control_gaps=(
        Claim(
            "IAM Access Analyzer is not on, or nobody reads it: it lists roles that outsiders may "
            "assume.",
            "AWS IAM User Guide, Using AWS IAM Access Analyzer (Identifying resources shared with "
            "an external entity), read 2026-11-28",
        ),
        Claim(
            "A supplier is trusted without an external id, so that another customer of theirs can "
            "have them act here.",
            "AWS IAM User Guide (archive of June 2023), The confused deputy problem, read "
            "2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "An external id is a secret that protects the role.",
            Claim(
                "It is no secret: it keeps a supplier from being used by another of its "
                "customers. A trust with one is still a trust in that account.",
                "AWS IAM User Guide (archive of June 2023), How to use an external ID when "
                "granting access to your AWS resources to a third party, read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "Whose are the accounts and providers that it trusts?",
        "What may the role do by now? `trailmend history role/NAME`.",
        "Was it assumed? Look for AssumeRole with this role as target.",
    ),
    false_positives=(
        "Suppliers of monitoring and security tools.",
        "Accounts of the same organization: list them as known when that can be set.",
    ),
    not_fixable=(
        Claim(
            "No fix deletes the role: what it was is evidence, and a role of the same name is "
            "another. Close its trust or quarantine it.",
            "botocore iam DeleteRole",
        ),
    ),
    detections={
        "trusts_anyone": Detection(
            title="A role was made that anyone may assume",
            level="high",
            when=_ANYONE,
            techniques=("T1098.003", "T1199"),
            fixes=(close_trust, quarantine_target, *STOP_CALLER),
            fires=(
                (_make(BOB, ANYONE),),
                (_make(root(), ANYONE),),
                (_make(BOB, ANY_ROLE_OF_A_NAME),),
            ),
            quiet=((_make(BOB, OUTSIDER),), (_make(BOB, OWN),), (_make(BOB, "{"),)),
        ),
        "trusts_outsider": Detection(
            title="A role was made that another account may assume",
            level="medium",
            when=f"{_OUTSIDER} AND NOT {_ANYONE}",
            techniques=("T1098.003", "T1199"),
            fixes=(close_trust, quarantine_target, *STOP_CALLER),
            fires=((_make(BOB, OUTSIDER),), (_make(CI, KNOWN_BY_ID),)),
            quiet=((_make(BOB, OWN),), (_make(BOB, EC2),), (_make(BOB, ANYONE),), (_DENIED,)),
        ),
        "trust_wide": Detection(
            title="A role was made, and its trust policy does not shut outsiders out",
            level="medium",
            when=f"{_UNTOLD} AND {_WIDE}",
            techniques=("T1098.003", "T1199"),
            fixes=(close_trust, quarantine_target, *STOP_CALLER),
            fires=(
                (_make(BOB, ANY_TOKEN),),
                (_make(BOB, TAGGED),),
                (_make(BOB, UNKNOWN_ID),),
            ),
            quiet=(
                (_make(BOB, OWN),),
                (_make(BOB, OUR_ORGANIZATION),),
                (_make(BOB, OURS_OF_GITHUB_AND_EC2),),
                (_make(BOB, "{"),),
            ),
        ),
        # A document that cannot be read, or that CloudTrail left out, falls here by its level.
        "trust_unknown": Detection(
            title="A role was made; the record does not tell whether outsiders can take it",
            level="low",
            when=f"{_UNTOLD} AND NOT {_WIDE}",
            fires=(
                (_make(BOB, "{"),),
                (_make(BOB, OUR_ORGANIZATION),),
                (_make(BOB, OURS_OF_GITHUB_AND_EC2),),
                (call("AcquireRole", by=BOB, request={"roleName": "x"}),),
            ),
            quiet=((_make(BOB, OWN),), (_make(BOB, OUTSIDER),), (_make(BOB, ANY_TOKEN),)),
        ),
        "made": Detection(
            title="A role for services or for principals of the account was made",
            level="low",
            when=f"NOT {_OUTSIDER} AND NOT {_ANYONE} AND trusts_outsider IS NOT NULL",
            fires=((_make(BOB, EC2),), (_make(CI, OWN),)),
            quiet=((_make(BOB, OUTSIDER),), (_make(BOB, "{"),), (_TAKEN,)),
        ),
        **tries(
            "make a role",
            denied=_DENIED,
            failed=_TAKEN,
            done=_make(BOB, EC2),
            level="medium",
            techniques=("T1098.003",),
        ),
    },
)
