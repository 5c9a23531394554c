"""Findings as one HTML page that opens without a network: nothing is loaded and no script runs.

The policy in its head (CSP) allows nothing but the one style sheet, by its hash.  Every value that
a template prints passes `_shown` and is escaped.  What does not fit is counted and never left out
in silence: of each kind the first findings stand whole, the next ones in a line each, of which ten
thousand fit, and all are counted, so that the page stays below 5 MB whatever it holds.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import trailmend
from trailmend.blind_spots import BlindSpots, sentences, without_events
from trailmend.catalog import asked_as
from trailmend.counts import many
from trailmend.findings import Finding
from trailmend.mutes import NO_MUTES, Muting
from trailmend.report import charts, tallies
from trailmend.report import values as values_in_words
from trailmend.report.differences import changes
from trailmend.report.mutes import HEADER, mute_rows
from trailmend.report.parts import (
    clipped,
    count_text,
    facts,
    keys_text,
    span_of,
    status_text,
    taken_text,
)
from trailmend.report.powers import other_values, powers
from trailmend.report.safe import visible
from trailmend.report.verdict import advice_on, verdict
from trailmend.report.weighing import weighed
from trailmend.takeovers import Story
from trailmend.takeovers.acts import caller_name, target_name

_TEMPLATES = Path(__file__).parent / "templates"
_LANES, _NODES, _TARGETS = 20, 16, 12
_STORIES, _FINDINGS, _LISTED = 900_000, 2_900_000, 150_000
"""Bytes that the stories, the findings and each other list may take."""
_WHOLE = 800_000
"""Bytes of whole findings where not all are: a line of each is worth more than one more whole."""
_WHOLE_OF_KIND, _SHORT_OF_KIND, _MOST_KINDS = 200, 500, 200
_OPEN_KINDS = 60
"""Up to so many findings stand open under their kinds."""
_DRAWN_STORIES = 5
_LONGEST = 400
"""Characters of one text; JSON lines give it whole."""


class _Budget:
    """Renders values one by one, as long as they fit into so many bytes."""

    def __init__(self, templates: Environment, name: str, most: int) -> None:
        self._template, self._left = templates.get_template(name), most

    def fitting(self, values: Iterable[object], **more: object) -> list[Markup]:
        """Render as many of the values as fit, up to the first that does not."""
        made: list[Markup] = []
        for one in values:
            text = self._template.render(one=one, **more)
            self._left -= len(text.encode())
            if self._left < 0:
                break
            made.append(Markup(text))  # noqa: S704  a template rendered it, every value escaped
        return made


def findings_html(
    findings: Sequence[Finding],
    stories: Sequence[Story],
    blind: BlindSpots | None = None,
    muting: Muting = NO_MUTES,
) -> str:
    """Write the page of some findings and of the stories that tell them.

    `blind` is what the workspace cannot know; without it the page says that this is not known.
    `muting` tells what is hidden of what was found.
    """
    templates = _environment()
    told = tallies.most_pressing(stories)
    style = templates.get_template("report.css").render()
    lanes = tallies.actors(findings, _LANES)
    kinds = list(_kinds(templates, tallies.kinds(findings), lanes))
    present = {one.id for kind in kinds for one in kind["present"]}
    whole_stories = _stories(templates, told, findings, present)
    short_stories = _listed(templates, "story_line.html", told[len(whole_stories) :])
    page = templates.get_template("report.html")
    return page.render(
        style=Markup(style),  # noqa: S704  a file of ours, with no value in it
        policy=policy(style),
        version=trailmend.__version__,
        verdict=verdict(findings, told),
        findings=findings,
        levels=tallies.by_level(findings),
        accounts=sorted({one.event.account_id for one in findings}),
        regions=sorted({one.event.region or "unknown" for one in findings}),
        stories=told,
        present=present | {one.id for one in told[: len(whole_stories) + len(short_stories)]},
        whole_stories=whole_stories,
        short_stories=short_stories,
        kinds=kinds[:_MOST_KINDS],
        more_kinds=kinds[_MOST_KINDS:],
        cut_kinds=sum(
            len(kind["present"]) < len(kind["group"].findings) for kind in kinds[:_MOST_KINDS]
        ),
        plans=_listed(templates, "plan.html", tallies.own_plans(findings)),
        mute_header=HEADER,
        mutes=_listed(templates, "mute.html", mute_rows(muting)),
        more_mutes=len(mute_rows(muting)),
        **_blind(templates, findings, blind),
        **_pictures(findings, lanes, told),
    )


def _values(finding: Finding) -> list[tuple[str, str]]:
    return [(name, values_in_words.told(one)) for name, one in other_values(finding).items()]


def _listed(templates: Environment, name: str, values: Iterable[object]) -> list[Markup]:
    return _Budget(templates, name, _LISTED).fitting(values)


def _kinds(
    templates: Environment, groups: Sequence[tallies.Group], lanes: Sequence[tallies.Group]
) -> Iterator[dict[str, Any]]:
    """Render the findings of each kind, the worst kinds first, as far as they fit."""
    lane_of = {one.id: number for number, lane in enumerate(lanes) for one in lane.findings}
    whole = _Budget(templates, "finding.html", _WHOLE)
    firsts = [whole.fitting(group.findings[:_WHOLE_OF_KIND], lane_of=lane_of) for group in groups]
    short = _Budget(templates, "short.html", _FINDINGS - sum(map(_size, firsts)))
    rests = [group.findings[len(first) :] for group, first in zip(groups, firsts, strict=True)]
    shorts = [short.fitting(rest[:_SHORT_OF_KIND], lane_of=lane_of) for rest in rests]
    for rest, lines in zip(rests, shorts, strict=True):
        lines += short.fitting(rest[len(lines) :], lane_of=lane_of)
    few = sum(len(group.findings) for group in groups) <= _OPEN_KINDS
    for group, first, lines in zip(groups, firsts, shorts, strict=True):
        yield {
            "group": group,
            "advice": advice_on(group.name),
            "whole": first,
            "short": lines,
            "present": group.findings[: len(first) + len(lines)],
            "open": few,
            "lanes": sorted({lane_of[one.id] for one in group.findings}),
            "states": sorted({one.status or "none" for one in group.findings}),
        }


def _size(texts: Iterable[Markup]) -> int:
    return sum(len(text.encode()) for text in texts)


def _stories(
    templates: Environment, stories: Sequence[Story], findings: Sequence[Finding], present: set[str]
) -> list[Markup]:
    """Render the stories, the first of them with a picture; what the page has is linked."""
    by_id = {one.id: one for one in findings}
    budget, made = _Budget(templates, "story.html", _STORIES), list[Markup]()
    for number, story in enumerate(stories):
        known = [by_id[one] for one in story.findings + story.supporting if one in by_id]
        picture = Markup("")
        if number < _DRAWN_STORIES and len(known) > 1:
            name = "The findings of this story by target and time"
            picture = charts.timeline(tallies.targets(known, _TARGETS), [], name)
        one = budget.fitting([story], picture=picture, present=present, first=number == 0)
        if not one:
            break
        made += one
    return made


def _blind(
    templates: Environment, findings: Sequence[Finding], blind: BlindSpots | None
) -> dict[str, Any]:
    """Give what the section on blind spots tells."""
    unread = blind.unread if blind else ()
    return {
        "blind": blind,
        "blind_sentences": sentences(blind) if blind else [],
        "rejects": _listed(templates, "reject.html", unread),
        "seen": _listed(templates, "seen.html", blind.seen if blind else ()),
        "unknowns": tallies.unknowns(findings),
    }


def _pictures(
    findings: Sequence[Finding], lanes: Sequence[tallies.Group], stories: Sequence[Story]
) -> dict[str, Any]:
    """Draw the pictures, and give the counts that they show for the tables beside them."""
    edges, hours = tallies.edges(findings, _NODES), tallies.hours(findings)
    return {
        "lanes": lanes,
        "edges": edges,
        "drawn_edges": min(len(edges), charts.MOST_EDGES),
        "hours": list(zip(tallies.WEEKDAYS, hours, strict=True)),
        "legend": charts.legend(),
        "timeline": charts.timeline(lanes, stories),
        "heat_map": charts.heat_map(hours),
        "graph": charts.graph(edges),
    }


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["many"] = many
    found.filters["number"] = lambda number: f"{number:,}"
    found.filters["time"] = lambda text: text.replace("T", " ").removesuffix("Z")
    found.filters["quoted"] = shlex.quote
    found.filters["taken"] = taken_text
    found.filters["keys"] = keys_text
    found.filters["span"] = span_of
    found.filters["counted"] = count_text
    found.filters["with_code"] = _with_code
    found.globals |= {
        "asked_as": asked_as,
        "facts": facts,
        "changes": changes,
        "powers": powers,
        "weighed": weighed,
        "status_text": status_text,
        "without_events": without_events,
        "values": _values,
        "who": caller_name,
        "whom": target_name,
    }
    return found


def _with_code(text: str) -> Markup:
    """Mark as code what stands between backticks in a sentence of the catalog."""
    parts = (escape(_shown(part)) for part in text.split("`"))
    marked = (
        Markup("<code>{}</code>").format(part) if odd % 2 else part
        for odd, part in enumerate(parts)
    )
    return Markup("").join(marked)


def _shown(value: object) -> str:
    """Make any value of a template plain text; what a template made itself stays markup."""
    if isinstance(value, Markup):
        return value
    return "" if value is None else clipped(visible(value), _LONGEST)


def policy(style: str) -> str:
    """Write the policy of a page (CSP): no source of anything, but this style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
