"""Mutes: findings that are kept out of the lists, by whose decision, why, and until which day.

A mute is made from a finding and stands in a file that people review.  It is about a detection in
an account, by a caller, on a target or an object, each by its id: nothing that a caller chooses
(user agent, session name, address, names in an ARN) can be in it.  It comes after the hits and
changes nothing: not a level, a status, a story, an explanation or an id.  What it hides stays in
the workspace, and every report says how much that is and by which mute.

These show in spite of a mute: a finding above its `level_at_most`; one that became worse; one that
a story above that level tells.  Without `actor_id` a mute reaches level low; high takes a high
finding to be made from; critical is never hidden.  Mutes do not know of each other: a finding may
be hidden by several, and all of them are told.
"""

from trailmend.mutes.file import change_file, load_mutes
from trailmend.mutes.judging import NO_MUTES, Muting, Through, Use, judge, matches
from trailmend.mutes.making import make_mute, with_mute, without_mute, written
from trailmend.mutes.reading import place_of, read_mutes
from trailmend.mutes.shape import Fault, Mute, covers
from trailmend.mutes.trying import Tried, try_mute

__all__ = [
    "NO_MUTES",
    "Fault",
    "Mute",
    "Muting",
    "Through",
    "Tried",
    "Use",
    "change_file",
    "covers",
    "judge",
    "load_mutes",
    "make_mute",
    "matches",
    "place_of",
    "read_mutes",
    "try_mute",
    "with_mute",
    "without_mute",
    "written",
]
