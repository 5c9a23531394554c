"""Runbooks and fixes as data for programs: what their pages say, under names."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

from trailmend.by_hand import by_hand
from trailmend.catalog import Claim, Console, Explanation, Fact, Runbook, runbooks
from trailmend.plan import Remediation, rehearse, remediations
from trailmend.report.following import follow_ups
from trailmend.report.instructions import command_lines, python_snippet

RUNBOOK, FIX = "trailmend/runbook/1", "trailmend/fix/1"


def catalog_data() -> list[dict[str, Any]]:
    """Give every runbook, then every fix; `schema` tells them apart."""
    return [
        *(runbook_data(key, one) for key, one in runbooks().items()),
        *(fix_data(one) for _, one in sorted(remediations().items())),
    ]


def runbook_data(key: str, runbook: Runbook) -> dict[str, Any]:
    """Give one runbook; its fixes stand there by their keys."""
    return {
        "schema": RUNBOOK,
        "key": key,
        "events": list(runbook.events),
        "family": runbook.family,
        "tier": runbook.tier,
        "first": runbook.first,
        "silence": runbook.silence,
        "information": _claims(runbook.information),
        "impact": _claims(runbook.impact),
        "explanations": [_explanation(one) for one in runbook.explanations],
        "control_gaps": _claims(runbook.control_gaps),
        "corrections": [{"said": one.said, **_claim(one.fact)} for one in runbook.corrections],
        "questions": list(runbook.questions),
        "false_positives": list(runbook.false_positives),
        "detections": [
            {
                "key": f"{key}.{name}",
                "title": one.title,
                "level": one.level,
                "outcome": one.outcome,
                "takes_back": one.takes_back,
                "only_of_suspects": one.only_of_suspects,
                "when": " ".join(one.when.split()),
                "techniques": list(one.techniques),
                "fixes": [fix.key for fix in one.fixes],
            }
            for name, one in runbook.detections.items()
        ],
        "follow_ups": follow_ups(runbook),
        "fixes": [fix.key for fix in runbook.fixes],
        "console": [_console(one) for one in runbook.console],
        "not_fixable": _claims(runbook.not_fixable),
        "hardening": [
            {"fix": one.fix.key, "does": one.does, "lacks": one.lacks, "source": one.source}
            for one in runbook.hardening
        ],
    }


def fix_data(fix: Remediation) -> dict[str, Any]:
    """Give one fix, with the calls of its example for a shell and for Python."""
    calls = [change.call for change in rehearse(fix).changes]
    return {
        "schema": FIX,
        "key": fix.key,
        "title": fix.title,
        "text": cleandoc(fix.text),
        "breaks": fix.breaks,
        "about": fix.about,
        "stage": fix.stage,
        "permissions": list(fix.permissions),
        "cli": command_lines(calls),
        "python": python_snippet(calls),
        "console": _console(by_hand()[fix.key]),
    }


def _claims(claims: Iterable[Claim]) -> list[dict[str, str]]:
    return [_claim(one) for one in claims]


def _claim(claim: Claim) -> dict[str, str]:
    return {"text": claim.text, "source": claim.source}


def _explanation(one: Explanation) -> dict[str, Any]:
    return {
        "hypothesis": one.hypothesis,
        "text": one.text,
        "for": _facts(one.supports),
        "against": _facts(one.against),
    }


def _facts(facts: Iterable[Fact]) -> list[dict[str, str | None]]:
    return [{"text": one.text, "when": one.when} for one in facts]


def _console(console: Console) -> dict[str, Any]:
    return {
        "title": console.title,
        "steps": list(console.steps),
        "source": console.source,
        "read": console.read,
    }
