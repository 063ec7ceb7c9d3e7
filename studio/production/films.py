"""Films: voices, clips, subtitles and the film itself, made here from what is ready and published to out/films/."""

from collections.abc import Iterator
from pathlib import Path

from studio.judge.sequences import judge_clip, judge_film
from studio.motion.clip import clip_preview, make_clip
from studio.motion.editlist import edit_list
from studio.motion.encode import suffix_of
from studio.motion.film import make_film
from studio.motion.sound import Loudness
from studio.motion.subtitles import write_subtitles
from studio.motion.voice import seconds_of, speak, unreadable
from studio.plan.film_recipes import ClipRecipe, FilmRecipe, SubtitlesRecipe, VoiceRecipe
from studio.plan.history import PastTake, Verdict
from studio.plan.plans import Step
from studio.production.crafting import Crafted, kept, make_crafted, publish, scratch
from studio.production.making import Made, Wanted, everything
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.store.frames import SUFFIX as SEQUENCE
from studio.store.previews import SIDE
from studio.story.storyboard import Storyboard


def make_voices(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Speak the lines that `wanted` keeps, in every language; a recording is brought to the project's format."""
    for step in production.plan(board).steps:
        if step.stage == "voice" and wanted(step):
            yield make_crafted(production, step, run, lambda step: _voice(production, step))


def make_clips(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Encode the shots that `wanted` keeps, with their effects."""

    def inspect(step: Step, take: PastTake) -> list[Verdict]:
        assert isinstance(step.recipe, ClipRecipe)
        recipe = step.recipe
        file = production.artifacts.path(take.artifact, take.suffix)
        return judge_clip(file, recipe.frames, padded(recipe.width, recipe.height), recipe.hold)

    for step in production.plan(board).steps:
        if step.stage == "clip" and wanted(step):
            yield make_crafted(production, step, run, lambda step: _clip(production, step), inspect)


def make_subtitles(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Write the episode's subtitles in every language."""
    for step in production.plan(board).steps:
        if step.stage == "subtitles" and wanted(step):
            made = make_crafted(production, step, run, _subtitles)
            if made.take:
                publish(production, step, made.take, run, _files(production, step, made.take, "subtitles"))
            yield made


def make_films(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Cut the episode's film in every language and write it, with its edit list, to out/films/."""

    def inspect(step: Step, take: PastTake) -> list[Verdict]:
        assert isinstance(step.recipe, FilmRecipe)
        planned = sum(clip.frames - clip.dissolve for clip in step.recipe.clips)
        file = production.artifacts.path(take.artifact, take.suffix)
        return judge_film(file, planned, padded(step.recipe.width, step.recipe.height))

    for step in production.plan(board).steps:
        if step.stage == "film" and wanted(step):
            made = make_crafted(production, step, run, lambda step: _film(production, step), inspect)
            if made.take:
                publish(production, step, made.take, run, _files(production, step, made.take, "film"))
            yield made


def padded(width: int, height: int) -> tuple[int, int]:
    """The size of an encoded picture: an odd side gets one more row or column."""
    return width + width % 2, height + height % 2


def _voice(production: Production, step: Step) -> Crafted:
    assert isinstance(step.recipe, VoiceRecipe)
    sha = step.recipe.recording
    sound = speak(step.recipe, kept(production, step, sha) if sha else None)
    strange = unreadable(step.recipe)
    note = (f"the synthetic voice cannot read {'、'.join(strange)} and says \"Chinese letter\" for each: "
            "write the line in kana, or record it")
    return Crafted(sound, ".wav", measures={"seconds": seconds_of(sound)}, notes=(note,) if strange else ())


def _clip(production: Production, step: Step) -> Crafted:
    assert isinstance(step.recipe, ClipRecipe)
    recipe = step.recipe
    out = scratch(production, suffix_of(recipe.codec))
    sequences = [production.artifacts.path(sha, SEQUENCE) for sha in recipe.gaps]
    files = {name: kept(production, step, sha) for name, sha in recipe.files.items()}
    notes = make_clip(recipe, sequences, files, out)
    moving = clip_preview(out, side=SIDE)
    return Crafted(out, out.suffix, measures={"frames": float(recipe.frames)}, notes=notes, preview=moving)


def _subtitles(step: Step) -> Crafted:
    assert isinstance(step.recipe, SubtitlesRecipe)
    files = write_subtitles(step.recipe)
    return Crafted(files.pop("subtitles.srt"), ".srt", files)


def _film(production: Production, step: Step) -> Crafted:
    assert isinstance(step.recipe, FilmRecipe)
    recipe = step.recipe
    suffix = suffix_of(recipe.codec)
    out = scratch(production, suffix)
    clips = {ref.clip: production.artifacts.path(ref.clip, suffix) for ref in recipe.clips}
    sounds = {ref.sound: production.artifacts.path(ref.sound, ref.suffix) for ref in recipe.sounds}
    facts = make_film(recipe, clips, sounds, out)
    folder = "../artifacts"
    names = {sha: f"{folder}/{sha[:2]}/{sha}{suffix}" for sha in clips}
    names |= {ref.sound: f"{folder}/{ref.sound[:2]}/{ref.sound}{ref.suffix}" for ref in recipe.sounds}
    measures = {"frames": float(facts.frames), "seconds": facts.seconds, **_loudness(facts.loudness)}
    lengths = {sha: seconds_of(file) for sha, file in sounds.items()}
    cut = edit_list(recipe, names, lengths)
    return Crafted(out, suffix, {"film.otio": cut}, measures, facts.notes, clip_preview(out, side=SIDE))


def _loudness(sound: Loudness) -> dict[str, float]:
    """What was measured of a film's sound; nothing of silence."""
    found = {"lufs": sound.after, "true_peak_db": sound.true_peak_db}
    return {name: round(value, 2) for name, value in found.items() if value is not None}


def _files(production: Production, step: Step, take: PastTake, name: str) -> dict[Path, tuple[str, str]]:
    """Where a deliverable's files lie for people: `out/films/01.ja.mp4`, `.otio`, `.srt`, `.ass`."""
    stem = f"{step.unit}.{step.language}"
    folder = production.show.out / "films"
    files = {folder / f"{stem}{take.suffix}": (take.artifact, take.suffix)}
    return files | {folder / f"{stem}{Path(extra).suffix}": (sha, Path(extra).suffix) for extra, sha in take.extras.items()}
