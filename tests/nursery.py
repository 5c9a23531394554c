"""Real processes that need not load everything first: children of one that has loaded it.

The command loads for a second or two before it does what a test asks of it.  The nursery has
loaded all of it and waits.  Each command is a child of it, with arguments, environment, folder,
umask and standard streams of its own, and an exit code.  That the command loads, and what it
loads, is the matter of the tests that start Python itself.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import trailmend

COMMAND = "from trailmend.cli import main; main()"
_STREAMS = ("stdin", "stdout", "stderr")


def run(
    *words: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    umask: int = 0o022,
    code: str = COMMAND,
    timeout: float = 120,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command, or other code, in a child of the nursery; as `subprocess.run` does."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in _STREAMS]
        for stream in streams:
            stream.write_bytes(stdin if stream is streams[0] else b"")
        returned = _ask(
            words=["trailmend", *words],
            code=code,
            env=dict(os.environ if env is None else env),
            cwd=os.fspath(cwd or Path.cwd()),
            umask=umask,
            timeout=timeout,
            streams=[os.fspath(stream) for stream in streams],
        )
        told = [stream.read_bytes() for stream in streams[1:]]
    if returned is None:
        raise subprocess.TimeoutExpired(words, timeout, *told)
    return subprocess.CompletedProcess(words, returned, *told)


def run_text(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as `run` does, and give what it says as text."""
    done = run(*words, **options)
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def _ask(**job: object) -> int | None:
    """Have a job done; give the exit code of the child, None if it was stopped for being slow."""
    nursery = _nursery()
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(json.dumps(job).encode() + b"\n")
    nursery.stdin.flush()
    answer = nursery.stdout.readline()
    assert answer, "the nursery has ended; its stderr says why"
    returned: int | None = json.loads(answer)
    return returned


@cache
def _nursery() -> subprocess.Popen[bytes]:
    """Start the nursery, once for the process of the tests; it ends when that does."""
    started = subprocess.Popen(
        [sys.executable, "-c", "from tests.nursery import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    atexit.register(started.communicate)
    return started


# In the nursery ----------------------------------------------------------------------------


def serve() -> None:
    """Do one job after the other until nobody asks any more."""
    _load()
    for line in sys.stdin.buffer:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(job)
        sys.stdout.write(json.dumps(_end_of(child, job["timeout"])) + "\n")
        sys.stdout.flush()


def _load() -> None:
    """Load what the verbs load, and compile a part of the catalog, by a scan of one record."""
    from trailmend.cli import app
    from trailmend.evidence import call, user

    for module in pkgutil.walk_packages(trailmend.__path__, "trailmend."):
        if not module.name.startswith(("trailmend.__main__", "trailmend.lab")):
            importlib.import_module(module.name)
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        record = call("DeleteLoginProfile", by=user("eve"), request={"userName": "alice"})
        Path(folder, "log").write_text(json.dumps(record))
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            words = ["scan", f"{folder}/log", "--workspace", f"{folder}/w", "-o", "jsonl"]
            app(words, standalone_mode=False)
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    gc.collect()
    gc.freeze()


def _end_of(child: int, seconds: float) -> int | None:
    """Give the exit code of a child; stop it, and give None, if it takes too long."""
    watched = os.pidfd_open(child)
    in_time, _, _ = select.select([watched], [], [], seconds)
    os.close(watched)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    returned = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return returned if in_time else None


def _live(job: dict[str, Any]) -> NoReturn:
    """Be the process that the job describes.

    It leaves at once in the end, without taking down what it did not build: threads of DuckDB
    that only the nursery has.
    """
    for number, path in enumerate(job["streams"]):
        opened = os.open(path, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    os.umask(job["umask"])
    sys.argv[:] = job["words"]
    sys.excepthook = _fail
    try:
        exec(compile(job["code"], "<child>", "exec"), {"__name__": "__main__"})
    except SystemExit as stopped:
        _leave(stopped.code if isinstance(stopped.code, int) else int(bool(stopped.code)))
    _leave(0)


def _fail(*error: Any) -> NoReturn:
    """End as the interpreter does on what nobody caught."""
    sys.__excepthook__(*error)
    _leave(1)


def _leave(returned: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(returned)
