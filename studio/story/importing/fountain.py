"""Fountain: a screenplay in plain text (https://fountain.io/syntax). Each action begins a shot; what is said after it is its."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import StoryError
from studio.story.importing.encodings import read_any
from studio.story.importing.script import Script, ScriptLine, ScriptScene, ScriptShot, clean, joined

if TYPE_CHECKING:
    from screenplain.types import Dialog

DISSOLVE = 0.5
"""Seconds of a dissolve that a script asks for."""
_FADE = re.compile(r"FADE (IN|OUT|TO [A-Z]+)[.:]?")
_MIX = re.compile(r"DISSOLVE|CROSS-?\s?FADE")
_EXTENSION = re.compile(r"[(（]([^)）]*)[)）]")
_OFF = re.compile(r"\b(V\.?\s?O|O\.?\s?S|O\.?\s?C|OFF|PRE-?LAP)\b")


def read_fountain(file: Path, encoding: str | None = None) -> Script:
    """The screenplay in `file`. Raises StoryError: no text, or nothing in it that could be shown."""
    from screenplain.parsers import fountain

    text, warnings = read_any(file, encoding)
    play = fountain.parse(io.StringIO(text))
    scenes = _Scenes()
    for paragraph in play.paragraphs:
        scenes.take(paragraph)
    if not any(scene.shots for scene in scenes.finished()):
        raise StoryError("no action and no dialogue in this script", file=file,
                         remedy="Write a scene heading (INT. KITCHEN - DAY), an empty line, and what happens")
    title = clean(" ".join(map(str, play.get_rich_attribute("Title"))))
    episode = clean(" ".join(map(str, play.get_rich_attribute("Episode"))))
    return Script(title or file.stem, tuple(scenes.finished()), episode, warnings)


class _Scenes:
    """Scenes and shots while the paragraphs come in."""

    def __init__(self) -> None:
        self.scenes: list[tuple[str, list[ScriptShot]]] = [("", [])]
        self.next = ScriptShot()
        """What the transition before it asks of the next shot."""

    def finished(self) -> list[ScriptScene]:
        """All scenes that hold something."""
        return [ScriptScene(heading, tuple(shots)) for heading, shots in self.scenes if shots]

    def take(self, paragraph: Any) -> None:
        """One paragraph of the screenplay; sections, page breaks and title pages show nothing."""
        from screenplain.types import Action, Dialog, DualDialog, Slug, Transition

        if isinstance(paragraph, Slug):
            self.scenes.append((clean(str(paragraph.line)), []))
        elif isinstance(paragraph, Transition):
            self._transition(clean(str(paragraph.line)).upper())
        elif isinstance(paragraph, Action):
            text = joined(*map(str, paragraph.lines))
            if _FADE.fullmatch(text):
                self._transition(text)
            elif text:
                self._shot(text)
        elif isinstance(paragraph, Dialog):
            self._say(_line(paragraph))
        elif isinstance(paragraph, DualDialog):
            self._say(_line(paragraph.left), _line(paragraph.right, together=True))

    def _shot(self, action: str) -> None:
        self.scenes[-1][1].append(replace(self.next, action=action))
        self.next = ScriptShot()

    def _say(self, *said: ScriptLine) -> None:
        heard = tuple(line for line in said if line.text)
        if not heard:
            return
        shots = self.scenes[-1][1]
        if not shots or self.next != ScriptShot():
            self._shot("")
        shots[-1] = replace(shots[-1], lines=(*shots[-1].lines, *heard))

    def _transition(self, text: str) -> None:
        fade = _FADE.search(text)
        if fade and fade[1] == "IN":
            self.next = replace(self.next, fade_in=True)
        elif fade:
            if shots := next((shots for _, shots in reversed(self.scenes) if shots), None):
                shots[-1] = replace(shots[-1], fade_out=True)
        elif _MIX.search(text):
            self.next = replace(self.next, dissolve=DISSOLVE)


def _line(dialog: "Dialog", together: bool = False) -> ScriptLine:
    """A character's speech: its parentheticals tell the manner, its extension whether the speaker is seen."""
    name = str(dialog.character)
    spoken = joined(*(str(text) for aside, text in dialog.blocks if not aside))
    manner = "; ".join(clean(str(text)).strip("()（） ") for aside, text in dialog.blocks if aside)
    off = any(_OFF.search(extension.upper()) for extension in _EXTENSION.findall(name))
    return ScriptLine(clean(_EXTENSION.sub("", name)), spoken, manner, off, together)
