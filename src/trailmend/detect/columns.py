"""The columns of the tables and their types, read off the rows."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache, lru_cache
from types import UnionType
from typing import Any, get_args, get_type_hints

from trailmend.context import Context
from trailmend.events import Event

_TYPES = {str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN", datetime: "TIMESTAMP"}
Row = type[Event] | type[Context]
"""What a table has a row of."""


@cache
def table_columns(row: Row) -> dict[str, str]:
    """Give the columns of a table and their DuckDB types, from the fields of its row."""
    return {name: _TYPES[_plain(hint)] for name, hint in get_type_hints(row).items()}


def _plain(hint: Any) -> type:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    kind: type = next(kind for kind in kinds if kind is not type(None))
    return kind


COLUMNS = table_columns(Event) | table_columns(Context)
"""Every column that a condition may read, and its type."""
_WORD = re.compile(r"'(?:[^']|'')*'|\w+")


@lru_cache(maxsize=4096)
def columns_of(condition: str) -> tuple[str, ...]:
    """Name the columns that a condition reads, in the order of the text.

    The condition is one that `parse_condition` takes: a word outside of quotes is then a column or
    a word of SQL, and no column is called as one of those.
    """
    return tuple(dict.fromkeys(word for word in _WORD.findall(condition) if word in COLUMNS))
