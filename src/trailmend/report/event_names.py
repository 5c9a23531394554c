"""Names of events as a page shows them: with their services where the name alone is another's too.

Directory and organization have calls that are named like IAM's (`CreateUser`, `DeletePolicy`).
"""

from __future__ import annotations

from collections.abc import Collection

from trailmend.catalog import Runbook, runbooks


def shown_names(runbook: Runbook) -> tuple[str, ...]:
    """Give each name of a page once; IAM's stand alone, as `trailmend runbook NAME` takes them."""
    named = dict.fromkeys(runbook.names)
    return tuple(_shown(name, _services(name, runbook.events)) for name in named)


def namesakes(name: str) -> tuple[str, ...]:
    """Give the events of all services that have this name, as `trailmend runbook` takes them."""
    events = [event for one in runbooks().values() for event in one.events]
    return tuple(f"{service}:{name}" for service in _services(name, events))


def _shown(name: str, services: Collection[str]) -> str:
    if set(services) == {"iam"} or len(namesakes(name)) == 1:
        return name
    return f"{name} ({', '.join(services)})"


def _services(name: str, events: Collection[str]) -> tuple[str, ...]:
    sources = (event.partition(":") for event in events)
    return tuple(source.partition(".")[0] for source, _, called in sources if called == name)
