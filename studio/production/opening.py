"""Production: an open show with its library, stores and ledger. What commands and assets hold in their hands."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from studio import collecting
from studio.comic import book as book_maker
from studio.comic import page as page_maker
from studio.errors import GengaError, PresetError
from studio.fonts.shipped import fonts_digest
from studio.judge.catalogue import make_scorer
from studio.judge.duplicates import Neighbours
from studio.judge.gating import forget_past_twins, judge_again
from studio.judge.policies import Gate, merits_of, read_pick, read_policies
from studio.judge.scorer import Desk
from studio.judge.sources import ShowJudgeSources
from studio.motion import blockout as blockout_maker
from studio.motion import clip as clip_maker
from studio.motion import film as film_maker
from studio.motion import subtitles as subtitles_maker
from studio.motion import voice as voice_maker
from studio.plan.history import History
from studio.plan.library import Library, open_library, unraised_versions
from studio.plan.planner import plan_episode
from studio.plan.plans import Plan
from studio.plan.predict import Predictor
from studio.production.neighbours import neighbours_of
from studio.render import lineart as lineart_maker
from studio.render.catalogue import contracts
from studio.render.claims import Claims
from studio.render.engine import Sources
from studio.render.environment import best_device
from studio.render.farm import Farm
from studio.render.farms import farm_here
from studio.render.model_cache import ModelCache
from studio.render.renderer import Renderer, Run
from studio.render.sources import ShowSources
from studio.store.artifacts import ArtifactStore, LocalArtifacts
from studio.store.event import utc_now
from studio.store.hashing import HashMemory
from studio.store.ledger import Ledger
from studio.story.boards import find_board
from studio.story.checks import read_storyboards
from studio.story.show import Show, open_show
from studio.story.storyboard import Storyboard
from studio.story.sweeps import Rank

MAKERS = {
    "page": page_maker, "book": book_maker, "blockout": blockout_maker, "voice": voice_maker, "clip": clip_maker,
    "subtitles": subtitles_maker, "film": film_maker, "lines": lineart_maker,
}
"""Crafts that work from things that are ready; each module says its CONTRACT, raised when the same recipe gives other bytes."""


@dataclass
class Production:
    """One show and everything that is needed to bring it up to date."""

    show: Show
    library: Library
    artifacts: ArtifactStore
    ledger: Ledger
    farm_maker: Callable[[], Farm] = farm_here
    """Called once, when the first recipe is really rendered: a plan needs no farm."""
    claims: Claims = field(init=False)
    scratched: list[Path] = field(default_factory=list[Path])
    """Files on their way to the store, made by the craft that is at work."""

    def __post_init__(self) -> None:
        self.claims = Claims(self.show.out / "claims.lock")

    @cached_property
    def farm(self) -> Farm:
        """Where engines run."""
        return self.farm_maker()

    @cached_property
    def sources(self) -> Sources:
        """Weights and pictures by sha256."""
        return ShowSources(self.library.models, self.artifacts)

    def boards(self, episode: str | None = None) -> list[Storyboard]:
        """The show's storyboards, or only `episode`'s, read anew. Raises StoryError."""
        with collecting.later():
            return read_storyboards(self.show) if episode is None else [find_board(self.show, episode)[1]]

    def history(self) -> History:
        """The ledger, read anew, as today's policies judge it."""
        history = self.ledger.history()
        history.lapse(utc_now()[:10])
        forget_past_twins(history)
        judge_again(history, self.gates, self.stamps if history.numbers else {})
        history.merits = merits_of(self.pick)
        return history

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """What the show wants of its pictures. Raises StoryError for a broken policy."""
        return read_policies(self.show.folder / "policies", self.library.presets)

    @cached_property
    def pick(self) -> tuple[Rank, ...]:
        """By what the best of several candidates is told. Raises StoryError for a broken policy."""
        return read_pick(self.show.folder / "policies")

    @cached_property
    def desk(self) -> Desk:
        """Where pictures are measured."""
        return Desk(self.judge_sources, ModelCache(), best_device(), neighbours=lambda: self.neighbours)

    @cached_property
    def judge_sources(self) -> ShowJudgeSources:
        """Where scorers find weights and pictures."""
        return ShowJudgeSources(self.show, self.library.models, self.library.files, self.sources)

    def stamp(self, scorer: str, parameters: Mapping[str, Any]) -> str:
        """Under which stamp a scorer's numbers count today. Raises GengaError where its weights or pictures are not there.

        It looks at files alone: no device is asked for, whose library takes a second to import.
        """
        return make_scorer(scorer, dict(parameters)).stamp(Desk(self.judge_sources, ModelCache()))

    @cached_property
    def stamps(self) -> dict[str, str]:
        """What the gates ask -> the stamp of today; without those that cannot be asked."""
        found: dict[str, str] = {}
        for gate in self.gates:
            with suppress(GengaError):  # told of when it is to be asked
                found[gate.asked] = self.stamp(gate.scorer, gate.parameters)
        return found

    @cached_property
    def neighbours(self) -> Neighbours:
        """What the show's panels use."""
        return neighbours_of(self)

    def plan(self, board: Storyboard, history: History | None = None) -> Plan:
        """What ought to be done for one episode."""
        return self.plans([board], history)[0]

    def plans(self, boards: Sequence[Storyboard], history: History | None = None) -> list[Plan]:
        """The plans of several episodes; what all takes tell of prices is worked out once."""
        known = history or self.history()
        with collecting.later():
            predictor = Predictor(known)
            return [plan_episode(self.show, board, self.library, known, self.artifacts.has, predictor) for board in boards]

    def check_versions(self, history: History) -> None:
        """Raises PresetError for a preset that changed without a new version."""
        for error in self.unraised(history).values():
            raise error

    def unraised(self, history: History) -> dict[str, PresetError]:
        """Presets, by name, that changed without a new version; nothing is rendered with them."""
        return unraised_versions(self.library, history, self.show)

    def renderer(self, run: Run) -> Renderer:
        """A renderer for one run."""
        return Renderer(self.show.name, self.artifacts, self.ledger, self.farm, self.sources, self.claims, run)


def open_production(
    folder: Path, farm_maker: Callable[[], Farm] = farm_here, s3: Callable[[], Any] | None = None
) -> Production:
    """Open the show in `folder`. Raises StoryError for broken files.

    farm_maker: another farm than $GENGA_FARM. s3: makes the boto3 client for a show whose artifacts lie in a bucket.
    """
    show = open_show(folder)
    known = {**contracts(), **{name: maker.CONTRACT for name, maker in MAKERS.items()}}
    library = open_library(show, HashMemory(show.out / "hashes.json"), known, fonts_digest())
    return Production(show, library, _store(show, s3 or _s3_client), Ledger(show.out / "ledger"), farm_maker)


def _store(show: Show, s3: Callable[[], Any]) -> ArtifactStore:
    """The folder out/artifacts, or the bucket that show.yaml names."""
    url = show.settings.artifacts
    if url is None:
        return LocalArtifacts(show.out / "artifacts")
    from studio.store.s3 import S3Artifacts

    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    return S3Artifacts(s3, bucket, prefix, show.out / "cache")


def _s3_client() -> Any:
    import boto3

    return boto3.client("s3")
