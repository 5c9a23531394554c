"""The follow-ups of root's address, of contacts and regions, and of Access Analyzer's reports."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.facts import Scene
from trailmend.stories.facts_organization import accepts_the_started
from trailmend.stories.facts_settings import archives, as_before, same_setting, shows_again
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone
from trailmend.stories.timeline import target_of

_STARTED, _ACCEPTED = ("account:StartPrimaryEmailUpdate",), ("account:AcceptPrimaryEmailUpdate",)
_ENABLED, _DISABLED = ("account:EnableRegion",), ("account:DisableRegion",)
_CONTACT, _NO_CONTACT = ("account:PutAlternateContact",), ("account:DeleteAlternateContact",)
_ADDRESS = ("account:PutContactInformation",)
_RULE_MADE, _RULE_CHANGED, _RULE_GONE = (
    (f"access-analyzer:{verb}ArchiveRule",) for verb in ("Create", "Update", "Delete")
)
_RULE_APPLIED = ("access-analyzer:ApplyArchiveRule",)
_FINDINGS_SET = ("access-analyzer:UpdateFindings",)
_ANALYZER_MADE = ("access-analyzer:CreateAnalyzer",)
_ANALYZER_GONE = ("access-analyzer:DeleteAnalyzer",)

_AFTER_STARTED = joined_by(
    "target",
    Rule(
        _ACCEPTED,
        "harms",
        "{who} accepted the change with the code: the new address is that of the root user.",
        when=accepts_the_started,
    ),
    Rule(
        _ACCEPTED,
        "notes",
        "{who} accepted a change of the address; it is not known to be the one that {actor} began.",
    ),
)
_AFTER_ACCEPTED = joined_by(
    "target",
    Rule(
        _ACCEPTED,
        "resolves",
        "{who}, a third principal, changed the address again, to another.",
        who=("third",),
        final=False,
    ),
    *undone(_ACCEPTED, "changed the address again"),
    Rule(_ACCEPTED, "notes", "{who} changed the address again; to which is not known."),
)


def _of_same_account(scene: Scene) -> bool:
    """Say whether both calls are about one account: the own one, or one member's."""
    return target_of(scene.later) == target_of(scene.found)


_AFTER_ENABLED = joined_by(
    "object",
    *put_right(
        _DISABLED,
        "disabled the region again; what was made in it meanwhile is to be looked for.",
        _of_same_account,
    ),
    *done_again(_ENABLED, "enabled the region", _of_same_account),
)
_AFTER_DISABLED = joined_by(
    "object",
    *put_right(_ENABLED, "enabled the region again.", _of_same_account),
    *done_again(_DISABLED, "disabled the region", _of_same_account),
)


def _by_third(calls: tuple[str, ...], what: str) -> Rule:
    return Rule(
        calls,
        "resolves",
        f"{{who}}, a third principal, {what}.",
        who=("third",),
        when=_of_same_account,
        final=False,
    )


def _anew(calls: tuple[str, ...], what: str) -> tuple[Rule, ...]:
    """Make the rules for what is set whole: whether it is as it was, the record does not tell."""
    return (
        *undone(calls, f"changed {what} again", _of_same_account),
        Rule(
            calls,
            "notes",
            f"{{who}} changed {what} again; that it is as before is not known.",
            when=_of_same_account,
        ),
    )


_AFTER_CONTACT = joined_by(
    "object",
    _by_third(_CONTACT, "set the contact anew"),
    _by_third(_NO_CONTACT, "took the contact away"),
    *_anew((*_CONTACT, *_NO_CONTACT), "the contact"),
)
_OF_ADDRESS = (
    _by_third(_ADDRESS, "set the account's address and phone number anew"),
    *_anew(_ADDRESS, "the account's address and phone number"),
)
_AFTER_ADDRESS = (*joined_by("account", *_OF_ADDRESS), *joined_by("target", *_OF_ADDRESS))
_RULE_IS_GONE = put_right(_RULE_GONE, "deleted the archive rule; what it archived stays archived.")
_ANALYZER_IS_GONE = Rule(_ANALYZER_GONE, "notes", "{who} deleted the analyzer.", joined="target")
_AFTER_RULE_MADE = (
    *joined_by(
        "target and object",
        *_RULE_IS_GONE,
        *done_again(_RULE_MADE, "made an archive rule of that name"),
        Rule(_RULE_CHANGED, "notes", "{who} changed the archive rule."),
    ),
    _ANALYZER_IS_GONE,
)
_AFTER_RULE_CHANGED = (
    *joined_by(
        "target and object",
        *_RULE_IS_GONE,
        *put_right(
            _RULE_CHANGED,
            "gave the archive rule its former criteria again.",
            as_before(
                *_RULE_MADE,
                *_RULE_CHANGED,
                *_RULE_GONE,
                anew=(*_ANALYZER_MADE, *_ANALYZER_GONE),
                part=True,
            ),
        ),
        *done_again(_RULE_CHANGED, "changed the archive rule in the same way", same_setting),
        *undone(_RULE_MADE, "made an archive rule of that name again"),
        Rule(_RULE_CHANGED, "notes", "{who} changed the archive rule once more."),
    ),
    _ANALYZER_IS_GONE,
)
_AFTER_ARCHIVED = (
    *joined_by(
        "target",
        *put_right(_FINDINGS_SET, "made the findings active again.", shows_again),
        *undone(_FINDINGS_SET, "archived them again", archives),
        Rule(_FINDINGS_SET, "notes", "{who} archived the same findings.", when=archives),
    ),
    _ANALYZER_IS_GONE,
)
_AFTER_RULE_APPLIED = (
    *joined_by(
        "target and object",
        Rule(
            _RULE_GONE,
            "notes",
            "{who} deleted the archive rule; what it archived stays archived.",
        ),
    ),
    _ANALYZER_IS_GONE,
)
_AFTER_ANALYZER_GONE = joined_by(
    "target",
    *put_right(
        _ANALYZER_MADE,
        "made the analyzer again, as it had been made; it looks at everything anew.",
        as_before(*_ANALYZER_MADE),
    ),
    Rule(
        _ANALYZER_MADE,
        "notes",
        "{who} made an analyzer of that name; that it watches what the former did is not known.",
    ),
    *done_again(_ANALYZER_GONE, "deleted the analyzer"),
)

ACCOUNT_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(_STARTED, _AFTER_STARTED),
    **dict.fromkeys(_ACCEPTED, _AFTER_ACCEPTED),
    **dict.fromkeys(_ENABLED, _AFTER_ENABLED),
    **dict.fromkeys(_DISABLED, _AFTER_DISABLED),
    **dict.fromkeys((*_CONTACT, *_NO_CONTACT), _AFTER_CONTACT),
    **dict.fromkeys(_ADDRESS, _AFTER_ADDRESS),
    **dict.fromkeys(_RULE_MADE, _AFTER_RULE_MADE),
    **dict.fromkeys(_RULE_CHANGED, _AFTER_RULE_CHANGED),
    **dict.fromkeys(_FINDINGS_SET, _AFTER_ARCHIVED),
    **dict.fromkeys(_RULE_APPLIED, _AFTER_RULE_APPLIED),
    **dict.fromkeys(_ANALYZER_GONE, _AFTER_ANALYZER_GONE),
}
"""What may follow a call on root's address, a contact, a region or an analyzer, by its name."""
