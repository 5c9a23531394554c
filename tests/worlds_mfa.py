"""Accounts that need the fixes of mfa."""

from __future__ import annotations

from tests.worlds import Case

CASES: dict[str, Case] = {}
