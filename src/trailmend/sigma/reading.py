"""The text of a rule file -> its documents, each value with the place where it stands.

Refused before anything is built are what Sigma never needs and what makes YAML dangerous: aliases
(a few lines can stand for billions), tags, deep nesting, and files too big to be rules.  So is what
YAML leaves open: a key given twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from trailmend.sigma.faults import TOP, Fault, Faulty
from trailmend.sigma.tree import Place

MAXIMUM_BYTES = 256 << 10
MAXIMUM_DEPTH = 20
"""The deepest rule of SigmaHQ is nested 5 levels."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    file: str
    text: str
    value: dict[str, Any]
    node: yaml.MappingNode

    def place(self, *path: str | int) -> Place:
        """Say where a key or an item stands; of one that is not there, what would hold it."""
        node: yaml.Node = self.node
        found = _place(node.start_mark)
        for step in path:
            pair = _child(node, step)
            if pair is None:
                break
            found, node = _place(pair[0].start_mark), pair[1]
        return found

    def value_place(self, *path: str | int) -> Place:
        """Say where the value of a key stands."""
        node: yaml.Node | None = self.node
        for step in path:
            pair = _child(node, step) if node is not None else None
            node = pair[1] if pair else None
        return self.place(*path) if node is None else _place(node.start_mark)

    def fault(self, reason: str, *path: str | int) -> Fault:
        """Make a fault at a key."""
        return Fault(self.file, self.place(*path), reason)


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _place(mark: Any) -> Place:
    """Read a mark; those of libyaml and of PyYAML have no type in common."""
    return TOP if mark is None else Place(mark.line + 1, mark.column + 1)


def read_documents(data: bytes, file: str) -> list[Document]:
    """Read the documents of a file.  Raises Faulty."""
    if len(data) > MAXIMUM_BYTES:
        reason = f"is over {MAXIMUM_BYTES >> 10} KiB; no rule is: was another file meant?"
        raise Faulty([Fault(file, TOP, reason)])
    try:
        text = data.decode("utf-8-sig")
        for fault in _dangers(text, file):
            raise Faulty([fault])
        nodes = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
        return [_document(text, node, file) for node in nodes if node is not None]
    except UnicodeDecodeError as error:
        raise Faulty([Fault(file, TOP, f"is not UTF-8 at byte {error.start:,}")]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Faulty([Fault(file, _place(mark), f"is not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise Faulty([Fault(file, TOP, f"is not YAML: {_one_line(error)}")]) from error
    except ValueError as error:
        if isinstance(error, Faulty):
            raise
        # PyYAML reads a day that no month has as a date, and an integer of any length.
        raise Faulty([Fault(file, TOP, f"holds a value that cannot be: {error}")]) from error


def _dangers(text: str, file: str) -> Iterator[Fault]:
    """Look for what is not read, in the stream of events: nothing is built yet."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        reason = None
        if isinstance(event, yaml.AliasEvent):
            reason = "is a YAML alias: write the value out"
        elif depth > MAXIMUM_DEPTH:
            reason = f"is nested deeper than {MAXIMUM_DEPTH} levels"
        elif (tag := getattr(event, "tag", None)) is not None:
            reason = f"has the YAML tag {tag}: leave the tag out"
        if reason:
            yield Fault(file, _place(event.start_mark), reason)


def _document(text: str, node: yaml.Node, file: str) -> Document:
    if not isinstance(node, yaml.MappingNode):
        raise Faulty([Fault(file, _place(node.start_mark), "is no rule: a rule is a YAML map")])
    for fault in _keys(node, file):
        raise Faulty([fault])
    value = yaml.CSafeLoader("").construct_document(node)
    return Document(file, text[node.start_mark.index : node.end_mark.index], value, node)


def _keys(node: yaml.Node, file: str) -> Iterator[Fault]:
    """Find keys that are given twice, or are no text."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _keys(item, file)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, Place] = {}
    for key, value in node.value:
        place = _place(key.start_mark)
        if key.tag != "tag:yaml.org,2002:str":
            yield Fault(file, place, "is no text: put quotes around the key")
        elif key.value in seen:
            before = seen[key.value]
            yield Fault(file, place, f"gives the key {key.value!r} twice; see line {before.line}")
        else:
            seen[key.value] = place
        yield from _keys(value, file)


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())
