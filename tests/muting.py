"""What the tests of mutes share: a mute, a file of mutes, findings that a mute could be about."""

from datetime import date
from typing import Any

import msgspec

from tests.outputs_support import finding
from trailmend.findings import Finding
from trailmend.mutes import Fault, Mute, Muting, Use, judge, written
from trailmend.takeovers import stories_of

DAY = date(2026, 6, 1)
EVE, CI = "AIDAEVE", "AROACI"
OWN, OTHER = "111122223333", "999988887777"
WEAKENED, DENIED = "update_account_password_policy.weakened", "delete_login_profile.denied"


def mute(**changes: Any) -> Mute:
    """Make a mute that hides what `found` makes."""
    return msgspec.structs.replace(
        Mute(
            id="M-1",
            detections=(WEAKENED,),
            account=OWN,
            actor_id=EVE,
            level_at_most="medium",
            owner="kim",
            reason="the nightly job",
            until=date(2026, 12, 31),
            made_at=date(2026, 4, 1),
        ),
        **changes,
    )


def found(number: int = 0, **changes: Any) -> Finding:
    """Make a finding of medium level that is open; `actor_id` and the like change its parts."""
    one = finding(number, **({"level": "medium", "status": "open", "next": []} | _whole(changes)))
    actor = msgspec.structs.replace(one.actor, **_part(changes, "actor"))
    event = msgspec.structs.replace(one.event, **_part(changes, "event"))
    target = msgspec.structs.replace(one.target, **_part(changes, "target"))
    return msgspec.structs.replace(one, actor=actor, event=event, target=target)


def _whole(changes: dict[str, Any]) -> dict[str, Any]:
    parts = ("actor_", "event_", "target_")
    return {name: value for name, value in changes.items() if not name.startswith(parts)}


def _part(changes: dict[str, Any], part: str) -> dict[str, Any]:
    return {
        name.removeprefix(f"{part}_"): value
        for name, value in changes.items()
        if name.startswith(f"{part}_")
    }


def judged(mutes: list[Mute], findings: list[Finding], day: date = DAY) -> Muting:
    return judge(mutes, findings, stories_of(findings), day)


def hidden(mutes: list[Mute], findings: list[Finding], day: date = DAY) -> set[str]:
    return set(judged(mutes, findings, day).hidden)


def written_file(*mutes: Mute) -> str:
    return "\n".join(map(written, mutes))


def with_text(text: str) -> Muting:
    """Make mutes that hide something, with a text in every place that somebody writes."""
    kept = mute(owner=text, reason=text, detections=(text,), target=text, object_id=text)
    use = Use(mute=kept, state="in force", hides=("F-1",), through=(), unused=False)
    return Muting((use,), (Fault(text, 3, 1, text, text),), DAY)
