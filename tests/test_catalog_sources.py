"""What a source names of botocore is there: an operation or a shape of that service."""

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from trailmend.catalog import chains, runbooks
from trailmend.report.runbook_data import runbook_data

SESSION = botocore.session.get_session()
CITED = re.compile(r"botocore (?P<service>[a-z0-9-]+) (?P<names>[A-Z].*)")


def _sources(told: Any) -> Iterator[str]:
    """Give every source in the data of a page, wherever it stands."""
    if isinstance(told, dict):
        for name, value in told.items():
            if name == "source" and isinstance(value, str):
                yield value
            else:
                yield from _sources(value)
    elif isinstance(told, (list, tuple)):
        for value in told:
            yield from _sources(value)


def _strangers(source: str) -> Iterator[str]:
    for part in re.split(r"; |, and ", source):
        if cited := CITED.search(part):
            model = SESSION.get_service_model(cited["service"])
            known = {*model.operation_names, *model.shape_names}
            named = re.sub(r"\([^()]*\)", "", cited["names"]).partition(" and a note")[0]
            yield from (
                f"{cited['service']} {name}"
                for name in re.findall(r"\b[A-Z]\w+", named)
                if name not in known
            )


@pytest.mark.parametrize("key", sorted(runbooks()))
def test_every_shape_that_a_source_names_is_in_botocore(key: str) -> None:
    sources = list(_sources(runbook_data(key, runbooks()[key])))

    assert sources
    assert [name for source in sources for name in _strangers(source)] == []


def test_sources_of_chains_name_what_is_in_botocore() -> None:
    sources = [claim.source for chain in chains().values() for claim in chain.impact]

    assert [name for source in sources for name in _strangers(source)] == []


def test_a_shape_that_is_not_there_is_seen() -> None:
    assert list(_strangers("botocore iam EnableMFA, CreateUser (UserName); AWS, Guide")) == [
        "iam EnableMFA"
    ]
