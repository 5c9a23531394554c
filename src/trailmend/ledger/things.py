"""Lessons on all else: who made a thing, and how each part of it was last set.

A trail, a bucket or an instance has settings of its own and parts that are set and deleted apart
from it: a bucket's policy, a profile's mapping, the rule of an analyzer.  What changes a part says
nothing of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from trailmend.events import Event
from trailmend.ledger.account import BEARERS, Ledger, Name, mark, parsed, thing_name
from trailmend.ledger.providers import PARTS, part_before, part_set
from trailmend.ledger.shape import Part, Thing

_VERB = re.compile("(Create|Upload|Import|Put|Update|Delete)([A-Z].*)")
_MAKES = ("Create", "Upload", "Import")
_WHOLE = frozenset(
    """
    Account Analyzer Application Bucket Channel Crl Dashboard DelegationRequest EventDataStore Group
    GovCloudAccount Instance InstanceProfile OpenIDConnectProvider Organization OrganizationalUnit
    Policy Profile SAMLProvider Secret ServerCertificate ServiceLinkedAnalyzer Trail TrustAnchor
    TrustedTokenIssuer User
    """.split()
)
"""What is made and deleted as a whole; all else that a call can name is a part of something."""
_KEPT_FOR_A_WHILE = ("EventDataStore", "Secret")
"""They can be restored after their deletion (botocore RestoreEventDataStore, RestoreSecret)."""
_WHICH = (
    *("authenticationMethodType", "certificateField", "grantType", "scope"),
    "applicationArn",
)
"""The fields of a request that say which of several like parts it sets."""
_NO_SETTING = ("clientToken", "operations")
"""`operations` are changes, not what they lead to (botocore identitystore UpdateUser)."""
_ANSWERED_OF_STORE = (
    *("advancedEventSelectors", "multiRegionEnabled", "organizationEnabled"),
    *("retentionPeriod", "terminationProtectionEnabled"),
)
_ITSELF = ""
_MADE_SO: Part = ("Making", "")
"""How a trail or store was made, kept beside how it is set: where it is to go back to."""


def learn_thing(ledger: Ledger, event: Event) -> None:
    """Note who made a thing, and how it or a part of it is set; forget what is deleted."""
    key, change = _thing(event), _change(event)
    if key is None or change is None:
        return
    verb, part = change
    if part[0] == _ITSELF and verb == "Delete":
        _forget(ledger, key, event)
        return
    makes = part[0] == _ITSELF and verb in _MAKES
    known = Thing(mark(event)) if makes else ledger.things.get(key, Thing())
    settings = {name: told for name, told in known.settings.items() if name != part}
    told = _told(event)
    if told is not None and verb != "Delete":
        former = known.settings.get(part, {}) if verb == "Update" else {}
        set_ = part_set(event, told, former) if event.event_name in PARTS else told
        settings[part] = {**former, **set_}
        if makes and key[0] in ("trail", "event_data_store"):
            settings[_MADE_SO] = told
    ledger.things[_named_anew(ledger, key, told)] = Thing(known.made, settings)
    if key[0] == "trail":
        _learn_places(ledger, key, told or {})


def _thing(event: Event) -> Name | None:
    """Name the thing that an event is about; users, roles, policies and the like are none."""
    kind, name = event.target_type, event.target_name
    if kind is None or name is None or kind in (*BEARERS, "policy", "root"):
        return None
    return kind, thing_name(kind, name, event.region)


def _change(event: Event) -> tuple[str, Part] | None:
    """Tell how an event changes which part of a thing; None where it sets nothing."""
    if event.event_name in PARTS:
        return "Update", (_ITSELF, "")
    found = _VERB.fullmatch(event.event_name)
    if found is None:
        return None
    verb, noun = found.groups()
    if noun in _WHOLE and event.object_type is None:
        return verb, (_ITSELF, "")
    # CloudTrail writes `PutBucketLifecycle` where the API says `PutBucketLifecycleConfiguration`,
    # and `PutBucketPublicAccessBlock` for `PutPublicAccessBlock` (S3 User Guide).
    noun = noun.removeprefix("Bucket").removesuffix("Configuration")
    sent = parsed(event.request)
    which = event.object_id or next((str(sent[name]) for name in _WHICH if name in sent), "")
    return verb, (noun, which)


def _told(event: Event) -> dict[str, Any] | None:
    """Give what a request sets; None where the record leaves it out.

    A store of events answers with all its settings, those of the making's defaults too.
    """
    if event.truncated or event.request is None:
        return None
    sent, answered = parsed(event.request), {}
    if event.target_type == "event_data_store":
        answered = {n: v for n, v in parsed(event.response).items() if n in _ANSWERED_OF_STORE}
    return answered | {name: value for name, value in sent.items() if name not in _NO_SETTING}


def _named_anew(ledger: Ledger, key: Name, told: Mapping[str, Any] | None) -> Name:
    """Carry what is known of a certificate over to its new name."""
    new = (told or {}).get("newServerCertificateName")
    if not isinstance(new, str):
        return key
    ledger.things.pop(key, None)
    return key[0], new.lower()


def _learn_places(ledger: Ledger, trail: Name, told: Mapping[str, Any]) -> None:
    """Note where a trail writes to; what it wrote stays there when it writes elsewhere."""
    for kind, setting in (("bucket", "s3BucketName"), ("key", "kmsKeyId")):
        if isinstance(told.get(setting), str) and told[setting]:
            known = ledger.log_places.get(trail, frozenset())
            ledger.log_places[trail] = known | {(kind, told[setting])}


def _forget(ledger: Ledger, key: Name, event: Event) -> None:
    """Forget what is deleted for good, but not where a trail wrote to, if it was another's."""
    if event.event_name.endswith(_KEPT_FOR_A_WHILE):
        return
    made = ledger.things.pop(key, Thing()).made
    if made is not None and made.actor_id is not None and made.actor_id == event.actor_id:
        ledger.log_places.pop(key, None)


def doubt_settings(ledger: Ledger, stage: Iterable[Event]) -> None:
    """Forget what events of one second set to different values: which came last is unknown."""
    sent: dict[tuple[Name, tuple[str, Part]], list[dict[str, Any]]] = {}
    for event in stage:
        key = _thing(event) if event.outcome == "success" else None
        change = None if key is None else _change(event)
        if key is not None and change is not None:
            sent.setdefault((key, change), []).append(_told(event) or {})
    for (key, (verb, part)), requests in sent.items():
        if len(requests) > 1 and key in ledger.things:
            known = ledger.things[key]
            differ = set(_differ(requests, whole=verb != "Update"))
            sure = {
                name: value
                for name, value in known.settings.get(part, {}).items()
                if name not in differ
            }
            ledger.things[key] = Thing(known.made, {**known.settings, part: sure})


def _differ(requests: list[dict[str, Any]], *, whole: bool) -> Iterable[str]:
    """Name the fields that requests set differently; what one leaves out, if it sets the whole."""
    for name in {name for one in requests for name in one}:
        values = [one.get(name) for one in requests if whole or name in one]
        if any(value != values[0] for value in values):
            yield name


def settings_before(ledger: Ledger, event: Event) -> dict[str, Any]:
    """Give how that was set before which an event sets or deletes; the latest call counts.

    What the making of the thing said of it counts until then.
    """
    key, change = _thing(event), _change(event)
    if key is None or change is None or (change[0] in _MAKES and change[1][0] == _ITSELF):
        return {}
    settings, sent = ledger.things.get(key, Thing()).settings, parsed(event.request)
    whole = settings.get((_ITSELF, ""), {})
    if event.event_name in PARTS:
        return part_before(event, whole)
    of_whole = {name: value for name, value in whole.items() if name in sent}
    return {**of_whole, **settings.get(change[1], {})}


def made_so(ledger: Ledger, event: Event) -> Mapping[str, Any]:
    """Give the settings that the trail or store of an event was made with, if the log shows it."""
    key = _thing(event)
    return {} if key is None else ledger.things.get(key, Thing()).settings.get(_MADE_SO, {})
