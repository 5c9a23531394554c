"""The sinks: a folder of 0600 files, or AWS Secrets Manager."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from trailmend.calls import Call, Client
from trailmend.errors import CannotKeep, NotFound, TrailmendError

_PROBE = "probe"


@dataclass(frozen=True)
class FileSink:
    """Files of their owner alone (0600) in a folder (0700); a name becomes a safe file name."""

    folder: Path

    @property
    def place(self) -> str:
        """Say in words where it is."""
        return f"the folder {self.folder}"

    def prove(self) -> None:
        """Keep, read and discard something; raises CannotKeep if that does not work."""
        _prove(self)

    def keep(self, name: str, value: str | bytes) -> None:
        """Write a new file, whole and on disk, or none; raises CannotKeep."""
        data = value.encode() if isinstance(value, str) else value
        path = self._path(name)
        draft = path.with_name(path.name + ".unfinished")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                draft.unlink()
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
            self._sync()
        except OSError as error:
            raise self._cannot(error) from error

    def recall(self, name: str) -> bytes | None:
        """Read a file; None if it is not there.  Raises CannotKeep."""
        try:
            with os.fdopen(os.open(self._path(name), os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._cannot(error) from error

    def discard(self, name: str) -> None:
        """Remove a file; raises CannotKeep."""
        try:
            self._path(name).unlink(missing_ok=True)
            self._sync()
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._cannot(error) from error

    def _path(self, name: str) -> Path:
        return self.folder / quote(name, safe="@+=,")

    def _sync(self) -> None:
        """Put the folder's names on disk."""
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _cannot(self, error: OSError) -> CannotKeep:
        return CannotKeep(
            f"Secrets cannot be kept in {self.folder} ({error.strerror}): mend the folder, or "
            "choose another in [secrets] of the settings."
        )


@dataclass(frozen=True)
class AwsSink:
    """AWS Secrets Manager; `client` can write there."""

    client: Client
    prefix: str

    @property
    def place(self) -> str:
        """Say in words where it is."""
        return f"AWS Secrets Manager, {self.prefix}/"

    def prove(self) -> None:
        """Keep, read and discard something; raises CannotKeep if that does not work."""
        _prove(self)

    def keep(self, name: str, value: str | bytes) -> None:
        """Make a secret, or give one that is there a new value; raises CannotKeep."""
        kind = "SecretString" if isinstance(value, str) else "SecretBinary"
        if self.recall(name) is None:
            self._send("create_secret", Name=self._name(name), **{kind: value})
        else:
            self._send("put_secret_value", SecretId=self._name(name), **{kind: value})

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
        return f"{self.prefix}/{quote(name, safe='/@+=')}"

    def _send(self, method: str, **params: object) -> dict[str, str | bytes]:
        try:
            return dict(self.client(Call(f"secretsmanager.{method}", params)))
        except NotFound:
            raise
        except TrailmendError as error:
            value = params.get("SecretString", params.get("SecretBinary"))
            said = str(error).replace(str(value), "(secret)") if value else str(error)
            raise CannotKeep(
                f"Secrets cannot be kept in {self.place}: {said} Give the permission, or choose "
                "another place in [secrets] of the settings."
            ) from None


def _prove(sink: FileSink | AwsSink) -> None:
    sink.keep(_PROBE, "written to see whether it can be")
    if sink.recall(_PROBE) is None:
        raise CannotKeep(f"{sink.place} does not give back what it is given: choose another.")
    sink.discard(_PROBE)


@dataclass(frozen=True)
class PlanSink:
    """The part of a sink that belongs to one plan."""

    whole: FileSink | AwsSink
    plan_id: str

    @property
    def place(self) -> str:
        """Say in words where it is."""
        return self.whole.place

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
