"""Accounts that need the fixes of access keys."""

from __future__ import annotations

from tests.worlds import Case

CASES: dict[str, Case] = {}
