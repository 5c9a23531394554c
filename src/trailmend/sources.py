"""Paths -> the bytes of each source, in the same order on every run.

A source is a file, a member of a zip archive or stdin. What cannot be opened is a Reject and the
rest goes on. Hidden files and folders inside a folder (their names begin with a dot, like
`.DS_Store`) and the folder `__MACOSX` of zip archives are left out; all other files are offered.
"""

import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import filterfalse
from pathlib import Path, PurePath
from typing import IO, BinaryIO

import msgspec

from trailmend.errors import CannotRead, WrongUse
from trailmend.records import MAXIMUM_UNPACKED, Reject, is_bomb

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # a password is needed, or a method of packing that zipfile does not know
    ValueError,
)
_MAGIC = frozenset("*?[")
_CHUNK = 1 << 20
_TOO_BIG = f"is over {MAXIMUM_UNPACKED >> 30} GiB; split it and scan the parts"
_BOMB = "is packed more than honest logs are and was not read; if you trust it, unpack it yourself"


class Source(msgspec.Struct, frozen=True):
    """The bytes of one file, of one member of a zip archive (`archive.zip!member`) or of stdin."""

    name: str
    data: bytes


def read_sources(paths: Sequence[str], stdin: BinaryIO) -> Iterator[Source | Reject]:
    """Return the sources under the paths one by one; each path is a file, folder, glob or `-`.

    A path that exists is never taken for a glob. Folders are read whole, in sorted order; a folder
    that symbolic links reach again is read once. A path that offers nothing is a Reject. Raises
    WrongUse at once, before anything is read, if a path matches nothing.
    """
    found = [(path, _expand(path)) for path in paths]
    return (source for path, tops in found for source in _offered(path, tops, stdin))


def _offered(path: str, tops: Sequence[str], stdin: BinaryIO) -> Iterator[Source | Reject]:
    nothing = True
    for top in tops:
        for source in _read(top, stdin):
            nothing = False
            yield source
    if nothing:
        yield _reject(
            path, "holds no file to read; those whose names begin with a dot do not count"
        )


def count_files(paths: Sequence[str]) -> int:
    """Count the files under the paths without opening them; a zip archive and stdin count as one.

    Raises WrongUse if a path matches nothing.
    """
    return sum(1 for path in paths for top in _expand(path) for _ in _files(top))


def _expand(path: str) -> list[str]:
    if path == "-" or os.path.lexists(path):
        return [path]
    found = _glob(path)
    if not found:
        raise WrongUse(f"nothing is at {_printable(path)!r}; check the path, or quote the glob")
    return found


def _glob(pattern: str) -> list[str]:
    """Return what the glob matches, without what lies in a folder that it matches too.

    `**` does not follow symbolic links, which may lead in circles. Hidden names must be asked for,
    and folders that cannot be listed match nothing, as in a shell.
    """
    parts = PurePath(pattern).parts
    plain = next((i for i, part in enumerate(parts) if _MAGIC & set(part)), len(parts))
    if plain == len(parts):
        return []
    top, rest = Path(*parts[:plain]), parts[plain:]
    try:
        found = sorted(top.glob(os.path.join(*rest)))
    except ValueError as error:
        raise WrongUse(f"{_printable(pattern)!r} is no glob: {error}; check it") from error
    if not any(map(_is_hidden, rest)):
        found = [p for p in found if not any(map(_is_hidden, p.relative_to(top).parts))]
    folders = {path for path in found if path.is_dir()}
    return [str(path) for path in found if folders.isdisjoint(path.parents)]


def _files(top: str) -> Iterator[str | Reject]:
    """Yield the files at or under a path.

    What is no regular file is read only if it was named itself, as in `scan <(command)`.
    """
    waiting, folders = [top], set()
    while waiting:
        path = waiting.pop()
        try:
            state = os.stat(path)
            if not stat.S_ISDIR(state.st_mode):
                regular = stat.S_ISREG(state.st_mode) or path == top
                yield path if regular else _reject(path, "is no regular file; it was left alone")
            elif (state.st_dev, state.st_ino) not in folders:
                folders.add((state.st_dev, state.st_ino))
                names = sorted(filterfalse(_is_hidden, os.listdir(path)), reverse=True)
                waiting += [os.path.join(path, name) for name in names]
            elif _leads_up(path):
                yield _reject(path, "is a symbolic link to a folder that holds it")
        except OSError as error:
            yield _reject(path, _reason(error))


def _read(top: str, stdin: BinaryIO) -> Iterator[Source | Reject]:
    if top == "-":
        yield from _read_stream("-", stdin)
        return
    for file in _files(top):
        if isinstance(file, Reject):
            yield file
            continue
        try:
            with open(file, "rb") as stream:
                yield from _read_stream(_printable(file), stream)
        except OSError as error:
            yield _reject(file, _reason(error))


def _read_stream(name: str, stream: IO[bytes]) -> Iterator[Source | Reject]:
    try:
        seekable = stream if stream.seekable() else BytesIO(_drain(stream))
        start = seekable.tell()
        is_zip = seekable.read(4) in _ZIP
        size = seekable.seek(0, os.SEEK_END) - start
        seekable.seek(start)
        if is_zip:
            yield from _read_zip(name, seekable, size)
        else:
            yield Source(name, _drain(seekable, size))
    except CannotRead as error:
        yield _reject(name, str(error))


def _read_zip(name: str, stream: IO[bytes], size: int) -> Iterator[Source | Reject]:
    """Yield the members; those that share bytes, as only a bomb's do, make the archive a reject."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = [member for member in archive.infolist() if _is_offered(member)]
            if sum(member.compress_size for member in members) > size:
                raise CannotRead(_BOMB)
            for member in members:
                yield _read_member(name, archive, member)
    except _ZIP_ERRORS as error:
        yield _reject(name, f"is a damaged zip archive ({error}); unpack what can be saved of it")


def _read_member(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Source | Reject:
    name = _printable(f"{name}!{member.filename}")
    try:
        with archive.open(member) as stream:
            return Source(name, _drain(stream, member.file_size, member.compress_size))
    except CannotRead as error:
        return _reject(name, str(error))
    except _ZIP_ERRORS as error:
        return _reject(name, f"cannot be unpacked: {error}")


def _is_offered(member: zipfile.ZipInfo) -> bool:
    parts = PurePath(member.filename).parts
    is_folder = member.filename.endswith("/")  # is_dir() fails on a member without a name
    return not is_folder and "__MACOSX" not in parts and not any(map(_is_hidden, parts))


def _drain(stream: IO[bytes], size: int = 0, packed: int | None = None) -> bytes:
    """Read the stream to its end, or raise CannotRead as soon as it says or gives too much."""
    chunks = []
    if size > MAXIMUM_UNPACKED:
        raise CannotRead(_TOO_BIG)
    size = 0
    while chunk := stream.read(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAXIMUM_UNPACKED:
            raise CannotRead(_TOO_BIG)
        if packed is not None and is_bomb(size, packed):
            raise CannotRead(_BOMB)
    return b"".join(chunks)


def _leads_up(link: str) -> bool:
    holder, target = os.path.realpath(os.path.dirname(link)), os.path.realpath(link)
    return os.path.commonpath([holder, target]) == target


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name not in (".", "..")


def _reject(path: str, reason: str) -> Reject:
    return Reject(_printable(path), None, None, reason)


def _reason(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def _printable(name: str) -> str:
    """Show the bytes of a name that are not UTF-8 as hexadecimal escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
