"""The follow-ups: after which event which later one counts, joined by what, and what it means.

Of the rules for one later event the first that applies counts, so the order matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from trailmend.context import RECENT
from trailmend.stories.facts import (
    Fact,
    Who,
    by_another,
    by_the_taker,
    for_a_new_user,
    in_doubt,
    made_anew,
    of_an_intruder,
    policy_at_default,
    policy_before_unknown,
    policy_restored,
    policy_weaker_still,
    private_address,
    proved,
    same_body,
    same_device,
    switched_again,
    switched_back,
    undone_by_the_actor,
    unreadable_policy,
    was_on,
    worse_now,
)
from trailmend.stories.timeline import ACCOUNT, Key, Step

Verdict = Literal["resolves", "mends", "harms", "lifts", "reopens", "notes"]
Join = Literal["owner", "object", "account", "key", "address", "owner with MFA"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One follow-up.

    `joined`: the later event is on the same owner, object or account; is a call with the key that
    was made; is a sign-in of the owner from the actor's address, or with MFA.  For these last three
    only the first event is looked at, and `by` says nothing.
    `who` acts in the later event (see `facts.Scene`); none given: anyone.

    Verdicts: `resolves` puts right all that was found; `mends` does so unless something that made
    it worse still stands; `harms` makes it worse; `lifts` takes a harm away; `reopens` takes a mend
    away; `notes` changes nothing but should be seen.  After a `final` rule that leaves the finding
    resolved nothing more is looked at.
    """

    after: tuple[str, ...]
    by: tuple[str, ...]
    joined: Join
    verdict: Verdict
    why: str
    who: tuple[Who, ...] = ()
    when: Fact | None = None
    within: timedelta | None = None
    final: bool = True


_POLICY = ("UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy")
_PASSWORD = ("CreateLoginProfile", "UpdateLoginProfile")
_OWN_CHANGE = ("ChangePassword", "UpdateLoginProfile")
_NO_PASSWORD = ("DeleteLoginProfile",)
_NO_DEVICE = ("DeactivateMFADevice", "DeleteVirtualMFADevice")
_ENABLED = ("EnableMFADevice",)
_NEW_KEYS = ("CreateAccessKey", "UploadSSHPublicKey")
_SSH_STATUS = ("UpdateSSHPublicKey",)
_SSH_GONE = ("DeleteSSHPublicKey",)
_STATUS = ("UpdateAccessKey", "UpdateSSHPublicKey")
_KEY_GONE = ("DeleteAccessKey", "DeleteSSHPublicKey")
_UPLOAD = ("UploadSSHPublicKey",)

RULES: tuple[Rule, ...] = (
    Rule(
        *(_POLICY, _POLICY, "account", "notes"),
        "{who} changed the policy; the record does not tell to what.",
        when=unreadable_policy,
    ),
    Rule(
        *(_POLICY, ("DeleteAccountPasswordPolicy",), "account", "resolves"),
        "{who} deleted the policy; AWS's default is no weaker than what stood before.",
        when=policy_restored,
    ),
    Rule(
        *(_POLICY, _POLICY, "account", "resolves"),
        "{who} set a policy that is equal to the one before or stronger in every field.",
        when=policy_restored,
    ),
    Rule(
        *(_POLICY, _POLICY, "account", "harms"),
        "{who} weakened the rules further: {worse}.",
        when=policy_weaker_still,
    ),
    Rule(
        *(_POLICY, _POLICY, "account", "lifts"),
        "{who} set a policy no weaker than AWS's default; what stood before is not known.",
        when=policy_at_default,
    ),
    Rule(
        *(_POLICY, _POLICY, "account", "lifts"),
        "{who} changed the policy; what stood before the finding is not known.",
        when=policy_before_unknown,
    ),
    Rule(
        *(_POLICY, _POLICY, "account", "lifts"),
        "{who} set a policy that is still weaker than the one before: {missing}.",
    ),
    Rule(
        *(_PASSWORD, _OWN_CHANGE, "owner", "resolves"),
        "{owner} changed the password in a session with MFA, with a device of before.",
        who=("owner",),
        when=proved,
    ),
    Rule(
        *(_PASSWORD, _OWN_CHANGE, "owner", "notes"),
        "{owner} changed the password; whoever knew the one that was set could do so too.",
        who=("owner",),
    ),
    Rule(
        *(_PASSWORD, ("UpdateLoginProfile",), "owner", "resolves"),
        "{who}, a third principal, set another password for {owner}.",
        who=("third",),
    ),
    Rule(
        *(_PASSWORD, _NO_PASSWORD, "owner", "resolves"),
        "{who}, a third principal, deleted the login profile of {owner}.",
        who=("third",),
    ),
    Rule(
        *(_PASSWORD, _NO_PASSWORD, "owner", "mends"),
        "{who} deleted the login profile; {owner} has no password, as before.",
        when=made_anew,
    ),
    Rule(
        *(_PASSWORD, _NO_PASSWORD, "owner", "notes"),
        "{who} deleted the login profile; {owner} has no password now.",
    ),
    Rule(
        *(_PASSWORD, ("DeactivateMFADevice",), "owner", "harms"),
        "{who}, who had set the password, took an MFA device of {owner} away.",
        who=("actor",),
        within=RECENT,
    ),
    Rule(
        *(_PASSWORD, _ENABLED, "owner", "harms"),
        "{who}, who had set the password, enabled an MFA device for {owner}.",
        who=("actor",),
        within=RECENT,
    ),
    Rule(
        *(_PASSWORD, (), "address", "harms"),
        "{owner} signed in from {address}, where only {actor} had called from.",
        when=private_address,
    ),
    Rule(
        *(_NO_PASSWORD, ("CreateLoginProfile",), "owner", "notes"),
        "{owner} made a login profile; whoever made the key in use could do so too.",
        who=("owner",),
        when=in_doubt,
    ),
    Rule(
        *(_NO_PASSWORD, ("CreateLoginProfile",), "owner", "resolves"),
        "{who} made a login profile for {owner} again.",
        who=("owner", "third"),
    ),
    Rule(
        *(_NO_PASSWORD, ("CreateLoginProfile",), "owner", "harms"),
        "{who}, who had deleted it, made a login profile for {owner} and knows its password.",
        who=("actor",),
    ),
    Rule(
        *(_NO_PASSWORD, ("CreateLoginProfile",), "owner", "notes"),
        "A login profile was made for {owner}; the log does not tell by whom.",
    ),
    Rule(
        *(_NO_PASSWORD, ("UpdateLoginProfile",), "owner", "resolves"),
        "{who}, a third principal, set another password for {owner}.",
        who=("third",),
        when=worse_now,
    ),
    Rule(
        *(_NO_PASSWORD, _OWN_CHANGE, "owner", "resolves"),
        "{owner} changed the password in a session with MFA, with a device of before.",
        who=("owner",),
        when=lambda scene: worse_now(scene) and proved(scene),
    ),
    Rule(
        *(_NO_PASSWORD, (), "owner with MFA", "resolves"),
        "{owner} signed in with MFA, with a device of before, and so is not locked out.",
        when=lambda scene: worse_now(scene) and proved(scene),
    ),
    Rule(
        *(_NO_PASSWORD, _NO_PASSWORD, "owner", "lifts"),
        "{who} deleted the login profile that {actor} had made; {owner} has no password.",
        who=("third",),
        when=worse_now,
    ),
    Rule(
        *(_NO_DEVICE, _ENABLED, "owner", "mends"),
        "{who} enabled the same device again, which takes the codes that it shows.",
        when=same_device,
    ),
    Rule(
        *(_NO_DEVICE, _ENABLED, "owner", "notes"),
        "{owner} enabled a device; whoever set the password or made the key could do so too.",
        who=("owner",),
        when=in_doubt,
    ),
    Rule(
        *(_NO_DEVICE, _ENABLED, "owner", "mends"),
        "{owner} enabled a device.",
        who=("owner",),
    ),
    Rule(
        *(_NO_DEVICE, _ENABLED, "owner", "harms"),
        "{who}, who took the device away or set the password, enabled another for {owner}.",
        when=by_the_taker,
    ),
    Rule(
        *(_NO_DEVICE, _ENABLED, "owner", "mends"),
        "{who}, a third principal, enabled a device for {owner}; who holds it is not logged.",
        who=("third",),
    ),
    Rule(
        *(_NO_DEVICE, _ENABLED, "owner", "notes"),
        "A device was enabled for {owner}; the log does not tell by whom.",
    ),
    Rule(
        *(_NO_DEVICE, _NO_DEVICE, "owner", "lifts"),
        "{who} took that device away from {owner}.",
        when=of_an_intruder,
    ),
    Rule(
        *(_ENABLED, _NO_DEVICE, "object", "resolves"),
        "{who} took the device away from {owner}.",
        when=by_another,
    ),
    Rule(
        *(_ENABLED, _NO_DEVICE, "object", "notes"),
        "The device was taken away, and not surely by somebody else than who enabled it.",
    ),
    Rule(
        *(_NEW_KEYS, (), "key", "notes"),
        "The new user's key was used for the first time, from {address}.",
        when=for_a_new_user,
    ),
    Rule(
        *(_NEW_KEYS, (), "key", "harms"),
        "The key was used, first for {event} from {address}.",
    ),
    Rule(
        *((*_NEW_KEYS, *_SSH_STATUS), _STATUS, "object", "resolves"),
        "{who} switched the key back to {status}.",
        who=("third",),
        when=switched_back,
        final=False,
    ),
    Rule(
        *((*_NEW_KEYS, *_SSH_STATUS), _STATUS, "object", "mends"),
        "{who} switched the key back to {status}.",
        when=switched_back,
        final=False,
    ),
    Rule(
        *((*_NEW_KEYS, *_SSH_STATUS), _STATUS, "object", "harms"),
        "{who} switched the key to {status} again, against what {mender} had done.",
        when=undone_by_the_actor,
    ),
    Rule(
        *((*_NEW_KEYS, *_SSH_STATUS), _STATUS, "object", "reopens"),
        "{who} switched the key to {status} again.",
        when=switched_again,
    ),
    Rule(
        *((*_NEW_KEYS, *_SSH_STATUS), _KEY_GONE, "object", "resolves"),
        "{who} deleted the key.",
        who=("third",),
        when=was_on,
    ),
    Rule(
        *((*_NEW_KEYS, *_SSH_STATUS), _KEY_GONE, "object", "mends"),
        "{who} deleted the key.",
        when=was_on,
    ),
    Rule(
        *(_SSH_STATUS, _SSH_GONE, "object", "notes"),
        "{who} deleted the key; it cannot be switched on again.",
    ),
    Rule(
        *((*_SSH_GONE, *_SSH_STATUS), _UPLOAD, "owner", "resolves"),
        "{who} uploaded the same key again, as {thing}.",
        when=lambda scene: same_body(scene) and not was_on(scene),
    ),
    Rule(
        *(_SSH_GONE, _UPLOAD, "owner", "notes"),
        "{owner} uploaded a key, {thing}; it is not known to be the one that was deleted.",
        who=("owner",),
    ),
    Rule(
        *((*_NO_PASSWORD, *_NO_DEVICE, *_SSH_GONE), ("DeleteUser",), "owner", "notes"),
        "{who} deleted the user {owner}.",
    ),
)
"""What may follow a call that succeeded."""


def rules_after(found: Step) -> Mapping[Key, tuple[Rule, ...]]:
    """Give the rules that may follow an event, under the keys of the events that they look at."""
    keyed: dict[Key, tuple[Rule, ...]] = {}
    for rule in RULES if found.event.outcome == "success" else _tries(found):
        if found.event.event_name in rule.after:
            for key in _keys(rule, found):
                keyed[key] = (*keyed.get(key, ()), rule)
    return keyed


def _tries(found: Step) -> Iterable[Rule]:
    """Make the rule for a call that was refused or failed: the same call, and then it succeeds."""
    name, joined = (found.event.event_name,), "object"
    if found.person is not None or found.event.target_type == ACCOUNT:
        joined = "owner" if found.person is not None else "account"
    yield Rule(
        *(name, name, joined, "harms"),  # type: ignore[arg-type]
        "{who} made the call again within a day, and it went through.",
        who=("actor", "owner"),
        within=RECENT,
    )


def _keys(rule: Rule, found: Step) -> list[Key]:
    """Name what a rule looks up; nothing where the finding's event does not tell it."""
    event, person = found.event, found.person
    if rule.joined == "account":
        return [(name, ACCOUNT) for name in rule.by]
    if rule.joined in ("object", "key"):
        names = rule.by if rule.joined == "object" else ("call with",)
        return [(name, event.object_id) for name in names if event.object_id is not None]
    if person is None:
        return []
    if rule.joined == "address":
        return [("sign-in", (person, event.source_ip))]
    return [(name, person) for name in rule.by or ("sign-in with MFA",)]
