"""What is known of a user, group, role or policy at a moment, and how surely.

`known`: the log shows it, or a credential report says it of its own time.  `inferred`: a snapshot
of AWS shows it, and no event before the snapshot changed it.  `unknown`: neither tells.
"""

from trailmend.history.shape import Fact, History, NameBearer, Past, Sureness
from trailmend.history.subjects import subject_of
from trailmend.history.telling import history

__all__ = ["Fact", "History", "NameBearer", "Past", "Sureness", "history", "subject_of"]
