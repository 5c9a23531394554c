"""Names of events as a page shows them: with their services where the name alone is another's too.

Directory and organization have calls that are named like IAM's (`CreateUser`, `DeletePolicy`).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from trailmend.catalog import Runbook, runbooks


def shown_names(runbook: Runbook) -> tuple[str, ...]:
    """Give each name of a page once; IAM's stand alone, as `trailmend runbook NAME` takes them."""
    named = dict.fromkeys(runbook.names)
    return tuple(_shown(name, _services(name, runbook.events)) for name in named)


def namesakes(name: str) -> tuple[str, ...]:
    """Give the events of all services that have this name, as `trailmend runbook` takes them."""
    return tuple(f"{service}:{name}" for service in _services_by_name().get(name, ()))


@cache
def _services_by_name() -> dict[str, list[str]]:
    services: dict[str, list[str]] = {}
    for runbook in runbooks().values():
        for event in runbook.events:
            source, _, name = event.partition(":")
            services.setdefault(name, []).append(source.partition(".")[0])
    return services


def _shown(name: str, services: Collection[str]) -> str:
    if set(services) == {"iam"} or len(namesakes(name)) == 1:
        return name
    return f"{name} ({', '.join(services)})"


def _services(name: str, events: Collection[str]) -> tuple[str, ...]:
    sources = (event.partition(":") for event in events)
    return tuple(source.partition(".")[0] for source, _, called in sources if called == name)
