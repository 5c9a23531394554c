"""The forms in which history is told."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from trailmend.history.touches import Role

Sureness = Literal["known", "inferred", "unknown"]
SCHEMA = "trailmend/history/1"


class Fact(msgspec.Struct, frozen=True):
    """One thing that is known: what, its value in words, how surely, and since when.

    A policy's `document` is as it was set; `meaning` says in words what it allows, denies and
    whom it lets in.
    """

    name: str
    value: str
    sureness: Sureness
    since: str | None = None
    document: Any = None
    meaning: list[str] = []


class Past(msgspec.Struct, frozen=True):
    """An event that touched the subject, or that it made.

    `target` is whom it is about, where that is not the subject.  `order` is `unknown` where the log
    does not tell which came first, this one or another here.  `bearer` says which of several of one
    name it is about, by its place among `bearers`.
    """

    event_time: str
    event_name: str
    outcome: str
    actor: str | None
    role: Role
    object_id: str | None
    event_id: str
    target: str | None = None
    order: Literal["known", "unknown"] = "known"
    bearer: int = 1


class NameBearer(msgspec.Struct, frozen=True, kw_only=True):
    """One of those who had a name one after another; times and ids are None where not shown."""

    number: int
    id: str | None = None
    name: str
    made: str | None = None
    made_by: str | None = None
    ended: str | None = None
    ended_by: str | None = None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A subject at a moment: what is known of it, and its events up to then.

    `bearers` are all who had the name, in the order of time; the facts are of the last of them.
    """

    schema: str = SCHEMA
    subject: str
    account_id: str
    at: str
    facts: list[Fact]
    events: list[Past]
    bearers: list[NameBearer] = []
