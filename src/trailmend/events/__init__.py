"""From a CloudTrail record to an Event: the one flat shape, made by the one resolver.

`shape` says what the columns are, `actor` and `people` who called, `target` whom it concerned,
`resolve` puts them together.  All of it is pure and has no memory: what earlier events tell is
the ledger's.
"""

from trailmend.events.people import named_person, person_of, principal_of, role_id
from trailmend.events.resolve import IDENTITY_SOURCES, WANTED, BadRecord, is_wanted, resolve
from trailmend.events.shape import COLUMNS, Event, thrifty
from trailmend.events.target import ROOT_USER, same_name

__all__ = [
    "COLUMNS",
    "IDENTITY_SOURCES",
    "ROOT_USER",
    "WANTED",
    "BadRecord",
    "Event",
    "is_wanted",
    "named_person",
    "person_of",
    "principal_of",
    "resolve",
    "role_id",
    "same_name",
    "thrifty",
]
