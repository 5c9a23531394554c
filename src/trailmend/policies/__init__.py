"""What policy documents allow, whom they trust, and what changes between two of them.

`read_document` reads a document as CloudTrail carries it; `grants`, `trusts` and `compare` say what
it means; `policy_columns` says it of an event.  `allows`, `denies` and `given_mfa` weigh a document
that is already in hand for one action.  Every verdict is yes, no, or None: cannot be known.
"""

from trailmend.policies.changes import Changed, compare
from trailmend.policies.document import PolicyDocument, Problem, Unreadable, read_document
from trailmend.policies.grants import Finding, Grants, grants
from trailmend.policies.of_event import policy_columns
from trailmend.policies.simple import Document, allows, denies, given_mfa
from trailmend.policies.trusts import Trusted, Trusts, trusts

__all__ = [
    "Changed",
    "Document",
    "Finding",
    "Grants",
    "PolicyDocument",
    "Problem",
    "Trusted",
    "Trusts",
    "Unreadable",
    "allows",
    "compare",
    "denies",
    "given_mfa",
    "grants",
    "policy_columns",
    "read_document",
    "trusts",
]
