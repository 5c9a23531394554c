"""The follow-ups of passwords, MFA devices and keys: replaced, taken away, used."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.context import RECENT
from trailmend.stories.facts import (
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
    proved_in_spite,
    same_body,
    same_body_as_switched_off,
    same_body_deleted,
    same_device,
    strange_sign_in,
    switched_again,
    switched_back,
    tells_of_the_password,
    undone_by_the_actor,
    unreadable_policy,
    unsettled,
    was_on,
    worse_now,
)
from trailmend.stories.facts_keys import goes_elsewhere, where_its_user_worked
from trailmend.stories.rule import Rule, in_second, joined_by, undone

_POLICY_SET = ("UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy")
_PASSWORD_CHANGED = ("ChangePassword", "UpdateLoginProfile")
_PROFILE_MADE = ("CreateLoginProfile",)
_PROFILE_RESET = ("UpdateLoginProfile",)
_PROFILE_DELETED = ("DeleteLoginProfile",)
_DEVICE_ENABLED = ("EnableMFADevice",)
_DEVICE_GONE = ("DeactivateMFADevice", "DeleteVirtualMFADevice")
_KEY_SWITCHED = ("UpdateAccessKey", "UpdateSSHPublicKey")
_KEY_GONE = ("DeleteAccessKey", "DeleteSSHPublicKey")
_KEY_UPLOADED = ("UploadSSHPublicKey",)

_OTHER_PASSWORD = "{who}, a third principal, set another password for {owner}."  # noqa: S105
_PROVED = "{owner} changed the password in a session with MFA, by a device of before."
USER_DELETED = Rule(("DeleteUser",), "notes", "{who} deleted the user {owner}.", in_second=True)


_AFTER_POLICY = joined_by(
    "account",
    Rule(
        _POLICY_SET,
        "notes",
        "{who} changed the rules; the log does not tell to what.",
        when=unreadable_policy,
    ),
    Rule(
        _POLICY_SET,
        "resolves",
        "{who} put rules in place that are equal to those before, or stronger, in every field.",
        when=policy_restored,
    ),
    Rule(
        _POLICY_SET,
        "harms",
        "{who} weakened the rules further: {worse}.",
        when=policy_weaker_still,
    ),
    Rule(
        _POLICY_SET,
        "lifts",
        "{who} set rules no weaker than AWS's default; what stood before is not known.",
        when=policy_at_default,
    ),
    Rule(
        _POLICY_SET,
        "lifts",
        "{who} changed the rules; what stood before the finding is not known.",
        when=policy_before_unknown,
    ),
    Rule(
        _POLICY_SET,
        "lifts",
        "{who} set rules that are still weaker than those before: {missing}.",
    ),
)
_AFTER_PASSWORD = (
    Rule(_PASSWORD_CHANGED, "resolves", _PROVED, who=("owner",), when=proved),
    Rule(
        _PASSWORD_CHANGED,
        "notes",
        "{owner} changed the password; whoever knew the one that was set could do so too.",
        who=("owner",),
    ),
    Rule(("CreateLoginProfile", "UpdateLoginProfile"), "resolves", _OTHER_PASSWORD, who=("third",)),
    Rule(
        _PROFILE_DELETED,
        "resolves",
        "{who}, a third principal, deleted the login profile of {owner}.",
        who=("third",),
    ),
    Rule(
        _PROFILE_DELETED,
        "mends",
        "{who} deleted the login profile; {owner} has no password, as before.",
        when=made_anew,
    ),
    Rule(
        _PROFILE_DELETED, "notes", "{who} deleted the login profile; {owner} has no password now."
    ),
    Rule(
        ("DeactivateMFADevice",),
        "harms",
        "{who}, who had set the password, took an MFA device of {owner} away.",
        who=("actor",),
        within=RECENT,
        in_second=True,
    ),
    Rule(
        _DEVICE_ENABLED,
        "harms",
        "{who}, who had set the password, enabled an MFA device for {owner}.",
        who=("actor",),
        within=RECENT,
        in_second=True,
    ),
    Rule(
        (),
        "harms",
        "{owner} signed in from {address}, where only {actor} had called from.",
        joined="sign-in",
        when=private_address,
    ),
    Rule(
        ("signin:ConsoleLogin",),
        "harms",
        "{owner} signed in with it without MFA from {address}, from where they had not called.",
        when=strange_sign_in,
    ),
    Rule(
        ("signin:ConsoleLogin",),
        "notes",
        "{owner} signed in with it, first from {address}.",
        when=tells_of_the_password,
        once=True,
    ),
)
_AFTER_LOCK_OUT = (
    Rule(
        _PROFILE_MADE,
        "notes",
        "{owner} made a login profile; whoever made the key in use could do so too.",
        who=("owner",),
        when=in_doubt,
    ),
    Rule(
        _PROFILE_MADE,
        "resolves",
        "{who} made a login profile for {owner} again.",
        who=("owner", "third"),
    ),
    Rule(
        _PROFILE_MADE,
        "harms",
        "{who}, who had deleted it, made a login profile for {owner} and knows the password.",
        who=("actor",),
    ),
    Rule(
        _PROFILE_MADE,
        "notes",
        "A login profile was made for {owner}; by whom is not known.",
    ),
    Rule(_PROFILE_RESET, "resolves", _OTHER_PASSWORD, who=("third",), when=worse_now),
    Rule(_PASSWORD_CHANGED, "resolves", _PROVED, who=("owner",), when=proved_in_spite),
    Rule(
        (),
        "resolves",
        "{owner} signed in with MFA, by a device of before, and so is not locked out.",
        joined="sign-in with MFA",
        when=proved_in_spite,
    ),
    Rule(
        _PROFILE_DELETED,
        "lifts",
        "{who} deleted the login profile that {actor} had made; {owner} has no password.",
        who=("third",),
        when=worse_now,
    ),
    USER_DELETED,
)
_AFTER_DEVICE_GONE = (
    Rule(
        _DEVICE_ENABLED,
        "mends",
        "{who} enabled the same device again, with codes that only it makes.",
        when=same_device,
    ),
    Rule(
        _DEVICE_ENABLED,
        "notes",
        "{owner} enabled a device; whoever set the password or made the key could do so too.",
        who=("owner",),
        when=in_doubt,
    ),
    Rule(_DEVICE_ENABLED, "mends", "{owner} enabled a device.", who=("owner",)),
    Rule(
        _DEVICE_ENABLED,
        "harms",
        "{who}, who took the device away or set the password, enabled another for {owner}.",
        when=by_the_taker,
    ),
    Rule(
        _DEVICE_ENABLED,
        "mends",
        "{who}, a third principal, enabled a device for {owner}; who holds it is not logged.",
        who=("third",),
    ),
    Rule(
        _DEVICE_ENABLED,
        "notes",
        "A device was enabled for {owner}; by whom is not known.",
    ),
    Rule(_DEVICE_GONE, "lifts", "{who} took that device away from {owner}.", when=of_an_intruder),
    USER_DELETED,
)
_AFTER_DEVICE_ENABLED = joined_by(
    "object",
    Rule(
        _DEVICE_GONE,
        "resolves",
        "{who} took the device away from {owner}.",
        when=by_another,
    ),
    Rule(
        _DEVICE_GONE,
        "notes",
        "The device was taken away, and not surely by somebody else than who had enabled it.",
    ),
)


def after_switch(thing: str, switched: tuple[str, ...], gone: tuple[str, ...]) -> tuple[Rule, ...]:
    """Make the rules for a credential that was made or switched, by the calls that do so."""
    again = f"{{who}} switched the {thing} to {{status}} again"
    return joined_by(
        "object",
        Rule(
            switched,
            "reopens",
            f"The {thing} was switched on and off in one second; which came last is not known.",
            when=unsettled,
        ),
        Rule(
            switched,
            "resolves",
            f"{{who}} switched the {thing} to {{status}}.",
            who=("third",),
            when=switched_back,
            final=False,
        ),
        Rule(
            switched,
            "mends",
            f"{{who}} switched the {thing} to {{status}}.",
            when=switched_back,
            final=False,
        ),
        Rule(
            switched,
            "harms",
            f"{again}, against what a third principal had done.",
            when=undone_by_the_actor,
        ),
        Rule(
            switched,
            "reopens",
            f"{again}.",
            when=switched_again,
        ),
        Rule(
            gone,
            "resolves",
            f"{{who}} deleted the {thing}.",
            who=("third",),
            when=was_on,
        ),
        Rule(gone, "mends", f"{{who}} deleted the {thing}.", when=was_on),
        Rule(
            gone,
            "notes",
            f"{{who}} deleted the {thing}; it cannot be switched on again.",
        ),
    )


_AFTER_SWITCH = after_switch("key", _KEY_SWITCHED, _KEY_GONE)
_AFTER_NEW_KEY = in_second(
    Rule(
        (),
        "notes",
        "The new user's key was used, first for {event} from {address}.",
        joined="use",
        when=for_a_new_user,
    ),
    Rule(
        (),
        "notes",
        "The key was used where its user had worked before, first for {event} from {address}.",
        joined="use",
        when=where_its_user_worked,
    ),
    Rule((), "harms", "The key was used, first for {event} from {address}.", joined="use"),
    Rule(
        (),
        "harms",
        "The key was used from {address} too, where its user had not called before.",
        joined="place",
        when=goes_elsewhere,
        once=True,
    ),
    *_AFTER_SWITCH,
)
_AFTER_SSH_KEY_GONE = (
    Rule(
        _KEY_UPLOADED,
        "resolves",
        "{who} uploaded the same key, as {thing}.",
        when=same_body,
        final=False,
    ),
    *undone(("DeleteSSHPublicKey",), "deleted the same key again", same_body_deleted),
    Rule(
        _KEY_UPLOADED,
        "harms",
        "{who}, who had deleted the key, uploaded another for {owner}, {thing}.",
        who=("actor",),
    ),
    Rule(
        ("DeleteSSHPublicKey",),
        "lifts",
        "{who} deleted the key {thing} that {actor} had uploaded.",
        when=of_an_intruder,
        final=False,
    ),
    Rule(
        _KEY_UPLOADED,
        "notes",
        "{owner} uploaded a key, {thing}; it is not known to be the one that was deleted.",
        who=("owner",),
    ),
    USER_DELETED,
)
_AFTER_SSH_SWITCH = (
    *_AFTER_SWITCH,
    Rule(
        _KEY_UPLOADED,
        "resolves",
        "{who} uploaded the same key, as {thing}.",
        when=same_body_as_switched_off,
    ),
)

CREDENTIAL_RULES: Mapping[str, tuple[Rule, ...]] = {
    "CreateAccessKey": _AFTER_NEW_KEY,
    "CreateLoginProfile": _AFTER_PASSWORD,
    "DeactivateMFADevice": _AFTER_DEVICE_GONE,
    "DeleteAccountPasswordPolicy": _AFTER_POLICY,
    "DeleteLoginProfile": _AFTER_LOCK_OUT,
    "DeleteSSHPublicKey": _AFTER_SSH_KEY_GONE,
    "DeleteVirtualMFADevice": _AFTER_DEVICE_GONE,
    "EnableMFADevice": _AFTER_DEVICE_ENABLED,
    "UpdateAccountPasswordPolicy": _AFTER_POLICY,
    "UpdateLoginProfile": _AFTER_PASSWORD,
    "UpdateSSHPublicKey": _AFTER_SSH_SWITCH,
    "UploadSSHPublicKey": in_second(*_AFTER_SWITCH),
}
"""What may follow a call on passwords, MFA devices and keys that succeeded, by its name."""
