"""A script's statements, for engines whose interfaces take one at a time."""

from __future__ import annotations


def split(script: str, backslash: bool = False, nested: bool = True) -> list[str]:
    """The statements of a script without their `;` and without those that are only comments.

    `backslash` escapes in strings and `#` begins comments; `nested` if block comments nest.
    """
    statements, begin, at = [], 0, 0
    while at < len(script):
        two = script[at : at + 2]
        if two == "--" or (backslash and script[at] == "#"):
            at = end(script, "\n", at)
        elif two == "/*":
            at = comment(script, at, nested)
        elif two == "$$" and not backslash:
            at = end(script, "$$", at + 2)
        elif script[at] in "'\"`":
            at = closed(script, at, backslash)
        elif script[at] == ";":
            statements.append(script[begin:at])
            at += 1
            begin = at
        else:
            at += 1
    statements.append(script[begin:])
    return [statement.strip() for statement in statements if says_something(statement)]


def of(script: str, engine: str) -> list[str]:
    """The statements of a script for an engine, as it reads strings and comments."""
    backslash = engine in ("mariadb", "clickhouse", "spark", "bigquery")
    return split(script, backslash, engine not in ("sqlite", "mariadb", "bigquery"))


def end(script: str, mark: str, at: int) -> int:
    """The place after the next `mark`."""
    found = script.find(mark, at)
    return len(script) if found < 0 else found + len(mark)


def comment(script: str, at: int, nested: bool) -> int:
    """The place after the comment that opens at `at`."""
    depth = 0
    while at < len(script):
        two = script[at : at + 2]
        if two == "/*" and (nested or depth == 0):
            depth, at = depth + 1, at + 2
        elif two == "*/":
            depth, at = depth - 1, at + 2
            if depth == 0:
                return at
        else:
            at += 1
    return at


def closed(script: str, at: int, backslash: bool) -> int:
    """The place after the string or name that opens at `at`."""
    quote, at = script[at], at + 1
    while at < len(script):
        if backslash and script[at] == "\\":
            at += 2
        elif script[at] == quote:
            if script[at + 1 : at + 2] != quote:
                return at + 1
            at += 2
        else:
            at += 1
    return at


def says_something(statement: str) -> bool:
    """True if there is more than blanks and line comments."""
    lines = (line.strip() for line in statement.splitlines())
    return any(line and not line.startswith("--") for line in lines)
