"""The pages of the catalog as a site: static files that open without a network or a server.

The pages are those of `docs`, and Markdown is their one source.  The page it begins with has
more: every event with its family, tier and worst level, to be filtered without a script.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from msgspec import Struct

import trailmend
from trailmend.catalog import LEVELS, Family, Runbook, runbooks
from trailmend.plan import remediations
from trailmend.report.event_names import shown_names
from trailmend.report.html import policy

_TEMPLATES = Path(__file__).parent / "templates"
_LIST = "runbooks/README.md"
_PUNCTUATION = re.compile(r"[^\w\- ]")
Leads = Callable[[str], str | None]
"""Where a link leads in the site; None where it leads nowhere."""


class Entry(Struct, frozen=True):
    """A line of the first page: a runbook and what decides whether one reads it."""

    key: str
    names: tuple[str, ...]
    about: str
    family: str
    tier: int
    level: str | None
    situations: int
    fixes: int


@cache
def entries() -> tuple[Entry, ...]:
    """Give a line for each runbook, in the order of the families, then of the first name."""
    found = [_entry(key, one) for key, one in runbooks().items()]
    order = get_args(Family)
    return tuple(sorted(found, key=lambda one: (order.index(one.family), one.names[0].lower())))


def _entry(key: str, runbook: Runbook) -> Entry:
    levels = [one.level for one in runbook.detections.values()]
    return Entry(
        key=key,
        names=shown_names(runbook),
        about=runbook.information[0].text,
        family=runbook.family,
        tier=runbook.tier,
        level=max(levels, key=LEVELS.index, default=None),
        situations=len(levels),
        fixes=len(runbook.fixes),
    )


def site(pages: Mapping[str, str]) -> dict[str, str]:
    """Make the files of the site from the pages of `docs`, by their paths."""
    templates = _environment()
    style = templates.get_template("site.css").render()
    files = {"index.html": _index(templates, style)}
    for name, text in pages.items():
        if name != _LIST:
            files[_path(name)] = _page(templates, style, name, text, pages)
    return files


def single_page(name: str, text: str) -> str:
    """Make one page that stands alone: what it names of others is text, not a link."""
    templates = _environment()
    style = templates.get_template("site.css").render()
    return _page(templates, style, name, text, {name: text}, alone=True)


def slug(heading: str) -> str:
    """Give the anchor of a heading, as GitHub makes it, so that a link serves both."""
    plain = heading.replace("`", "").replace("*", "").strip().lower()
    return _PUNCTUATION.sub("", plain).replace(" ", "-")


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _path(name: str) -> str:
    """Give the file of a page; the first page stands for the list of runbooks."""
    return "index.html" if name == _LIST else f"{name.removesuffix('.md')}.html"


def _index(templates: Environment, style: str) -> str:
    found = entries()
    return templates.get_template("catalog.html").render(
        **_frame(style, "Runbooks", ""),
        families=[
            (family, [one for one in found if one.family == family])
            for family in get_args(Family)
            if any(one.family == family for one in found)
        ],
        levels=[level for level in reversed(LEVELS) if any(one.level == level for one in found)],
        tiers=sorted({one.tier for one in found}),
        names=sorted(((name, one.key) for one in found for name in one.names), key=_place),
        fixes=sorted((fix.title, key) for key, fix in remediations().items()),
    )


def _place(named: tuple[str, str]) -> tuple[str, str]:
    return named[0].lower(), named[1]


def _page(
    templates: Environment,
    style: str,
    name: str,
    text: str,
    pages: Mapping[str, str],
    *,
    alone: bool = False,
) -> str:
    tokens = _parse(text)
    _lead(tokens, lambda link: _target(name, link, pages))
    title = next((one.content for one in tokens if one.type == "inline"), name)
    return templates.get_template("page.html").render(
        **_frame(style, title.replace("`", ""), "" if alone else _up(name)),
        alone=alone,
        near=() if alone else _near(name),
        headings=list(_headings(tokens)),
        body=Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})),  # noqa: S704  HTML in it is escaped
    )


def _frame(style: str, title: str, up: str) -> dict[str, object]:
    return {
        "style": Markup(style),  # noqa: S704  a file of ours, with no value in it
        "policy": policy(style),
        "title": title,
        "up": up,
        "version": trailmend.__version__,
    }


def _up(name: str) -> str:
    return "../" * name.count("/")


def _near(name: str) -> Sequence[tuple[str, str, bool]]:
    """Give the pages of the same family: a name, a path, and whether it is this page."""
    folder, _, key = name.removesuffix(".md").rpartition("/")
    if folder != "runbooks" or key not in runbooks():
        return ()
    family = runbooks()[key].family
    return [
        (", ".join(one.names), f"{one.key}.html", one.key == key)
        for one in entries()
        if one.family == family
    ]


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def _parse(text: str) -> list[Token]:
    """Read Markdown, with an anchor on each heading."""
    tokens, seen = _MARKDOWN.parse(text), dict[str, int]()
    for one, following in pairwise(tokens):
        if one.type == "heading_open":
            anchor = slug("".join(part.content for part in following.children or ()))
            count = seen[anchor] = seen.get(anchor, -1) + 1
            one.attrSet("id", f"{anchor}-{count}" if count else anchor)
    return tokens


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    for one, following in pairwise(tokens):
        if one.type == "heading_open" and one.tag == "h2":
            text = "".join(part.content for part in following.children or ())
            yield text, str(one.attrGet("id"))


def _lead(tokens: Sequence[Token], leads: Leads) -> None:
    """Let every link lead to a file of the site; one that leads nowhere becomes text."""
    for block in tokens:
        kept: list[Token] = []
        dropped = False
        for one in block.children or ():
            if one.type == "link_open":
                target = leads(str(one.attrGet("href")))
                dropped = target is None
                one.attrSet("href", target or "")
            if not (dropped and one.type in ("link_open", "link_close")):
                kept.append(one)
        if block.children is not None:
            block.children = kept


def _target(name: str, link: str, pages: Mapping[str, str]) -> str | None:
    path, mark, anchor = link.partition("#")
    if "://" in link:
        return None
    if not path:
        return link
    folder = posixpath.dirname(name)
    aim = posixpath.normpath(posixpath.join(folder, path))
    if aim not in pages:
        return None
    return posixpath.relpath(_path(aim), folder or ".") + mark + anchor
