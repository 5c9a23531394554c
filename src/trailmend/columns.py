"""The columns of the tables and their types, read off the rows."""

from __future__ import annotations

from datetime import datetime
from types import UnionType
from typing import Any, get_args, get_type_hints

from trailmend.context import Context
from trailmend.events import Event

_TYPES = {str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN", datetime: "TIMESTAMP"}
Row = type[Event] | type[Context]
"""What a table has a row of."""


def table_columns(row: Row) -> dict[str, str]:
    """Give the columns of a table and their DuckDB types, from the fields of its row."""
    return {name: _TYPES[_plain(hint)] for name, hint in get_type_hints(row).items()}


def _plain(hint: Any) -> type:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    kind: type = next(kind for kind in kinds if kind is not type(None))
    return kind
