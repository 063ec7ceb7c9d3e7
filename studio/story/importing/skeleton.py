"""Skeleton: a script's shot as a storyboard's: when each line is said, how long it takes, and what may be drawn."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studio.story.importing.layout import fields, item, scalar
from studio.story.importing.naming import Roster, place_of
from studio.story.importing.script import ScriptLine, ScriptShot, clean, joined
from studio.story.timing import PAUSE, reading_seconds

SHORTEST = 2.0
"""Seconds: less leaves no room for two keyframes at few drawings a second."""
LONGEST = 3600.0
GRID = 0.25
"""Seconds to which an estimated length is rounded up."""
OVER_FIRST = 0.6
"""Strength with which the last keyframe is drawn over the first, so that both show one place."""
FADE = 1.0
"""Seconds of a fade that a script asks for."""
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?!\()|(?<=[。！？])(?!\s*\()")
_ASIDE = re.compile(r"[.!?。！？]*\s*[(（]")
_WEIGHTS = re.compile(r"[()\[\]{}<>（）]")


def new_shot(name: str, heading: str, shot: ScriptShot, roster: Roster) -> dict[str, Any]:
    """The shot as plain values, in the order in which they are written. `name` is its id."""
    note = note_of(shot)
    lines = new_lines(shot.lines, roster)
    prompts = prompts_of(heading, note, shot.name, shot.lines[0].who if shot.lines else "")
    if shot.prompts:
        prompts = (shot.prompts[0], shot.prompts[-1])
    drawn = {"characters": who} if (who := characters_of(note, shot.lines, roster)) else {}
    effects = [{"kind": "fade", "seconds": FADE}] if shot.fade_in else []
    seconds = shot.seconds or estimate(note, lines)
    if shot.fade_out:
        effects.append({"kind": "fade", "to": True, "at": max(0.0, seconds - FADE), "seconds": FADE})
    return {
        "id": name, **({"scene": heading} if heading else {}), "seconds": seconds, **({"note": note} if note else {}),
        **({"transition": {"kind": "dissolve", "seconds": shot.dissolve}} if shot.dissolve else {}),
        "keyframes": [{"id": "k1", **drawn, "prompt": prompts[0]},
                      {"id": "k2", **drawn, "prompt": prompts[1], "from_previous": OVER_FIRST}],
        **({"lines": lines} if lines else {}), **({"effects": effects} if effects else {}),
    }


def note_of(shot: ScriptShot) -> str:
    """What happens, for people: the action, and how lines are said."""
    manners = [clean(line.manner) for line in shot.lines if line.manner]
    if not manners:
        return clean(shot.action)
    return clean(f"{shot.action} ({'; '.join(dict.fromkeys(manners))})")


def prompts_of(heading: str, note: str, *otherwise: str) -> tuple[str, str]:
    """Prompts of the first and the last keyframe: the first and the second half of what happens, and where."""
    sentences = [s for s in _SENTENCE.split(note) if _plain(s)]
    half = (len(sentences) + 1) // 2
    halves = (sentences[:half], sentences[half:] or sentences)
    place = [_plain(part) for part in place_of(heading)]
    first, last = (", ".join(filter(None, (_plain(joined(*part)), *place))) for part in halves)
    spare = next(words for text in (*otherwise, "picture") if (words := _plain(text)))
    return first or spare, last or spare


def characters_of(note: str, lines: Iterable[ScriptLine], roster: Roster) -> list[str]:
    """Who is in the picture: those whom the action names, then those who speak in it."""
    speaking = [name for line in lines if not line.off and (name := roster.find(line.who))]
    return list(dict.fromkeys([*roster.named_in(note), *speaking]))


def new_lines(lines: Sequence[ScriptLine], roster: Roster) -> list[dict[str, Any]]:
    """Lines l1, l2, ... Those said together, and the one after them, have a time; the others follow each other."""
    made: list[dict[str, Any]] = []
    start = end = 0.0
    for i, line in enumerate(lines):
        together = line.together and i > 0
        pinned = together or (i + 1 < len(lines) and lines[i + 1].together) or (i > 0 and lines[i - 1].together)
        start = start if together else end + PAUSE
        end = max(end, start + reading_seconds(line.text))
        speaker = {"speaker": name} if (name := roster.find(line.who)) else {}
        made.append({"id": f"l{i + 1}", **speaker, "text": line.text, **({"at": round(start, 2)} if pinned else {})})
    return made


def spoken_until(lines: Iterable[Mapping[str, Any]]) -> float:
    """Seconds from the shot's start at which the last of `lines` (as written) has been said, read aloud."""
    end = latest = 0.0
    for line in lines:
        texts = line["text"].values() if isinstance(line["text"], Mapping) else [line["text"]]
        start = line["at"] if line.get("at") is not None else end + PAUSE
        end = start + max(reading_seconds(str(text)) for text in texts)
        latest = max(latest, end)
    return latest


def estimate(note: str, lines: Sequence[Mapping[str, Any]]) -> float:
    """Seconds that a shot takes: what happens, as long as it takes to tell, and then what is said."""
    told = reading_seconds(note) + (spoken_until(lines) + PAUSE if lines else 0.0)
    return min(LONGEST, max(SHORTEST, math.ceil(round(told / GRID, 6)) * GRID))


def new_board(episode: str, title: str, source: str, shots: Iterable[Mapping[str, Any]]) -> str:
    """The text of a new storyboard."""
    return (f"# Imported from {clean(source)}. What you change here by hand stays when it is imported again.\n"
            f"episode: {scalar(episode)}\ntitle: {scalar(title)}\nshots:\n" + "".join(item(shot, 2) for shot in shots))


def whole_board(data: Mapping[str, Any]) -> str:
    """A storyboard written anew, without its comments."""
    return fields(data, 0)


def _plain(text: str) -> str:
    """Words for a prompt: no brackets (they weigh words), no full stop at the end."""
    return clean(_WEIGHTS.sub(" ", _ASIDE.sub(", ", text))).strip(" ,.!。！")
