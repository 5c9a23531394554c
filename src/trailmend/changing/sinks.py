"""The sinks: a folder of 0600 files, or AWS Secrets Manager."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from trailmend.calls import Call, Client
from trailmend.changing.secrets import hiding
from trailmend.disk import sync_folder
from trailmend.errors import CannotKeep, NotFound, TrailmendError

_PROBE = "written to see whether it can be"
_LONGEST = 200
"""Characters of a name; file systems take 255 bytes, Secrets Manager 512 with the prefix."""


@dataclass(frozen=True)
class FileSink:
    """Files of their owner alone (0600) in a folder (0700); a name becomes a safe file name.

    The folder is made with its parents; one that is there must be the user's own, closed to all
    others, and no link.
    """

    folder: Path

    @property
    def place(self) -> str:
        """Say in words where it is."""
        return f"the folder {self.folder}"

    def where(self, name: str) -> str:
        """Say where a value is kept: the path of its file."""
        return str(self.folder / _file_name(name))

    def prove(self) -> None:
        """Keep, read and discard something; raises CannotKeep if that does not work."""
        _prove(self, "probe")

    def keep(self, name: str, value: str | bytes) -> None:
        """Write a new file, whole and on disk, or none; raises CannotKeep."""
        data = value.encode() if isinstance(value, str) else value
        with self._told():
            _make_folder(self.folder)
            with self._opened() as folder:
                _write(folder, _file_name(name), data)

    def recall(self, name: str) -> bytes | None:
        """Read a file; None if it is not there.  Raises CannotKeep."""
        with self._told(), suppress(FileNotFoundError), self._opened() as folder:
            handle = os.open(_file_name(name), os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
            with os.fdopen(handle, "rb") as file:
                return file.read()
        return None

    def discard(self, name: str) -> None:
        """Remove a file, also one that was not written to its end; raises CannotKeep."""
        with self._told(), suppress(FileNotFoundError), self._opened() as folder:
            for file in (_draft_of(_file_name(name)), _file_name(name)):
                _remove(folder, file)
            os.fsync(folder)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Open the folder, so that nobody can put another in its place meanwhile."""
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            found = os.fstat(handle)
            if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
                raise CannotKeep(
                    f"Secrets are not kept in {self.folder}, which others can enter or own: "
                    "`chmod 700` it, or choose another folder in [secrets] of the settings."
                )
            yield handle
        finally:
            os.close(handle)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CannotKeep(
                f"Secrets cannot be kept in {self.folder} ({error.strerror}): mend the folder, "
                "which must be no link, or choose another in [secrets] of the settings."
            ) from error


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents, each for its owner alone and on disk."""
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
            sync_folder(path.parent)


def _write(folder: int, name: str, data: bytes) -> None:
    """Write a draft, put it on disk, give it its name, and put that on disk."""
    draft = _draft_of(name)
    _remove(folder, draft)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
    handle = os.open(draft, flags, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        _remove(folder, draft)
        raise
    os.fsync(folder)


def _remove(folder: int, name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _file_name(name: str) -> str:
    """Make a name without a path in it, that does not begin like a draft's."""
    safe = quote(name, safe="@+=,", errors="surrogatepass")
    return _short("%2E" + safe[1:] if safe.startswith(".") else safe, "%-")


def _draft_of(file_name: str) -> str:
    return f".unfinished-{file_name}"


def _short(name: str, mark: str) -> str:
    """Shorten a long name by its hash, after a mark that no other name holds."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST // 2]}{mark}{sha256(name.encode()).hexdigest()}"


@dataclass(frozen=True)
class AwsSink:
    """AWS Secrets Manager; `client` can write there."""

    client: Client
    prefix: str

    @property
    def place(self) -> str:
        """Say in words where it is."""
        return f"AWS Secrets Manager, {self.prefix}/"

    def where(self, name: str) -> str:
        """Say where a value is kept: the name of its secret."""
        return f"{self._name(name)} in AWS Secrets Manager"

    def prove(self) -> None:
        """Keep, read and discard something; raises CannotKeep if that does not work.

        Under a new name each time: AWS takes a while to free one (botocore DeleteSecretRequest).
        """
        _prove(self, f"probe-{secrets.token_hex(8)}")

    def keep(self, name: str, value: str | bytes) -> None:
        """Make a secret, or give one that is there a new value; raises CannotKeep."""
        kind = "SecretString" if isinstance(value, str) else "SecretBinary"
        known = self.recall(name)
        try:
            if known is None:
                self._send("create_secret", Name=self._name(name), **{kind: value})
            elif known != (value.encode() if isinstance(value, str) else value):
                self._send("put_secret_value", SecretId=self._name(name), **{kind: value})
        except NotFound as error:
            raise self._cannot(error) from None

    def recall(self, name: str) -> bytes | None:
        """Give a secret's value; None if there is no such secret.  Raises CannotKeep."""
        try:
            answer = self._send("get_secret_value", SecretId=self._name(name))
        except NotFound:
            return None
        value = answer.get("SecretString", answer.get("SecretBinary"))
        return value.encode() if isinstance(value, str) else value

    def discard(self, name: str) -> None:
        """Delete a secret at once, without a time to recover it: it opens nothing any more."""
        with suppress(NotFound):
            self._send("delete_secret", SecretId=self._name(name), ForceDeleteWithoutRecovery=True)

    def _name(self, name: str) -> str:
        """Make a name of the characters that AWS allows (botocore CreateSecretRequest.Name)."""
        safe = quote(name, safe="@+/", errors="surrogatepass").replace("~", "%7E")
        return f"{self.prefix}/{_short(safe.replace('%', '='), '=-')}"

    def _send(self, method: str, **params: object) -> dict[str, str | bytes]:
        value = params.get("SecretString", params.get("SecretBinary"))
        try:
            with hiding((str(value),) if value else ()):
                return dict(self.client(Call(f"secretsmanager.{method}", params)))
        except NotFound:
            raise
        except TrailmendError as error:
            raise self._cannot(error) from None

    def _cannot(self, error: TrailmendError) -> CannotKeep:
        return CannotKeep(
            f"Secrets cannot be kept in {self.place}: {error} Give the permission, or choose "
            "another place in [secrets] of the settings."
        )


def _prove(sink: FileSink | AwsSink, name: str) -> None:
    sink.keep(name, _PROBE)
    try:
        found = sink.recall(name)
    finally:
        sink.discard(name)
    if found != _PROBE.encode():
        raise CannotKeep(f"{sink.place} does not give back what it is given: choose another.")


@dataclass(frozen=True)
class PlanSink:
    """The part of a sink that belongs to one plan."""

    whole: FileSink | AwsSink
    plan_id: str

    @property
    def place(self) -> str:
        """Say in words where it is."""
        return self.whole.place

    def where(self, name: str) -> str:
        """Say where a value of the plan is kept."""
        return self.whole.where(self._name(name))

    def prove(self) -> None:
        """Keep, read and discard something; raises CannotKeep if that does not work."""
        self.whole.prove()

    def keep(self, name: str, value: str | bytes) -> None:
        """Keep a value under the plan's name and its own."""
        self.whole.keep(self._name(name), value)

    def recall(self, name: str) -> bytes | None:
        """Give a value of the plan back; None if there is none."""
        return self.whole.recall(self._name(name))

    def discard(self, name: str) -> None:
        """Remove a value of the plan."""
        self.whole.discard(self._name(name))

    def _name(self, name: str) -> str:
        return f"{self.plan_id}.{name}"
