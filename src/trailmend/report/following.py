"""What may happen next to a finding, told from the rules that look for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trailmend.catalog import Runbook
from trailmend.stories.rule import Join, Rule, Verdict
from trailmend.stories.rules import RULES, UNTOLD

_VERDICTS: Mapping[Verdict, str] = {
    "resolves": "Puts it right",
    "mends": "Puts it right, unless it had become worse",
    "harms": "Makes it worse",
    "lifts": "Takes back what made it worse",
    "reopens": "Opens it again",
    "notes": "Is told, and changes nothing",
}
_WITHOUT_NAME: Mapping[Join, str] = {
    "use": "first use",
    "place": "first use from an address",
    "sign-in": "first sign-in",
    "sign-in with MFA": "sign-in with MFA",
    "visitor's call": "first call of an outsider's session",
    "newly allowed": "a call that was refused before",
}
_WORDS = {
    "who": "WHO",
    "actor": "CALLER",
    "owner": "TARGET",
    "thing": "ID",
    "event": "CALL",
    "address": "ADDRESS",
    "status": "STATUS",
    "missing": "FIELDS",
    "worse": "FIELDS",
    "unlike": "SETTINGS",
}
_LEGEND = (
    "`trailmend scan` looks for these in what comes later; WHO acts then, CALLER acted before."
)


def follow_ups(runbook: Runbook) -> list[dict[str, str | list[str]]]:
    """Give what is looked for after the calls of a page that succeeded, each once."""
    rules = [rule for call in _calls(runbook) for rule in RULES.get(call, ())]
    found = [_told(rule) for verdict in _VERDICTS for rule in rules if rule.verdict == verdict]
    return [one for place, one in enumerate(found) if one not in found[:place]]


def nothing_follows(runbook: Runbook) -> list[str]:
    """Give the reasons why nothing can be looked for after calls of a page."""
    return list(dict.fromkeys(UNTOLD[call] for call in _calls(runbook) if call in UNTOLD))


def following(runbook: Runbook) -> Iterator[str]:
    """Write what is looked for, as a list; nothing where no finding of the page has a status."""
    if all(one.level in ("info", "low") for one in runbook.detections.values()):
        return
    followed = follow_ups(runbook)
    if followed:
        yield from (_LEGEND, "")
    for one in followed:
        yield f"- {one['does']} ({', '.join(one['events'])}): {one['told']}"
    yield from (f"- {reason}" for reason in nothing_follows(runbook))


def _calls(runbook: Runbook) -> Iterator[str]:
    """Name the calls of a page as rules do (see `timeline.called`)."""
    for event in runbook.events:
        source, _, name = event.partition(":")
        service = source.partition(".")[0]
        yield name if service == "iam" else f"{service}:{name}"


def _told(rule: Rule) -> dict[str, str | list[str]]:
    return {
        "verdict": rule.verdict,
        "does": _VERDICTS[rule.verdict],
        "events": list(dict.fromkeys(name.partition(":")[2] or name for name in rule.by))
        or [_WITHOUT_NAME[rule.joined]],
        "told": rule.why.format_map(_WORDS),
    }
