"""What pySigma may do with a rule that we do not trust: no files, no templates, RE2 alone."""

from __future__ import annotations

import re
from functools import cache

from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RE2RegexEngine, RegexPattern

from trailmend.sigma.regexes import compiled

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}


class _SilentRE2(RE2RegexEngine):
    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        """Compile with flags of Python's `re`, which RE2 takes inside the pattern."""
        letters = "".join(letter for flag, letter in _FLAGS.items() if flags & flag)
        found: RegexPattern = compiled(f"(?{letters}){pattern}" if letters else pattern)
        return found


@cache
def policy() -> SigmaPolicy:
    """Make the policy."""
    return SigmaPolicy(regex_engine=_SilentRE2())
