"""Where the records of a service name whom and what a call concerned.

CloudTrail writes a parameter's name with its first letter in lower case, so acronyms look odd:
`sSHPublicKeyId`, `sAMLProviderArn`, `openIDConnectProviderArn`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from trailmend.events.fields import as_mapping, as_text
from trailmend.events.target.arns import parse_arn, readable

_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

Read = Callable[[str, str], str | None]
"""From what a record says, and the account it is of, to the name; None: it names nothing here."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of thing, and the fields that name it: the first one that holds a text counts."""

    kind: str
    request: tuple[str, ...] = ()
    response: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()
    """The events that name it there; none given: every event."""
    when: tuple[str, str] | None = None
    """A field of the request, and what it must say."""
    read: Read = readable


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """How the records of one service tell the target and the object."""

    targets: tuple[Place, ...]
    """In order: the first place that a record fills names the target."""
    objects: tuple[Place, ...] = ()
    bare: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Event -> object that has no id of its own."""
    whole: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Event -> what it concerns as a whole, without a name: the account, the organization."""
    nobody: frozenset[str] = frozenset()
    """Events that concern nobody."""
    caller: frozenset[str] = frozenset()
    """Events that always concern their caller."""
    left_out: frozenset[str] = frozenset()
    """Events that mean their caller where they succeed and name nobody."""
    unnamed: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Event -> kind of a target that the record cannot name."""
    alone: frozenset[str] = frozenset()
    """Events that concern nobody where they succeed and name nobody."""
    denied_otherwise: frozenset[str] = frozenset()
    """Events whose denial names something else than their target."""
    otherwise: str | None = None
    """What an event with a readable request concerns that names nothing."""
    bare_names: str | None = None
    """The kind of a name without a word or an ARN before it in the message of a denied call."""


class Named(msgspec.Struct, frozen=True):
    """A thing that a record names."""

    kind: str | None = None
    name: str | None = None


NOTHING = Named()


Path = tuple[tuple[str, ...], str]
"""The fields to go through, and the last one."""


class Looked(msgspec.Struct, frozen=True):
    """A place made ready for one event: its paths are parted."""

    kind: str
    request: tuple[Path, ...]
    response: tuple[Path, ...]
    when: tuple[str, str] | None
    read: Read


def places_for(places: tuple[Place, ...], event_name: str) -> tuple[Looked, ...]:
    """Give the places where the records of an event may name a thing."""
    return tuple(
        Looked(
            place.kind,
            tuple(map(_parted, place.request)),
            tuple(map(_parted, place.response)),
            place.when,
            place.read,
        )
        for place in places
        if not place.only or event_name in place.only
    )


def _parted(path: str) -> Path:
    *outer, last = path.split(".")
    return tuple(outer), last


def named(
    places: tuple[Looked, ...],
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    account: str,
) -> Named:
    """Give what the first filled place of a record names."""
    for place in places:
        if place.when is not None and request.get(place.when[0]) != place.when[1]:
            continue
        said = _first(request, place.request) or _first(response, place.response)
        name = place.read(said, account) if said else None
        if name:
            return Named(place.kind, name)
    return NOTHING


def other_account(said: str, account: str) -> str | None:
    """Name an account that is not the record's own."""
    return None if said == account else said


def of_kind(kind: str) -> Read:
    """Make what reads an ARN of one kind, and nothing else: one field may name several kinds."""

    def read(said: str, account: str) -> str | None:
        arn = parse_arn(said)
        return readable(said, account) if arn is not None and arn.kind == kind else None

    return read


def _first(fields: Mapping[str, Any], paths: tuple[Path, ...]) -> str | None:
    if not fields:
        return None
    for outer, last in paths:
        inside = fields
        for part in outer:
            inside = as_mapping(inside.get(part))
        value = inside.get(last)
        found = None if value is None else as_text(value)
        if found and found != _HIDDEN:
            return found
    return None
