"""The catalog means the same on Spark as on DuckDB: run by `make spark`, in one session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.engines import evidence, is_as_claimed, moments_of_evidence, on_two_tables
from trailmend.context import Context
from trailmend.detect import Hits, detection_tests, fact_tests
from trailmend.detect.columns import table_columns
from trailmend.detect.statements import Test, statements
from trailmend.events import Event

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("default")]
KINDS = {"VARCHAR": "STRING", "BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN", "TIMESTAMP": "TIMESTAMP"}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give a session that has the evidence of the catalog as the tables `events` and `context`."""
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    options: dict[str, bool | float | int | str | None] = {
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        # Code for conditions that run on a few thousand rows takes longer to make than to spare.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder),
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master("local[2]").appName("trailmend")
    session = builder.config(map=options).getOrCreate()
    events, rows = zip(*moments_of_evidence(), strict=True)
    make_table(session, folder, "events", Event, events)
    make_table(session, folder, "context", Context, rows)
    yield session
    session.stop()


def make_table(
    session: Any,
    folder: Path,
    name: str,
    row: type[Event] | type[Context],
    rows: Sequence[Event] | Sequence[Context],
) -> None:
    file = folder / f"{name}.jsonl"
    file.write_bytes(msgspec.json.Encoder().encode_lines(rows))
    columns = ", ".join(f"{name} {KINDS[kind]}" for name, kind in table_columns(row).items())
    table = session.read.json(str(file), schema=columns, mode="FAILFAST")
    table.cache().createOrReplaceTempView(name)


def on_spark(session: Any, tests: Sequence[Test]) -> Hits:
    found: dict[tuple[str, str], list[str]] = {}
    for statement in statements(tests, "spark"):
        for account_id, event_id, keys in session.sql(statement).collect():
            if keys:
                found.setdefault((account_id, event_id), []).extend(keys.split())
    return {key: frozenset(names) for key, names in found.items()}


def test_every_case_fires_or_stays_quiet_on_spark_and_every_hit_is_duckdbs(spark: Any) -> None:
    found = on_spark(spark, detection_tests())

    assert found == on_two_tables(list(detection_tests()), moments_of_evidence())
    assert [case[:3] for case in evidence() if not is_as_claimed(case, found)] == []


def test_every_fact_is_so_on_spark_where_it_is_so_on_duckdb(spark: Any) -> None:
    assert on_spark(spark, fact_tests()) == on_two_tables(list(fact_tests()), moments_of_evidence())
