"""Bytes of any CloudTrail form -> records or named rejects: the only parser.

Understood are files of trails (`Records`), bare events, lists of events, EventBridge envelopes, the
output of `aws cloudtrail lookup-events`, SNS and SQS messages that hold one of these, what
CloudWatch Logs gives (`aws logs filter-log-events`, subscriptions, exports to S3), JSON exports of
Splunk; one document or many, one to a line or not, gzip or not. The name of a source is never
trusted.
"""

from trailmend.records.model import Reading, Record, Reject
from trailmend.records.reader import EVERY_NAME, MAXIMUM_RECORD, Also, Wanted, read_records
from trailmend.records.understand import MAXIMUM_DEPTH, WideGlance
from trailmend.records.unpack import MAXIMUM_UNPACKED, is_bomb

__all__ = [
    "EVERY_NAME",
    "MAXIMUM_DEPTH",
    "MAXIMUM_RECORD",
    "MAXIMUM_UNPACKED",
    "Also",
    "Reading",
    "Record",
    "Reject",
    "Wanted",
    "WideGlance",
    "is_bomb",
    "read_records",
]
