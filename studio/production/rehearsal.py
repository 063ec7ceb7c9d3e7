"""Rehearsal: what would stop an episode's clips and films is found before anything is drawn: tables, letters, pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from studio.errors import GengaError, LetteringError, StoryError
from studio.motion.effects.applying import make_ready
from studio.motion.effects.stage import Stage
from studio.motion.subtitles import refuse_unwritable
from studio.motion.voice import decode
from studio.plan.films import files_of, speaks
from studio.plan.inbetweens import motion_of
from studio.plan.pages import in_language
from studio.plan.presets import Preset
from studio.story.effects import AnyEffect, Grade, Title, Watermark
from studio.story.fields import in_language as text_in
from studio.story.reading import Path_, Source, inside
from studio.story.show import Show
from studio.story.storyboard import Storyboard

Listed = tuple[Source, Path_, Sequence[AnyEffect]]
"""A list of effects: the file and the place in which it stands."""


def film_faults(show: Show, file: Path, board: Storyboard) -> Iterator[StoryError | LetteringError]:
    """Effects that cannot be made ready and words that cannot be burnt in, at their places in storyboard or preset."""
    if board.shots:
        source = Source(file)
        yield from _Rehearsal(show).faults(board, source)
        yield from _unheard(show, board, source)
        if board.film.subtitles == "burnt":
            yield from _unwritable(show, board, source)


@dataclass
class _Rehearsal:
    """Makes each effect ready once, however many shots have it."""

    show: Show
    _tried: dict[tuple[str, str], GengaError | None] = field(default_factory=dict[tuple[str, str], GengaError | None])
    _told: set[tuple[Path, Path_]] = field(default_factory=set[tuple[Path, Path_]])

    def faults(self, board: Storyboard, source: Source) -> Iterator[StoryError | LetteringError]:
        """What is wrong with the effects of the shots, and with those of the looks that they are drawn in."""
        looks = dict(_looks(self.show))
        for s, shot in enumerate(board.shots):
            lists: list[Listed] = [(source, ("shots", s, "effects"), shot.effects)]
            look = looks.get(shot.preset or self.show.settings.default_preset)  # the plan tells of one that is not there
            if look:
                lists.insert(0, (look[0], ("motion", "effects"), motion_of(look[1]).effects))
            spoken = speaks([effect for _, _, effects in lists for effect in effects])
            for language in self.show.settings.languages if spoken else ("",):
                yield from self._of_lists(lists, language)

    def _of_lists(self, lists: list[Listed], language: str) -> Iterator[StoryError | LetteringError]:
        for source, path, effects in lists:
            for n, effect in enumerate(effects):
                place = source.file, (*path, n)
                if not isinstance(effect, Grade | Title | Watermark) or place in self._told:
                    continue  # no other effect can fail, and each is told of once
                fault = self._fault(effect, language, source, place[1])
                if fault:
                    self._told.add(place)
                    yield fault

    def _fault(
        self, effect: Grade | Title | Watermark, language: str, source: Source, path: Path_
    ) -> StoryError | LetteringError | None:
        shown = effect.model_copy(update={"text": in_language(effect.text, language)}) if isinstance(effect, Title) else effect
        key = (effect.lut, "") if isinstance(effect, Grade) else (shown.model_dump_json(exclude={"at", "seconds"}), language)
        if key not in self._tried:
            self._tried[key] = self._try(shown, language, source, path)
        error = self._tried[key]
        return _placed(error, effect, language, source, path) if error else None

    def _try(self, effect: AnyEffect, language: str, source: Source, path: Path_) -> GengaError | None:
        """What making it ready for a clip of this show says."""
        size = self.show.settings.picture
        where = (*path, "lut" if isinstance(effect, Grade) else "image")
        try:
            files = {name: inside(self.show.folder, name, source, where) for name in files_of([effect])}
            make_ready(effect, Stage(size.width, size.height, language, files))
        except GengaError as exc:
            return exc
        return None


def _looks(show: Show) -> Iterator[tuple[str, tuple[Source, Preset]]]:
    """Every preset with its file, in whose lines its errors are told."""
    for file in sorted((show.folder / "presets").glob("*.yaml")):
        source = Source(file)
        preset = source.parse(Preset)
        yield preset.name, (source, preset)


def _unheard(show: Show, board: Storyboard, source: Source) -> Iterator[StoryError]:
    """Sound files of which not even the first block can be decoded."""
    for name, path in dict(_sounds(board)).items():
        try:
            file = inside(show.folder, name, source, path)
            next(iter(decode(file, "mono")), None)
        except GengaError as exc:
            yield source.error(exc.message if name in exc.message else f"'{name}': {exc.message}", path, exc.remedy or "")


def _sounds(board: Storyboard) -> Iterator[tuple[str, Path_]]:
    for n, sound in enumerate(board.film.music):
        yield sound.file, ("film", "music", n, "file")
    for s, shot in enumerate(board.shots):
        for n, sound in enumerate(shot.sounds):
            yield sound.file, ("shots", s, "sounds", n, "file")
        for n, line in enumerate(shot.lines):
            if isinstance(line.voice, str):
                yield line.voice, ("shots", s, "lines", n, "voice")
            for language, file in (line.voice.items() if isinstance(line.voice, dict) else ()):
                yield file, ("shots", s, "lines", n, "voice", language)


def _unwritable(show: Show, board: Storyboard, source: Source) -> Iterator[LetteringError]:
    for s, shot in enumerate(board.shots):
        for n, line in enumerate(shot.lines):
            for language in show.settings.languages if isinstance(line.text, dict) else show.settings.languages[:1]:
                try:
                    refuse_unwritable(text_in(line.text, language) or "")
                except LetteringError as exc:
                    path: Path_ = ("shots", s, "lines", n, "text", *([language] if isinstance(line.text, dict) else []))
                    place = source.error("", path, "")
                    yield LetteringError(exc.message, file=source.file, line=place.line, column=place.column, field=place.field,
                                         remedy=exc.remedy)


def _placed(
    error: GengaError, effect: Grade | Title | Watermark, language: str, source: Source, path: Path_
) -> StoryError | LetteringError:
    """`error` of an effect, at the field of the storyboard or preset that it speaks of; a table's own line stays in its words."""
    name = (error.field or "").rsplit(".", 1)[-1]
    where = (*path, name) if name in type(effect).model_fields else path
    if name == "text" and isinstance(effect, Title) and isinstance(effect.text, dict):
        where = (*where, language)
    found = f"{error.place}: {error.message}" if error.file and error.file != str(source.file) else error.message
    place = source.error("", where, "")
    kind = LetteringError if isinstance(error, LetteringError) else StoryError
    return kind(found, file=source.file, line=place.line, column=place.column, field=place.field, remedy=error.remedy)
