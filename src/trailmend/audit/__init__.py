"""The audit log: who asked, approved, did and undid what, in a file that shows if it was changed.

`audit.jsonl` has a line of JSON for each entry.  A line holds the SHA-256 of the line before it
and of itself, so that `verify` finds a line that was changed, moved, added or taken out; `jq -cj
'del(.hash)' | sha256sum` of a line gives its hash.  That the end was cut off shows in the
database, which knows the last entry.  Who can write both can write a new log: only a head that
was noted elsewhere tells then.

A log that was damaged is begun anew by `restart`: the damaged file stays beside it, and the new one
begins with its hash, the reason, and who gave it.

An entry is on disk before what it tells of is done; what cannot be written is not done.
"""

from trailmend.audit.chain import Fault, Head, Line, What
from trailmend.audit.check import Verdict, read_lines, restart, verify
from trailmend.audit.journal import AuditedJournal
from trailmend.audit.log import AuditLog

__all__ = [
    "AuditLog", "AuditedJournal", "Fault", "Head", "Line", "Verdict", "What", "read_lines",
    "restart", "verify",
]  # fmt: skip
