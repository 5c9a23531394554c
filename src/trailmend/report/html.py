"""Findings as one HTML page that opens without a network: nothing is loaded and no script runs.

The policy in its head (CSP) allows nothing but the one style sheet, by its hash.  Every value that
a template prints passes `_shown` and is escaped.  What does not fit is counted and never left out
in silence: the worst findings stand whole, the next ones in a line each, all of them in the table
of kinds, so that the page stays below 5 MB however many there are and whatever they hold.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import trailmend
from trailmend.catalog import LEVELS
from trailmend.findings import Finding
from trailmend.mutes import NO_MUTES, Muting
from trailmend.report import charts, tallies
from trailmend.report.mutes import HEADER, mute_rows
from trailmend.report.parts import changed, clipped, facts
from trailmend.report.safe import visible
from trailmend.takeovers import Story
from trailmend.takeovers.acts import caller_name, target_name

if TYPE_CHECKING:
    from trailmend.scan import Scan

_TEMPLATES = Path(__file__).parent / "templates"
_LANES, _NODES = 20, 16
_STORIES, _WHOLE, _SHORT, _LISTED = 900_000, 2_000_000, 900_000, 150_000
"""Bytes that the stories, the whole findings, the short ones and each other list may take."""
_LONGEST = 400
"""Characters of one text; JSON lines give it whole."""
_MOST_KINDS = 200


def findings_html(
    findings: Sequence[Finding],
    stories: Sequence[Story],
    done: Scan | None = None,
    muting: Muting = NO_MUTES,
) -> str:
    """Write the page of some findings and of the stories that tell them.

    `done` is the scan that found them, for what was read and what could not be; without it the
    page says that this is not known.  `muting` tells what is hidden of what was found.
    """
    templates = _environment()
    ordered = tallies.worst_first(findings)
    told = sorted(stories, key=lambda one: (-LEVELS.index(one.level), one.first, one.id))
    style = templates.get_template("report.css").render()
    whole = _fitting(templates, "finding.html", ordered, _WHOLE)
    rest = ordered[len(whole) :]
    kinds = tallies.kinds(findings)
    return templates.get_template(
        "report.html"
    ).render(
        style=Markup(style),  # noqa: S704  a file of ours, with no value in it
        policy=_policy(style),
        version=trailmend.__version__,
        findings=ordered,
        levels=tallies.by_level(findings),
        accounts=sorted({one.event.account_id for one in findings}),
        regions=sorted({one.event.region or "unknown" for one in findings}),
        done=done,
        rejects=_fitting(templates, "reject.html", done.rejects if done else [], _LISTED),
        unknowns=tallies.unknowns(findings),
        stories=told,
        whole_stories=_fitting(templates, "story.html", told, _STORIES),
        whole=whole,
        short=_fitting(templates, "short.html", rest, _SHORT),
        kinds=kinds[:_MOST_KINDS],
        more_kinds=kinds[_MOST_KINDS:],
        plans=_fitting(templates, "plan.html", tallies.own_plans(findings), _LISTED),
        mute_header=HEADER,
        mutes=_fitting(templates, "mute.html", mute_rows(muting), _LISTED),
        more_mutes=len(mute_rows(muting)),
        **_pictures(findings, told),
    )


def _pictures(findings: Sequence[Finding], stories: Sequence[Story]) -> dict[str, Any]:
    """Draw the pictures, and give the counts that they show for the tables beside them."""
    lanes = tallies.actors(findings, _LANES)
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
    found.filters["number"] = lambda number: f"{number:,}"
    found.filters["time"] = lambda text: text.replace("T", " ").removesuffix("Z")
    found.globals |= {
        "facts": facts,
        "changed": changed,
        "values": lambda finding: finding.why.values.items(),
        "who": caller_name,
        "whom": target_name,
    }
    return found


def _shown(value: object) -> str:
    """Make any value of a template plain text; what a template made itself stays markup."""
    if isinstance(value, Markup):
        return value
    return "" if value is None else clipped(visible(value), _LONGEST)


def _policy(style: str) -> str:
    """Write the policy of the page: no source of anything, but this style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _fitting(
    templates: Environment, name: str, values: Iterable[object], most: int
) -> list[Markup]:
    """Render values one by one, until they take so many bytes."""
    template, made, size = templates.get_template(name), list[Markup](), 0
    for one in values:
        text = template.render(one=one)
        size += len(text.encode())
        if size > most:
            break
        made.append(Markup(text))  # noqa: S704  a template rendered it, with every value escaped
    return made
