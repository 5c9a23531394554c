"""Regular expressions by RE2, the engine of DuckDB: linear in time, and silent.

RE2 by itself writes what it cannot read to stderr as it stands, where a rule's text must not get.
"""

from __future__ import annotations

from functools import lru_cache

import re2


@lru_cache(maxsize=4096)
def compiled(regex: str) -> re2._Regexp:
    """Compile a regular expression; raises re2.error, whose text says why."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except re2.error as error:
        raise re2.error(error.args[0].decode(errors="backslashreplace")) from error
