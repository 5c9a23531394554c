"""Stories: the findings of one takeover told as one account.

Two findings of medium level or above belong to one story where one of these joins them, and a
story is all that hangs together so.  `strong` is a finding that is high, or that became worse.

    join             holds where                                    because
    ---------------  ---------------------------------------------  --------------------------------
    same event       one event has two findings                     it is one act
    same caller      a user's or root's id, also of the sessions    an id is nobody else's; a role's
                     that the log shows them take; of others the    is everybody's who assumes it.
                     session by its access key: within a day of a   An hour, because administrators
                     strong finding, else within an hour            do medium things all day
    key used         the access key that one made signs the other,  only who has the secret can
                     within a day
    next             the later is what happened next to the other   `stories` proved it; by a third
                     (`stories`), by the same principal             it is a repair, and a chapter
    victim acts      somebody else changed what a user signs in     the catalog counts a day too
                     with, and the user acts within a day, not      (`context.RECENT`); no password
                     with a long-lived key                          gives a key that was there
    way opened       an outsider whom the earlier let into a role   `stories` proved that the trust
                     acts in a session of it, or of a further role  let them in, and none before it
                     that they took from it, if they took the
                     first within a day of their first ever
    token            credentials of a role were fetched with a      the portal takes the session at
                     token that one tells of, and the other acts    once; only a person of the
                     in a session of Identity Center that began     directory has the token
                     within two seconds of that
    same thing       the same principal touches the same user,      so several sessions of one role
                     account or object again within a day           meet at their victim

Nothing is joined by what a caller chooses or shares: user names of callers, session names,
addresses, user agents.  Users are told by name only where a finding has no id, as targets: a name
is one user's at a time.  Another session of the same role within an hour is a `maybe` and counts
for nothing.

So that automation does not glue an account into one story, a plain finding whose like one principal
causes on five days or more is routine. Routine findings and lower ones join nothing; they are told
as supporting where the same principal touched the same thing within a day, or where they are the
taking of the session that acts, or change the key that signs, by whomever; a routine one also where
the same caller did something strong within an hour.

What the same user, or a session that was taken there, did in another account is named and does not
count: a plan is for one account.

A story of which all is put right is still open while a long-lived key works whose grave story a
third principal had to put right: who has it can begin again.

A story is critical where a takeover was completed and used (high, and became worse) or where two
of its events are high; else it has the level of its worst finding.  It is found anew from all
findings of an account, so that order and batches do not matter.  Its id is that of its earliest
finding in other words: an earlier one that turns up gives it another.
"""

from __future__ import annotations

from collections.abc import Iterable

from trailmend.errors import WrongUse
from trailmend.findings import Finding, is_imported
from trailmend.takeovers.drafts import stories_of_account
from trailmend.takeovers.elsewhere import with_elsewhere
from trailmend.takeovers.shape import Caller, Chapter, Elsewhere, Hit, Link, Loose, Story

__all__ = [
    "Caller",
    "Chapter",
    "Elsewhere",
    "Hit",
    "Link",
    "Loose",
    "Story",
    "find_story",
    "stories_of",
]


def stories_of(findings: Iterable[Finding]) -> list[Story]:
    """Tell the stories of some accounts, in the order of time.

    The findings of an account must be given whole; their order does not matter.  Copies, withdrawn
    findings and those that a plan of ours made are left out: a repair is told as what happened
    next.  So are those of imported rules: what others call high must not make a story critical.
    """
    accounts: dict[str, dict[str, Finding]] = {}
    for one in findings:
        if _is_told(one):
            accounts.setdefault(one.event.account_id, {})[one.id] = one
    stories = [story for each in accounts.values() for story in stories_of_account(each.values())]
    stories.sort(key=lambda story: (story.first, story.id))
    return with_elsewhere(
        stories, {name: one for each in accounts.values() for name, one in each.items()}
    )


def _is_told(finding: Finding) -> bool:
    gone = finding.lapsed or finding.superseded_by is not None or finding.plan is not None
    return not gone and not is_imported(finding.detection)


def find_story(findings: Iterable[Finding], prefix: str) -> tuple[Story, list[Finding]] | None:
    """Find a story by the start of its id, or of the id of a finding that it tells.

    The findings are those of `Story.findings`, in the order of time.  None stands for a finding
    that is in no story.  Raises WrongUse where nothing has such an id, or more than one thing.
    """
    known = {one.id: one for one in findings}
    start = prefix.upper()
    stories = stories_of(known.values())
    if start.startswith("F-"):
        named = {name for name in known if name.startswith(start)}
        found = [one for one in stories if named.intersection(one.findings + one.supporting)]
        alone = named.difference(*(one.findings + one.supporting for one in found))
        if not named or len(found) + len(alone) > 1:
            raise WrongUse(f"{_many(len(named), 'finding')} with {prefix}. See: trailmend findings")
    else:
        found = [one for one in stories if start.startswith("S-") and one.id.startswith(start)]
        if len(found) != 1:
            raise WrongUse(
                f"{_many(len(found), 'story')} with {prefix}; an earlier finding that turns up "
                "gives a story another id. See: trailmend story"
            )
    return (found[0], [known[name] for name in found[0].findings]) if found else None


def _many(number: int, noun: str) -> str:
    plural = {"finding": "findings", "story": "stories"}[noun]
    return f"{number} {plural} start" if number else f"no {noun} starts"
