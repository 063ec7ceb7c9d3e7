"""Script: what somebody wrote or cut elsewhere, as plain values; every format is read into these."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class ScriptLine:
    """Something said."""

    who: str
    """Name as the script writes it; empty for the narrator."""
    text: str
    manner: str = ""
    """How it is said: a parenthetical, without its brackets."""
    off: bool = False
    """Heard only: the speaker is not in the picture."""
    together: bool = False
    """Said at the same time as the line before it."""


@dataclass(frozen=True)
class ScriptShot:
    """One picture's worth of script: what happens, and what is said meanwhile."""

    action: str = ""
    lines: tuple[ScriptLine, ...] = ()
    seconds: float | None = None
    """Length, where the script says it."""
    prompts: tuple[str, ...] = ()
    """Prompts of the first and the last keyframe, where the script says them."""
    name: str = ""
    """What the script calls the shot."""
    dissolve: float | None = None
    """Seconds for which it is mixed with the shot before it; None is a cut."""
    fade_in: bool = False
    fade_out: bool = False


@dataclass(frozen=True)
class ScriptScene:
    """Shots in one place."""

    heading: str
    shots: tuple[ScriptShot, ...] = ()


@dataclass(frozen=True)
class Script:
    """A whole script, in its order."""

    title: str
    scenes: tuple[ScriptScene, ...]
    episode: str = ""
    """The episode it says it is."""
    warnings: tuple[str, ...] = ()
    """What was left out or guessed, one sentence each."""

    @property
    def shots(self) -> list[tuple[str, ScriptShot]]:
        """(heading, shot) of all scenes."""
        return [(scene.heading, shot) for scene in self.scenes for shot in scene.shots]

    @property
    def speakers(self) -> list[str]:
        """Names in the order in which they first speak."""
        return list(dict.fromkeys(line.who for _, shot in self.shots for line in shot.lines if line.who))


def clean(text: str) -> str:
    """`text` as it is compared and written: NFC, on one line, single spaces, nothing that no editor can show."""
    visible = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text)
                      if c.isspace() or unicodedata.category(c)[0] != "C" or c in "\u200c\u200d")
    return " ".join(visible.split())


def wide(text: str) -> bool:
    """Is `text` of a script without spaces (kana, kanji)?"""
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and 2 * sum(1 for c in letters if ord(c) > 0x2E80) > len(letters)


def joined(*pieces: str) -> str:
    """Pieces of text as one, with a space between them unless their script has none."""
    said = [piece for piece in map(clean, pieces) if piece]
    return ("" if wide("".join(said)) else " ").join(said)
