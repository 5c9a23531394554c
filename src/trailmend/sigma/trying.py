"""Rules tried on no events: what DuckDB does not take is found when a rule is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

from trailmend.report.safe import visible
from trailmend.sigma.macros import MACROS, statement
from trailmend.sigma.tree import Rule
from trailmend.store import loaded


@contextmanager
def trial() -> Iterator[Callable[[Rule], str | None]]:
    """Give a function that says why DuckDB does not take a rule, or None where it does."""
    with loaded([], []) as engine:
        for macro in MACROS:
            engine.execute(macro)

        def why_not(rule: Rule) -> str | None:
            if rule.tree is None:
                return None
            try:
                engine.execute(statement(rule, rule.columns, rule.columns))
            except duckdb.Error as error:
                return f"cannot be run: {visible(error)}"
            return None

        yield why_not
