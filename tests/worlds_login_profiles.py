"""Accounts that need the fixes of login profiles."""

from __future__ import annotations

from tests.worlds import Case

CASES: dict[str, Case] = {}
