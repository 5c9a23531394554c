"""The columns of `context`: what the ledger and the habits add to an event."""

from datetime import datetime

import msgspec

from trailmend.events import Event


class Context(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The ledger's answer for one event; None where the log does not tell."""

    account_id: str
    event_id: str
    owner_type: str | None = None
    owner_name: str | None = None
    owner_source: str | None = None
    known_relation: str = "unknown"
    before: str | None = None
    devices_before: int | None = None
    devices_left: int | None = None
    made_by_actor: bool | None = None
    target_made_by_actor: bool | None = None
    target_age: int | None = None
    stopped_by_other: bool | None = None
    never_assigned: bool | None = None
    device_removed_by_actor: bool = False
    password_set_by_actor: bool = False
    password_set_by_other: bool = False
    weakens: bool | None = None
    strengthens: bool | None = None
    weakened: str | None = None
    of_trail: bool | None = None
    grants_admin: bool | None = None
    grants: str | None = None
    denies: bool | None = None
    refused: str | None = None
    hinders: bool | None = None
    widens: bool | None = None
    narrows: bool | None = None
    lifts_denial: bool | None = None
    trusts_outsider: bool | None = None
    trusts_anyone: bool | None = None
    trusted: str | None = None
    policy_problems: str | None = None
    on_itself: bool | None = None
    target_is_admin: bool | None = None
    origin_type: str | None = None
    origin_id: str | None = None
    origin_name: str | None = None
    origin_account: str | None = None
    origin_access_key_id: str | None = None
    origin_time: datetime | None = None
    origin_roles: str | None = None
    role_hops: int | None = None
    log_days: int = 0
    known_days: int | None = None
    first_call: bool | None = None
    first_address: bool | None = None
    first_from_here: bool | None = None
    first_agent: bool | None = None
    first_action: bool | None = None
    address_minutes: int | None = None
    agent_minutes: int | None = None
    action_minutes: int | None = None
    session_address_changed: bool | None = None
    subjects_known: int | None = None
    first_pair: bool | None = None
    unusual_hour: bool | None = None
    unusual_weekday: bool | None = None
    same_action_10m: int | None = None
    targets_10m: int | None = None
    denied_before: int | None = None
    failed_before: int | None = None
    calls_denied: int | None = None
    calls_failed: int | None = None
    sign_ins_failed_before: int | None = None
    sign_ins_failed: int | None = None
    trail_off: bool | None = False
    trail_off_since: datetime | None = None
    trail_off_by_actor: bool | None = None


Moment = tuple[Event, Context]
"""An event and what the ledger adds to it."""

COLUMNS: dict[str, str] = {
    "account_id": "The account of the event.",
    "event_id": "The event that the row belongs to.",
    "owner_type": "`user` or `root`: whose thing it is.",
    "owner_name": "Whose thing it is: the event's target, or the owner that the ledger knows.",
    "owner_source": "`event` or `ledger`.",
    "known_relation": "The event's relation, or, where that is unknown, the ledger's.",
    "before": "JSON: how it was before, as the log shows: a key, the password policy, a policy "
    "document, a trust policy, a boundary, a trail, a provider, the place of an account.",
    "devices_before": "MFA devices of the owner enabled before; exact where the log shows the "
    "user's whole life, else at least so many.  0 only where it is sure.",
    "devices_left": "The same, after the event.",
    "made_by_actor": "The same principal (actor_id) made the object that is touched now, or put in "
    "what is taken out of a group or an instance profile, or gave the administration of a service "
    "that is taken from an account.  Of an inline policy: alone wrote it, by the same ARN, within "
    "the 24 hours before.",
    "target_made_by_actor": "The same principal created the user, role, group, policy or other "
    "thing that is acted on.",
    "target_age": "Seconds since that was made; null where the log does not show its making.",
    "stopped_by_other": "The key, credential or certificate is off, and a principal other than the "
    "caller switched it off.  Null where the log does not show who did.",
    "never_assigned": "The virtual MFA device was made and never enabled for anyone.",
    "device_removed_by_actor": "The same principal, not the owner, deactivated an MFA device of "
    "this owner within the 24 hours before.",
    "password_set_by_actor": "The same principal, not the owner, set the owner's password within "
    "the 24 hours before; a new user's first password from the user's maker does not count.",
    "password_set_by_other": "Somebody else set the owner's password so within the 24 hours "
    "before, and the owner has not changed it since.",
    "weakens": "The password policy now demands less in some field than before; or a trail sees "
    "less: a region, the global services, its validation, management events, another place for "
    "its files; or a store of events keeps less, or for a shorter time, or may be deleted; or the "
    "policy of a trail's bucket denies CloudTrail what it writes, or allows it nothing.  A "
    "switch of them that the log did not show before counts as on.  Null where the call names a "
    "place, a key, a time to keep or a store's selection, and the log does not show the former.",
    "strengthens": "The same, more.",
    "weakened": "The fields that became weaker.",
    "of_trail": "The bucket or key is one that a trail writes or wrote to, as its making or change "
    "in the log shows.  Null where the log shows none: it may be all the same.",
    "grants_admin": "The policy that is set, attached or taken away (of a group or a permission "
    "set: one of its known policies; of a boundary, and of an organization's policy that is "
    "attached: what it still lets through) makes its bearer an administrator, by whichever road.  "
    "Null where a condition or an unknown document decides.",
    "grants": "By which statements and roads, and under which conditions that nothing decides; "
    "for AWS's own policies the ARN; of the policy of an organization itself, the statements that "
    "allow more than to read.",
    "denies": "That policy has statements that deny.",
    "refused": "Of an organization's policy: what each of these statements denies, and under which "
    "conditions.",
    "hinders": "An organization's policy denies those who answer an intrusion what they need: "
    "calls that take keys, passwords and policies away, that read what happened or that begin "
    "recording again; or denies everything to all but a few.  Null where it spares somebody, who "
    "may be one of them.",
    "widens": "Something is allowed that the former document did not allow; of an organization's "
    "policy also: a denial is lifted.",
    "narrows": "Something is no longer allowed that the former document allowed; of an "
    "organization's policy also: a denial is new.",
    "lifts_denial": "The former document denied something that the one in force now does not, or "
    "not as far.",
    "trusts_outsider": "The trust policy, or the policy of a store of events, a channel, a "
    "dashboard or an organization itself, lets in a principal of another account, or a federation "
    "that outsiders can pass.  Null where an identity provider is trusted that was made within the "
    "week before.",
    "trusts_anyone": "It lets in anyone.",
    "trusted": "Whom it lets in, with the conditions that narrow it.",
    "policy_problems": "What of the document cannot be read, or AWS does not know.",
    "on_itself": "The call is about the caller: its own user, its session's role, a group that it "
    "is known to be in, a policy that it is known to bear.  Never by a session's name.",
    "target_is_admin": "The user, group or role is known to be an administrator, by a policy of "
    "its own or of a group.  False only where the log shows its whole life.",
    "origin_type": "The actor_type of who stands at the start of the chain of sessions from which "
    "the call comes.  Null, as the next seven, where the log does not show the session's making.",
    "origin_id": "Its stable id.",
    "origin_name": "Its name.",
    "origin_account": "Its account.",
    "origin_access_key_id": "The key that signed the call by which the first session was taken.",
    "origin_time": "When that was.",
    "origin_roles": "The roles of this account that were taken on the way before the caller's own, "
    "the first of them first, with a space between.  Null also where there is none.",
    "role_hops": "How many sessions were taken on the way: 1 for a role that was assumed.",
    "log_days": "Days (UTC) before this one on which the account's log holds identity events.",
    "known_days": "Days (UTC) before this one on which the log shows the principal (actor_id).",
    "first_call": "No call of the principal in a second before succeeded: what was tried in vain "
    "makes nobody known.  Null while log_days is under 7, because then the log begins and not the "
    "principal; and where there is no actor_id, as in all below.",
    "first_address": "No call of the principal in a second before that succeeded came from this "
    "address (IPv6: from these first 64 bits).  Null while log_days is under 7 or known_days under "
    "3, and where source_ip is no address.  Events of one second do not know of each other.",
    "first_from_here": "The same for the pair of event_source and event_name from this address.",
    "first_agent": "The same as first_address for the products that user_agent names, without "
    "their versions, whatever the outcome; the caller chooses them.",
    "first_action": "The same as first_address for the pair of event_source and event_name.",
    "address_minutes": "Minutes since the principal first called with success from this address, "
    "rounded up, 0 while first_address: an intruder's own calls make nothing familiar.  Null as "
    "for first_address.",
    "agent_minutes": "Minutes since the principal first called by the products that user_agent "
    "names.",
    "action_minutes": "The same as address_minutes for the pair of event_source and event_name.",
    "session_address_changed": "In a second before, the same temporary key (access_key_id, ASIA) "
    "called from another public address of the same version of IP (IPv6: from other first 64 "
    "bits).  Null for another kind of key or none, for an address that is none or private, and "
    "for a call that an AWS service made on behalf of the caller.",
    "subjects_known": "Of a role taken with a provider's word (SAML, web identity): different "
    "subjects (actor_id) that had taken it with success a day before or earlier.  Null for another "
    "call, and while the role was so taken on less than 7 days before.",
    "first_pair": "No call of the principal in a second before did the same, with success, to the "
    "same target (by owner or name).  Null as for first_action, and where no target is named.",
    "unusual_hour": "No call of the principal a day before or earlier succeeded at this hour of "
    "the day, UTC, nor at the hour before or after it.  Null as for first_action.",
    "unusual_weekday": "No call of the principal a day before or earlier succeeded on this day of "
    "the week, UTC.  Null while log_days is under 7 or known_days under 10.",
    "same_action_10m": "Successful calls of this pair by the principal in the ten minutes up to "
    "the end of this second.",
    "targets_10m": "Different targets of these calls, by owner, name or id; those that the log "
    "does not name are not counted.",
    "denied_before": "Calls to identity services denied to the principal in the hour before, "
    "this second not counted.",
    "failed_before": "The same for calls that failed, sign-ins among them.",
    "calls_denied": "As denied_before, up to the end of this second.",
    "calls_failed": "As failed_before, up to the end of this second.",
    "sign_ins_failed_before": "Of a ConsoleLogin: the sign-ins to the console that failed in the "
    "hour before, of the principal or from the address (IPv6: its first 64 bits), whichever are "
    "more; this second not counted.",
    "sign_ins_failed": "The same up to the end of this second.",
    "trail_off": "StopLogging or DeleteTrail turned a trail of the account off in a second "
    "before, and no StartLogging of it followed; a deletion counts for 24 hours, and a trail that "
    "whoever turned it off had made within 24 hours does not count.  Null where one "
    "second holds both and no other trail is off.  What was off before the log begins is not seen.",
    "trail_off_since": "When the last of the trails that are off went off.",
    "trail_off_by_actor": "The same principal turned one of them off.",
}
