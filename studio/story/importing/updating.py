"""Updating: a storyboard's shot after its script changed. What the author made of it by hand stays."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.story.importing.naming import Roster
from studio.story.importing.script import ScriptLine, ScriptShot, clean
from studio.story.importing.skeleton import characters_of, estimate, new_lines, note_of, prompts_of

ALIKE = 0.5
"""Likeness (0 to 1) from which two lines are one line that was rewritten."""
Plain = dict[str, Any]


@dataclass(frozen=True)
class Updated:
    """A shot and what became of it."""

    shot: Plain
    changes: tuple[str, ...] = ()
    """What is other than before, one phrase each."""
    warnings: tuple[str, ...] = ()
    open: bool = False
    """Its prompts follow from the script alone: nobody wrote them by hand."""


@dataclass(frozen=True)
class Casting:
    """Who may be meant by a name, before this import and after it."""

    before: Roster
    now: Roster


def updated(old: Plain, heading: str, shot: ScriptShot, casting: Casting, take_prompts: bool = False) -> Updated:
    """`old` (as written) with what the script says now.

    Scene, action and dialogue are the script's. Prompts, characters and length follow only as long as they are what an
    import made of the old action and dialogue; `take_prompts` replaces prompts all the same.
    """
    changes: list[str] = []
    warnings: list[str] = []
    new = dict(old)
    for key, value in (("scene", heading), ("note", note_of(shot))):
        if value and clean(old.get(key, "")) != value:
            new[key] = value
            changes.append(f"{key}: {old.get(key, '')!r} -> {value!r}")
    lines = _lines(old.get("lines", ()), new_lines(shot.lines, casting.now), changes, warnings)
    if lines or "lines" in old:
        new["lines"] = lines
    is_open = _prompts(old, new, shot, take_prompts, changes, warnings)
    _characters(old, new, shot, casting, changes)
    _length(old, new, shot, changes)
    if shot.dissolve and old.get("transition", {}).get("kind", "cut") == "cut":
        new["transition"] = {"kind": "dissolve", "seconds": shot.dissolve}
        changes.append("transition: cut -> dissolve")
    return Updated(new, tuple(changes), tuple(warnings), is_open)


def _prompts(
    old: Plain, new: Plain, shot: ScriptShot, take: bool, changes: list[str], warnings: list[str],
) -> bool:
    """Set the prompts of the first and the last keyframe; true when they follow from the script alone."""
    spare = (shot.name, shot.lines[0].who if shot.lines else "")
    keyframes = old["keyframes"]
    has = tuple(clean(keyframe["prompt"]) for keyframe in keyframes)
    mine = has == prompts_of(old.get("scene", ""), old.get("note", ""), *spare)
    wanted = prompts_of(new.get("scene", ""), new.get("note", ""), *spare)
    if shot.prompts:
        wanted = (shot.prompts[0], shot.prompts[-1])
    told = bool(shot.prompts) or any(new.get(key) != old.get(key) for key in ("scene", "note"))
    if (has[0], has[-1]) == wanted or not (mine or told):
        return mine and not shot.prompts
    if not (mine or take):
        warnings.append("its prompts were written by hand and stay, though the script changed; --prompts takes the script's")
        return False
    last = len(keyframes) - 1
    new["keyframes"] = [{**k, "prompt": wanted[0] if i == 0 else wanted[1]} if i in (0, last) else k
                        for i, k in enumerate(keyframes)]
    changes.append(f"prompts: {' | '.join(has)} -> {' | '.join(wanted)}")
    return not shot.prompts


def _characters(old: Plain, new: Plain, shot: ScriptShot, casting: Casting, changes: list[str]) -> None:
    """Set the characters of keyframes that have those of the old action and dialogue."""
    off = {casting.now.find(line.who) for line in shot.lines if line.off}
    lines = [ScriptLine(line.get("speaker") or "", "", off=line.get("speaker") in off) for line in old.get("lines", ())]
    was = characters_of(old.get("note", ""), lines, casting.before)
    wanted = characters_of(new.get("note", ""), shot.lines, casting.now)
    gained = {line["id"] for line in new.get("lines", ()) if line.get("speaker")} - {
        line["id"] for line in old.get("lines", ()) if line.get("speaker")}
    made: list[Plain] = []
    for keyframe in new["keyframes"]:
        has = list(keyframe.get("characters", ()))
        follows = has == was or (not has and bool(gained))
        made.append({**keyframe, "characters": wanted} if follows and has != wanted else keyframe)
    if made != new["keyframes"]:
        new["keyframes"] = made
        changes.append(f"characters: {', '.join(was) or 'nobody'} -> {', '.join(wanted) or 'nobody'}")


def _length(old: Plain, new: Plain, shot: ScriptShot, changes: list[str]) -> None:
    """Set the length where the script says it, or where nobody changed what an import had estimated."""
    was = float(old["seconds"])
    wanted = was
    if shot.seconds is not None:
        wanted = shot.seconds
    elif abs(was - estimate(old.get("note", ""), old.get("lines", ()))) < 1e-3:
        wanted = estimate(new.get("note", ""), new.get("lines", ()))
    if abs(wanted - was) < 1e-3:
        return
    new["seconds"] = wanted
    changes.append(f"seconds: {was:g} -> {wanted:g}")
    if "effects" in old:
        new["effects"] = [{**e, "at": max(0.0, wanted - float(e["seconds"]))} if _ends_at(e, was) else e for e in old["effects"]]


def _ends_at(effect: Mapping[str, Any], end: float) -> bool:
    """Does it fade out exactly at the shot's end?"""
    return (effect["kind"] == "fade" and bool(effect.get("to")) and effect.get("at") is not None
            and effect.get("seconds") is not None and abs(float(effect["at"]) + float(effect["seconds"]) - end) < 1e-3)


def _lines(old: Sequence[Plain], said: Sequence[Plain], changes: list[str], warnings: list[str]) -> list[Plain]:
    """The lines of the script, each with the id and all that the author gave it."""
    pairs = _pairs([_texts(line) for line in old], [line["text"] for line in said])
    number = max((int(found[1]) for line in old if (found := re.fullmatch(r"l(\d+)", str(line["id"])))), default=0)
    used = {str(line["id"]) for line in old}
    made: list[Plain] = []
    for j, line in enumerate(said):
        if j in pairs:
            made.append(_line(old[pairs[j]], line, changes, warnings))
            continue
        number += 1
        made.append({**line, "id": f"l{number}"})
        changes.append(f"line l{number} is new: {line['text']!r}")
    gone = [old[i] for i in range(len(old)) if i not in pairs.values()]
    changes += [f"line {line['id']} is gone: {_texts(line)[0]!r}" + (f", with its recording {line['voice']}" if
                line.get("voice") else "") for line in gone]
    order = [str(line["id"]) for line in made if str(line["id"]) in used]
    if order != [str(line["id"]) for line in old if line not in gone]:
        changes.append("lines stand in another order")
    return made


def _line(old: Plain, said: Plain, changes: list[str], warnings: list[str]) -> Plain:
    """One line with the script's words and speaker."""
    new = dict(old)
    if said["text"] not in _texts(old):
        was = max(_texts(old), key=lambda text: _likeness(text, said["text"]))
        changes.append(f"line {old['id']}: {was!r} -> {said['text']!r}")
        if isinstance(old["text"], dict):
            new["text"] = {code: said["text"] if clean(text) == was else text for code, text in old["text"].items()}
            others = [code for code in old["text"] if new["text"][code] == old["text"][code]]
            if others:
                warnings.append(f"line {old['id']} changed; its words in {', '.join(others)} are still the old ones")
        else:
            new["text"] = said["text"]
        if old.get("voice"):
            warnings.append(f"line {old['id']} changed; its recording {old['voice']} still says the old words")
    if said.get("speaker") and said["speaker"] != old.get("speaker"):
        new["speaker"] = said["speaker"]
        changes.append(f"line {old['id']} is said by {said['speaker']}, no longer by {old.get('speaker') or 'the narrator'}")
    return new


def _pairs(old: Sequence[Sequence[str]], new: Sequence[str]) -> dict[int, int]:
    """Index in `new` -> index in `old` (a line in its languages): the same words first, then the most alike."""
    pairs: dict[int, int] = {}
    scores = sorted(_scores(old, new))
    for _, _, j, i in scores:
        if j not in pairs and i not in pairs.values():
            pairs[j] = i
    return pairs


def _scores(old: Sequence[Sequence[str]], new: Sequence[str]) -> Iterable[tuple[float, int, int, int]]:
    for j, text in enumerate(new):
        for i, texts in enumerate(old):
            score = 1.0 if text in texts else max(_likeness(was, text) for was in texts)
            if score >= ALIKE:
                yield -score, abs(i - j), j, i


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def _texts(line: Mapping[str, Any]) -> list[str]:
    """What a line says, in each of its languages."""
    return [clean(text) for text in (line["text"].values() if isinstance(line["text"], dict) else [line["text"]])]
