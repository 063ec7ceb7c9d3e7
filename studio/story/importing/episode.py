"""Episode: a script brought into a show: which file it becomes, what is new in it, what changed, what is gone."""

import dataclasses
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import StoryError
from studio.story.cast import Character
from studio.story.checks import read_storyboard
from studio.story.importing.keeping import with_shots
from studio.story.importing.matching import Content, match
from studio.story.importing.naming import Newcomer, Roster, free_id, newcomers, place_of, slug
from studio.story.importing.script import Script, ScriptShot, clean
from studio.story.importing.skeleton import new_board, new_shot, note_of, spoken_until
from studio.story.importing.updating import Casting, Plain, Updated, updated
from studio.story.reading import parse_yaml, read_text
from studio.story.show import Show

Enricher = Callable[[Sequence[Plain]], tuple[list[Plain], list[str]]]
"""Shots -> (the same shots with other prompts, warnings)."""
ROUNDING = 0.05
"""Seconds by which dialogue may run over its shot before it is told."""


@dataclass(frozen=True)
class Wishes:
    """What is asked of an import."""

    cast: bool = False
    """Write a cast file for each speaker who has none."""
    prompts: bool = False
    """Take the script's prompts over those written by hand."""
    keep: bool = False
    """Leave shots where they are that the script no longer has."""
    enrich: Enricher | None = None


@dataclass(frozen=True)
class Imported:
    """What an import would write, and how it differs from what is there. Nothing is written yet."""

    file: Path
    before: str
    """The storyboard's text until now; empty for a new episode."""
    text: str
    added: tuple[str, ...]
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    """(shot, what is other than before)."""
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    newcomers: tuple[Newcomer, ...]
    """Speakers without a cast file."""
    cast: tuple[tuple[Path, str], ...]
    """(file, text) of the cast files asked for."""
    warnings: tuple[str, ...]


def bring(script: Script, source: Path, show: Show, episode: str | None = None, wishes: Wishes | None = None) -> Imported:
    """What `script`, read from `source`, makes of `episode`: the one it names itself, or the show's only one, when left out.

    Raises StoryError: no such place for it, or the storyboard that is there is broken.
    """
    wishes = wishes or Wishes()
    name = _episode(script, show, episode)
    file, before = _place(show, name)
    data: dict[str, Any] = parse_yaml(before, file) if before else {}
    new = newcomers(script, show.cast)
    casting = Casting(Roster(show.cast), Roster(show.cast, new if wishes.cast else ()))
    old: list[Plain] = data.get("shots", [])
    shots, gone = _merged(script, old, name, _taken(data), casting, wishes)
    warnings = list(script.warnings)
    if wishes.enrich:
        shots, told = _enriched(shots, wishes.enrich)
        warnings += told
    values = [shot.shot for shot in shots]
    if before:
        text, told = with_shots(before, data, values)
        warnings += told
    else:
        text = new_board(name, script.title, source.name, values)
    warnings += [f"shot {shot.shot['id']}: {told}" for shot in shots for told in (*shot.warnings, *_overrun(shot.shot))]
    warnings += _reordered(old, values)
    known = {str(shot["id"]) for shot in old}
    by_id = {str(shot.shot["id"]): shot.changes for shot in shots}
    stubs = _stubs(new, source, show) if wishes.cast else ()
    _check(text, file, dataclasses.replace(show, cast=show.cast | {n.name: Character(name=n.name, tags=n.title) for n in new
                                                                   if wishes.cast}))
    return Imported(file, before, text, tuple(n for n in by_id if n not in known),
                    tuple((n, told) for n, told in by_id.items() if n in known and told),
                    tuple(n for n, told in by_id.items() if n in known and not told),
                    tuple(gone), tuple(new), stubs, tuple(warnings))


def _episode(script: Script, show: Show, asked: str | None) -> str:
    name = asked or (slug(script.episode, "") if script.episode else None)
    if name is None:
        known = sorted(filter(None, map(_episode_in, show.storyboard_files)))
        if len(known) > 1:
            raise StoryError(f"which episode? The show has {', '.join(known)}", field="--episode",
                             remedy="Name one of them, or a new one")
        name = known[0] if known else "01"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        raise StoryError(f"'{name}' is no episode id", field="--episode", remedy="Use lower-case letters, digits, '-' and '_'")
    return name


def _episode_in(file: Path) -> str | None:
    try:
        return str(parse_yaml(read_text(file), file).get("episode"))
    except StoryError:
        return None


def _place(show: Show, episode: str) -> tuple[Path, str]:
    """File and present text of an episode, which is checked first: nothing is merged into a broken one."""
    file = next((f for f in show.storyboard_files if _episode_in(f) == episode), None)
    if file is not None:
        read_storyboard(file, show)
        return file, read_text(file)
    file = show.folder / "storyboards" / f"{episode}.yaml"
    if file.exists():
        raise StoryError(f"it does not hold episode '{episode}', but has its name", file=file, field="--episode",
                         remedy="Rename the file, mend it if it is broken, or name another episode")
    return file, ""


def _taken(data: dict[str, Any]) -> set[str]:
    """All ids of an episode that a shot may not have: pages, panels and shots are units alike."""
    pages = data.get("pages", [])
    return {str(unit["id"]) for unit in (*pages, *(p for page in pages for p in page["panels"]), *data.get("shots", []))}


def _merged(
    script: Script, old: list[Plain], episode: str, taken: set[str], casting: Casting, wishes: Wishes,
) -> tuple[list[Updated], list[str]]:
    """The episode's shots in the script's order, and the ids of those that the script no longer has."""
    names = [slug(shot.name, "shot").removeprefix(f"{episode}-") if shot.name else "" for _, shot in script.shots]
    pairs = match([_written(shot) for shot in old],
                  [_scripted(name, heading, shot) for name, (heading, shot) in zip(names, script.shots, strict=True)])
    made: list[Updated] = []
    for j, (name, (heading, shot)) in enumerate(zip(names, script.shots, strict=True)):
        if j in pairs:
            made.append(updated(old[pairs[j]], heading, shot, casting, wishes.prompts))
            continue
        stem = slug((place_of(heading) or ("",))[0], "shot")
        fresh = name if name and name not in taken else free_id(name or stem, taken)
        taken.add(fresh)
        made.append(Updated(new_shot(fresh, heading, shot, casting.now), open=not shot.prompts))
    gone = [i for i in range(len(old)) if i not in pairs.values()]
    if not wishes.keep:
        return made, [str(old[i]["id"]) for i in gone]
    for i in gone:
        ids = [shot.shot["id"] for shot in made]
        made.insert(ids.index(old[i - 1]["id"]) + 1 if i else 0, Updated(old[i]))
    return made, []


def _written(shot: Plain) -> Content:
    lines = shot.get("lines", ())
    said = [" ".join(line["text"].values()) if isinstance(line["text"], dict) else line["text"] for line in lines]
    return Content(str(shot["id"]), clean(shot.get("scene", "")), clean(shot.get("note", "")), clean("\n".join(said)))


def _scripted(name: str, heading: str, shot: ScriptShot) -> Content:
    return Content(name, heading, note_of(shot), clean("\n".join(line.text for line in shot.lines)))


def _enriched(shots: list[Updated], enrich: Enricher) -> tuple[list[Updated], list[str]]:
    """The shots whose prompts nobody wrote, with better ones."""
    better, warnings = enrich([shot.shot for shot in shots if shot.open])
    by_id = {shot["id"]: shot for shot in better}
    made = [shot if (new := by_id.get(shot.shot["id"], shot.shot)) == shot.shot else
            dataclasses.replace(shot, shot=new, changes=(*shot.changes, "prompts: from the language model")) for shot in shots]
    return made, warnings


def _overrun(shot: Plain) -> list[str]:
    over = spoken_until(shot.get("lines", ())) - float(shot["seconds"])
    late = [k["id"] for k in shot["keyframes"] if float(k.get("at") or 0) > float(shot["seconds"])]
    return ([f"its dialogue takes {over:.2f} s longer than the shot"] if over > ROUNDING else []) + [
        f"keyframe {name} stands after its end" for name in late]


def _reordered(old: Sequence[Plain], new: Sequence[Plain]) -> list[str]:
    before = [shot["id"] for shot in old]
    places = [before.index(shot["id"]) for shot in new if shot["id"] in before]
    return [] if places == sorted(places) else ["shots stand in another order than before: the film follows the script"]


def _stubs(new: Sequence[Newcomer], source: Path, show: Show) -> tuple[tuple[Path, str], ...]:
    stubs = tuple((show.folder / "cast" / f"{n.name}.yaml", n.stub(source.name)) for n in new)
    for file, _ in stubs:
        if file.exists():
            raise StoryError("this file holds another character", file=file, field="--cast",
                             remedy="Rename it to the character that it holds, then import again")
    return stubs


def _check(text: str, file: Path, show: Show) -> None:
    """Refuse to write what could not be read again: the storyboard's own checks, on a copy of it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        copy.write_text(text, encoding="utf-8")
        try:
            read_storyboard(copy, show)
        except StoryError as exc:
            raise StoryError(f"the import would make a storyboard that does not hold: {exc.field or ''} {exc.message}",
                             file=file, remedy=exc.remedy) from exc
