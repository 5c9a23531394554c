"""Where each record begins and ends, by the structure of the JSON and in linear time.

A file that is one well-formed list is split by msgspec. Anything else, and every damaged file, is
walked by regular expressions that know strings, brackets, commas and colons, and nothing more. Each
piece is judged later and alone, so a wrong token inside a record costs that record only.

Where the structure itself breaks, the walk goes on only at a place that no record can imitate.
Between documents that is a line that begins with an object: strings hold no raw newlines, and
nested objects are indented or on the line of their key. In a list it is an object that follows a
comma or a brace and begins with a field of CloudTrail. No string can hold one, for its quotes would
be escaped. A list nested in the broken record can, so what is found that way is taken back when its
list ends anywhere but at the end of the document. Of documents on one line, those after a break are
not found again.
"""

import re
from collections.abc import Generator, Iterator
from enum import Enum

import msgspec

CUT_OFF = "the source ends inside this record"

_BLANK = rb"[ \t\r\n]*+"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SCALAR = rb'(?:%b|[^ \t\r\n"\[\]{},:]++)' % _STRING
_COLON = _BLANK + rb":" + _BLANK
_PAIRS = rb"(?:" + _BLANK + _SCALAR + _COLON + _SCALAR + _BLANK + rb"(?:,|(?=\})))*+"
_ITEMS = rb"(?:" + _BLANK + _SCALAR + _BLANK + rb"(?:,|(?=\])))*+"
_LIST = rb'"(?:Records|Events|Messages|events|logEvents)"' + _COLON + rb"\["
_FIRST_FIELD = (
    rb'"(?:addendum|additionalEventData|apiVersion|awsRegion|eventCategory|eventID|eventName'
    rb"|eventSource|eventTime|eventType|eventVersion|recipientAccountId|userIdentity|version|EventId|logStreamName)"
    rb'"' + _COLON
)
_DOCUMENT = rb'\n(?=(?:\xef\xbb\xbf)?(?:\[(?:\r?\n[ \t]*)?)?\{(?: ?"|\r?\n[ \t]+"))'

# One match takes all the plain members in a row, then the bracket that closes or opens.
_IN_OBJECT = re.compile(_PAIRS + _BLANK + rb"(?:\}|" + _SCALAR + _COLON + rb"([\[{]))", re.DOTALL)
_IN_LIST = re.compile(_ITEMS + _BLANK + rb"(?:\]|([\[{]))", re.DOTALL)
_PLAIN_PAIRS = re.compile(_PAIRS, re.DOTALL)
_PLAIN_ITEMS = re.compile(_ITEMS, re.DOTALL)
_ONE_SCALAR = re.compile(_SCALAR, re.DOTALL)
_UNFINISHED = re.compile(
    rb'%b(?:%b%b:?)?%b(?:%b|"[^"\\]*+(?:\\.[^"\\]*+)*+\\?+)?%b\Z'
    % (_BLANK, _SCALAR, _BLANK, _BLANK, _SCALAR, _BLANK),
    re.DOTALL,
)
_AFTER_MEMBER = re.compile(_BLANK + rb"(?:,|(?=[\]}]))")
_AFTER_ITEM = re.compile(_BLANK + rb"(?:(,)|(?=\])|\Z)")
_GOES_ON = re.compile(_BLANK + rb"[,\]}]")
_BLANKS = re.compile(_BLANK)
_BLANKS_AND_COMMAS = re.compile(rb"[ \t\r\n,]*+")
_BLANKS_AND_MARKS = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)*+")
_HEAD_OF_LIST = re.compile(rb"\[|(\{)" + _PAIRS + _BLANK + _LIST, re.DOTALL)
_ANOTHER_LIST = re.compile(_LIST)
_END_OF_BARE_LIST = re.compile(rb"\]" + _BLANK + rb"(?:\Z|(?=[{\[]))")
_END_OF_LIST = re.compile(rb"\]" + _BLANK + rb"\}" + _BLANK + rb"(?:\Z|(?=[{\[]))")
_NEXT_DOCUMENT = re.compile(_DOCUMENT)
_NEXT_ITEM = re.compile(
    rb"(?:(?<=,)%b|(?<=\})[ \t]*+)(?=\{%b%b)|(%b)" % (_BLANK, _BLANK, _FIRST_FIELD, _DOCUMENT)
)
_HEAD_LENGTH = 64 << 10  # the list of an object begins within so many bytes: a token may precede it
_TAIL_LENGTH = 64
_BYTES_TO_A_COMMA = 12  # CloudTrail has 30 to 50
_LONGEST_UNPROVED = 1 << 20  # no file of a trail holds more records: AWS ends it at 50 MB packed
_RAW = msgspec.json.Decoder(msgspec.Raw)
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class Span(msgspec.Struct, frozen=True, gc=False):
    """Where one value stands, and the problem if its end was not found."""

    start: int
    end: int
    problem: str | None = None


class _Stop(Enum):
    CLOSED = "at the bracket that closes the list"
    BROKEN = "where the structure breaks"
    ENDED = "at the end of the source"


def find_list(data: bytes) -> tuple[int, int] | None:
    """Return where the items stand if the source looks like one list, bare or last in an object.

    If the items are well-formed, so is the source.
    """
    head = _HEAD_OF_LIST.match(data, _skip(_BLANKS_AND_MARKS, data, 0), _HEAD_LENGTH)
    if not head:
        return None
    tail = _tail(head).search(data, max(head.end(), len(data) - _TAIL_LENGTH))
    return (head.end(), tail.start()) if tail and tail.end() == len(data) else None


def holds_scraps(data: bytes, start: int, end: int) -> bool:
    """Tell whether most items from `start` to `end` may be too short for records.

    A list of their spans could be far larger than the source.
    """
    return data.count(b",", start, end) > (end - start) // _BYTES_TO_A_COMMA


def split_list(data: bytes, start: int, end: int) -> list[Span] | None:
    """Return the spans of the items that stand from `start` to `end`, if they are well-formed."""
    try:
        items = _RAW_LIST.decode(memoryview(data)[start - 1 : end + 1])
    except (msgspec.DecodeError, RecursionError):
        return None
    spans, position = [], start
    for item in items:
        if data[position] != ord("{"):
            position = _skip(_BLANKS_AND_COMMAS, data, position)
        spans.append(Span(position, position + len(item)))
        position += len(item) + 1
    return spans


def walk(data: bytes) -> Iterator[Span]:
    """Yield the span of each value that may be a record or wrap some.

    Documents may follow one another on lines of their own or not. After a broken document each line
    up to the break is walked alone: no byte is walked more than twice.
    """
    position = line_end = broken_until = 0
    while (position := _skip(_BLANKS_AND_MARKS, data, position)) < len(data):
        line_end = line_end if position < line_end else _end_of_line(data, position)
        if data[position] not in b"{[":
            plain = _is_json(data, position, line_end)
            again = line_end if plain else _next_document(data, position)
            yield Span(position, again, None if plain else "is not JSON")
            position = again
        elif head := _HEAD_OF_LIST.match(data, position, position + _HEAD_LENGTH):
            position = yield from _walk_list(data, head)
        else:
            limit = line_end if position < broken_until else len(data)
            closed, end = _end_of_document(data, position, line_end, limit)
            again = end if closed else _next_document(data, position)
            problem = None if closed else _what_broke(data, end, limit, again)
            yield Span(position, end, problem)
            broken_until = broken_until if closed else max(broken_until, end)
            position = again


def _end_of_document(data: bytes, start: int, line_end: int, limit: int) -> tuple[bool, int]:
    """Try the rest of the line first: msgspec is ten times faster than the walk."""
    return (
        (True, line_end) if _is_json(data, start, line_end) else _end_of_value(data, start, limit)
    )


def _is_json(data: bytes, start: int, end: int) -> bool:
    try:
        _RAW.decode(memoryview(data)[start:end])
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _walk_list(data: bytes, head: re.Match[bytes]) -> Generator[Span, None, int]:
    """Yield the items of the list and return where the next document may begin."""
    stop, position = yield from _walk_items(data, head.end())
    if stop is _Stop.CLOSED:
        stop, position = yield from _end_list(data, position + 1, bool(head[1]))
    while stop is _Stop.BROKEN:
        again = _NEXT_ITEM.search(data, position)
        if not again or again[1]:
            return again.end() if again else len(data)
        spans, stop, position = _walk_unproved(data, again.end())
        tail = _tail(head).match(data, position) if stop is _Stop.CLOSED else None
        if stop is _Stop.CLOSED and not tail:
            stop, position = _Stop.BROKEN, position + 1
            continue
        yield from spans
        if tail:
            return tail.end()
    return position


def _walk_unproved(data: bytes, start: int) -> tuple[list[Span], _Stop, int]:
    """Walk items after a break, which may have to be taken back."""
    spans: list[Span] = []
    items = _walk_items(data, start)
    while len(spans) < _LONGEST_UNPROVED:
        try:
            spans.append(next(items))
        except StopIteration as end:
            return spans, *end.value
    problem = "is in a list that is broken and too long to find the way again; repair the list"
    return [Span(start, len(data), problem)], _Stop.ENDED, len(data)


def _walk_items(data: bytes, position: int) -> Generator[Span, None, tuple[_Stop, int]]:
    """Yield the items from here and return why and where the walk stopped."""
    comma = False
    while (position := _skip(_BLANKS, data, position)) < len(data):
        if data[position] == ord("]"):
            if comma:
                yield Span(position, position, "a comma with no record after it")
            return _Stop.CLOSED, position
        if data[position] == ord(","):
            yield Span(position, position, "a comma with no record before it")
            position += 1
            continue
        closed, end = _end_of_value(data, position, len(data))
        after = _AFTER_ITEM.match(data, end) if closed else None
        if not after:
            yield Span(position, end, problem := _what_broke(data, end, len(data)))
            return (_Stop.ENDED, len(data)) if problem is CUT_OFF else (_Stop.BROKEN, end)
        yield Span(position, end)
        position, comma = after.end(), bool(after[1])
    yield Span(position, position, CUT_OFF)
    return _Stop.ENDED, position


def _end_list(
    data: bytes, position: int, in_object: bool
) -> Generator[Span, None, tuple[_Stop, int]]:
    """Walk from the bracket that closed a list to the end of the object around it.

    What may not stand there is yielded. A comma or bracket after it says that the list goes on.
    """
    if in_object:
        start, after = position, _AFTER_MEMBER.match(data, position)
        closed, position = _close(data, after.end(), len(data), b"{") if after else (False, start)
        if not closed:
            yield Span(start, position, "the object around the records is not closed")
            return _Stop.BROKEN, position
        if _ANOTHER_LIST.search(data, start, position):
            yield Span(start, position, "a second list of records in one object")
    if _GOES_ON.match(data, position):
        yield Span(position, position, "a list of records that goes on after its end")
        return _Stop.BROKEN, position
    return _Stop.CLOSED, position


def _end_of_value(data: bytes, start: int, limit: int) -> tuple[bool, int]:
    """Return True and the end of the value, or False and where its structure breaks."""
    if data[start] in b"{[":
        return _close(data, start + 1, limit, data[start : start + 1])
    scalar = _ONE_SCALAR.match(data, start, limit)
    return (True, scalar.end()) if scalar else (False, start)


def _close(data: bytes, position: int, limit: int, brackets: bytes) -> tuple[bool, int]:
    """Walk until the open brackets are closed."""
    stack = bytearray(brackets)
    while stack:
        in_object = stack[-1] == ord("{")
        step = (_IN_OBJECT if in_object else _IN_LIST).match(data, position, limit)
        if not step:
            plain = (_PLAIN_PAIRS if in_object else _PLAIN_ITEMS).match(data, position, limit)
            return False, plain.end() if plain else position
        position = step.end()
        if step[1]:
            stack += step[1]
            continue
        stack.pop()
        if stack:
            after = _AFTER_MEMBER.match(data, position, limit)
            if not after:
                return False, position
            position = after.end()
    return True, position


def _what_broke(data: bytes, position: int, limit: int, again: int | None = None) -> str:
    if _UNFINISHED.match(data, position, limit):
        return CUT_OFF if limit == len(data) else "the line ends inside this record"
    left_out = "" if again is None else f"; nothing was read from there to byte {again}"
    return f"the JSON breaks after byte {position}{left_out}"


def _tail(head: re.Match[bytes]) -> re.Pattern[bytes]:
    return _END_OF_LIST if head[1] else _END_OF_BARE_LIST


def _next_document(data: bytes, position: int) -> int:
    found = _NEXT_DOCUMENT.search(data, position)
    return found.end() if found else len(data)


def _end_of_line(data: bytes, position: int) -> int:
    found = data.find(b"\n", position)
    return len(data) if found < 0 else found


def _skip(pattern: re.Pattern[bytes], data: bytes, position: int) -> int:
    found = pattern.match(data, position)
    return found.end() if found else position
