"""Where secrets are kept: whole or not at all, for their owner alone, or a clear no."""

import os
import resource
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds import account_of
from trailmend.calls import Call
from trailmend.database import open_database
from trailmend.desk import Desk
from trailmend.errors import CannotKeep, Denied, LostAnswer, NotFound, WrongUse
from trailmend.lab import Fault, Lab
from trailmend.settings import Secrets, Settings, read_settings
from trailmend.sinks import AwsSink, FileSink, PlanSink

HOSTILE = (
    *("bob", "b@b+=,._-", "../../x", "/etc/passwd", "..", ".", "", ".unfinished-bob", "-rf"),
    *("a\nb", "a\0b", "é" * 64, "\ud800", "%2E", "a%2Fb", "a/b", "~", "=2C", "a,b", "a=2Cb"),
    *("x" * 300, "x" * 299 + "y", "é" * 300),
)


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


# AWS Secrets Manager -----------------------------------------------------------------------


def vault(lab: Lab, prefix: str = "trailmend") -> AwsSink:
    return AwsSink(account_of(lab).writing("P-2345"), prefix)


def names(lab: Lab) -> list[str]:
    found = lab.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)
    return [one["Name"] for one in found["SecretList"]]


@pytest.mark.parametrize("value", ["Pä55-word", b"\x89PNG\r\n\x1a\n\0\xff"])
def test_secret_comes_back_as_it_was_until_it_is_discarded(value: str | bytes, lab: Lab) -> None:
    sink = vault(lab)
    assert sink.recall("P-2345.bob") is None

    sink.keep("P-2345.bob", value)

    assert sink.recall("P-2345.bob") == (value.encode() if isinstance(value, str) else value)
    assert names(lab) == ["trailmend/P-2345.bob"]
    sink.discard("P-2345.bob")
    sink.discard("P-2345.bob")
    assert (sink.recall("P-2345.bob"), names(lab)) == (None, [])


def test_newer_secret_takes_the_place_of_the_older(lab: Lab) -> None:
    sink = vault(lab)
    sink.keep("bob", "old")
    sink.keep("bob", b"new")

    assert (sink.recall("bob"), names(lab)) == (b"new", ["trailmend/bob"])


def test_proof_leaves_no_secret_and_uses_no_name_twice(lab: Lab) -> None:
    """AWS takes a while to free a name, so a probe of a fixed name fails the second time."""
    sink = vault(lab)
    sink.prove()
    sink.prove()

    made = [one.parameters["Name"] for one in lab.calls if one.operation == "CreateSecret"]
    assert (len(set(made)), names(lab)) == (2, [])


def test_names_of_secrets_are_those_that_aws_allows_and_apart(lab: Lab) -> None:
    sink = vault(lab, "team/trailmend")
    for number, name in enumerate(HOSTILE):
        sink.keep(f"P-2345.{name}", str(number))

    assert [sink.recall(f"P-2345.{name}") for name in HOSTILE] == [
        str(number).encode() for number in range(len(HOSTILE))
    ]
    made = [one.parameters["Name"] for one in lab.calls if one.operation == "CreateSecret"]
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+=.@-")
    assert len(set(made)) == len(HOSTILE)
    assert [name for name in made if set(name) - allowed or len(name) > 512] == []


@pytest.mark.parametrize("action", ["GetSecretValue", "CreateSecret", "DeleteSecret"])
def test_missing_permission_is_told_by_the_proof(action: str, lab: Lab) -> None:
    lab.deny("lab-admin", f"secretsmanager:{action}")

    with pytest.raises(CannotKeep) as caught:
        vault(lab).prove()

    assert f"secretsmanager:{action}" in str(caught.value)
    assert "Give the permission, or choose another place in [secrets]" in str(caught.value)
    assert len(names(lab)) == (action == "DeleteSecret")


def test_name_that_is_to_be_deleted_cannot_be_used(lab: Lab) -> None:
    client = lab.client("secretsmanager")
    client.create_secret(Name="trailmend/bob", SecretString="somebody's")
    client.delete_secret(SecretId="trailmend/bob")

    with pytest.raises(CannotKeep, match="marked for deletion"):
        vault(lab).keep("bob", "canary")


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.FAILING, Fault.LOST_REQUEST])
@pytest.mark.parametrize("action", ["GetSecretValue", "CreateSecret", "DeleteSecret"])
def test_trouble_of_a_moment_does_not_lose_a_secret(fault: Fault, action: str, lab: Lab) -> None:
    sink = vault(lab)
    lab.fault(f"secretsmanager:{action}", fault)

    sink.keep("bob", "x")
    assert sink.recall("bob") == b"x"
    sink.discard("bob")

    assert names(lab) == []


@pytest.mark.parametrize("action", ["CreateSecret", "PutSecretValue", "DeleteSecret"])
def test_lost_answer_of_the_sink_does_not_lose_a_secret(action: str, lab: Lab) -> None:
    sink = vault(lab)
    if action == "PutSecretValue":
        sink.keep("bob", "old")
    lab.fault(f"secretsmanager:{action}", Fault.LOST_ANSWER)

    sink.keep("bob", "x")
    assert sink.recall("bob") == b"x"
    sink.discard("bob")

    assert names(lab) == []


def test_no_error_of_the_sink_repeats_the_value() -> None:
    """Whatever the client raises, with the whole call in its words."""

    def raising(error: type[Exception]) -> AwsSink:
        def client(call: Call) -> Mapping[str, Any]:
            if call.name == "secretsmanager.get_secret_value":
                raise NotFound("no such secret")
            raise error(f"{call!r} {call.params}")

        return AwsSink(client, "trailmend")

    for error in (Denied, LostAnswer, NotFound, TypeError):
        for value in ("c4n@ry+[=]", b"\x89c4nary"):
            with pytest.raises((CannotKeep, TypeError)) as caught:
                raising(error).keep("bob", value)
            assert "c4n" not in repr(caught.value)
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_place_that_is_told_of_a_secret_is_the_place_where_it_is(lab: Lab, tmp_path: Path) -> None:
    file = PlanSink(FileSink(tmp_path / "secrets"), "P-2345")
    aws = PlanSink(vault(lab), "P-2345")
    for sink in (file, aws):
        sink.keep("bob/eve.password", "x")

    (path,) = (tmp_path / "secrets").iterdir()
    assert file.where("bob/eve.password") == str(path)
    assert aws.where("bob/eve.password") == f"{names(lab)[0]} in AWS Secrets Manager"


def test_secret_in_a_plan_bears_its_name(lab: Lab) -> None:
    whole = vault(lab)
    one, other = PlanSink(whole, "P-2345"), PlanSink(whole, "P-6789")

    one.keep("bob.password", "x")

    assert (one.recall("bob.password"), other.recall("bob.password")) == (b"x", None)
    assert names(lab) == ["trailmend/P-2345.bob.password"]
    other.discard("bob.password")
    one.prove()
    one.discard("bob.password")
    assert names(lab) == []
