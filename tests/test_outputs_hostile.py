"""Text from logs is text in every form of output: 200 hostile texts in every field of a finding."""

import csv
import io
import json
import re
import unicodedata
from functools import cache
from typing import Any

import botocore.session
import html5lib
import jsonschema
import msgspec
import ocsf_json_schema
import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.muting import with_text
from tests.outputs_support import PAYLOADS, blind_to, hostile, with_texts
from tests.slow import some
from trailmend.report.asff import security_finding
from trailmend.report.csv_table import findings_csv, harmless
from trailmend.report.html import findings_html
from trailmend.report.markdown import code, findings_markdown, sentence, stories_markdown
from trailmend.report.markdown_report import report_markdown
from trailmend.report.mutes import mute_records
from trailmend.report.ocsf import detection_finding
from trailmend.report.parts import clipped
from trailmend.report.safe import json_line, visible
from trailmend.takeovers import stories_of

LIMITS = {"Id": 512, "GeneratorId": 512, "Title": 256, "Description": 1024, "AwsAccountId": 12}
MARKDOWN = MarkdownIt("commonmark").enable("table")
SHOWN = [text for text in PAYLOADS if text.strip()]
"""A blank text is left out, or told as unknown, so that a page has less of it."""


def dangerous(text: str, allowed: str = "\n") -> list[str]:
    kinds = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")
    characters = dict.fromkeys(text)
    return [one for one in characters if one not in allowed and unicodedata.category(one) in kinds]


def test_the_hostile_texts_are_many_and_reach_every_field() -> None:
    assert len(PAYLOADS) >= 200
    assert set(with_texts(hostile("here"))) == {"here"}
    assert len(with_texts(hostile("here"))) >= 30


@pytest.mark.parametrize("text", PAYLOADS, ids=ascii)
def test_json_lines_of_every_schema_are_one_line_of_ascii_and_lossless(text: str) -> None:
    one = hostile(text)

    whole = (msgspec.to_builtins(one), detection_finding(one), security_finding(one))
    for made in (*whole, *mute_records(with_text(text))):
        line = json_line(made)
        assert line.isascii()
        assert dangerous(line, allowed="") == []
        assert json.loads(line) == made


@pytest.mark.parametrize("text", PAYLOADS, ids=ascii)
def test_security_hub_accepts_every_text_within_its_lengths(text: str) -> None:
    made = security_finding(hostile(text))

    report = ParamValidator().validate({"Findings": [made]}, import_shape())
    assert report.generate_report() == ""
    assert [name for name, most in LIMITS.items() if not 0 < len(made[name]) <= most] == []
    assert re.fullmatch(r"arn:aws:securityhub:[\w-]+:\w+:product/\w+/default", made["ProductArn"])
    assert len(made["Resources"]) <= 32
    assert all(len(value) <= 2048 for value in made["ProductFields"].values())
    assert [text for text in _texts(made) if not text.strip()] == []


@cache
def import_shape() -> Any:
    model = botocore.session.get_session().get_service_model("securityhub")
    return model.shape_for("BatchImportFindingsRequest")


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


def test_the_published_schema_accepts_every_text() -> None:
    embedded = ocsf_json_schema.OcsfJsonSchemaEmbedded(ocsf_json_schema.get_ocsf_schema("1.5.0"))
    schema = jsonschema.Draft202012Validator(
        embedded.get_class_schema("detection_finding", ["cloud"])
    )

    wrong = [text for text in PAYLOADS if not schema.is_valid(detection_finding(hostile(text)))]

    assert wrong == []


@pytest.mark.parametrize("text", PAYLOADS, ids=ascii)
def test_no_cell_of_a_table_is_a_formula_and_none_leaves_its_cell(text: str) -> None:
    made = findings_csv([hostile(text), hostile("plain", 1)], with_text(text))

    header, *rows = csv.reader(io.StringIO(made, newline=""), strict=True)
    assert [len(row) for row in rows] == [len(header)] * 4
    assert dangerous(made, allowed="\r\n") == []
    assert [cell for row in rows for cell in row if is_formula(cell)] == []
    csv.field_size_limit(1_000_000)  # with another delimiter a line is one cell
    for row in csv.reader(io.StringIO(made, newline=""), delimiter=";"):
        assert [cell for cell in row if is_formula(cell)] == []


def is_formula(cell: str) -> bool:
    return (
        unicodedata.normalize("NFKC", cell)
        .strip()
        .strip('"')
        .strip()
        .startswith(("=", "+", "-", "@"))
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_text_at_all_is_a_formula(text: str) -> None:
    assert not is_formula(harmless(text))


@given(st.text(st.sampled_from("aZ09_-=+,.@"), min_size=1, max_size=64))
def test_a_legal_iam_name_keeps_its_characters_in_a_cell(name: str) -> None:
    assert harmless(name).replace("'", "") == name


def tokens(text: str) -> list[Any]:
    return [token for block in MARKDOWN.parse(text) for token in (block, *(block.children or []))]


@pytest.mark.parametrize("text", some(SHOWN), ids=ascii)
def test_no_text_is_markup_in_markdown(text: str) -> None:
    made = markdown_of(text)

    assert [dangerous(page) for page in made] == [[], [], []]
    assert [shape(page) for page in made] == calm_shapes()


def markdown_of(text: str) -> list[str]:
    found = [hostile(text), hostile(text, 1)]
    stories = stories_of(found)
    return [
        findings_markdown(found, with_text(text)),
        stories_markdown(stories),
        report_markdown(found, stories, blind_to(text), with_text(text)),
    ]


@cache
def calm_shapes() -> list[list[str]]:
    return [shape(page) for page in markdown_of("plain")]


def shape(text: str) -> list[str]:
    """Give the structure of a page, without the texts; a sentence may be text or code."""
    texts = ("text", "code_inline", "text_special", "inline")
    own = [token for token in tokens(text) if token.type not in texts]
    return [f"{token.type} {token.attrs.get('href', '')}" for token in own]


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_a_code_span_holds_its_text_and_nothing_ends_it(text: str) -> None:
    (inline,) = [t for t in MARKDOWN.parse(f"a {code(text)} b") if t.type == "inline"]

    kinds = [t.type for t in inline.children or []]
    assert kinds == ["text", "code_inline", "text"]
    assert (inline.children or [])[1].content.strip() == visible(text).replace("|", r"\x7c").strip()


@given(st.text(st.sampled_from("ab `*_[]()<>!&#|~\\:@/.-+=1w\n"), max_size=40))
@settings(max_examples=300)
def test_a_sentence_is_only_text(text: str) -> None:
    shown = tokens(f"x {sentence(text)} y")

    assert {t.type for t in shown} <= {
        "paragraph_open", "inline", "text", "code_inline", "text_special", "paragraph_close",
    }  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize("text", SHOWN, ids=ascii)
def test_no_text_is_markup_in_the_page(text: str) -> None:
    page = page_of(text)

    tree = parse(page)

    assert dangerous(page) == []
    assert skeleton(tree) == calm_skeleton()
    assert spaced(clipped(visible(text), 400)) in spaced(" ".join(tree.itertext()))


@pytest.mark.parametrize("text", sorted(set(PAYLOADS) - set(SHOWN)), ids=ascii)
def test_blank_texts_leave_the_page_well_formed(text: str) -> None:
    assert dangerous(page_of(text)) == []
    assert {tag for tag, _ in skeleton(parse(page_of(text)))} <= {tag for tag, _ in calm_skeleton()}


def page_of(text: str) -> str:
    found = [hostile(text), hostile(text, 1)]
    return findings_html(found, stories_of(found), blind_to(text), with_text(text))


def parse(page: str) -> Any:
    """Parse strictly: any parse error of the HTML standard raises."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


@cache
def calm_skeleton() -> list[tuple[str, list[str]]]:
    return skeleton(parse(page_of("plain")))


def skeleton(tree: Any) -> list[tuple[str, list[str]]]:
    """Give the elements and the names of their attributes: what a text must not change."""
    return [(str(each.tag), sorted(map(str, each.attrib))) for each in tree.iter()]


def spaced(text: str) -> str:
    return " ".join(text.split())
