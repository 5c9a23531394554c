"""The catalog as a site is whole, leads nowhere that is not there, and loads nothing."""

import json
import posixpath
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import html5lib
import pytest
from typer.testing import CliRunner

from tests.test_outputs_page import parse
from trailmend.catalog import detections, runbooks
from trailmend.cli import app
from trailmend.docs import pages
from trailmend.errors import WrongUse
from trailmend.plan import remediations
from trailmend.report.runbook_data import catalog_data
from trailmend.report.site import single_page, site, slug

TAKEN = "runbooks/delete_login_profile.html"


class Links(HTMLParser):
    """Gathers the links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.tags.add(tag)
        self.links += [given["href"] or ""] if "href" in given else []
        self.ids += [given["id"] or ""] if "id" in given else []
        assert not [name for name in given if name.startswith("on") or name == "style"]


@cache
def files() -> dict[str, str]:
    return site(pages())


@cache
def read() -> dict[str, Links]:
    return {name: Links(text) for name, text in files().items()}


def aims(name: str) -> list[tuple[str, str]]:
    """Give the files that a page links to, with the anchors."""
    parts = (link.partition("#") for link in read()[name].links)
    folder = posixpath.dirname(name)
    return [
        (posixpath.normpath(posixpath.join(folder, path)) if path else name, anchor)
        for path, _, anchor in parts
    ]


def test_every_event_every_fix_and_every_situation_has_a_page() -> None:
    for key, runbook in runbooks().items():
        page = files()[f"runbooks/{key}.html"]
        assert all(name in page for name in runbook.names)
    assert {f"fixes/{key}.html" for key in remediations()} <= set(files())
    missing = [
        key for key in detections() if key not in files()[f"runbooks/{key.split('.')[0]}.html"]
    ]
    assert missing == []


def test_every_link_and_every_anchor_of_the_site_is_there() -> None:
    dead = [
        (name, path, anchor)
        for name in files()
        for path, anchor in aims(name)
        if path not in files() or (anchor and anchor not in read()[path].ids)
    ]

    assert dead == []


def test_every_page_is_reached_from_the_first() -> None:
    reached, waiting = {"index.html"}, ["index.html"]
    while waiting:
        new = {path for path, _ in aims(waiting.pop())} - reached
        reached |= new
        waiting += new

    assert reached == set(files())


def test_the_first_page_leads_to_every_event_and_every_fix_at_once() -> None:
    direct = {path for path, _ in aims("index.html")}
    shown = Links(files()["index.html"])

    assert direct >= {f"runbooks/{key}.html" for key in runbooks()}
    assert direct >= {f"fixes/{key}.html" for key in remediations()}
    assert len(shown.ids) == len(set(shown.ids))


def test_no_page_loads_or_runs_anything() -> None:
    forbidden = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "svg"}

    assert [name for name, found in read().items() if found.tags & forbidden] == []
    policy = "default-src 'none'; style-src 'sha256-"
    assert [name for name, text in files().items() if policy not in unescape(text)] == []
    assert [name for name, found in read().items() if len(found.ids) != len(set(found.ids))] == []


@pytest.mark.parametrize(
    "name", ["index.html", "columns.html", "runbooks/delete_login_profile.html"]
)
def test_the_pages_are_well_formed(name: str) -> None:
    parse(files()[name])


def test_the_pages_hold_what_the_documents_say() -> None:
    page = html5lib.parse(
        files()["runbooks/delete_login_profile.html"], namespaceHTMLElements=False
    )
    shown = " ".join(" ".join(page.itertext()).split())

    for claim in runbooks()["delete_login_profile"].information:
        assert " ".join(claim.text.split()) in shown


def test_markup_in_a_page_is_text_and_a_page_alone_has_no_dead_link() -> None:
    page = single_page(
        "x.md", "# A <b>\n\n<script>alert(1)</script> [there](other.md) [here](#a-b)\n"
    )

    found = Links(page)
    assert "script" not in found.tags
    assert found.links == ["#content", "#a-b"]


def test_anchors_are_those_of_github() -> None:
    assert slug("Turn it off (`access_keys.turn_off`)") == "turn-it-off-access_keysturn_off"
    assert slug("Often said, and not so") == "often-said-and-not-so"


def test_the_catalog_as_data_has_every_key() -> None:
    data = catalog_data()

    assert {one["key"] for one in data} == {*runbooks(), *remediations()}
    found = {each["key"] for one in data for each in one.get("detections", ())}
    assert found == set(detections())


def test_the_command_writes_the_site_and_one_page(tmp_path: Path) -> None:
    runner, place = CliRunner(), tmp_path / "site"

    written = runner.invoke(app, ["runbook", "--all", "-o", "html", "--folder", str(place)])
    one = runner.invoke(app, ["runbook", "DeleteLoginProfile", "-o", "json"])

    assert (written.exit_code, written.stdout) == (0, "")
    assert written.stderr.splitlines()[-1] == f"Begin with {place / 'index.html'}"
    found = {path.relative_to(place).as_posix(): path.read_text() for path in place.rglob("*.html")}
    assert found == files()
    assert json.loads(one.stdout)["events"] == ["iam.amazonaws.com:DeleteLoginProfile"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--all", "--output", "html"], "--folder"),
        (["DeleteLoginProfile", "--all"], "leave the name out"),
        (["--folder", "x"], "--all"),
        (["--output", "html"], "--all"),
        (["--all", "--folder", "x"], "html or md"),
    ],
)
def test_wrong_use_is_told_in_a_line(arguments: list[str], word: str) -> None:
    result = CliRunner().invoke(app, ["runbook", *arguments])

    assert isinstance(result.exception, WrongUse)
    assert re.search(re.escape(word), str(result.exception))
