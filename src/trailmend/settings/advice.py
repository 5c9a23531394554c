"""What is wrong in a settings file, and what may stand there."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

from trailmend.catalog import LEVELS
from trailmend.near import did_you_mean

_LEVELS = f"Levels are {', '.join(LEVELS)}."
_LEVEL = f'a level in quotes, or "never". {_LEVELS}'
_YES_OR_NO = "true or false."
_COUNT = "a number from 1."
_PATH = "a path in quotes, in the workspace or from / or ~."
FORMS: Mapping[str, Mapping[str, str]] = {
    "password_policy": {
        "minimum_password_length": "a number from 6 to 128.",
        "require_symbols": _YES_OR_NO,
        "require_numbers": _YES_OR_NO,
        "require_uppercase_characters": _YES_OR_NO,
        "require_lowercase_characters": _YES_OR_NO,
        "password_reuse_prevention": "a number from 0 to 24; 0 means that none is remembered.",
        "max_password_age": "a number of days from 0 to 1095; 0 means that none expires.",
    },
    "protected": {
        "principals": "a list of names or ARNs of users and roles, where * and ? may stand for "
        'what differs, as ["break-glass-*"].',
        "tag": "the key of a tag, in quotes.",
    },
    "approval": {
        "second_person": _LEVEL,
        "second_person_irreversible": _LEVEL,
        "approvers": 'a list of names or ARNs for a level, as { critical = ["kim"] }. ' + _LEVELS,
        "folder": "a path in quotes that begins with /.",
    },
    "secrets": {
        "sink": '"file" or "secretsmanager".',
        "folder": _PATH,
        "prefix": "1 to 100 letters, digits and / _ + = . @ - in quotes.",
    },
    "limits": {"changes_per_plan": _COUNT, "changes_per_hour": _COUNT},
    "responder": {
        "principals": "a list of ARNs of users and roles, without * and ?, as "
        '["arn:aws:iam::123456789012:role/trailmend-apply"].'
    },
    "mutes": {"file": _PATH},
}
"""What may stand under each key of each table."""
_PLACE = re.compile(r"`\$(?:\.(\w+))?(?:\.(\w+))?(?:\[(\d+)\])?[^`]*`$")
_UNKNOWN = re.compile("Object contains unknown field `([^`]*)`")


def told(text: bytes, said: str) -> str:
    """Say in words what msgspec `said` of the settings; its words end in the place."""
    place = _PLACE.search(said)
    table, key, number = place.groups() if place else (None, None, None)
    unknown = _UNKNOWN.match(said)
    if unknown:
        return _of_unknown(unknown[1], table)
    if place is None:
        return f"{said}. Correct it and try again."
    if table is None or key is None:
        words = said[: place.start()].removesuffix(" - at ")
        return _tables(table) if words.startswith("Expected") else f"[{table}]: {words}."
    value = tomllib.loads(text.decode())[table][key]
    wrong = value if number is None else value[int(number)]
    verb = "cannot be" if number is None else "cannot have"
    written = json.dumps(wrong, ensure_ascii=False, default=str)
    return f"[{table}] {key} {verb} {written}: write {FORMS[table][key]}"


def _of_unknown(name: str, table: str | None) -> str:
    known = FORMS[table] if table else FORMS
    where = f"[{table}] has no key {name}." if table else f"there is no table [{name}]."
    return f"{where}{did_you_mean(name, known)} There is: {', '.join(known)}."


def _tables(table: str | None) -> str:
    keys = ", ".join(FORMS[table or ""])
    return f"[{table}] stands on a line of its own, and below it its keys: {keys}."
