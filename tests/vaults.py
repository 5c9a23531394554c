"""AWS Secrets Manager in the lab as a sink, and names that are hard to keep."""

from tests.worlds import account_of
from trailmend.changing.sinks import AwsSink
from trailmend.lab import Lab

HOSTILE = (
    *("bob", "b@b+=,._-", "../../x", "/etc/passwd", "..", ".", "", ".unfinished-bob", "-rf"),
    *("a\nb", "a\0b", "é" * 64, "\ud800", "%2E", "a%2Fb", "a/b", "~", "=2C", "a,b", "a=2Cb"),
    *("x" * 300, "x" * 299 + "y", "é" * 300),
)


def vault(lab: Lab, prefix: str = "trailmend") -> AwsSink:
    return AwsSink(account_of(lab).writing("P-2345"), prefix)
