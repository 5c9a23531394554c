"""Make text from a log safe for where it is shown: its writers may be attackers."""

import json
from typing import Any


def visible(text: object) -> str:
    r"""Show every character that does not print as its escape (`\x1b`, `\u202e`).

    That covers control characters of both sets, the bidirectional marks, separators and lone
    surrogates; no such text can move a cursor, set a colour or hide a word.
    """
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in shown
    )


def json_line(value: Any) -> str:
    """Write a value as one line of JSON in plain ASCII, which a terminal shows as it is."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f")
