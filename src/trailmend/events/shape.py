"""The columns of an event: one flat row for each CloudTrail record."""

from datetime import datetime
from sys import intern

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One CloudTrail record, flat; None where the record does not tell.

    `(account_id, event_id)` is the key.  `event_time` has one-second resolution and is the time of
    completion, so the order of events inside a second is not known.
    Text is as sent: names, agents and messages are written by whoever called.
    """

    event_id: str
    shared_event_id: str | None
    original_event_id: str | None
    request_id: str | None
    event_version: str | None
    addendum: str | None
    event_time: datetime
    account_id: str
    region: str | None
    event_source: str
    event_name: str
    event_type: str | None
    outcome: str
    error_code: str | None
    error_message: str | None
    actor_type: str
    actor_arn: str | None
    actor_account: str | None
    actor_id: str | None
    actor_name: str | None
    session_created: datetime | None
    session_name: str | None
    source_identity: str | None
    access_key_id: str | None
    mfa: str
    console: bool | None
    assumed_root: bool
    source_ip: str | None
    user_agent: str | None
    invoked_by: str | None
    target_type: str | None
    target_name: str | None
    object_type: str | None
    object_id: str | None
    relation: str
    request: str | None
    response: str | None
    extra: str | None
    truncated: bool
    source_name: str
    source_index: int
    provenance: str

    @property
    def by_own_account(self) -> bool:
        """Whether who calls is of the account itself, as far as the record tells."""
        return self.actor_account in (None, self.account_id)


_OFTEN_THE_SAME = (
    *("event_version", "account_id", "region", "event_source", "event_name", "event_type"),
    *("outcome", "error_code", "actor_type", "actor_arn", "actor_account", "actor_id"),
    *("actor_name", "session_name", "source_identity", "access_key_id", "mfa", "source_ip"),
    *("user_agent", "invoked_by", "target_type", "target_name", "object_type", "object_id"),
    *("relation", "request", "extra", "source_name", "provenance"),
)


def thrifty(event: Event) -> Event:
    """Give an event whose texts are held once, however many events hold the same."""
    told = ((name, getattr(event, name)) for name in _OFTEN_THE_SAME)
    return msgspec.structs.replace(
        event, **{name: intern(text) for name, text in told if text is not None}
    )


COLUMNS: dict[str, str] = {
    "event_id": "As CloudTrail gives it; made from the record's content where there is none.",
    "shared_event_id": "The same for the copies of one event in several accounts.",
    "original_event_id": "The earlier record that this one amends (`addendum`).",
    "request_id": "AWS's id of the request: what ties an event to a call that was made.",
    "event_version": "Version of the record format; two numbers, so 1.10 comes after 1.9.",
    "addendum": "Why CloudTrail amends an earlier record, or delivers late.",
    "event_time": "When the call was completed, UTC, to the second.",
    "account_id": "The account that received the event (recipientAccountId).",
    "region": "awsRegion; IAM is recorded in us-east-1 in the commercial partition.",
    "event_source": "The service, as `iam.amazonaws.com`; always read together with event_name.",
    "event_name": "The operation.",
    "event_type": "AwsApiCall, AwsConsoleSignIn, AwsServiceEvent and others.",
    "outcome": "`success`, `denied` (no permission) or `failed` (any other error).",
    "error_code": "As CloudTrail writes it (`NoSuchEntityException`); sign-in has none.",
    "error_message": "AWS's sentence on the error.",
    "actor_type": "IAMUser, AssumedRole, Root, FederatedUser, WebIdentityUser, SAMLUser, "
    "IdentityCenterUser, AWSService, AWSAccount or Unknown.",
    "actor_arn": "As sent, with the session name where there is one.",
    "actor_account": "The account of the caller; differs from account_id across accounts.",
    "actor_id": "The stable id (AIDA..., AROA..., account number for root), without a session; "
    "of a person of Identity Center in a permission set's role AROA...:user, which AWS sets.",
    "actor_name": "User name, or the role's name; `root` for root.",
    "session_created": "When the caller's session began.",
    "session_name": "Chosen by the caller: never identity, never a reason to stay silent.",
    "source_identity": "Set when the role was assumed; stays through role chains.",
    "access_key_id": "AKIA... (long-lived), ASIA... (session), or none.",
    "mfa": "`yes`, `no`, or `unknown`: no session, a role, or federation.",
    "console": "The call was made in the console; null where old records cannot tell.",
    "assumed_root": "A session of sts:AssumeRoot.",
    "source_ip": "An address, a DNS name of a service, or `AWS Internal`.",
    "user_agent": "Chosen by the caller.",
    "invoked_by": "The AWS service that called for the actor.",
    "target_type": "user, root, role, group, policy, account, mfa_device, instance_profile, "
    "saml_provider, oidc_provider, server_certificate, delegation_request; permission_set, "
    "sso_instance, application, trusted_token_issuer, directory_user, directory_group, "
    "identity_store; trust_anchor, rolesanywhere_profile, crl; organization, "
    "organization_account, organization_policy; trail, event_data_store, channel, dashboard, "
    "analyzer; bucket, key or secret.",
    "target_name": "Whom the call concerned, where the record says so; `root` for root.  A name or "
    "id; the whole ARN where the thing has no other name, or is in another account.",
    "object_type": "access_key, mfa_device, ssh_key, login_profile, policy, inline_policy, "
    "permissions_boundary, service_specific_credential, signing_certificate; session (of an sts "
    "call); group, instance_profile (the user or role is the target); permission_set (of an "
    "assignment), directory_group, membership; organization_policy, handshake, "
    "responsibility_transfer; archive_rule; region, alternate_contact (the account is the target).",
    "object_id": "Its id: AKIA..., serial, APKA..., ARN, or the name of an inline policy or a "
    "group; of a session its access key id; of a contact SECURITY, OPERATIONS or BILLING; a login "
    "profile and a boundary taken away have none.",
    "relation": "`self`, `other`, `none` (the call has no target, or the account as a whole) or "
    "`unknown`; a sign-in that failed proves nobody, so it is unknown.",
    "request": "requestParameters as compact JSON.",
    "response": "responseElements as compact JSON.",
    "extra": "additionalEventData as compact JSON.",
    "truncated": "CloudTrail left out content that was too large: a sign of its own.",
    "source_name": "The file or key that the record was read from.",
    "source_index": "The record's place in it, from 0.",
    "provenance": "`digest` (proved), `api`, `queue` (unproved) or `file`.",
}
