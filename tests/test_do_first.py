"""What a report says to do first names the key, policy or thing that is to be closed."""

from __future__ import annotations

from tests.takeovers import plain
from trailmend.findings import Finding, TargetPart
from trailmend.report.html import findings_html
from trailmend.report.markdown_report import report_markdown
from trailmend.report.verdict import verdict
from trailmend.takeovers import stories_of

_KEY = (
    "access key AKIABOB of bob signed calls, and nothing in the log says that it was switched off"
)


def _opened(number: int) -> Finding:
    target = TargetPart("role", f"door-{number}", None, None)
    return plain(number, level="high", target=target, detection="put_inline_policy.administrator")


def test_step_of_a_story_names_what_is_open_and_the_key_first() -> None:
    found = [_opened(number) for number in range(6)]
    (story,) = stories_of(found)

    (step,) = verdict(found, [story]).steps

    doors = [
        f"Somebody did something (Any on role/door-{n}): nothing later in the log puts it right "
        f"({found[n].id})"
        for n in range(3)
    ]
    more = f"and 3 more: trailmend story {story.id}"
    assert step.left == (f"{_KEY} ({found[0].id})", *doors, more)


def test_step_of_a_finding_names_what_it_is_about() -> None:
    key = TargetPart("user", "alice", "access_key", "AKIAALICE")

    (step,) = verdict([plain(level="high", target=key)], []).steps

    assert step.left == ("access_key/AKIAALICE",)


def test_both_reports_tell_what_is_to_be_closed() -> None:
    found = [_opened(number) for number in range(2)]
    stories = stories_of(found)

    page, text = findings_html(found, stories), report_markdown(found, stories)

    assert f"<li>{_KEY} ({found[0].id})</li>" in page
    first, _, _ = text.partition("## Stories")
    assert f"   - {_KEY} \\({found[0].id.replace('-', chr(92) + '-')}\\)" in first
