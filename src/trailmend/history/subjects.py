"""Whose history is asked for: how it is written, and what is meant where nobody is called so."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trailmend.errors import WrongUse
from trailmend.near import nearest

KINDS = ("user", "group", "role")
ALONE = ("root", "account")
"""There is one of each in an account."""
Subject = tuple[str, str]
"""A kind and a name; the name may be an id of AWS."""
_ARNS = {":policy/": "policy", ":permissionSet/": "permission_set"}
_ARN_OF_NAMED = re.compile(r"arn:[a-z-]+:iam::\d{12}:(user|group|role)/(?:.+/)?([^/]+)")
_ARN_OF_ROOT = re.compile(r"arn:[a-z-]+:iam::\d{12}:root")
_ID = re.compile(r"A(ID|GP|RO|NP)A[A-Z0-9]{3,}")
_KINDS_OF_IDS = {"ID": "user", "GP": "group", "RO": "role", "NP": "policy"}


def subject_of(text: str) -> Subject:
    """Read `user/bob`, `root`, `account`, an ARN, or an id as AWS gives it (`AIDA...`).

    Raises WrongUse for anything else.
    """
    if text in ALONE or _ARN_OF_ROOT.fullmatch(text):
        return ("root" if text.endswith("root") else text), ""
    named = _ARN_OF_NAMED.fullmatch(text)
    if named:
        return named[1], named[2]
    for part, of_arn in _ARNS.items():
        if text.startswith("arn:") and part in text:
            return of_arn, text
    by_id = _ID.fullmatch(text)
    if by_id:
        return _KINDS_OF_IDS[by_id[1]], text
    kind, _, name = text.partition("/")
    if kind not in KINDS or not name:
        raise WrongUse(
            f"{text}: ask for user/NAME, group/NAME, role/NAME, root, account, an id (AIDA...), or "
            "the ARN of a policy or permission set"
        )
    return kind, name


def is_id(name: str) -> bool:
    """Say whether a name has the form of an id, which a user may be called too."""
    return _ID.fullmatch(name) is not None


def called(kind: str, name: str) -> str:
    """Write a subject as it can be asked for."""
    if kind in ALONE:
        return kind
    return f"{kind}/{name}" if kind in KINDS else name


def nobody(account: str, kind: str, name: str, names: Iterable[str]) -> WrongUse:
    """Say that no record names whom is asked for, and who is called nearly so."""
    meant = nearest(name, names)
    hint = "" if meant is None else f" Did you mean {called(kind, meant)}?"
    return WrongUse(f"no record of account {account} names {called(kind, name)}.{hint}")
