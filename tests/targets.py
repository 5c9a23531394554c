"""How the target of a record is read and told."""

from tests.reading import Fields, event_of
from trailmend.evidence import user

ALICE, BOB = user("alice"), user("bob")


def told(fields: Fields) -> tuple[str, str, str]:
    event = event_of(fields)
    target = " ".join(filter(None, (event.target_type, event.target_name))) or "-"
    thing = " ".join(filter(None, (event.object_type, event.object_id))) or "-"
    return target, thing, event.relation
