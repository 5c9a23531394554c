"""Whether the new policy of a trail's bucket keeps CloudTrail from writing its files there.

A trail delivers only while the bucket's policy lets CloudTrail put objects (AWS CloudTrail User
Guide, "Amazon S3 bucket policy for CloudTrail").  A policy that denies it counts, and one that has
no statement that could allow it.  Only what is sure counts: a denial with a condition, as that of
calls without TLS, or of a part of the bucket that is not the log, is none.
"""

from __future__ import annotations

from trailmend.context.trail_settings import Change, trail_uses
from trailmend.events import Event
from trailmend.ledger import Ledger, document_of, parsed
from trailmend.policies import Unreadable, read_document
from trailmend.policies.document import Statement
from trailmend.policies.patterns import is_like

_PUT = ("s3.amazonaws.com", "PutBucketPolicy")
_SERVICE = "Service:cloudtrail.amazonaws.com"


def bucket_change(event: Event, ledger: Ledger) -> Change | None:
    """Tell that the policy of a trail's bucket was made to shut CloudTrail out; else None."""
    if event.outcome != "success" or (event.event_source, event.event_name) != _PUT:
        return None
    sent = document_of(parsed(event.request).get("bucketPolicy"))
    read = None if sent is None else read_document(sent)
    if read is None or isinstance(read, Unreadable) or not trail_uses(event, ledger):
        return None
    bucket = f"arn:aws:s3:::{event.target_name}"
    shut = any(_shuts_out(one, bucket) for one in read.statements)
    shut = shut or not any(_may_let_in(one) for one in read.statements)
    return (("bucketPolicy",), (), ()) if shut else None


def _shuts_out(statement: Statement, bucket: str) -> bool:
    """Say whether a statement surely denies CloudTrail all that it writes."""
    if statement.allows or statement.conditions or statement.doubtful:
        return False
    named = statement.principals
    if named is None or named.inverted or not {"*", "AWS:*", _SERVICE} & set(named.patterns):
        return False
    return _puts_objects(statement) and _in_the_log(statement, bucket)


def _may_let_in(statement: Statement) -> bool:
    """Say whether a statement may allow CloudTrail to write, by its principal or by an older one.

    Before CloudTrail had a principal of its own, policies named accounts of AWS (CloudTrail User
    Guide, same page): which these are is not looked up.
    """
    if statement.doubtful:
        return True
    named = statement.principals
    if not statement.allows or named is None or not _puts_objects(statement):
        return False
    return named.inverted or any(
        one in ("*", _SERVICE) or one.startswith("AWS:") for one in named.patterns
    )


def _puts_objects(statement: Statement) -> bool:
    actions = statement.actions
    return any(is_like("s3:putobject", one) for one in actions.patterns) != actions.inverted


def _in_the_log(statement: Statement, bucket: str) -> bool:
    """Say whether the files of a log are denied, in whichever folder they are."""
    places = statement.resources
    if places.inverted:
        return False
    return any(
        is_like(f"{bucket}/AWSLogs/x", one) or (one.startswith(bucket) and "/AWSLogs/" in one)
        for one in places.patterns
    )
