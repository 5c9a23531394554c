"""The file of mutes on disk; it is meant to be read by people, kept in git and changed by hand."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from trailmend.disk import write_whole
from trailmend.errors import CannotKeep
from trailmend.mutes.reading import read_mutes
from trailmend.mutes.shape import Fault, Mute


def load_mutes(
    path: Path, known: Callable[[], Collection[str]], today: date, *, needed: bool = False
) -> tuple[list[Mute], list[Fault]]:
    """Read the mutes of a file; one that is not there holds none, unless it is `needed`.

    `known` gives the keys of the detections that there are.  A file that cannot be read is a
    fault: no mute is applied then, and everything shows.
    """
    try:
        text = _text(path)
    except FileNotFoundError:
        missing = Fault(str(path), 1, 1, None, "the file that the settings name is not there")
        return [], [missing] if needed else []
    except OSError as error:
        reason = f"the file cannot be read ({error.strerror}), so no mute is applied"
        return [], [Fault(str(path), 1, 1, None, reason)]
    return read_mutes(text, str(path), known(), today)


def change_file(path: Path, change: Callable[[str], str]) -> None:
    """Change the text of a file whole, one process at a time; a link stays one.

    Raises CannotKeep if it cannot be written.
    """
    real = path.resolve()
    try:
        with _alone(real.parent):
            text = _text(real) if real.exists() else ""
            _replace(real, change(text))
    except OSError as error:
        raise CannotKeep(
            f"The mutes {path} cannot be written ({error.strerror}): choose a file that you can "
            "write, as [mutes] file in the settings."
        ) from error


def _text(path: Path) -> str:
    """Read a file; bytes that are no UTF-8 stay in their places, and spoil one mute only."""
    return path.read_bytes().decode("utf-8-sig", "surrogateescape")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all; it keeps its mode, and a new one is its owner's alone."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    write_whole(path, text.encode("utf-8", "surrogateescape"), mode=mode)
