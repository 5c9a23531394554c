"""What policy documents allow, whom they trust, and what changes between two of them.

`read_document` reads a document as CloudTrail carries it; `grants`, `trusts` and `compare` say what
it means; `admin_of_aws` and `denies_by_aws` say it of AWS's own policies.  `allows`, `denies` and
`given_mfa` weigh a document that is already in hand for one action.  Every verdict is yes, no, or
None: cannot be known; `any_of` puts several together.
"""

from trailmend.policies.changes import Changed, compare
from trailmend.policies.delegations import Delegates, delegates
from trailmend.policies.document import (
    NO_STATEMENT,
    PolicyDocument,
    Problem,
    Unreadable,
    read_document,
)
from trailmend.policies.grants import Finding, Grants, grants
from trailmend.policies.hindrances import Hindrance, hindrance
from trailmend.policies.of_aws import admin_of_aws, denies_by_aws, told_of_aws
from trailmend.policies.resources import lets_in
from trailmend.policies.simple import Document, allows, denies, given_mfa
from trailmend.policies.times import decided_at, speaks_of_time
from trailmend.policies.trusts import Trusted, Trusts, trusts
from trailmend.policies.verdicts import any_of

__all__ = [
    "NO_STATEMENT",
    "Changed",
    "Delegates",
    "Document",
    "Finding",
    "Grants",
    "Hindrance",
    "PolicyDocument",
    "Problem",
    "Trusted",
    "Trusts",
    "Unreadable",
    "admin_of_aws",
    "allows",
    "any_of",
    "compare",
    "decided_at",
    "delegates",
    "denies",
    "denies_by_aws",
    "given_mfa",
    "grants",
    "hindrance",
    "lets_in",
    "read_document",
    "speaks_of_time",
    "told_of_aws",
    "trusts",
]
