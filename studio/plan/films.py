"""Recipes of clips, voices, subtitles and films: what encoding depends on, and nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.plan.film_recipes import ClipRecipe, ClipRef, FilmRecipe, SoundRef, SubtitlesRecipe, VoiceRecipe
from studio.plan.library import Library
from studio.plan.lines import Spoken, cues_of, dissolve_frames, shot_starts
from studio.plan.pages import in_language
from studio.plan.seeds import SeedPolicy
from studio.story.effects import AnyEffect, Grade, Title, Watermark
from studio.story.fields import in_language as text_in
from studio.story.shots import Line, Shot, Sound
from studio.story.show import Show
from studio.story.storyboard import Storyboard, shot_unit
from studio.story.timing import ShotTiming

Inputs = dict[str, Path]
"""sha256 -> file of the show that has to be in the store before something is made from it."""


def voice_recipe(
    show: Show, library: Library, line: Line, language: str, inputs: Inputs
) -> VoiceRecipe | None:
    """How `line` sounds in `language`; None where its author wrote nothing in that language. A recording always wins."""
    text = text_in(line.text, language)
    if text is None:
        return None
    file = line.voice.get(language) if isinstance(line.voice, dict) else line.voice
    if file:
        sha = _file(show, library, file, inputs)
        return VoiceRecipe(engine="recorded", contract=library.contracts["voice"], text="", language=language, recording=sha)
    voice = show.cast[line.speaker].voice if line.speaker else show.settings.narrator
    return VoiceRecipe(
        engine="espeak", contract=library.contracts["voice"], text=text, language=language, voice=voice.name,
        speed=voice.speed, pitch=voice.pitch, volume=voice.volume,
    )


def clip_recipe(
    show: Show, library: Library, board: Storyboard, shot: Shot, timing: ShotTiming, effects: Sequence[AnyEffect],
    gaps: Sequence[str], language: str, inputs: Inputs,
) -> ClipRecipe:
    """How a shot's final frames (`gaps`: sequences by sha256, in order) become its clip."""
    size = show.settings.picture
    lettered = [e for e in effects if isinstance(e, Title) or (isinstance(e, Watermark) and e.text)]
    seeds = SeedPolicy(root=show.settings.seeds.root, lock=show.settings.seeds.lock)
    return ClipRecipe(
        contract=library.contracts["clip"], gaps=tuple(gaps), drawings=timing.drawings, hold=timing.hold, frames=timing.frames,
        fps=show.settings.fps, width=size.width, height=size.height,
        effects=tuple(_effect(effect, language) for effect in effects),
        files={name: _file(show, library, name, inputs) for name in files_of(effects)}, language=language,
        fonts=library.fonts if lettered else None, codec=board.film.codec,
        seed=seeds.seed("film", shot_unit(board, shot)),
    )


def files_of(effects: Sequence[AnyEffect]) -> list[str]:
    """Names of the files that effects read: lookup tables and watermarks."""
    names = [e.lut if isinstance(e, Grade) else e.image for e in effects if isinstance(e, Grade | Watermark)]
    return [name for name in names if name]


def speaks(effects: Sequence[AnyEffect]) -> bool:
    """Whether the picture itself has words that differ by language: then each language has a clip of its own."""
    return any(isinstance(effect, Title) and isinstance(effect.text, dict) for effect in effects)


def _effect(effect: AnyEffect, language: str) -> dict[str, Any]:
    said = effect.model_dump(mode="json")
    if isinstance(effect, Title):
        said["text"] = in_language(effect.text, language)
    return said


def subtitles_recipe(show: Show, library: Library, board: Storyboard, spoken: list[Spoken], language: str) -> SubtitlesRecipe:
    """The episode's subtitles in `language`."""
    return SubtitlesRecipe(
        contract=library.contracts["subtitles"], cues=cues_of(show, spoken, language), language=language,
        title=in_language(board.title, language), width=show.settings.picture.width, height=show.settings.picture.height,
    )


def film_recipe(
    show: Show, library: Library, board: Storyboard, timings: dict[str, ShotTiming], clips: dict[str, str],
    spoken: list[Spoken], voices: dict[str, str], language: str, inputs: Inputs,
) -> FilmRecipe:
    """How an episode's clips (shot id -> sha256) and voices (line unit -> sha256) become its film in `language`."""
    settings, film = show.settings, board.film
    starts = shot_starts(board, timings, settings.fps)
    sounds = [SoundRef(sound=voices[s.unit], suffix=".wav", role="voice", start=s.start, gain_db=s.line.gain_db, name=s.unit)
              for s in spoken]
    for shot in board.shots:
        sounds += [_sound(show, library, sound, starts[shot.id] / settings.fps, "effect", inputs) for sound in shot.sounds]
    sounds += [_sound(show, library, sound, 0.0, "music", inputs) for sound in film.music]
    return FilmRecipe(
        contract=library.contracts["film"], clips=tuple(_clips(board, timings, clips, settings.fps)), sounds=tuple(sounds),
        cues=cues_of(show, spoken, language), subtitles=film.subtitles, codec=film.codec, fps=settings.fps,
        width=settings.picture.width, height=settings.picture.height, lufs=film.lufs, duck_db=film.duck_db, language=language,
        facts={"title": in_language(board.title, language), "show": settings.title, "author": settings.author,
               "episode": board.episode, "summary": board.summary},
        fonts=library.fonts if film.subtitles == "burnt" else None,
    )


def _clips(board: Storyboard, timings: dict[str, ShotTiming], clips: dict[str, str], fps: int) -> list[ClipRef]:
    refs: list[ClipRef] = []
    heading = ""
    for i, shot in enumerate(board.shots):
        refs.append(ClipRef(
            clip=clips[shot.id], unit=shot_unit(board, shot), frames=timings[shot.id].frames,
            dissolve=dissolve_frames(shot, fps) if i else 0, chapter=shot.scene if shot.scene != heading else "",
        ))
        heading = shot.scene or heading
    return refs


def _sound(show: Show, library: Library, sound: Sound, start: float, role: Any, inputs: Inputs) -> SoundRef:
    return SoundRef(
        sound=_file(show, library, sound.file, inputs), suffix=Path(sound.file).suffix.lower(), role=role,
        start=round(start + sound.at, 3), gain_db=sound.gain_db, fade=sound.fade, name=Path(sound.file).stem,
    )


def _file(show: Show, library: Library, name: str, inputs: Inputs) -> str:
    sha = library.files.digest(show.folder / name)
    inputs[sha] = show.folder / name
    return sha
