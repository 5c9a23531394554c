"""The borders of the house: what may load what, and what the code may not contain."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "trailmend"
PURE = (
    "detect.after",
    "blind_spots",
    "records",
    "events",
    "ledger",
    "context",
    "password_policies",
    "catalog",
    "mutes",
    "evidence",
    "detect.columns",
    "detect.conditions",
    "detect",
    "detect.explanations",
    "findings",
    "context.habits",
    "history",
    "near",
    "context.sign_ins",
    "detect.statements",
    "stories",
    "calls",
    "planning.approvals",
    "planning.conflicts",
    "changing.drift",
    "plan",
    "permissions",
    "policies",
    "planning.making",
    "responder",
    "changing.secrets",
    "takeovers",
    "weakened_trails",
    "changing.apply",
    "changing.settle",
    "settings",
    "sigma.conditions",
    "sigma.correlating",
    "sigma.correlations",
    "sigma.dispatch",
    "sigma.parsing",
    "sigma.reading",
    "sigma.sql",
    "changing.journal",
    "lives",
    "history.touches",
    "guards",
    "guards.administrators",
    "changing.memory",
    "changing.reads",
    "changing.shares",
    "report.asff",
    "report.charts",
    "report.csv_table",
    "report.differences",
    "report.fix_pages",
    "report.html",
    "report.markdown",
    "report.markdown_report",
    "report.mutes",
    "report.ocsf",
    "report.pages",
    "report.parts",
    "report.tallies",
    "report.runbook_data",
    "report.safe",
    "report.site",
    "report.takeovers",
    "report.terminal",
    "report.verdict",
    "report.instructions",
)
HEAVY = {"boto3", "duckdb", "sqlalchemy", "moto", "flask", "typer"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


def test_pure_rooms_load_no_heavy_library() -> None:
    imports = "; ".join(f"import trailmend.{room}" for room in PURE)

    loaded = loaded_by(f"{imports}; import trailmend.catalog as c; c.detections()")

    assert loaded & HEAVY == set()


def test_help_loads_nothing_that_is_slow() -> None:
    loaded = loaded_by("import trailmend.cli")

    assert loaded & {"boto3", "duckdb", "sqlalchemy", "sqlglot", "moto", "msgspec"} == set()


class Read(NamedTuple):
    """What a module says of itself, what it imports, and its functions of many lines."""

    docstring: str | None
    imported: set[str]
    long: list[str]


@cache
def read(path: Path) -> Read:
    tree = ast.parse(path.read_text())
    nodes = [*ast.walk(tree)]
    names = [one.module or "" for one in nodes if isinstance(one, ast.ImportFrom)]
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names += [alias.name for alias in node.names]
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in nodes
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > 60
    ]
    return Read(ast.get_docstring(tree), {name.partition(".")[0] for name in names}, long)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_one_room_talks_to_aws(path: Path) -> None:
    allowed = path.name == "aws.py" or "lab" in path.parts

    assert allowed or "boto3" not in read(path).imported


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_is_short_and_says_what_it_is(path: Path) -> None:
    assert path.read_text().count("\n") <= 400
    assert read(path).docstring, "say in one sentence which question the module answers"
    assert read(path).long == []
