"""Sigma's fields of CloudTrail -> what our table has of them.

A field is a path into the record: `userIdentity.arn`, `requestParameters.userName`.  Most have a
column of the same meaning; those of the three JSON columns are read by path.  Some columns hold
more or other than the record did; then the expression takes back what was added.
"""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.near import nearest

TREES: Mapping[str, str] = {
    "requestParameters": "request",
    "responseElements": "response",
    "additionalEventData": "extra",
}
"""The fields that are kept as JSON, with all that is in them."""

COLUMNS: Mapping[str, str] = {
    "eventVersion": "event_version",
    "eventTime": "strftime(event_time, '%Y-%m-%dT%H:%M:%SZ')",
    "eventSource": "event_source",
    "eventName": "event_name",
    "eventType": "event_type",
    "eventID": "event_id",
    "awsRegion": "region",
    "sourceIPAddress": "source_ip",
    "userAgent": "user_agent",
    "errorCode": "error_code",
    "errorMessage": "error_message",
    "requestID": "request_id",
    "sharedEventID": "shared_event_id",
    "recipientAccountId": "account_id",
    "addendum.reason": "addendum",
    "addendum.originalEventID": "original_event_id",
    "userIdentity.type": "actor_type",
    "userIdentity.arn": "actor_arn",
    "userIdentity.accountId": "actor_account",
    "userIdentity.accessKeyId": "access_key_id",
    "userIdentity.invokedBy": "invoked_by",
    "userIdentity.userName": "CASE WHEN actor_type NOT IN "
    "('Root', 'AssumedRole', 'FederatedUser', 'AWSService') THEN actor_name END",
    "userIdentity.principalId": "CASE WHEN actor_type = 'AssumedRole' "
    "THEN split_part(actor_id, ':', 1) || COALESCE(':' || session_name, '') "
    "WHEN actor_type IN ('IAMUser', 'Root', 'SAMLUser', 'WebIdentityUser') THEN actor_id END",
    "userIdentity.onBehalfOf.userId": "CASE WHEN actor_type = 'IdentityCenterUser' "
    "THEN actor_id END",
    "userIdentity.sessionContext.sourceIdentity": "source_identity",
    "userIdentity.sessionContext.attributes.creationDate": "strftime(session_created, "
    "'%Y-%m-%dT%H:%M:%SZ')",
    # A role's `false` is no proof that no MFA was used, so the column says unknown there.
    "userIdentity.sessionContext.attributes.mfaAuthenticated": "CASE WHEN session_created IS NULL "
    "THEN NULL WHEN event_name = 'ConsoleLogin' THEN NULL WHEN mfa = 'yes' THEN 'true' "
    "ELSE 'false' END",
    "userIdentity.sessionContext.sessionIssuer.userName": "CASE WHEN actor_type IN "
    "('AssumedRole', 'FederatedUser') THEN actor_name END",
    "userIdentity.sessionContext.sessionIssuer.principalId": "CASE WHEN actor_type = 'AssumedRole' "
    "THEN split_part(actor_id, ':', 1) END",
}
"""The fields that are columns, and how each is read."""

NOT_KEPT = frozenset(
    """
    apiVersion managementEvent readOnly resources serviceEventDetails vpcEndpointId
    vpcEndpointAccountId eventCategory sessionCredentialFromConsole eventContext edgeDeviceDetails
    tlsDetails insightDetails addendum addendum.updatedFields addendum.originalRequestID
    userIdentity userIdentity.sessionContext userIdentity.sessionContext.attributes
    userIdentity.sessionContext.sessionIssuer userIdentity.sessionContext.sessionIssuer.type
    userIdentity.sessionContext.sessionIssuer.arn
    userIdentity.sessionContext.sessionIssuer.accountId
    userIdentity.sessionContext.webIdFederationData userIdentity.sessionContext.ec2RoleDelivery
    userIdentity.sessionContext.assumedRoot userIdentity.webIdFederationData
    userIdentity.identityProvider userIdentity.credentialId userIdentity.onBehalfOf
    userIdentity.onBehalfOf.identityStoreArn userIdentity.inScopeOf
    """.split()
)
"""Fields that records have and our table has not (AWS CloudTrail User Guide, record contents)."""

ACTOR_TYPES = (
    *("IAMUser", "AssumedRole", "Root", "FederatedUser", "WebIdentityUser", "SAMLUser"),
    *("IdentityCenterUser", "AWSService", "AWSAccount", "Unknown"),
)
"""What `userIdentity.type` is read as; `events.actor` says how."""


_DEEPEST = 64
"""No record is nested deeper (`records.MAXIMUM_DEPTH`)."""


def is_tree(field: str) -> bool:
    """Say whether a field is read from JSON, where it may have several values."""
    return field.partition(".")[0] in TREES


def path_of(field: str) -> tuple[str, list[str]]:
    """Give the column of a field of JSON, and the names on the way down."""
    top, *names = field.split(".")
    return TREES[top], names


def why_not(field: str) -> str | None:
    """Say why a field cannot be read, or None where it can."""
    if is_tree(field) and field.count(".") > _DEEPEST:
        return f"the field {field[:80]}… is deeper than {_DEEPEST} levels"
    if field in COLUMNS or (is_tree(field) and all(field.split("."))):
        return None
    top = field.partition(".")[0]
    if field in NOT_KEPT or top in NOT_KEPT - {"userIdentity", "addendum"}:
        return f"the field {field} is in CloudTrail records, but Trailmend does not keep it"
    return f"CloudTrail records have no field {field}{_near(field)}"


def _near(field: str) -> str:
    known = {name.lower(): name for name in (*COLUMNS, *TREES)}
    top, dot, rest = field.partition(".")
    if top.lower() in known and known[top.lower()] in TREES:
        return f". Did you mean {known[top.lower()]}{dot}{rest}?"
    tails = {name.rpartition(".")[2].lower(): name for name in COLUMNS}
    near = nearest(field, known.values(), likeness=0.75)
    found = near or tails.get(field.rpartition(".")[2].lower())
    return f". Did you mean {found}?" if found else ""
