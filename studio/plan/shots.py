"""The way of a shot: keyframes, inbetweens, finals, voices, a clip per shot, subtitles and the film."""

from collections.abc import Callable
from dataclasses import dataclass, field

from studio.errors import GengaError
from studio.plan.films import Inputs, clip_recipe, film_recipe, speaks, subtitles_recipe, voice_recipe
from studio.plan.history import Stage
from studio.plan.inbetweens import frames_final_recipe, inbetween_recipe, motion_of
from studio.plan.keyframes import KeyframePlanner
from studio.plan.library import Library
from studio.plan.lines import Spoken, spoken_lines
from studio.plan.plans import Step
from studio.plan.predict import Estimate
from studio.plan.prompts import PanelWish
from studio.plan.reasons import Reason
from studio.plan.recipes import Recipe
from studio.plan.stepping import Stepper
from studio.story.boards import placed
from studio.story.shots import Shot
from studio.story.show import Show
from studio.story.storyboard import Storyboard, line_unit, shot_unit
from studio.story.timing import ShotTiming, shot_timing


@dataclass
class ShotPlanner:
    """Steps of one episode's shots, in the order in which they are made."""

    show: Show
    board: Storyboard
    library: Library
    stepper: Stepper
    _timings: dict[str, ShotTiming] = field(default_factory=dict[str, ShotTiming])
    _clips: dict[tuple[str, str], Step] = field(default_factory=dict[tuple[str, str], Step])
    """(shot id, language) -> its clip."""
    _voices: dict[tuple[str, str], Step] = field(default_factory=dict[tuple[str, str], Step])
    """(line unit, language) -> its voice."""
    warnings: list[str] = field(default_factory=list[str])
    """What is made all the same, and ought to be looked at."""

    def steps(self) -> list[Step]:
        """Every step from the first keyframe to the films."""
        steps = [step for shot in self.board.shots for step in self._shot(shot)]
        for language in self.show.settings.languages:
            steps += self._episode(language)
        return steps

    def _shot(self, shot: Shot) -> list[Step]:
        place = shot_unit(self.board, shot)
        voices = self._speak(shot, place)
        try:
            preset = self.library.preset(shot.preset or self.show.settings.default_preset, f"{place}.preset")
            timing = shot_timing(shot, self.show.settings.fps, motion_of(preset).fps)
        except GengaError as exc:
            told = type(exc)(exc.message, file=exc.file, field=_whole(exc.field, shot, place), remedy=exc.remedy)
            return [*voices, self._stuck(place, "clip", place, told)]
        self._timings[shot.id] = timing
        drawn = KeyframePlanner(self.show, self.board, self.library, self.stepper, shot, timing)
        steps, finals = [*voices, *drawn.ingredients, *drawn.keyframes], list[Step]()
        for gap in timing.gaps:
            between, final = self._gap(shot, drawn, gap.first, gap.frames)
            steps += (between, final)
            finals.append(final)
        effects = (*motion_of(preset).effects, *shot.effects)
        for language in self.show.settings.languages if speaks(effects) else ("",):
            inputs: Inputs = {}
            if any(step.artifact is None for step in finals):
                clip = self.stepper.waiting(place, "clip", place, finals, language)
            else:
                art = [step.artifact or "" for step in finals]
                clip = self._made(place, "clip", place, language, inputs, lambda language=language, art=art, inputs=inputs:
                                  clip_recipe(self.show, self.library, self.board, shot, timing, effects, art, language, inputs))
            self._clips[shot.id, language] = clip
            steps.append(clip)
        return steps

    def _gap(self, shot: Shot, drawn: KeyframePlanner, first: int, frames: int) -> tuple[Step, Step]:
        """An inbetween and its final. Nothing is spent on a shot before all of its keyframes stand."""
        place, keyframes = drawn.place, drawn.keyframes
        one, other = keyframes[first], keyframes[first + 1]
        wish = one.wish
        if wish is None or any(step.artifact is None for step in keyframes):
            like = None if wish is None else self._guess(shot, wish, frames)
            between = self.stepper.waiting(one.unit, "inbetween", place, keyframes, wish=wish, estimate=like)
        else:
            try:
                recipe = inbetween_recipe(self.library, wish, shot.quality, one.artifact or "", other.artifact or "", frames,
                                          drawn.control(first))
            except GengaError as exc:
                between = self._stuck(one.unit, "inbetween", place, exc)
            else:
                between = self.stepper.step(one.unit, "inbetween", place, recipe, wish=wish)
        return between, self._final(place, between, wish, frames)

    def _guess(self, shot: Shot, wish: PanelWish, frames: int) -> Estimate | None:
        try:
            return self.stepper.predictor.estimate(inbetween_recipe(self.library, wish, shot.quality, "0" * 64, "0" * 64, frames))
        except GengaError:
            return None

    def _final(self, place: str, between: Step, wish: PanelWish | None, frames: int) -> Step:
        if between.artifact is None or wish is None:
            return self.stepper.waiting(between.unit, "inbetween_final", place, (between,), wish=wish)
        try:
            recipe = frames_final_recipe(self.library, wish.preset, between.artifact, frames)
        except GengaError as exc:
            return self._stuck(between.unit, "inbetween_final", place, exc)
        return self.stepper.step(between.unit, "inbetween_final", place, recipe, wish=wish)

    def _speak(self, shot: Shot, place: str) -> list[Step]:
        steps: list[Step] = []
        for line in shot.lines:
            unit = line_unit(self.board, shot, line)
            for language in self.show.settings.languages:
                inputs: Inputs = {}
                try:
                    recipe = voice_recipe(self.show, self.library, line, language, inputs)
                except GengaError as exc:
                    step = self._stuck(unit, "voice", place, exc, language)
                else:
                    step = self.stepper.step(unit, "voice", place, recipe, language, inputs=inputs) if recipe else None
                if step:
                    self._voices[unit, language] = step
                    steps.append(step)
        return steps

    def _episode(self, language: str) -> list[Step]:
        """Subtitles and film, which need to know how long each voice is and that every clip stands."""
        episode = self.board.episode
        voices = {unit: step for (unit, spoken_in), step in self._voices.items() if spoken_in == language}
        clips = [self._clip(shot, language) for shot in self.board.shots]
        upstream = [*clips, *voices.values()]
        if any(shot.id not in self._timings for shot in self.board.shots):
            why = (Reason("a shot is blocked"),)
            return [Step(episode, stage, "", "blocked", why, language) for stage in ("subtitles", "film")]
        spoken = self.spoken(language)
        self.warnings += [f"line {s.unit} ({language}) outlasts its shot by {s.overrun:.1f} s: make the shot longer, the line "
                          "shorter, or let it begin earlier" for s in spoken if s.overrun]
        steps: list[Step] = []
        if spoken:
            if any(step.artifact is None for step in voices.values()):
                steps.append(self.stepper.waiting(episode, "subtitles", "", list(voices.values()), language))
            else:
                recipe = subtitles_recipe(self.show, self.library, self.board, spoken, language)
                steps.append(self.stepper.step(episode, "subtitles", "", recipe, language))
        if any(step.artifact is None for step in upstream):
            return [*steps, self.stepper.waiting(episode, "film", "", upstream, language)]
        art = {shot.id: clip.artifact or "" for shot, clip in zip(self.board.shots, clips, strict=True)}
        sounds = {unit: step.artifact or "" for unit, step in voices.items()}
        inputs: Inputs = {}
        film = self._made(episode, "film", "", language, inputs, lambda: film_recipe(
            self.show, self.library, self.board, self._timings, art, spoken, sounds, language, inputs))
        return [*steps, film]

    def spoken(self, language: str) -> list[Spoken]:
        """The episode's lines in their places; voices that are not made yet count by reading speed."""
        takes = self.stepper.history.takes
        seconds = {
            unit: takes[step.digest].measures["seconds"]
            for (unit, spoken_in), step in self._voices.items()
            if spoken_in == language and step.artifact and "seconds" in takes[step.digest].measures
        }
        return list(spoken_lines(self.show, self.board, self._timings, language, seconds))

    def _clip(self, shot: Shot, language: str) -> Step:
        """The clip of a shot in a language: its own, or the one without words."""
        found = self._clips.get((shot.id, language)) or self._clips.get((shot.id, ""))
        return found or Step(shot_unit(self.board, shot), "clip", shot_unit(self.board, shot), "blocked")

    def _made(
        self, unit: str, stage: Stage, place: str, language: str, inputs: Inputs, recipe: Callable[[], Recipe]
    ) -> Step:
        """A step whose recipe names files of the show, which may be missing."""
        try:
            return self.stepper.step(unit, stage, place, recipe(), language, inputs=inputs)
        except GengaError as exc:
            return self._stuck(unit, stage, place, exc, language)

    def _stuck(self, unit: str, stage: Stage, place: str, error: GengaError, language: str = "") -> Step:
        return self.stepper.stuck(unit, stage, place, placed(error, self.board, unit), language)


def _whole(field: str | None, shot: Shot, place: str) -> str | None:
    """A field that begins with the shot's id, with the whole unit id instead."""
    return place + field.removeprefix(shot.id) if field and field.startswith(f"{shot.id}.") else field
