"""The pages that are generated: of each runbook and fix, their lists, explanations, columns.

python -m trailmend.docs docs            write them
python -m trailmend.docs --check docs    say which are not as the code would write them
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from trailmend import context, events
from trailmend.catalog import broken, runbooks
from trailmend.detect.columns import table_columns
from trailmend.detect.explanations import COMMON
from trailmend.plan import remediations
from trailmend.report.fix_pages import fix_page, fixes
from trailmend.report.pages import chain_pages, index, page
from trailmend.stories.taken_back import ANSWERED_WITHIN, SUSPECT_FOR

_TAKEN_BACK = (
    'One fact of the whole log does: "This put F-... right, of another principal\'s doing".  It',
    "stands with a finding on a call that only takes access away and resolved an earlier finding",
    "of medium level or above, which a third principal had caused; then it is low.  It stays",
    "medium where an intruder could hide behind that:",
    "",
    f"- more than {ANSWERED_WITHIN.days} days after what was put right;",
    f"- where, within {SUSPECT_FOR.days} days, the caller caused such a finding too and did not",
    "  take it back before it became worse, or is the one whom such a finding is about;",
    "- where the caller's key or session was itself found so, comes from another account, or was",
    "  seen at two public addresses.",
    "",
    "What ends something of an organization or an account all the same, as closing an account or",
    "detaching a policy that shut responders out, is low only where the principal that is undone",
    "caused another finding of level high or above within 7 days.",
    "",
    'So does another: "It was a step of a deletion".  A finding of medium level on a step by',
    "which a user is taken apart is low where the same caller deletes the user within the hour,",
    "from an address known for a day, and did nothing like it to anybody else that day.  It stays",
    "medium where the user is known to be an administrator or the caller may be an intruder.",
    "",
    "Taking away an MFA device, a boundary or a denial is never low for it.  Mutes change none",
    "of it.",
)


def pages() -> dict[str, str]:
    """Write every generated page; the key is its path below the folder of documents."""
    written = {f"runbooks/{key}.md": page(key, one) for key, one in runbooks().items()}
    written |= {f"fixes/{key}.md": fix_page(one) for key, one in sorted(remediations().items())}
    return {
        "chains.md": chain_pages(),
        "columns.md": _columns(),
        "explanations.md": _explanations(),
        "fixes.md": fixes(),
        "runbooks/README.md": index(),
        **written,
    }


def _columns() -> str:
    return "\n".join(
        [
            "# Columns",
            "",
            "The tables that conditions read; `context` joins `events` on (account_id, event_id).",
            "Null means that the log does not tell.",
            *_table("events", events.COLUMNS, table_columns(events.Event)),
            *_table("context", context.COLUMNS, table_columns(context.Context)),
            "",
        ]
    )


def _explanations() -> str:
    lines = [
        "# Explanations",
        "",
        "Each finding carries competing explanations.  Its runbook holds the facts that only its",
        "event can tell; those below are asked of every event.  A fact stands in the finding where",
        "its condition is true of the [columns](columns.md); null is not true.  None of these",
        "facts changes a level.",
        "",
        *_TAKEN_BACK,
    ]
    for hypothesis, (supports, against) in COMMON.items():
        lines += ["", f"## {hypothesis.capitalize()}", ""]
        lines += [f"- For: {fact.named} `{fact.when}`" for fact in supports]
        lines += [f"- Against: {fact.named} `{fact.when}`" for fact in against]
    return "\n".join([*lines, ""])


def _table(name: str, said: Mapping[str, str], types: Mapping[str, str]) -> list[str]:
    rows = (f"| `{column}` | {types[column].lower()} | {text} |" for column, text in said.items())
    return ["", f"## {name}", "", "| Column | Type | Meaning |", "|---|---|---|", *rows]


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them; give the exit code."""
    for one in broken():
        sys.stdout.write(f"{one.file}:{one.line}: {one.name} cannot be loaded: {one.reason}\n")
    if broken():
        return 1
    check, folder = "--check" in arguments, Path(arguments[-1])
    stale = []
    for name, text in pages().items():
        path = folder / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for name in stale:
        sys.stdout.write(f"{name} {'is out of date: run make docs' if check else 'written'}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
