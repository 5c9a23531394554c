"""What the account said a moment ago, so that what is asked of it twice is sent once.

The fixes of a plan and its guards ask much alike.  A memory holds for one pass: from one reading
of the account to what is decided by it.  It is emptied before each pass and before each write, so
that no decision rests on an answer older than its own pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from trailmend.calls import Call, Client
from trailmend.changing.reads import is_read
from trailmend.errors import NotFound


class Memory:
    """The answers of one pass, also that there is no such thing; other errors are asked again."""

    def __init__(self) -> None:
        self._answers: dict[bytes, Mapping[str, Any] | NotFound] = {}

    def forget(self) -> None:
        """Begin a pass: from here on all is asked of the account itself."""
        self._answers.clear()

    def over(self, client: Client) -> Client:
        """Give a client that answers from the memory what it holds; a write is always sent."""

        def ask(call: Call) -> Mapping[str, Any]:
            if not is_read(call):
                self.forget()
                return client(call)
            answer = self._answer(call, client)
            if isinstance(answer, NotFound):
                raise answer
            return answer

        return ask

    def _answer(self, call: Call, client: Client) -> Mapping[str, Any] | NotFound:
        key = msgspec.json.encode(call, order="deterministic")
        if key not in self._answers:
            try:
                self._answers[key] = client(call)
            except NotFound as error:
                self._answers[key] = error
        return self._answers[key]
