"""Naming: ids for what a script calls by words, and which character it means."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from studio.record import sha256
from studio.story.cast import Character
from studio.story.importing.script import Script, clean

_INSIDE = re.compile(r"^(?:(INT\.?/EXT|EXT\.?/INT|I/E|INT|EXT|EST)[. ]+)(.+)$", re.IGNORECASE)
_LIGHT = {"INT": "indoors", "EXT": "outdoors", "EST": "outdoors"}


def slug(text: str, otherwise: str) -> str:
    """An id that looks like `text`; `otherwise` and a piece of its hash when no letter of it may stand in an id."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:48].rstrip("-_")
    return found or (f"{otherwise}-{sha256(clean(text).encode())[:6]}" if clean(text) else otherwise)


def place_of(heading: str) -> tuple[str, ...]:
    """A scene heading as prompt words: `INT. KITCHEN - DAY` is kitchen, day, indoors."""
    found = _INSIDE.match(heading)
    words = [part.strip().lower() for part in re.split(r"\s[-–—]\s", found[2] if found else heading) if part.strip()]
    return (*words, _LIGHT[found[1].upper()]) if found and found[1].upper() in _LIGHT else tuple(words)


def free_id(stem: str, taken: Set[str]) -> str:
    """`stem-1`, or the next number that is free."""
    return next(name for n in range(1, len(taken) + 2) if (name := f"{stem}-{n}") not in taken)


@dataclass(frozen=True)
class Newcomer:
    """Somebody who speaks in a script and has no cast file."""

    name: str
    """The id that a cast file would give."""
    title: str
    """As the script writes it."""

    def stub(self, script: str) -> str:
        """A cast file to begin with."""
        from studio.story.importing.layout import scalar

        title = self.title.title() if self.title.isascii() and self.title.isupper() else self.title
        return (f"# Speaks in {script}. Write into `tags` what the character looks like before anything is drawn.\n"
                f"name: {scalar(self.name)}\ntitle: {scalar(title)}\ntags: {scalar(title.lower())}\n")


class Roster:
    """Who is meant by a name, and who is named in a text."""

    def __init__(self, cast: Mapping[str, Character], newcomers: Iterable[Newcomer] = ()) -> None:
        self._ids: dict[str, str] = {}
        for name, character in cast.items():
            titles = [character.title] if isinstance(character.title, str) else character.title.values()
            self._ids |= {_key(title): name for title in titles if title}
        self._ids |= {_key(new.title): new.name for new in newcomers}
        self._ids |= {_key(name): name for name in cast}
        self._named = [(re.compile(rf"(?<!\w){re.escape(key)}(?!\w)" if key.isascii() else re.escape(key)), name)
                       for key, name in self._ids.items()]

    def find(self, who: str) -> str | None:
        """The character's id; None for the narrator and for strangers."""
        return self._ids.get(_key(who)) or self._ids.get(slug(who, "")) if who else None

    def named_in(self, text: str) -> list[str]:
        """Characters in the order in which `text` first names them."""
        key = _key(text)
        places = sorted((found.start(), name) for pattern, name in self._named if (found := pattern.search(key)))
        return list(dict.fromkeys(name for _, name in places))


def newcomers(script: Script, cast: Mapping[str, Character]) -> list[Newcomer]:
    """Speakers of `script` that `cast` does not have, in their order."""
    roster = Roster(cast)
    strangers = {slug(who, "cast"): who for who in reversed(script.speakers) if roster.find(who) is None}
    return [Newcomer(name, who) for name, who in reversed(strangers.items())]


def _key(name: str) -> str:
    return clean(unicodedata.normalize("NFKC", name)).casefold()
