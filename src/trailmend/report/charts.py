"""Pictures of findings as SVG: the timeline, the hours, and who did what to whom.

`svg` writes the elements and escapes no text, so every text passes `_safe`.  Colours are classes:
the page has the styles, for light and for dark.  Each picture has a table twin on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import log2

import svg
from markupsafe import Markup, escape

from trailmend.catalog import LEVELS
from trailmend.counts import many
from trailmend.findings import Finding
from trailmend.report.parts import clipped
from trailmend.report.safe import visible
from trailmend.report.tallies import WEEKDAYS, Edge, Group
from trailmend.takeovers import Story

_WIDTH, _LEFT, _RIGHT = 960, 190, 20
_LANE, _TOP, _BINS, _TICKS = 26, 10, 64, 9
_LETTERS = 26
_STEPS = [
    60,
    300,
    900,
    3600,
    10800,
    21600,
    43200,
    *(86400 * days for days in (1, 7, 14, 30, 91, 365)),
]
"""Seconds between the ticks of a time axis."""
_MOST_CHAINS, _MOST_JOINTS = 12, 60
_CELL_WIDTH, _CELL_HEIGHT, _DAY = 36, 24, 90
_FAINTEST, _STRONGEST = 0.06, 0.6
"""How dark a cell is; text stays readable on the darkest."""
MOST_EDGES = 40
"""So many edges are drawn, the worst; more would be a ball of wool."""
_ROW = 24
_Point = tuple[float, float]


def timeline(
    lanes: Sequence[Group], stories: Sequence[Story], name: str = "Findings by actor and time"
) -> Markup:
    """Draw a lane for each actor and a mark for what was found; a line joins a story.

    Findings of a lane that are near in time share a mark of their worst level.  A hollow mark
    stands for calls of which none succeeded.
    """
    if not lanes:
        return Markup("")
    first = _time(min(lane.first for lane in lanes))
    axis = _Axis(first, max(_time(max(lane.last for lane in lanes)), first + 60))
    marks: list[svg.Element] = []
    where: dict[str, _Point] = {}
    for number, lane in enumerate(lanes):
        y = _TOP + _LANE * (number + 0.5)
        for place, found in _binned(lane.findings, axis).items():
            point = (axis.x_of_bin(place), y)
            where |= {one.id: point for one in found}
            marks.append(_mark(lane.name, found, point))
    height = _TOP + _LANE * len(lanes)
    drawn = [*_grid(axis, height), *_lane_names(lanes), *_chains(stories, where), *marks]
    return _picture(drawn, height + 24, name)


class _Axis:
    """Where a time stands between the first and the last."""

    def __init__(self, first: float, last: float) -> None:
        self.first, self.last = first, last
        self.room = _WIDTH - _LEFT - _RIGHT

    def x(self, time: float) -> float:
        return round(_LEFT + self.room * (time - self.first) / (self.last - self.first), 1)

    def bin(self, time: float) -> int:
        return round((_BINS - 1) * (time - self.first) / (self.last - self.first))

    def x_of_bin(self, place: int) -> float:
        return round(_LEFT + self.room * place / (_BINS - 1), 1)

    def ticks(self) -> Iterator[tuple[float, str]]:
        span = self.last - self.first
        years = int(span // (_STEPS[-1] * _TICKS)) + 1
        step = next((one for one in _STEPS if span / one <= _TICKS), _STEPS[-1] * years)
        text = "%m-%d %H:%M" if step < _STEPS[7] else "%Y-%m-%d"
        for number in range(-int(-self.first // step), int(self.last // step) + 1):
            yield number * step, datetime.fromtimestamp(number * step, UTC).strftime(text)


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _binned(findings: Iterable[Finding], axis: _Axis) -> Mapping[int, list[Finding]]:
    found: dict[int, list[Finding]] = {}
    for one in findings:
        found.setdefault(axis.bin(_time(one.event.event_time)), []).append(one)
    return found


def _mark(name: str, found: Sequence[Finding], at: _Point) -> svg.Element:
    """Draw the shape of the worst level: colour alone says nothing to some."""
    group = Group(name, tuple(found))
    size = round(min(3.5 + log2(len(found)) / 2, 6), 1)
    hollow = all(one.event.outcome != "success" for one in found)
    told = f"{name}: {many(len(found), 'finding')}, worst {group.level}, {group.first}"
    if len(found) > 1:
        told += f" to {group.last}"
    classes = ["mark", group.level, *(["hollow"] if hollow else [])]
    return _shape(group.level, at, size, classes, [_title(told)])


def _shape(
    level: str, at: _Point, size: float, classes: list[str], inside: list[svg.Element]
) -> svg.Element:
    x, y = at
    square = [(x - size, y - size), (x + size, y - size), (x + size, y + size)]
    corners = {
        "critical": [(x, y - size), (x + size, y), (x, y + size), (x - size, y)],
        "high": [(x, y - size), (x + size, y + size), (x - size, y + size)],
        "medium": [*square, (x - size, y + size)],
    }.get(level)
    if corners is None:
        return svg.Circle(cx=x, cy=y, r=size, class_=classes, elements=inside)
    return svg.Polygon(points=_points(corners), class_=classes, elements=inside)


def _points(points: Iterable[_Point]) -> list[svg.Point]:
    return [svg.Point(round(x, 1), round(y, 1)) for x, y in points]


def _grid(axis: _Axis, height: float) -> Iterator[svg.Element]:
    for time, text in axis.ticks():
        x = axis.x(time)
        yield svg.Line(x1=x, x2=x, y1=_TOP, y2=height, class_=["grid"])
        yield _text(text, (x, height + 16), "end" if x > _WIDTH - 2 * _RIGHT else "middle")


def _lane_names(lanes: Sequence[Group]) -> Iterator[svg.Element]:
    for number, lane in enumerate(lanes):
        y = _TOP + _LANE * (number + 0.5)
        yield svg.Line(x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_=["lane"])
        yield _text(lane.name, (_LEFT - 14, y + 4), "end")


def _chains(stories: Iterable[Story], where: Mapping[str, _Point]) -> Iterator[svg.Element]:
    known = ((story, [where[one] for one in story.findings if one in where]) for story in stories)
    joined = ((story, list(dict.fromkeys(points))) for story, points in known)
    several = [(story, points) for story, points in joined if len(points) > 1]
    for story, points in several[:_MOST_CHAINS]:
        inside: list[svg.Element] = [_title(f"{story.id}: {story.title}")]
        yield svg.Polyline(points=_points(points[:_MOST_JOINTS]), class_=["chain"], elements=inside)


def heat_map(counted: Sequence[Sequence[int]]) -> Markup:
    """Draw how many findings each hour of each weekday has, UTC; darker is more."""
    most = max(map(max, counted))
    drawn: list[svg.Element] = []
    for row, (weekday, day) in enumerate(zip(WEEKDAYS, counted, strict=True)):
        y = row * _CELL_HEIGHT
        drawn.append(_text(weekday, (_DAY - 8, y + 16), "end"))
        for hour, count in enumerate(day):
            drawn += _cell(f"{weekday} {hour:02}:00", count, most, (_DAY + hour * _CELL_WIDTH, y))
    below = len(WEEKDAYS) * _CELL_HEIGHT + 16
    for hour in range(0, 24, 3):
        at = (_DAY + (hour + 0.5) * _CELL_WIDTH, below)
        drawn.append(_text(f"{hour:02}:00", at, "middle"))
    return _picture(drawn, below + 8, "Findings by weekday and hour, UTC")


def _cell(name: str, count: int, most: int, at: _Point) -> Iterator[svg.Element]:
    x, y = at
    strength = round(max(_STRONGEST * count / most, _FAINTEST), 2) if count else 0
    yield svg.Rect(
        x=x,
        y=y,
        width=_CELL_WIDTH - 2,
        height=_CELL_HEIGHT - 2,
        class_=["heat"],
        fill_opacity=strength,
        elements=[_title(f"{name}: {many(count, 'finding')}")],
    )
    if count:
        yield _text(f"{count:,}", (x + _CELL_WIDTH / 2 - 1, y + 15), "middle", "count")


def graph(edges: Sequence[Edge]) -> Markup:
    """Draw actors to the left, targets to the right, and what joins them; `MOST_EDGES` of them."""
    edges = edges[:MOST_EDGES]
    left = {name: at for at, name in enumerate(dict.fromkeys(edge.actor for edge in edges))}
    right = {name: at for at, name in enumerate(dict.fromkeys(edge.target for edge in edges))}
    drawn: list[svg.Element] = [
        _edge(edge, _row(left[edge.actor]), _row(right[edge.target])) for edge in reversed(edges)
    ]
    ends = ((left, _LEFT + 40, -10, "end"), (right, _WIDTH - _LEFT - 40, 10, "start"))
    for nodes, x, aside, anchor in ends:
        for name, number in nodes.items():
            drawn.append(svg.Circle(cx=x, cy=_row(number), r=4, class_=["node"]))
            drawn.append(_text(name, (x + aside, _row(number) + 4), anchor))
    height = _row(max(len(left), len(right)))
    return _picture(drawn, height, "Who did what to whom") if edges else Markup("")


def _row(number: int) -> float:
    return _ROW * (number + 0.5)


def _edge(edge: Edge, from_y: float, to_y: float) -> svg.Element:
    start, end, middle = _LEFT + 40, _WIDTH - _LEFT - 40, _WIDTH / 2
    events = ", ".join(f"{name} ×{count:,}" for name, count in edge.events)  # noqa: RUF001
    told = f"{edge.actor} → {edge.target}: {events}, worst {edge.level}"
    return svg.Path(
        d=[svg.M(start, from_y), svg.C(middle, from_y, middle, to_y, end, to_y)],
        class_=["edge", edge.level],
        stroke_width=round(min(1 + log2(edge.count), 8), 1),
        elements=[_title(told)],
    )


def legend() -> Markup:
    """Draw the shape of each level, with its name, and the hollow one."""
    drawn: list[svg.Element] = []
    kinds: list[tuple[str, str, bool]] = [(level, level, False) for level in reversed(LEVELS)]
    kinds.append(("medium", "hollow: no call succeeded", True))
    for number, (level, text, hollow) in enumerate(kinds):
        x = 10 + 100 * number
        classes = ["mark", level, *(["hollow"] if hollow else [])]
        drawn += [_shape(level, (x, 12), 6, classes, []), _text(text, (x + 14, 16), "start")]
    return _picture(drawn, 24, "What the marks mean")


def _text(text: str, at: _Point, anchor: str, name: str = "label") -> svg.Text:
    x, y = (round(number, 1) for number in at)
    return svg.Text(x=x, y=y, class_=[name, anchor], text=_safe(text, _LETTERS))


def _title(text: str) -> svg.Title:
    return svg.Title(text=_safe(text, 300))


def _safe(text: str, most: int) -> str:
    return escape(clipped(visible(text), most))


def _picture(drawn: list[svg.Element], height: float, name: str) -> Markup:
    whole = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, _WIDTH, round(height)),
        class_=["picture"],
        elements=drawn,
        extra={"role": "img", "aria-label": str(_safe(name, 100))},
    )
    return Markup(whole.as_str())  # noqa: S704  every text in it passed `_safe`
