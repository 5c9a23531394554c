"""Where secrets are kept: whole or not at all, for their owner alone, or a clear no."""

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vaults import HOSTILE
from tests.worlds import account_of
from trailmend.changing.sinks import FileSink, PlanSink
from trailmend.database import open_database
from trailmend.desk import Desk
from trailmend.errors import CannotKeep, WrongUse
from trailmend.lab import Lab
from trailmend.settings import Secrets, Settings, read_settings


@pytest.fixture
def sink(tmp_path: Path) -> FileSink:
    return FileSink(tmp_path / "secrets")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.lstat().st_mode) for one in folder.iterdir()}


# A folder ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["Pä55-word", b"\x89PNG\r\n\x1a\n\0\xff", "", b""])
def test_value_comes_back_as_it_was_until_it_is_discarded(
    value: str | bytes, sink: FileSink
) -> None:
    assert sink.recall("bob") is None

    sink.keep("bob", value)

    assert sink.recall("bob") == (value.encode() if isinstance(value, str) else value)
    sink.discard("bob")
    sink.discard("bob")
    assert sink.recall("bob") is None
    assert list(sink.folder.iterdir()) == []


def test_newer_value_takes_the_place_of_the_older(sink: FileSink) -> None:
    sink.keep("bob", "old, and longer")
    sink.keep("bob", "new")

    assert sink.recall("bob") == b"new"
    assert modes(sink.folder) == {"bob": 0o600}


@pytest.mark.parametrize("mask", [0, 0o077, 0o027])
def test_files_and_folders_are_for_their_owner_alone_whatever_the_umask(
    mask: int, tmp_path: Path
) -> None:
    with umask(mask):
        FileSink(tmp_path / "a" / "b" / "secrets").keep("bob", "x")

    assert modes(tmp_path) == {"a": 0o700}
    assert modes(tmp_path / "a") == {"b": 0o700}
    assert modes(tmp_path / "a" / "b") == {"secrets": 0o700}
    assert modes(tmp_path / "a" / "b" / "secrets") == {"bob": 0o600}


def test_hostile_names_stay_in_the_folder_and_apart(sink: FileSink) -> None:
    for number, name in enumerate(HOSTILE):
        sink.keep(f"P-2345.{name}", str(number))

    assert [sink.recall(f"P-2345.{name}") for name in HOSTILE] == [
        str(number).encode() for number in range(len(HOSTILE))
    ]
    assert [one.name for one in sink.folder.parent.iterdir()] == ["secrets"]
    assert len(list(sink.folder.iterdir())) == len(HOSTILE)
    assert all(one.is_file() for one in sink.folder.iterdir())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=4))
def test_no_two_names_share_a_file(names: list[str], sink: FileSink) -> None:
    for name in names:
        sink.keep(name, name.encode(errors="surrogatepass"))

    assert [sink.recall(name) for name in names] == [
        name.encode(errors="surrogatepass") for name in names
    ]
    for name in names:
        sink.discard(name)
    if names:
        assert list(sink.folder.iterdir()) == []


def test_draft_of_one_name_is_not_the_file_of_another(sink: FileSink) -> None:
    sink.keep(".unfinished-bob", "another user's")
    sink.keep("bob", "bob's")

    assert sink.recall(".unfinished-bob") == b"another user's"


def test_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "secrets").symlink_to("elsewhere")
    sink = FileSink(tmp_path / "secrets")

    with pytest.raises(CannotKeep, match="must be no link"):
        sink.keep("bob", "x")
    with pytest.raises(CannotKeep, match="must be no link"):
        sink.recall("bob")
    with pytest.raises(CannotKeep, match="must be no link"):
        sink.prove()

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_links_in_the_folder_are_not_followed(sink: FileSink, tmp_path: Path) -> None:
    sink.prove()
    mine = tmp_path / "mine"
    mine.write_text("as it was")
    for name in ("bob", ".unfinished-bob"):
        (sink.folder / name).symlink_to(mine)

    with pytest.raises(CannotKeep):
        sink.recall("bob")
    sink.keep("bob", "x")

    assert mine.read_text() == "as it was"
    assert sink.recall("bob") == b"x"
    assert modes(sink.folder) == {"bob": 0o600}


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o710, 0o701])
def test_folder_that_others_can_enter_is_refused(mode: int, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    folder.chmod(mode)

    with pytest.raises(CannotKeep, match=r"`chmod 700` it, or choose another folder"):
        FileSink(folder).keep("bob", "x")

    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)
    os.chown(folder, 4321, 4321)

    with pytest.raises(CannotKeep, match="others can enter or own"):
        FileSink(folder).keep("bob", "x")


def broken(tmp_path: Path, how: str) -> FileSink:
    """Make a sink that cannot be written; root may write where others may not."""
    (tmp_path / "file").write_text("a file")
    if how == "gone":
        (tmp_path / "secrets").symlink_to("nowhere")
    return FileSink(
        {"is a file": tmp_path / "file", "below a file": tmp_path / "file/x/y"}.get(
            how, tmp_path / "secrets"
        )
    )


@pytest.mark.parametrize("how", ["is a file", "below a file", "gone"])
def test_folder_that_cannot_be_one_is_said_with_what_to_do(how: str, tmp_path: Path) -> None:
    sink = broken(tmp_path, how)
    said = rf"Secrets cannot be kept in {sink.folder} \(.+\): mend the folder.* in \[secrets\]"

    with pytest.raises(CannotKeep, match=said):
        sink.prove()
    with pytest.raises(CannotKeep, match=said):
        sink.keep("bob", "canary")

    assert (tmp_path / "file").read_text() == "a file"


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: the kernel's own EFBIG, as a full disk gives ENOSPC."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_leaves_the_older_value_and_no_part_of_the_newer(sink: FileSink) -> None:
    sink.keep("bob", "old")

    with full_disk(4), pytest.raises(CannotKeep, match="File too large") as caught:
        sink.keep("bob", "canary-canary-canary")

    assert sink.recall("bob") == b"old"
    assert modes(sink.folder) == {"bob": 0o600}
    assert "canary" not in str(caught.value)


class Crash(BaseException):
    """The process is gone."""


STEPS = ["open", "fsync", "rename", "fsync"]


def stepped(monkeypatch: pytest.MonkeyPatch, at: int | None) -> list[str]:
    """Note the steps of a write in their order, and crash before one of them."""
    steps: list[str] = []

    def note(name: str, wanted: Any) -> None:
        real = getattr(os, name)

        def step(*words: Any, **more: Any) -> Any:
            if wanted(*words):
                if len(steps) == at:
                    raise Crash
                steps.append(name)
            return real(*words, **more)

        monkeypatch.setattr(os, name, step)

    note("open", lambda _, flags, *__: flags & os.O_CREAT)
    note("fsync", lambda _: True)
    note("rename", lambda *_: True)
    return steps


def test_value_is_on_disk_before_its_name_and_its_name_before_it_is_told(
    sink: FileSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.prove()
    steps = stepped(monkeypatch, None)

    sink.keep("bob", "x")

    assert steps == STEPS


def test_new_folder_is_on_disk_in_its_parent(
    sink: FileSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = stepped(monkeypatch, None)

    sink.keep("bob", "x")

    assert steps == ["fsync", *STEPS]


@pytest.mark.parametrize("at", range(len(STEPS)))
def test_crash_while_keeping_leaves_all_or_nothing_and_can_be_cleared(
    at: int, sink: FileSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.prove()
    with monkeypatch.context() as patched:
        stepped(patched, at)
        with pytest.raises(Crash):
            sink.keep("bob", "x")

    assert sink.recall("bob") == (b"x" if at == 3 else None)
    sink.discard("bob")
    assert list(sink.folder.iterdir()) == []


def test_crash_while_keeping_does_not_hinder_the_next_try(
    sink: FileSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.prove()
    with monkeypatch.context() as patched:
        stepped(patched, 2)
        with pytest.raises(Crash):
            sink.keep("bob", "first")

    sink.keep("bob", "second")

    assert sink.recall("bob") == b"second"
    assert modes(sink.folder) == {"bob": 0o600}


def test_proof_leaves_nothing(sink: FileSink) -> None:
    sink.prove()

    assert list(sink.folder.iterdir()) == []


# The settings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (None, "{case}/secrets"),
        ("vault", "{case}/vault"),
        ("../vault", "{case}/../vault"),
        ("/srv/vault", "/srv/vault"),
        ("~/vault", "{home}/vault"),
        ("~", "{home}"),
        ("a~b", "{case}/a~b"),
    ],
)
def test_folder_of_the_settings_is_in_the_workspace_at_home_or_anywhere(
    written: str | None, place: str, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    chosen = Secrets() if written is None else Secrets(folder=written)
    case = tmp_path / "case"

    desk = Desk(open_database(case), account_of(lab), Settings(secrets=chosen))

    where = place.format(case=case, home=tmp_path / "home")
    assert desk.sink("P-2345") == PlanSink(FileSink(Path(where)), "P-2345")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('folder = ""', "folder"),
        ('folder = "a\\u0000b"', "folder"),
        ('folder = "~nobody-of-that-name/x"', "nobody's home is ~nobody-of-that-name"),
        ('prefix = "a b"', "prefix"),
        ('prefix = "a\\n"', "prefix"),
        ('prefix = ""', "prefix"),
        ('sink = "mail"', 'sink cannot be "mail": write "file" or "secretsmanager"'),
        ('sinc = "file"', "no key sinc. Did you mean sink. There is: sink, folder, prefix"),
    ],
)
def test_wrong_settings_of_secrets_are_said(written: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(f"[secrets]\n{written}\n")

    with pytest.raises(WrongUse, match=said):
        read_settings(tmp_path / "settings.toml")
