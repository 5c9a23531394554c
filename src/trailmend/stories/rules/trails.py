"""The follow-ups of trails: logging starts again, settings are as before, or another trail logs."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.facts_roles import trusts_no_outsider_now
from trailmend.stories.facts_settings import all_of, standing
from trailmend.stories.facts_trails import (
    another_trail,
    deleted_since,
    insights_restored,
    lets_outsiders_in,
    made_as_before,
    records_all_again,
    settings_restored,
    store_restored,
    weakens,
)
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone


def _of_trail(*names: str) -> tuple[str, ...]:
    return tuple(f"cloudtrail:{name}" for name in names)


_MADE, _DELETED = _of_trail("CreateTrail"), _of_trail("DeleteTrail")
_STARTED, _STOPPED = _of_trail("StartLogging"), _of_trail("StopLogging")
_UPDATED = _of_trail("UpdateTrail")
_SELECTED, _INSIGHTS = _of_trail("PutEventSelectors"), _of_trail("PutInsightSelectors")
_STORE_UPDATED = _of_trail("UpdateEventDataStore")
_STORE_DELETED = _of_trail("DeleteEventDataStore")
_STORE_STOPPED = _of_trail("StopEventDataStoreIngestion")
_OPENED, _CLOSED = _of_trail("PutResourcePolicy"), _of_trail("DeleteResourcePolicy")
_FEDERATED, _UNFEDERATED = _of_trail("EnableFederation"), _of_trail("DisableFederation")
_REGISTERED = _of_trail("RegisterOrganizationDelegatedAdmin")
_DEREGISTERED = _of_trail("DeregisterOrganizationDelegatedAdmin")

_ANOTHER = Rule(
    _STARTED,
    "notes",
    "{who} started another trail; what it records is to be looked at.",
    joined="anywhere",
    when=another_trail,
)
_IS_DELETED = Rule(_DELETED, "notes", "{who} deleted the trail {owner}.")
_MADE_ANEW = put_right(
    (*_STARTED, *_UPDATED, *_SELECTED),
    "saw to it that a trail of that name records again, with the former settings.",
    all_of(deleted_since, made_as_before, standing),
)
_UNLIKE = Rule(
    _STARTED,
    "notes",
    "{who} started a trail of that name, made anew; that it sees all that the former did is not "
    "known.",
    when=deleted_since,
)

_AFTER_STOPPED = (
    *joined_by(
        "target",
        *_MADE_ANEW,
        _UNLIKE,
        *put_right(_STARTED, "started logging again; what was not recorded stays so."),
        *done_again(_STOPPED, "stopped the trail"),
        *undone(_DELETED, "deleted the trail"),
        _IS_DELETED,
    ),
    _ANOTHER,
)
_AFTER_DELETED = (
    *joined_by(
        "target",
        *_MADE_ANEW,
        Rule(
            _MADE,
            "notes",
            "{who} made a trail of that name; it records nothing until it is started.",
        ),
        _UNLIKE,
        *done_again(_DELETED, "deleted the trail"),
        *undone(_STOPPED, "stopped the trail that had been made anew"),
    ),
    _ANOTHER,
)
_AFTER_UPDATED = joined_by(
    "target",
    *put_right(
        _UPDATED,
        "set what had been weakened as it was, or on.",
        all_of(settings_restored, standing),
    ),
    *done_again(_UPDATED, "weakened the trail", weakens),
    Rule(
        _UPDATED,
        "notes",
        "{who} changed the trail; not known to be as it was: {unlike}.",
        when=lambda scene: standing(scene) and not settings_restored(scene),
    ),
    _IS_DELETED,
)
_AFTER_SELECTED = joined_by(
    "target",
    *put_right(_SELECTED, "let the trail record all management events again.", records_all_again),
    *done_again(_SELECTED, "let the trail record less", weakens),
    Rule(
        _SELECTED,
        "notes",
        "{who} chose anew what the trail records; that it is all management events is not known.",
        when=standing,
    ),
    _IS_DELETED,
)
_AFTER_INSIGHTS = joined_by(
    "target",
    *put_right(_INSIGHTS, "turned the former insights on again.", insights_restored),
    *done_again(_INSIGHTS, "turned insights off", weakens),
    Rule(
        _INSIGHTS,
        "notes",
        "{who} chose insights; they are not known to be all the former ones.",
        when=standing,
    ),
)
_AFTER_STORE_DELETED = joined_by(
    "target",
    *put_right(_of_trail("RestoreEventDataStore"), "restored the store of events."),
    *done_again(_STORE_DELETED, "deleted the store"),
)
_AFTER_STORE_STOPPED = joined_by(
    "target",
    *put_right(
        _of_trail("StartEventDataStoreIngestion"),
        "let the store take events in again; those of meanwhile are not in it.",
    ),
    *done_again(_STORE_STOPPED, "stopped the store"),
    *undone(_STORE_DELETED, "deleted the store"),
    Rule(_STORE_DELETED, "notes", "{who} deleted the store."),
)
_AFTER_STORE_UPDATED = joined_by(
    "target",
    *put_right(
        _STORE_UPDATED,
        "set the store back; what a shorter time to keep removed stays gone.",
        all_of(store_restored, standing),
    ),
    *done_again(_STORE_UPDATED, "weakened the store", weakens),
    Rule(
        _STORE_UPDATED,
        "notes",
        "{who} changed the store; not known to be as it was: {unlike}.",
        when=lambda scene: standing(scene) and not store_restored(scene),
    ),
    *undone(_STORE_DELETED, "deleted the store"),
    Rule(_STORE_DELETED, "notes", "{who} deleted the store."),
)
_AFTER_OPENED = joined_by(
    "target",
    *put_right(_CLOSED, "took the policy off."),
    *put_right(_OPENED, "put a policy there that lets in no outsider.", trusts_no_outsider_now),
    *done_again(_OPENED, "put a policy there", lets_outsiders_in),
    Rule(
        _OPENED,
        "notes",
        "{who} put another policy there; whom it lets in is to be looked at.",
        when=standing,
    ),
)
_AFTER_FEDERATED = joined_by(
    "target",
    *put_right(_UNFEDERATED, "ended the searches by Athena."),
    *done_again(_FEDERATED, "opened the store to searches by Athena"),
)
_AFTER_REGISTERED = joined_by(
    "target",
    *put_right(_DEREGISTERED, "took the administration of trails from account {owner}."),
    *done_again(_REGISTERED, "made account {owner} the administrator of trails"),
)
_AFTER_DEREGISTERED = joined_by(
    "target",
    *put_right(_REGISTERED, "made account {owner} the administrator of trails again."),
    *done_again(_DEREGISTERED, "took the administration of trails from account {owner}"),
)

TRAIL_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(_STOPPED, _AFTER_STOPPED),
    **dict.fromkeys(_DELETED, _AFTER_DELETED),
    **dict.fromkeys(_UPDATED, _AFTER_UPDATED),
    **dict.fromkeys(_SELECTED, _AFTER_SELECTED),
    **dict.fromkeys(_INSIGHTS, _AFTER_INSIGHTS),
    **dict.fromkeys(_STORE_UPDATED, _AFTER_STORE_UPDATED),
    **dict.fromkeys(_STORE_DELETED, _AFTER_STORE_DELETED),
    **dict.fromkeys(_STORE_STOPPED, _AFTER_STORE_STOPPED),
    **dict.fromkeys(_OPENED, _AFTER_OPENED),
    **dict.fromkeys(_FEDERATED, _AFTER_FEDERATED),
    **dict.fromkeys(_REGISTERED, _AFTER_REGISTERED),
    **dict.fromkeys(_DEREGISTERED, _AFTER_DEREGISTERED),
}
"""What may follow a call on a trail, or a store of events, that succeeded, by its name."""
