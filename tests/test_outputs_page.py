"""The page stands alone, is well formed and accessible, and stays small however much it tells."""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any

import html5lib
import msgspec
import pytest

from tests.outputs_support import finding
from tests.reading import findings_of, real
from trailmend.blind_spots import BlindSpots
from trailmend.findings import Finding
from trailmend.records import Reject
from trailmend.report import tallies
from trailmend.report.html import findings_html
from trailmend.report.verdict import Verdict, verdict
from trailmend.takeovers import Story, stories_of

SVG = "{http://www.w3.org/2000/svg}"
LEVELS = ("info", "low", "low", "low", "medium", "medium", "high", "critical")


def many(count: int) -> list[Finding]:
    """Make findings of 60 actors and 90 targets, of all levels, in 40 days."""
    return [_one(number) for number in range(count)]


def _one(number: int) -> Finding:
    one = finding(number, level=LEVELS[number % 8], status="open" if number % 3 else None)
    actor = msgspec.structs.replace(
        one.actor, name=f"user-{number % 60}", id=f"AIDA{number % 60}", access_key_id=None
    )
    target = msgspec.structs.replace(one.target, name=f"person-{number * 7 % 90}")
    return msgspec.structs.replace(one, actor=actor, target=target)


def parse(page: str) -> Any:
    """Parse strictly: any parse error of the HTML standard raises."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def page_of(found: Sequence[Finding], stories: Sequence[Story] = ()) -> str:
    return findings_html(found, stories)


@pytest.mark.parametrize("count", [0, 1, 30])
def test_the_page_is_well_formed(count: int) -> None:
    found = many(count)

    parse(page_of(found, stories_of(found)))


def test_the_strict_parser_sees_what_is_wrong() -> None:
    with pytest.raises(html5lib.html5parser.ParseError):
        parse(page_of([finding()]).replace("</section>", "</article>", 1))


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    found = many(30)
    tree = parse(page_of(found, stories_of(found)))

    tags = {str(each.tag).removeprefix(SVG) for each in tree.iter()}
    links = {name: text for each in tree.iter() for name, text in each.attrib.items()
             if name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href")
             and not text.startswith("#")}  # fmt: skip
    handlers = [n for each in tree.iter() for n in each.attrib if str(n).startswith("on")]
    styled = [each.tag for each in tree.iter() if "style" in each.attrib]
    assert tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"} == set()
    assert (links, handlers, styled) == ({}, [], [])


def test_the_policy_allows_the_one_style_sheet_and_nothing_else() -> None:
    tree = parse(page_of([finding()]))

    (policy,) = [m.get("content") for m in tree.iter("meta") if m.get("http-equiv")]
    (style,) = tree.iter("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|expression", style.text)


def test_the_page_can_be_used_without_eyes_and_without_a_mouse() -> None:
    tree = parse(page_of(many(30)))

    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    anchors = {each.get("href") for each in tree.iter("a")}
    pictures = list(tree.iter(f"{SVG}svg"))
    assert tree.get("lang") == "en"
    assert len(ids) == len(set(ids))
    assert {f"#{one}" for one in ids} >= anchors
    assert all(each.get("role") == "img" and each.get("aria-label") for each in pictures)
    assert len(pictures) == 4
    assert all(each.get("for") in ids for each in tree.iter("label"))
    assert all(each.get("scope") for each in tree.iter("th"))


def test_the_page_tells_the_same_findings_as_the_other_forms() -> None:
    found = many(30)

    page = page_of(found)

    assert [one.id for one in found if f'id="{one.id}"' not in page] == []


def test_ten_thousand_findings_fit_and_none_is_left_out_in_silence() -> None:
    found = many(10_000)

    page = page_of(found, stories_of(found))

    whole = page.count('<details class="entry')
    short = page.count('<tr class="of-')
    assert whole + short == 10_000
    assert len(page.encode()) < 5_000_000


def test_of_more_findings_than_fit_none_is_left_out_in_silence() -> None:
    found = [finding(number, title="T" * 300) for number in range(20_000)]

    page = page_of(found)

    listed = page.count('<details class="entry') + page.count('<tr class="of-')
    (left,) = re.findall(r"([\d,]+) more of this kind", page)
    assert listed > 10_000
    assert "1 kind has more than are listed." in page
    assert "Open one for all of it." in page_of(found[:701])
    assert listed + int(left.replace(",", "")) == 20_000
    assert len(page.encode()) < 5_000_000


def test_the_worst_of_many_stands_first() -> None:
    found = [finding(number, level="low") for number in range(2000)]
    found.insert(1500, finding(3000, level="critical"))

    tree = parse(page_of(found))

    first = next(each for each in tree.iter("details") if "entry" in each.get("class", ""))
    (inside,) = first.findall("div")
    assert inside.get("id") == found[1500].id
    assert "of-critical" in first.get("class")


def test_the_page_begins_with_what_is_open_and_the_command_that_mends_it() -> None:
    loud = finding(1, level="critical", status="open", title="A door stands open")
    quiet = finding(2, level="critical", status="resolved", title="A door was shut")

    tree = parse(page_of([quiet, loud]))

    (headline,) = tree.iter("h1")
    (steps,) = [each for each in tree.iter("ol") if each.get("class") == "steps"]
    assert "".join(headline.itertext()) == "critical A door stands open: eve → alice"
    assert [code.text for code in steps.iter("code")] == [f"trailmend plan {loud.id}"]


def test_level_of_a_story_is_named_as_the_story_s_beside_the_counts_of_findings() -> None:
    loose = finding(1, level="critical", status="open")
    assert "The level above is that of the story" not in page_of([loose])
    found = findings_of(real("invictus"))
    told = stories_of(found)

    page = page_of(found, told)

    assert verdict(found, told).of_story
    assert "The level above is that of the story" in page


def test_a_page_of_nothing_open_says_so() -> None:
    assert verdict([finding(status="resolved")], []).headline == (
        "Nothing of level medium or above is open"
    )
    assert verdict([finding(level="low")], []).headline == (
        "Nothing of level medium or above was found"
    )
    assert verdict([], []) == Verdict(None, "Nothing was found", (), 0)


def test_what_became_worse_and_is_latest_comes_first_of_what_is_as_bad() -> None:
    found = [finding(number, status=status) for number, status in enumerate(
        ["open", "worsened", "worsened", "open"]
    )]  # fmt: skip

    steps = verdict([*found, finding(9, level="critical", status="open")], []).steps

    assert [one.about for one in steps] == [
        finding(9).id, found[2].id, found[1].id, found[3].id, found[0].id
    ]  # fmt: skip


def test_every_finding_can_be_filtered_by_level_status_and_actor() -> None:
    tree = parse(page_of(many(30)))

    options = {each.get("value"): each.text for each in tree.iter("option")}
    entries = [each for each in tree.iter("details") if "entry" in each.get("class", "")]
    assert len(entries) == 30
    for entry in entries:
        level, status, lane = entry.get("class").split()[1:]
        assert tree.find(f".//input[@id='hide-{level.removeprefix('of-')}']") is not None
        assert status in ("is-open", "is-none")
        name = next(entry.iter("b")).text
        assert options[lane] in (name, "11 other actors")


def test_giant_texts_and_many_stories_do_not_make_a_giant_page() -> None:
    giant = "A" * 100_000
    found = [finding(number, title=giant, before={giant: giant}) for number in range(300)]

    page = page_of(found, stories_of(found))

    assert len(page.encode()) < 5_000_000


def test_what_was_not_read_is_named_and_counted() -> None:
    rejects = [Reject(f"part-{number}", number, 7, "not JSON") for number in range(9000)]

    page = findings_html([finding()], [], BlindSpots(unread=tuple(rejects)))

    assert "9,000 pieces of the input not read" in page
    assert "part-0" in page
    assert re.search(r"And [\d,]+ more\.", page)
    assert len(page.encode()) < 5_000_000


def test_same_findings_give_the_same_page_in_any_order() -> None:
    found = many(50)

    assert page_of(found, stories_of(found)) == page_of(found[::-1], stories_of(found[::-1]))


def test_actors_beyond_the_lanes_are_one_lane_and_counted() -> None:
    found = many(600)

    lanes = tallies.actors(found, 20)
    edges = tallies.edges(found, 16)

    assert len(lanes) == 20
    assert lanes[-1].name == "41 other actors"
    assert sum(len(lane.findings) for lane in lanes) == 600
    assert sum(edge.count for edge in edges) == 600
    assert sum(map(sum, tallies.hours(found))) == 600


def test_names_of_two_accounts_are_not_mixed() -> None:
    here = finding(1)
    there = finding(2, event=msgspec.structs.replace(finding(2).event, account_id="444455556666"))

    assert [lane.name for lane in tallies.actors([here, there], 20)] == [
        "eve in 111122223333",
        "eve in 444455556666",
    ]
