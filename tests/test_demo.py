"""The demo: what a newcomer sees first."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

PATIENCE = 300
"""Seconds that a busy machine may take; a quiet one needs ten."""


@pytest.mark.soak
def test_demo_attacks_finds_mends_verifies_and_takes_back() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trailmend", "demo"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "NO_COLOR": "1"},
    )

    assert (done.returncode, done.stderr) == (0, "")
    for event_name in (
        "DeleteAccountPasswordPolicy",
        "DeleteLoginProfile",
        "UpdateLoginProfile",
        "DeactivateMFADevice",
        "DeleteVirtualMFADevice",
        "EnableMFADevice",
        "DeleteSSHPublicKey",
        "CreateAccessKey",
    ):
        assert re.search(rf"(medium|high) .* {event_name} +ci-deploy", done.stdout)
    assert re.findall(r"(\d+) changes applied and verified", done.stdout) == ["7", "3"]
    assert done.stdout.count("refused now") == 2
    assert "Planned once more: 0 changes left to do." in done.stdout
    assert re.search(r"The audit log has \d+ entries and 0 faults", done.stdout)
    assert "undone: iam:UploadSSHPublicKey" in done.stdout
    assert "Your own logs: trailmend scan PATH" in done.stdout


@pytest.mark.soak
@pytest.mark.usefixtures("interruptible")
def test_kept_lab_answers_until_it_is_stopped(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "trailmend", "demo", "--keep", "--workspace", str(tmp_path / "w")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    ) as process:
        assert process.stderr is not None
        said = ""
        started = time.monotonic()
        while "Ctrl-C" not in said and time.monotonic() - started < PATIENCE:
            said += process.stderr.readline()
        (address,) = re.findall(r"answers on (http://\S+);", said)

        with urllib.request.urlopen(f"{address}/_lab") as answer:
            assert answer.status == 200
        process.send_signal(2)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "export AWS_ACCESS_KEY_ID=" in said
    assert (tmp_path / "w" / "state.db").exists()
