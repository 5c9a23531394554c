"""Which account a call of Organizations made: AWS tells its number later, by another event."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trailmend.findings import Finding
from trailmend.stories.facts_organization import new_account
from trailmend.stories.timeline import Timeline

_REQUEST = "account_request"


def with_new_accounts_named(findings: Sequence[Finding], line: Timeline) -> list[Finding]:
    """Name the account that was made in the findings on its making, where the log tells it."""
    return [_named(one, line) if one.target.object_type == _REQUEST else one for one in findings]


def _named(finding: Finding, line: Timeline) -> Finding:
    made = new_account(line, line.of_event(finding.event.event_id))
    if made is None or finding.target.name is not None:
        return finding
    target = msgspec.structs.replace(finding.target, name=made)
    return msgspec.structs.replace(finding, target=target)
