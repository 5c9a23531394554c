"""Accounts that need the fixes of trails."""

from __future__ import annotations

from tests.worlds import Case

CASES: dict[str, Case] = {}
