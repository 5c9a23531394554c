"""Patterns as SQL's LIKE has them: `%` and `_`, escaped by a backslash."""


def plain(pattern: str) -> str | None:
    """Give the text that a pattern of LIKE stands for; None where it has a wildcard."""
    letters, escaped = [], False
    for letter in pattern:
        if escaped or letter not in "\\%_":
            letters.append(letter)
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            return None
    return "".join(letters)
