"""Pages as a person reads them: no blank to be filled in, no link that leads nowhere."""

import os
import pty
import re
import subprocess
import sys

import pytest

from trailmend.catalog import runbooks
from trailmend.report.pages import page

LINK_OF_A_TERMINAL = "\x1b]8;"


@pytest.mark.parametrize("key", sorted(runbooks()))
def test_page_names_the_column_where_a_finding_has_its_value(key: str) -> None:
    facts = [line for line in page(key, runbooks()[key]).splitlines() if line.startswith("- ")]

    assert [line for line in facts if re.search(r"\{\w+\}", line)] == []


def test_value_of_a_fact_is_named_by_its_column() -> None:
    assert (
        "- For: `sign_ins_failed_before` sign-ins failed within the hour before. "
        "`sign_ins_failed_before >= 3`"
    ) in page("console_login", runbooks()["console_login"]).splitlines()


def test_page_at_a_terminal_has_no_link_that_leads_nowhere() -> None:
    reader, writer = pty.openpty()
    command = [sys.executable, "-m", "trailmend", "runbook", "SwitchRole"]
    wide = {**os.environ, "COLUMNS": "80", "TERM": "xterm-256color"}
    running = subprocess.Popen(command, stdout=writer, stderr=subprocess.DEVNULL, env=wide)
    os.close(writer)
    shown = b""
    while part := _read(reader):
        shown += part
    assert running.wait() == 0
    assert "besides: Explanations." in shown.decode()
    assert LINK_OF_A_TERMINAL not in shown.decode()


def _read(reader: int) -> bytes:
    """Read on; Linux says that the other end is closed by an error."""
    try:
        return os.read(reader, 4096)
    except OSError:
        return b""
