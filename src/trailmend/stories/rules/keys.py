"""The follow-ups of woken and deleted keys, of services' passwords and signing certificates."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.facts import in_doubt
from trailmend.stories.facts_keys import (
    of_the_actor,
    switches_off_the_actors,
    switches_on_the_actors,
    was_not_on,
)
from trailmend.stories.rule import Rule, done_again, in_second, joined_by
from trailmend.stories.rules.credentials import USER_DELETED, after_switch

_MADE, _SWITCHED, _DELETED = ("CreateAccessKey",), ("UpdateAccessKey",), ("DeleteAccessKey",)
_RESET = ("ResetServiceSpecificCredential",)

_AFTER_WOKEN = (
    Rule(
        (),
        "harms",
        "The key that was switched on was used, first for {event} from {address}.",
        joined="use",
        when=was_not_on,
    ),
    *after_switch("key", _SWITCHED, _DELETED),
)
_AFTER_KEY_GONE = (
    Rule(
        _MADE,
        "notes",
        "{owner} made a key; whoever set the password or made the key in use could do so too.",
        who=("owner",),
        when=in_doubt,
    ),
    Rule(_MADE, "mends", "{who} made another key for {owner}.", who=("owner", "third")),
    Rule(
        _MADE,
        "harms",
        "{who}, who had deleted the key, made another for {owner} and knows its secret.",
        who=("actor",),
    ),
    Rule(_MADE, "notes", "A key was made for {owner}; by whom is not known."),
    Rule(
        _DELETED,
        "lifts",
        "{who}, a third principal, deleted the key {thing} that {actor} had made.",
        who=("third",),
        when=of_the_actor,
    ),
    Rule(
        _SWITCHED,
        "lifts",
        "{who}, a third principal, switched off the key {thing} that {actor} had made.",
        who=("third",),
        when=switches_off_the_actors,
        final=False,
    ),
    Rule(
        _SWITCHED,
        "harms",
        "{who} switched on the key {thing} that {actor} had made.",
        when=switches_on_the_actors,
    ),
    USER_DELETED,
)

_RENEWED = joined_by(
    "object",
    Rule(
        _RESET,
        "resolves",
        "{who}, a third principal, made another secret, which ended the former one.",
        who=("third",),
        final=False,
    ),
    Rule(
        _RESET,
        "notes",
        "{owner} made another secret; whoever set the password or made the key could do so too.",
        who=("owner",),
        when=in_doubt,
    ),
    Rule(
        _RESET,
        "mends",
        "{owner} made another secret, which ended the former one.",
        who=("owner",),
        final=False,
    ),
    *done_again(_RESET, "made another secret"),
)
_AFTER_SERVICE_PASSWORD = (
    *after_switch(
        "credential", ("UpdateServiceSpecificCredential",), ("DeleteServiceSpecificCredential",)
    ),
    *_RENEWED,
)
_AFTER_CERTIFICATE = after_switch(
    "certificate", ("UpdateSigningCertificate",), ("DeleteSigningCertificate",)
)

KEY_RULES: Mapping[str, tuple[Rule, ...]] = {
    "CreateServiceSpecificCredential": in_second(*_AFTER_SERVICE_PASSWORD),
    "DeleteAccessKey": _AFTER_KEY_GONE,
    "ResetServiceSpecificCredential": _AFTER_SERVICE_PASSWORD,
    "UpdateAccessKey": _AFTER_WOKEN,
    "UpdateServiceSpecificCredential": _AFTER_SERVICE_PASSWORD,
    "UpdateSigningCertificate": _AFTER_CERTIFICATE,
    "UploadSigningCertificate": in_second(*_AFTER_CERTIFICATE),
}
"""What may follow a call on a key, a service's password or a certificate, by its name."""

KEYS_UNTOLD: Mapping[str, str] = {
    "DeleteServiceSpecificCredential": "A deleted password of a service stays deleted; its "
    "deletion lets nobody in.",
    "DeleteSigningCertificate": "A deleted certificate signs nothing any more; its deletion lets "
    "nobody in.",
}
"""After which of them nothing in the log can tell more, and why."""
