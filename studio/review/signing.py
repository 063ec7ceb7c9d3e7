"""Signing: under which name somebody reviews."""

import getpass

from studio.errors import ReviewError

LONGEST = 60
"""Characters of a reviewer's name."""


def default_reviewer() -> str:
    """The name of whoever runs genga."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user list
        return "reviewer"


def cleaned(name: str) -> str:
    """A name to sign with. Raises ReviewError for an empty one, one that is too long, or no text at all."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST or not name.isprintable():
        raise ReviewError(f"'{name[:LONGEST]}' is no name to sign with" if name else "a name is missing", field="reviewer",
                          remedy=f"Give one of 1 to {LONGEST} characters")
    return name
