"""What AWS answers of an account as a whole: its aliases, its password policy, how much there is.

Sources of the forms: botocore iam GetAccountSummary, ListAccountAliases, GetAccountPasswordPolicy.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from trailmend.password_policies import PasswordPolicy, read_policy
from trailmend.snapshots.shape import SeenAccount, Snapshot

NOT_SAID = datetime.max.replace(tzinfo=UTC)
"""The time of an answer that does not tell it."""


def of_summary(answer: Mapping[str, Any]) -> Snapshot:
    """Read GetAccountSummary."""
    numbers = {name: int(number) for name, number in answer["SummaryMap"].items()}
    return _of(SeenAccount(summary=numbers))


def of_aliases(answer: Mapping[str, Any]) -> Snapshot:
    """Read ListAccountAliases; an account has one alias at most."""
    return _of(SeenAccount(aliases=[str(one) for one in answer["AccountAliases"]]))


def of_password_policy(answer: Mapping[str, Any]) -> Snapshot:
    """Read GetAccountPasswordPolicy; of an account without one AWS answers NoSuchEntity."""
    told = {f"{name[0].lower()}{name[1:]}": one for name, one in answer["PasswordPolicy"].items()}
    policy = read_policy(told)
    if policy is None:
        raise ValueError("its fields are none of a password policy")
    return _of(SeenAccount(policy=msgspec.to_builtins(policy)))


def policy_of(seen: SeenAccount) -> PasswordPolicy | None:
    """Give a password policy that was answered."""
    return None if seen.policy is None else read_policy(seen.policy)


def _of(account: SeenAccount) -> Snapshot:
    return Snapshot(account_id="", taken_at=NOT_SAID, account=account)
