"""The imported rules of a workspace: the folder `rules/`, one file for each.

A rule is read once by pySigma; what was read is kept beside it under the hash of its text, so that
a scan needs no parser.  A rule whose text was changed by hand is read anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from trailmend import __version__
from trailmend.disk import write_whole
from trailmend.errors import CannotKeep, CannotRead
from trailmend.records import Reject
from trailmend.sigma.faults import TOP, Fault, Faulty
from trailmend.sigma.tree import Rule
from trailmend.sources import Source, read_sources

if TYPE_CHECKING:
    from trailmend.sigma.reading import Document

FORMAT = 2
"""Of what is kept; raise it when the same text would be read in another way."""
_SUFFIXES = (".yml", ".yaml")
_KEPT = "compiled.json"


class _Compiled(msgspec.Struct, frozen=True):
    """What was read of rules, by the hash of their text."""

    made_by: str
    rules: dict[str, Rule]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a workspace, and those of its files that cannot be run."""

    rules: tuple[Rule, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Imported:
    """What an import did: `refused` counts rules, `unread` files; `faults` say why, of both."""

    rules: list[Rule] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    refused: int = 0
    unread: int = 0


def load_rules(workspace: Path) -> Rulebook:
    """Load the rules of a workspace; where there are none, nothing is loaded for it."""
    folder = workspace / "rules"
    files = sorted(folder.glob("*.yml")) if folder.is_dir() else []
    if not files:
        return Rulebook()
    texts = {file: _read(file) for file in files}
    known = _known(folder)
    read = {file: known.get(_digest(text)) for file, text in texts.items()}
    if all(read.values()):
        return _whole(filter(None, read.values()), folder)
    faults: list[Fault] = []
    documents = [one for file, text in texts.items() for one in _documents(text, file, faults)]
    rules = _parse(documents, (), faults)
    of_file = {document.file: rule for document, rule in rules}
    _keep(folder, {_digest(texts[Path(file)]): rule for file, rule in of_file.items()})
    return Rulebook(
        tuple(sorted((rule for _, rule in rules), key=lambda one: one.key)), tuple(faults)
    )


def _whole(rules: Iterable[Rule], folder: Path) -> Rulebook:
    """Put rules in order, without those that look at a rule which is not there."""
    here = {rule.id: rule for rule in rules}
    sound, faults = [], []
    for rule in sorted(here.values(), key=lambda one: one.key):
        missing = [
            one for one in (rule.correlation.rules if rule.correlation else ()) if one not in here
        ]
        if missing:
            reason = f"looks at the rule {missing[0]}, which is not there: import it again"
            faults.append(Fault(str(folder / f"{rule.id}.yml"), TOP, reason))
        else:
            sound.append(rule)
    return Rulebook(tuple(sound), tuple(faults))


def import_rules(paths: Sequence[str], stdin: BinaryIO, workspace: Path) -> Imported:
    """Read rules into a workspace; what is refused is named and the rest goes on.

    A rule with the id of one that is there replaces it.  Raises WrongUse where a path matches
    nothing.
    """
    done = Imported()
    here = load_rules(workspace)
    documents = [*_given(paths, stdin, done)]
    parsed = _parse(documents, here.rules, done.faults)
    done.refused = len(documents) - len(parsed)
    folder = workspace / "rules"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for document, rule in parsed:
            write_whole(folder / f"{rule.id}.yml", document.text.encode())
    except OSError as error:
        raise CannotKeep(f"The rules cannot be written to {folder} ({error.strerror}).") from error
    done.rules = [rule for _, rule in parsed]
    compiled = {_digest(document.text.encode()): rule for document, rule in parsed}
    _keep(folder, {**_known(folder), **compiled})
    return done


def read_rules(paths: Sequence[str], stdin: BinaryIO, known: Iterable[Rule] = ()) -> Imported:
    """Read rules and keep nothing."""
    done = Imported()
    done.rules = [rule for _, rule in _parse([*_given(paths, stdin, done)], known, done.faults)]
    return done


def _given(paths: Sequence[str], stdin: BinaryIO, done: Imported) -> Iterable[Document]:
    """Read the documents under the paths: of folders and archives the YAML files alone."""
    seen: set[str] = set()
    for path in paths:
        anything = False
        for source in read_sources([path], stdin):
            if isinstance(source, Reject):
                anything = True
                done.rejects.append(source)
            elif source.name == path or source.name.lower().endswith(_SUFFIXES):
                anything = True
                yield from () if source.name in seen else _read_one(source, done)
                seen.add(source.name)
        if not anything:
            done.rejects.append(Reject(path, None, None, "no file in it ends in .yml or .yaml"))


def _read_one(source: Source, done: Imported) -> Iterable[Document]:
    """Read the documents of a file; one that gives none is named."""
    faults: list[Fault] = []
    documents = _documents(source.data, source.name, faults)
    if not documents and not faults:
        faults.append(Fault(source.name, TOP, "is empty"))
    done.faults += faults
    done.unread += bool(faults)
    return documents


def _documents(data: bytes, name: str | Path, faults: list[Fault]) -> list[Document]:
    from trailmend.sigma.reading import read_documents

    try:
        return read_documents(data, str(name))
    except Faulty as error:
        faults += error.faults
        return []


def _parse(
    documents: Iterable[Document], here: Iterable[Rule], faults: list[Fault]
) -> list[tuple[Document, Rule]]:
    """Read rules, then the correlations of them; refuse what has the id or the key of another."""
    from trailmend.sigma.trying import trial

    read: list[tuple[Document, Rule]] = []
    ordered = sorted(documents, key=lambda one: "correlation" in one.value)
    taken = {rule.id: rule for rule in here}
    given: dict[str, Rule] = {}
    with trial() as why_not:
        for document in ordered:
            try:
                rule = _parsed(document, {**taken, **given}.values())
                _check_new(document, rule, taken, given)
                reason = why_not(rule)
                if reason:
                    raise Faulty([document.fault(reason, "detection")])
            except Faulty as error:
                faults += error.faults
                continue
            given[rule.id] = rule
            read.append((document, rule))
    return read


def _parsed(document: Document, known: Iterable[Rule]) -> Rule:
    from trailmend.sigma.correlations import parse_correlation
    from trailmend.sigma.parsing import parse_rule

    if "correlation" in document.value:
        return parse_correlation(document, known)
    return parse_rule(document)


def _check_new(
    document: Document, rule: Rule, taken: Mapping[str, Rule], given: Mapping[str, Rule]
) -> None:
    if rule.id in given:
        other = given[rule.id]
        reason = f"has the id of {other.source} line {other.place.line}: give each rule its own"
        raise Faulty([document.fault(reason, "id" if "id" in document.value else "title")])
    for other in {**taken, **given}.values():
        if other.key == rule.key and other.id != rule.id:
            reason = (
                f"has the title of another rule, {other.id} in {other.source}: findings are named "
                "by the title, so change one"
            )
            raise Faulty([document.fault(reason, "title")])


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _known(folder: Path) -> dict[str, Rule]:
    """Read what is kept; nothing where it is not there, or from another version."""
    try:
        kept = msgspec.json.decode((folder / _KEPT).read_bytes(), type=_Compiled)
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    except OSError as error:
        raise CannotRead(f"{folder / _KEPT} cannot be read ({error.strerror}).") from error
    return kept.rules if kept.made_by == _made_by() else {}


def _made_by() -> str:
    return f"{__version__}/{FORMAT}"


def _keep(folder: Path, rules: Mapping[str, Rule]) -> None:
    write_whole(folder / _KEPT, msgspec.json.encode(_Compiled(_made_by(), dict(rules))))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CannotRead(f"The rule {file} cannot be read ({error.strerror}).") from error
