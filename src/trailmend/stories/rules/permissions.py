"""The follow-ups of permissions: what was granted is taken back, what was lifted is put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trailmend.stories.facts import against_a_third
from trailmend.stories.facts_permissions import (
    denies,
    former_boundary,
    former_document,
    former_version,
    harmless_version,
    in_force,
    lay_ready,
    makes_no_administrator,
    own_administrator_again,
    ready_version_deleted,
    same_version,
    same_version_after_a_mend,
    same_version_against_another,
    was_a_lock_out,
    was_refused_before,
)
from trailmend.stories.rule import Rule, done_again, joined_by, put_right


def _on(operation: str, *kinds: str) -> tuple[str, ...]:
    return tuple(operation.format(kind) for kind in kinds or ("User", "Group", "Role"))


_ATTACHED, _DETACHED = _on("Attach{}Policy"), _on("Detach{}Policy")
_WRITTEN, _ERASED = _on("Put{}Policy"), _on("Delete{}Policy")
_BOUNDED = _on("Put{}PermissionsBoundary", "User", "Role")
_UNBOUNDED = _on("Delete{}PermissionsBoundary", "User", "Role")
_VERSION_SET = ("SetDefaultPolicyVersion",)
_VERSIONS = ("CreatePolicyVersion", "SetDefaultPolicyVersion")


USED = Rule(
    (),
    "harms",
    "{who} had been refused {event} before, and it goes through now.",
    joined="newly allowed",
    when=was_refused_before,
)
HELD = joined_by(
    "target",
    Rule(
        (*_ATTACHED, *_WRITTEN),
        "notes",
        "{who}, a third principal, gave {owner} a policy that denies.",
        who=("third",),
        when=denies,
    ),
)
_GONE = joined_by(
    "target",
    *(
        replace(rule, final=True)
        for rule in put_right(
            ("DeleteUser", "DeleteGroup", "DeleteRole"), "deleted {owner}, and so what it may do."
        )
    ),
)

_AFTER_ATTACHED = (
    *_GONE,
    *joined_by(
        "target and object",
        *put_right(_DETACHED, "detached the policy from {owner}."),
        *done_again(_ATTACHED, "attached the policy"),
    ),
    *HELD,
    USED,
)
_AFTER_DETACHED = (
    *_GONE,
    *joined_by(
        "target and object",
        *put_right(_ATTACHED, "attached the policy to {owner} again."),
        *done_again(_DETACHED, "detached the policy"),
    ),
    USED,
)
_AFTER_WRITTEN = (
    *_GONE,
    *joined_by(
        "target and object",
        *put_right(_ERASED, "deleted the inline policy from {owner}."),
        *put_right(_WRITTEN, "wrote the former inline policy again.", former_document),
        *put_right(
            _WRITTEN,
            "wrote the inline policy over by one that makes no administrator.",
            makes_no_administrator,
        ),
        *done_again(_WRITTEN, "wrote an inline policy of that name"),
    ),
    *HELD,
    USED,
)
_AFTER_ERASED = (
    *_GONE,
    *joined_by(
        "target and object",
        *put_right(_WRITTEN, "wrote the same inline policy again.", former_document),
        Rule(
            _WRITTEN,
            "notes",
            "{who} wrote an inline policy of that name; it is not known to be the former one.",
        ),
        *done_again(_ERASED, "deleted the inline policy"),
    ),
    USED,
)
_AFTER_VERSION = (
    *joined_by(
        "object",
        Rule(
            _VERSION_SET,
            "harms",
            "{who} put the version in force that lay ready.",
            when=lay_ready,
        ),
        Rule(
            _VERSIONS,
            "notes",
            "{who} put their own version in force again, which {actor} had put out of force; it "
            "makes an administrator.",
            when=own_administrator_again,
        ),
        *put_right(_VERSIONS, "put the former version in force again.", former_version),
        *put_right(
            _VERSIONS,
            "put a version in force that makes no administrator.",
            harmless_version,
        ),
        Rule(
            _VERSION_SET,
            "harms",
            "{who} set that version again, against what a third principal had done.",
            when=lambda scene: same_version_after_a_mend(scene) and against_a_third(scene),
        ),
        Rule(
            _VERSION_SET,
            "reopens",
            "{who} set that version again.",
            when=same_version_after_a_mend,
        ),
        Rule(
            _VERSION_SET,
            "harms",
            "{who} set that version again, after another principal had put another in force.",
            when=same_version_against_another,
        ),
        Rule(
            _VERSION_SET,
            "notes",
            "{who} set that version again.",
            when=same_version,
        ),
        Rule(
            _VERSIONS,
            "notes",
            "{who} put another version in force; what it means beside the former is not known.",
            when=in_force,
        ),
        # AWS deletes no version that is in force (botocore iam DeletePolicyVersion).
        *put_right(
            ("DeletePolicyVersion",), "deleted the version that lay ready.", ready_version_deleted
        ),
        *put_right(("DeletePolicyVersion",), "deleted the version.", same_version),
        *put_right(("DeletePolicy",), "deleted the policy, which nobody bore any more."),
    ),
    USED,
)
_AFTER_BOUNDED = (
    *_GONE,
    *joined_by(
        "target",
        *put_right(_BOUNDED, "set the former boundary of {owner} again.", former_boundary),
        *put_right(_UNBOUNDED, "took the boundary off {owner} again.", was_a_lock_out),
        Rule(_UNBOUNDED, "harms", "{who} took the boundary off {owner}."),
        Rule(
            _BOUNDED,
            "notes",
            "{who} set a boundary of {owner}; which one was there before is not known.",
        ),
    ),
    USED,
)
_AFTER_UNBOUNDED = (
    *_GONE,
    *joined_by(
        "target",
        *put_right(_BOUNDED, "set the former boundary of {owner} again.", former_boundary),
        Rule(
            _BOUNDED,
            "notes",
            "{who} set a boundary of {owner}; it is not known to be the former one.",
        ),
        *done_again(_UNBOUNDED, "took the boundary off {owner}"),
    ),
    USED,
)

_AFTER_MADE = joined_by(
    "object",
    Rule(_ATTACHED, "harms", "{who} attached the policy to somebody."),
    Rule(_BOUNDED, "harms", "{who} made the policy somebody's boundary."),
    *put_right(("DeletePolicy",), "deleted the policy."),
)
_AFTER_UNMADE = joined_by(
    "object",
    *put_right(("CreatePolicy",), "made the policy again, as it was.", former_document),
    Rule(
        ("CreatePolicy",),
        "notes",
        "{who} made a policy of that name; it is not known to say what the former one did.",
    ),
)
_AFTER_VERSION_GONE = joined_by(
    "object",
    Rule(
        ("CreatePolicyVersion",),
        "notes",
        "{who} made a version; it is not known to say what the deleted one did.",
    ),
    Rule(("DeletePolicy",), "notes", "{who} deleted the policy."),
)

PERMISSION_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(_ATTACHED, _AFTER_ATTACHED),
    **dict.fromkeys(_DETACHED, _AFTER_DETACHED),
    **dict.fromkeys(_WRITTEN, _AFTER_WRITTEN),
    **dict.fromkeys(_ERASED, _AFTER_ERASED),
    **dict.fromkeys(_VERSIONS, _AFTER_VERSION),
    **dict.fromkeys(_BOUNDED, _AFTER_BOUNDED),
    **dict.fromkeys(_UNBOUNDED, _AFTER_UNBOUNDED),
    "CreatePolicy": _AFTER_MADE,
    "DeletePolicy": _AFTER_UNMADE,
    "DeletePolicyVersion": _AFTER_VERSION_GONE,
}
"""What may follow a call on permissions that succeeded, by its name."""
