"""The file of mutes: each `[[mute]]` is read alone, so that a typo in one takes no other away."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from trailmend.catalog import LEVELS
from trailmend.mutes.shape import Fault, Mute, problems
from trailmend.near import nearest

_HEADER = re.compile(r"\s*\[\[(?!\s*mute\s*\.)")
_OURS = re.compile(r"\s*\[\[\s*mute\s*\]\]")
_ID = re.compile(r"""\s*id\s*=\s*["'](M-[A-Z0-9-]{1,40})["']\s*(?:#|$)""")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_KEYS = Mute.__struct_fields__
_NEEDED = tuple(field.name for field in msgspec.structs.fields(Mute) if field.required)
_CHOSEN = (
    "its value is chosen by the caller, who could hide behind it, so it can be in no mute: write "
    "actor_id"
)
_NAMES = "a name can be given to another, and an ARN holds names: write actor_id"
_REFUSED = {
    **dict.fromkeys(("useragent", "agent", "sessionname", "rolesessionname", "session"), _CHOSEN),
    **dict.fromkeys(("sourceip", "sourceipaddress", "ip", "address", "host", "source"), _CHOSEN),
    **dict.fromkeys(("sourcehost", "sourcename", "sourceidentity"), _CHOSEN),
    **dict.fromkeys(("actorarn", "arn", "principalarn", "callerarn", "userarn", "rolearn"), _NAMES),
    **dict.fromkeys(("actor", "actorname", "user", "username", "role", "rolename"), _NAMES),
    **dict.fromkeys(("caller", "callername", "principal", "principalname"), _NAMES),
    "targetname": "write target with its kind, as user/alice",
    "accesskeyid": "an access key is one of many of a caller: write actor_id",
}
"""What a mute can never hold, by the name without its underscores; and why."""
_FORMS = {
    "id": "write M- and capitals, digits or hyphens",
    "detections": 'write a list of keys, as ["delete_login_profile.by_someone_else"]',
    "account": 'write 12 digits as text, as "111122223333"',
    "level_at_most": f"write one of {', '.join(LEVELS[:-1])}, as text",
    "until": "write a day, as 2027-03-01",
    "made_at": "write a day, as 2026-11-22",
    "made_from": "write the id of a finding whole",
}
_MISSING = {
    "until": "a mute without an end is refused: add until = 2027-03-01, a year ahead at most",
    "owner": 'add who answers for it, as owner = "kim"',
    "reason": 'add why, as reason = "the nightly job makes a new key"',
}


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one `[[mute]]`, or those before the first; `start` counts from 0."""

    start: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Problem:
    key: str
    reason: str
    line: int | None = None
    column: int = 1


def read_mutes(
    text: str, file: str, known: Collection[str], today: date
) -> tuple[list[Mute], list[Fault]]:
    """Read the mutes of a file, those that can be applied, and what is wrong with the others.

    `file` is its name for the faults; `known` are the keys of the detections that there are.
    """
    mutes: list[Mute] = []
    faults: list[Fault] = []
    parts = [(block, _read(block, known, today)) for block in _blocks(text)]
    times = Counter(read.id for _, read in parts if isinstance(read, Mute))
    for block, read in parts:
        if isinstance(read, Mute) and times[read.id] > 1:
            read = [_Problem("id", "it is the id of several mutes: none of them is applied")]
        if isinstance(read, Mute):
            mutes.append(read)
        else:
            faults += _faults(file, block, read)
    return mutes, faults


def _id(block: _Block) -> str | None:
    """Give the id that stands in a part of the file, well made or not."""
    return next((found[1] for line in block.lines if (found := _ID.match(line))), None)


def place_of(text: str, name: str) -> tuple[str, int] | None:
    """Find the one mute whose id starts so: its id and its line, from 1; it may be a bad one."""
    found = [
        (known, block.start + 1)
        for block in _blocks(text)
        if (known := _id(block)) is not None and known.startswith(name.upper())
    ]
    exact = [one for one in found if one[0] == name.upper()]
    best = exact or found
    return best[0] if len(best) == 1 else None


def _blocks(text: str) -> Iterator[_Block]:
    """Part a file at each line that begins an array of tables."""
    lines = text.split("\n")
    starts = sorted({0, *(number for number, line in enumerate(lines) if _HEADER.match(line))})
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield _Block(start, tuple(lines[start:end]))


def _read(block: _Block, known: Collection[str], today: date) -> Mute | list[_Problem]:
    """Read one part of the file; nothing is wrong with one that holds comments only."""
    try:
        found = tomllib.loads("\n".join(block.lines))
    except (ValueError, RecursionError) as error:
        return [_syntax(str(error), block)]
    if not _OURS.match(block.lines[0]):
        return [_table(name) for name in found]
    fields = found.pop("mute")[0]
    strange = [*map(_table, found), *_strange_keys(fields)]
    wrong = strange or list(_missing(fields))  # what is missing may stand under a wrong name
    if wrong:
        return wrong
    try:
        mute = msgspec.convert(fields, Mute)
    except msgspec.ValidationError as error:
        return [_type(str(error))]
    return [_Problem(*one) for one in problems(mute, known, today)] or mute


def _syntax(said: str, block: _Block) -> _Problem:
    place = _PLACE.search(said)
    reason = f"it is no TOML: {_PLACE.sub('', said).strip().lower()}"
    if place is None:
        return _Problem("", reason, block.start + len(block.lines))
    return _Problem("", reason, block.start + int(place[1]), int(place[2]))


def _table(name: str) -> _Problem:
    return _Problem(name, f"the file holds [[mute]] alone: did you mean that by {name}?")


def _strange_keys(fields: Mapping[str, Any]) -> Iterator[_Problem]:
    for name in fields:
        bare = re.sub(r"[^a-z]", "", name.lower())
        meant = nearest(name, _KEYS)
        if name in _KEYS:
            continue
        if bare in _REFUSED:
            yield _Problem(name, f"{name}: {_REFUSED[bare]}")
        elif meant:
            yield _Problem(name, f"unknown key {name}: did you mean {meant}?")
        else:
            yield _Problem(name, f"unknown key {name}: there is {', '.join(_KEYS)}")


def _missing(fields: Mapping[str, Any]) -> Iterator[_Problem]:
    for name in _NEEDED:
        if name not in fields:
            yield _Problem("", _MISSING.get(name, f"{name} is missing"))


def _type(said: str) -> _Problem:
    """Name the key that msgspec found wrong: its words end in the place, as `$.until`."""
    found = re.search(r"`\$\.(\w+)", said)
    name = found[1] if found else ""
    return _Problem(name, f"{name}: {_FORMS.get(name, 'write a text of 1 to 400 characters')}")


def _faults(file: str, block: _Block, wrong: list[_Problem]) -> Iterator[Fault]:
    for one in wrong:
        line, column = (one.line, one.column) if one.line else _place(block, one.key)
        yield Fault(file, line, column, _id(block), one.reason)


def _place(block: _Block, key: str) -> tuple[int, int]:
    """Find where a key is set, or its table begins; else the block does."""
    before, after = r"""\s*(?:\[+\s*(?:mute\s*\.\s*)?)?["']?""", r"""["']?\s*[=.\]]"""
    wanted = re.compile(f"{before}({re.escape(key)}){after}")
    for number, line in enumerate(block.lines if key else ()):
        found = wanted.match(line)
        if found:
            return block.start + number + 1, found.start(1) + 1
    return block.start + 1, 1
