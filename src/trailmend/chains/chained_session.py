"""A session that an outsider, or a chain of roles, took grants rights or makes a credential."""

from datetime import timedelta
from typing import Any

from trailmend.catalog import Chain, Claim, Explanation, Fact, Step
from trailmend.evidence import Principal, call, outsider, role, service, user
from trailmend.remediations.principals import quarantine_caller, revoke_callers_sessions
from trailmend.runbooks.assume_role import ADMIN, assume, week

OPS, CI = role("ops"), role("ci")
SESSION = str(OPS.identity["accessKeyId"])
_CREDENTIALS = (
    "CreateAccessKey CreateLoginProfile UpdateLoginProfile CreateServiceSpecificCredential "
    "UploadSSHPublicKey UploadSigningCertificate EnableMFADevice"
).split()
_GRANTS = (
    "AttachUserPolicy AttachGroupPolicy AttachRolePolicy PutUserPolicy PutGroupPolicy "
    "PutRolePolicy AddUserToGroup CreatePolicyVersion SetDefaultPolicyVersion"
).split()
_NAMES = ", ".join(f"'{name}'" for name in _CREDENTIALS)


def _taken(by: Principal, key: str = SESSION, **more: Any) -> dict[str, Any]:
    response = {"credentials": {"accessKeyId": key}}
    record: dict[str, Any] = assume(by, **({"at": "09:00:00"} | more))
    return record | {"responseElements": response}


def _key(by: Principal = OPS, **more: Any) -> dict[str, Any]:
    return call("CreateAccessKey", by=by, request={"userName": "eve"}, at="09:10:00", **more)


def _grant(policy: str, by: Principal = OPS) -> dict[str, Any]:
    request = {"userName": "eve", "policyArn": policy}
    return call("AttachUserPolicy", by=by, request=request, at="09:10:00")


_CHAIN = (
    _taken(user("bob"), key=str(CI.identity["accessKeyId"]), at="08:50:00"),
    _taken(CI),
)

CHAIN = Chain(
    title="A session that came from outside or by a chain of roles made a way to stay",
    level="high",
    steps=(
        # What the caller is known to do, as a pipeline of the organization does, is left out; of
        # roles that take roles, all but what is known to be new.
        Step(
            events=("sts.amazonaws.com:AssumeRole",),
            when=(
                "(actor_account IS NOT NULL AND actor_account IS DISTINCT FROM account_id "
                "AND COALESCE(first_pair, TRUE)) OR (actor_type = 'AssumedRole' "
                "AND COALESCE(role_hops, 0) >= 1 AND COALESCE(first_pair, FALSE))"
            ),
            by=("object_id",),
        ),
        Step(
            events=tuple(f"iam.amazonaws.com:{name}" for name in (*_CREDENTIALS, *_GRANTS)),
            when=f"COALESCE(grants_admin, FALSE) OR event_name IN ({_NAMES})",
            by=("access_key_id",),
        ),
    ),
    joined=("the session",),
    within=timedelta(hours=12),
    techniques=("T1199", "T1098"),
    fixes=(revoke_callers_sessions, quarantine_caller),
    impact=(
        Claim(
            "What was made outlives the session: a key, a password or a right stays when the "
            "session has ended and the role's trust is closed.",
            "botocore sts AssumeRole; botocore iam CreateAccessKey",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A deployment account goes by a role of its own into this one and sets up users.",
            (Fact("The other account is the organization's tooling."),),
            (Fact("A user got a credential, not a service.", "target_type = 'user'"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder came in by a role that trusts another account, and stays.",
            (Fact("A user got a credential or rights.", "target_type = 'user'"),),
            (Fact("The trust and the change are of one review."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code that runs elsewhere makes users with keys.",
            (Fact("The same was made in other accounts that day."),),
            (Fact("Nothing of the code names the user."),),
        ),
    ),
    fires=(
        (_taken(outsider()), _key()),
        (_taken(outsider(by_role=True)), _grant(ADMIN)),
        (
            *week(call("GetUser", by=CI)),
            *_CHAIN,
            _key(),
        ),
    ),
    quiet=(
        (*_CHAIN, _key()),
        (*week(_taken(outsider())), _taken(outsider()), _key()),
        (_taken(outsider()), _grant("arn:aws:iam::aws:policy/ReadOnlyAccess")),
        (_taken(outsider(), key="ASIAOTHER"), _key()),
        (_taken(outsider()), _key(error="AccessDenied")),
        (_taken(user("bob")), _key()),
        (_taken(service()), _key()),
        (_taken(outsider(), error="AccessDenied"), _key()),
    ),
)
