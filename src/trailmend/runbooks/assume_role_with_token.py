"""A role is assumed with what a provider says of somebody: by SAML, or by OpenID Connect."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, saml, user, web_identity
from trailmend.remediations.principals import revoke_role_sessions
from trailmend.remediations.roles import close_trust
from trailmend.runbooks.assume_role import ADMIN, week

_SAML, _WEB = "botocore sts AssumeRoleWithSAML", "botocore sts AssumeRoleWithWebIdentity"
SAM, MAIN = saml(), web_identity()
FORK = web_identity("repo:stranger/shop:ref:refs/heads/main")


def _take(by: Principal, event_name: str = "AssumeRoleWithSAML", **more: Any) -> dict[str, Any]:
    request = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/dev", "roleSessionName": "sam"}
    response = {"credentials": {"accessKeyId": "ASIATOKEN"}}
    fields: dict[str, Any] = {
        "request": request,
        "response": response,
        "recipientAccountId": ACCOUNT,
    }
    return call(event_name, by=by, source="sts", **(fields | more))


def _by_web(by: Principal = MAIN, **more: Any) -> dict[str, Any]:
    return _take(by, "AssumeRoleWithWebIdentity", **more)


_GRANT = call(
    "AttachRolePolicy",
    by=user("carol"),
    request={"roleName": "dev", "policyArn": ADMIN},
    at="08:00:00",
)
_KNOWN = week(call("GetUser", by=user("carol")))
_REFUSED = denied(
    "AssumeRoleWithWebIdentity",
    by=FORK,
    source="sts",
    resource=f"arn:aws:iam::{ACCOUNT}:role/dev",
    recipientAccountId=ACCOUNT,
)
_ADMIN = "COALESCE(target_is_admin, FALSE)"
_NEW = "(COALESCE(first_call, FALSE) OR COALESCE(first_pair, FALSE))"
_ONE_BEFORE = "COALESCE(subjects_known = 1, FALSE)"
_EARLY = _by_web(FORK, error="AccessDenied") | {"eventTime": "2026-03-02T08:00:00Z"}
"""A try in vain makes no subject a known one."""

RUNBOOK = Runbook(
    events=(
        "sts.amazonaws.com:AssumeRoleWithSAML",
        "sts.amazonaws.com:AssumeRoleWithWebIdentity",
    ),
    family="sessions",
    tier=2,
    first=(
        "Ask the provider's log who signed in then; if it knows nobody, close the role's "
        "trust, then end its sessions."
    ),
    information=(
        Claim(
            "No AWS credentials are needed: a signed assertion or token of a provider that the "
            "role trusts is enough.",
            f"{_SAML}; {_WEB}",
        ),
        Claim(
            "The caller's id is what the provider says: principalId holds the provider and the "
            "subject, as an e-mail address or a repository with its branch.",
            "sample: splunk AssumeRoleWithSAML; AWS CloudTrail User Guide (archive of June 2023), "
            "CloudTrail userIdentity element, read 2026-11-28",
        ),
        Claim(
            "Roles of Identity Center (AWSReservedSSO_...) cannot be taken by AssumeRoleWithSAML.",
            _SAML,
        ),
    ),
    impact=(
        Claim(
            "Who can sign for the provider, or has its signing key, is whoever they want to be in "
            "every role that trusts it.",
            "MITRE ATT&CK, T1606.002 (attack.mitre.org/techniques/T1606/002), read 2026-11-22",
        ),
        Claim(
            "A role whose trust names a shared provider but no subject lets in all its customers, "
            "as any repository of GitHub. Since June 2025 IAM refuses such a policy for the "
            "providers it knows; older roles, and other providers, can still have one.",
            "AWS IAM User Guide, Identity-provider controls for shared OIDC providers, by title "
            "and summary, read 2026-11-28; Datadog Security Labs, on keyless AWS authentication "
            "from GitHub (update of June 2025), read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person's first day with the role, or a repository's first deployment.",
            (Fact("The directory or the repository shows the assignment."),),
            (Fact("The role is known to be an administrator.", "target_is_admin"),),
        ),
        Explanation(
            "unauthorised",
            "A forged assertion, a stolen token, or a stranger's repository that the trust admits.",
            (Fact("The provider's own log shows no sign-in at that time."),),
            (Fact("The provider's log shows the sign-in, with MFA."),),
        ),
        Explanation(
            "automation",
            "A pipeline gets a token for each run.",
            (
                Fact(
                    "An OIDC provider vouched for the caller.",
                    "event_name = 'AssumeRoleWithWebIdentity'",
                ),
            ),
            (Fact("A SAML provider vouched for a person.", "event_name = 'AssumeRoleWithSAML'"),),
        ),
    ),
    corrections=(
        Correction(
            "A federated session without MFA in the record was begun without MFA.",
            Claim(
                "CloudTrail never shows the MFA of a provider: ask the provider.",
                "AWS CloudTrail User Guide (archive of June 2023), CloudTrail userIdentity "
                "element, read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "Which provider (`actor.id`), and does its log show the same sign-in?",
        "Which subjects does the role's trust policy admit?",
    ),
    false_positives=(
        "New colleagues, new repositories, a new branch: each is a caller of its own, and beside "
        "a single one of before it is a finding of level medium.",
        "Clusters of Kubernetes, whose service accounts come and go.",
    ),
    silence=(
        "Single sign-on makes these by the thousand. Found is who takes a role for the first "
        "time, where the log is long enough to tell."
    ),
    detections={
        "admin_first": Detection(
            title="Somebody federated took a role that is administrator for the first time",
            level="medium",
            when=f"{_NEW} AND {_ADMIN}",
            techniques=("T1078.004", "T1606.002"),
            fixes=(close_trust, revoke_role_sessions),
            fires=((*_KNOWN, _GRANT, _take(SAM)), (*_KNOWN, _GRANT, _by_web())),
            quiet=(
                (_GRANT, _take(SAM)),
                (*_KNOWN, _take(SAM)),
                (*week(_take(SAM)), _GRANT, _take(SAM)),
            ),
        ),
        "second_subject": Detection(
            title="Somebody federated took a role that only one other had taken for a week or more",
            level="medium",
            when=f"{_NEW} AND NOT {_ADMIN} AND {_ONE_BEFORE}",
            techniques=("T1078.004", "T1606.002"),
            fixes=(close_trust, revoke_role_sessions),
            fires=((*week(_by_web()), _by_web(FORK)), (*week(_take(SAM)), _EARLY, _by_web(FORK))),
            quiet=(
                (*week(_by_web()), _by_web()),
                (*week(_by_web(), _take(SAM)), _by_web(FORK)),
                (*week(_by_web())[1:], *_KNOWN[:1], _by_web(FORK)),
            ),
        ),
        "first": Detection(
            title="Somebody federated took this role for the first time",
            level="low",
            when=f"{_NEW} AND NOT {_ADMIN} AND NOT {_ONE_BEFORE}",
            techniques=("T1078.004",),
            fires=((*_KNOWN, _take(SAM)), (*week(_by_web(), _take(SAM)), _by_web(FORK))),
            quiet=(
                (_take(SAM),),
                (*week(_take(SAM)), _take(SAM)),
                (*week(_by_web()), _by_web(FORK)),
                (_REFUSED,),
            ),
        ),
        "denied": Detection(
            title="A role was refused to somebody federated",
            level="low",
            when="TRUE",
            outcome="denied",
            techniques=("T1078.004",),
            fires=((_REFUSED,),),
            quiet=((_take(SAM),), (_by_web(error="ExpiredTokenException"),)),
        ),
    },
)
