"""Every file under a path is offered in a fixed order, and what cannot be opened is named."""

import gzip
import io
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forms import event, text
from trailmend.errors import WrongUse
from trailmend.records import MAXIMUM_UNPACKED, Reject, read_records
from trailmend.sources import Source, count_files, read_sources

NO_STDIN = io.BytesIO()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: str, data: bytes = b"{}") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(data)
    return path


def read(*paths: str) -> list[Source | Reject]:
    sources = list(read_sources(paths, NO_STDIN))
    assert count_files(paths) == len({_name(source).split("!")[0] for source in sources})
    return sources


def _name(source: Source | Reject) -> str:
    return source.name if isinstance(source, Source) else source.source_name


def names(*paths: str) -> list[str]:
    return [_name(source) for source in read(*paths)]


def reject(name: str, reason: str) -> Reject:
    return Reject(name, None, None, reason)


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


@pytest.mark.usefixtures("folder")
def test_a_file_is_read_whatever_its_name() -> None:
    write("notes.exe", b"abc")
    assert read("notes.exe") == [Source("notes.exe", b"abc")]


@pytest.mark.usefixtures("folder")
def test_a_folder_is_read_whole_and_in_order() -> None:
    for path in ("logs/b.json", "logs/a/z.gz", "logs/a/b/c", "logs/a.txt", "logs/empty"):
        write(path, b"" if path.endswith("empty") else b"{}")
    Path("logs/no files").mkdir()
    expected = ["logs/a/b/c", "logs/a/z.gz", "logs/a.txt", "logs/b.json", "logs/empty"]
    assert names("logs") == expected
    assert names("logs/") == expected


@pytest.mark.usefixtures("folder")
def test_a_folder_without_a_file_is_named() -> None:
    write("logs/.hidden")
    reason = "holds no file to read; those whose names begin with a dot do not count"
    assert list(read_sources(["logs"], NO_STDIN)) == [reject("logs", reason)]


@pytest.mark.usefixtures("folder")
def test_hidden_files_of_a_folder_are_left_out_but_not_when_named() -> None:
    for path in ("logs/.DS_Store", "logs/.git/config", "logs/a"):
        write(path)
    assert names("logs") == ["logs/a"]
    assert names("logs/*") == ["logs/a"]
    assert names("logs/.DS_Store") == ["logs/.DS_Store"]
    assert names("logs/.*") == ["logs/.DS_Store", "logs/.git/config"]


@pytest.mark.usefixtures("folder")
def test_globs_match_as_in_a_shell() -> None:
    for path in ("x/1.json", "x/2.gz", "x/y/3.json", "x/y/z/4.json"):
        write(path)
    assert names("x/*.json") == ["x/1.json"]
    assert names("x/**/*.json") == ["x/1.json", "x/y/3.json", "x/y/z/4.json"]
    assert names("x/*") == ["x/1.json", "x/2.gz", "x/y/3.json", "x/y/z/4.json"]
    assert names("x/**") == ["x/1.json", "x/2.gz", "x/y/3.json", "x/y/z/4.json"]
    assert names("x/[12].*") == ["x/1.json", "x/2.gz"]
    assert names("x/?/?/*") == ["x/y/z/4.json"]
    assert names(f"{Path.cwd()}/x/1*") == [f"{Path.cwd()}/x/1.json"]


@pytest.mark.usefixtures("folder")
def test_a_name_that_exists_wins_over_the_glob() -> None:
    for path in ("[a].json", "a.json", "*.gz", "b.gz"):
        write(path)
    assert names("[a].json") == ["[a].json"]
    assert names("*.gz") == ["*.gz"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("path", ["gone", "gone/*.json", "x/*.csv", "", "**x/*", "x\\*"])
def test_a_path_that_matches_nothing_is_wrong_use_before_anything_is_read(path: str) -> None:
    write("x/1.json")
    for function in (lambda paths: read_sources(paths, NO_STDIN), count_files):
        with pytest.raises(WrongUse, match="check"):
            function(["x", path])


@pytest.mark.usefixtures("folder")
def test_paths_are_read_in_the_order_given() -> None:
    for path in ("b", "a"):
        write(path)
    assert names("b", "a") == ["b", "a"]


def test_stdin_is_read_as_it_is() -> None:
    assert list(read_sources(["-"], io.BytesIO(b"abc"))) == [Source("-", b"abc")]
    archive = zipped(member=b"abc")
    assert list(read_sources(["-"], io.BytesIO(archive))) == [Source("-!member", b"abc")]
    assert count_files(["-"]) == 1


def test_a_pipe_is_read_when_it_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; from trailmend.sources import read_sources;"
        "print(*[(s.name, len(s.data)) for s in read_sources(sys.argv[1:], sys.stdin.buffer)])"
    )
    command = f'{sys.executable} -c "{code}" - <(head -c 3000000 /dev/zero)'
    done = subprocess.run(
        ["bash", "-c", f"printf abc | {command}"], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("('-', 3) ('/dev/fd/")
    assert done.stdout.endswith(", 3000000)\n")


@pytest.mark.usefixtures("folder")
def test_names_that_are_not_utf8_are_printable() -> None:
    write(os.fsdecode(b"logs/caf\xe9.json"))
    write("logs/naïve.json")
    assert names("logs") == ["logs/caf\\xe9.json", "logs/naïve.json"]
    assert names("logs/caf*") == ["logs/caf\\xe9.json"]
    for name in names("logs"):
        assert name.encode()


@pytest.mark.usefixtures("folder")
def test_symbolic_links_that_lead_in_circles_are_named() -> None:
    write("logs/a/1")
    os.symlink("..", "logs/a/up")
    os.symlink(".", "logs/here")
    os.symlink("self", "logs/self")
    os.symlink("nowhere", "logs/dangling")
    assert read("logs") == [
        Source("logs/a/1", b"{}"),
        reject("logs/a/up", "is a symbolic link to a folder that holds it"),
        reject("logs/dangling", "cannot be read: No such file or directory"),
        reject("logs/here", "is a symbolic link to a folder that holds it"),
        reject("logs/self", "cannot be read: Too many levels of symbolic links"),
    ]
    assert names("logs/**/1") == ["logs/a/1"]


@pytest.mark.usefixtures("folder")
def test_linked_files_and_folders_are_read_once() -> None:
    write("logs/a/1")
    write("elsewhere/2")
    os.symlink("../elsewhere", "logs/b")
    os.symlink("../elsewhere", "logs/c")
    os.symlink("../elsewhere/2", "logs/d")
    assert names("logs") == ["logs/a/1", "logs/b/2", "logs/d"]


@pytest.mark.usefixtures("folder")
def test_what_is_no_regular_file_is_named_and_not_waited_for() -> None:
    write("logs/z")
    os.mkfifo("logs/pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("logs/socket")
        assert read("logs") == [
            reject("logs/pipe", "is no regular file; it was left alone"),
            reject("logs/socket", "is no regular file; it was left alone"),
            Source("logs/z", b"{}"),
        ]


@pytest.mark.usefixtures("folder")
def test_a_file_that_vanishes_while_others_are_read_is_named() -> None:
    for path in ("logs/a", "logs/b/1", "logs/c"):
        write(path)
    sources = read_sources(["logs"], NO_STDIN)
    assert next(sources) == Source("logs/a", b"{}")
    os.rename("logs/b", "gone")
    os.remove("logs/c")
    os.mkdir("logs/c")
    assert list(sources) == [reject("logs/b", "cannot be read: No such file or directory")]


@pytest.fixture
def nobody(folder: None) -> Iterator[None]:
    """Take the rights of root away, who may read everything."""
    user = os.geteuid()
    os.chmod(".", 0o755)
    for path in ("logs/a", "logs/b/1", "logs/c"):
        write(path)
    os.chmod("logs/a", 0)
    os.chmod("logs/b", 0)
    if user == 0:
        os.seteuid(65_534)
    yield
    os.seteuid(user)
    os.chmod("logs/b", 0o700)


@pytest.mark.usefixtures("nobody")
def test_files_and_folders_without_permission_are_named() -> None:
    assert read("logs") == [
        reject("logs/a", "cannot be read: Permission denied"),
        reject("logs/b", "cannot be read: Permission denied"),
        Source("logs/c", b"{}"),
    ]


@pytest.mark.usefixtures("folder")
def test_a_deep_tree_is_walked() -> None:
    depth = 1_200
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    write("deep")
    os.chdir("../" * depth)
    found = names("d")
    subprocess.run(["rm", "-r", "d"], check=True)  # too deep for the clean-up of pytest
    assert found == ["d/" * depth + "deep"]


@pytest.mark.usefixtures("folder")
def test_a_file_over_the_cap_is_not_read() -> None:
    with open("big", "wb") as file:
        file.truncate(5 << 30)
    assert read("big") == [reject("big", "is over 2 GiB; split it and scan the parts")]
    assert MAXIMUM_UNPACKED == 2 << 30


@pytest.mark.usefixtures("folder")
def test_the_members_of_a_zip_archive_are_sources() -> None:
    log = gzip.compress(text({"Records": [event()]}))
    members = {
        "AWSLogs/b.json.gz": log,
        "a.json": b"{}",
        "AWSLogs/": b"",
        ".DS_Store": b"",
        "__MACOSX/._a": b"",
        "../../etc/passwd": b"x",
        "inner.zip": zipped(a=b"{}"),
    }
    write("logs.dat", zipped(**members))
    found = read("logs.dat")
    assert found == [
        Source(f"logs.dat!{name}", members[name])
        for name in ("AWSLogs/b.json.gz", "a.json", "../../etc/passwd", "inner.zip")
    ]
    readings = [read_records(s.data, s.name) for s in found if isinstance(s, Source)]
    assert [record.fields for record in readings[0].records] == [event()]
    assert readings[3].rejects[0].reason == (
        "is a zip archive inside another file; unpack it first"
    )
    assert os.listdir() == ["logs.dat"]


@pytest.mark.usefixtures("folder")
def test_a_bad_member_costs_only_itself() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", b"first")
        archive.writestr("b", b"second")
        archive.writestr("c", b"third")
    write("bad.zip", packed.getvalue().replace(b"second", b"sEcond", 1))
    write("locked.zip", _locked(packed.getvalue()))
    first, bad, third = read("bad.zip")
    assert (first, third) == (Source("bad.zip!a", b"first"), Source("bad.zip!c", b"third"))
    assert bad == reject("bad.zip!b", "cannot be unpacked: Bad CRC-32 for file 'b'")
    (locked,) = (source for source in read("locked.zip") if isinstance(source, Reject))
    assert "password" in locked.reason


def _locked(archive: bytes) -> bytes:
    """Mark the first member as encrypted, in its own header and in the directory."""
    data = bytearray(archive)
    data[6] |= 1
    data[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.usefixtures("folder")
def test_a_cut_zip_archive_is_named() -> None:
    archive = zipped(a=b"{}", b=b"{}")
    write("cut.zip", archive[:-30])
    (found,) = read("cut.zip")
    assert isinstance(found, Reject)
    assert found.reason.startswith("is a damaged zip archive (")


@pytest.mark.usefixtures("folder")
def test_zip_bombs_are_not_unpacked() -> None:
    write("bomb.zip", zipped(a=bytes(64 << 20), b=b"{}"))
    bomb, after = read("bomb.zip")
    assert isinstance(bomb, Reject)
    assert bomb.reason.startswith("is packed more than honest logs are")
    assert after == Source("bomb.zip!b", b"{}")


@pytest.mark.usefixtures("folder")
def test_zip_members_that_share_bytes_are_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", os.urandom(5_000))
        archive.filelist *= 50
        archive.filelist[:] = [_copy(member, n) for n, member in enumerate(archive.filelist)]
    write("shared.zip", packed.getvalue())
    (found,) = read("shared.zip")
    assert isinstance(found, Reject)
    assert found.reason.startswith("is packed more than honest logs are")


def _copy(member: zipfile.ZipInfo, number: int) -> zipfile.ZipInfo:
    copy = zipfile.ZipInfo(f"{member.filename}{number}")
    for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
        setattr(copy, name, getattr(member, name))
    return copy


@given(
    st.integers(0, 400),
    st.binary(min_size=1, max_size=12),
)
def test_no_zip_archive_breaks_the_reader(place: int, damage: bytes) -> None:
    archive = bytearray(zipped(a=b"abc" * 20, b=b"x" * 99))
    place %= len(archive)
    archive[place : place + len(damage)] = damage
    for source in read_sources(["-"], io.BytesIO(bytes(archive))):
        assert isinstance(source, Source | Reject)
