"""Tiles: what people judge, one for each unit, stage and language, in reading order, and how it stands with each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from studio.errors import ReviewError
from studio.plan.history import Cause, History, PastPick, PastReview, Stage
from studio.plan.plans import Plan, Step
from studio.production.reviewing import REVIEWED

Standing = Literal["to review", "accepted", "rejected", "blocked", "stale", "missing"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)


@dataclass(frozen=True)
class Tile:
    """One unit at a stage that people judge."""

    step: Step
    standing: Standing
    pick: PastPick | None
    """The take that it uses, as long as its file is kept."""
    words: tuple[PastReview, ...]
    """What people said about it, in order of time, whichever take they meant."""

    @property
    def unit(self) -> str:
        """Unit id."""
        return self.step.unit

    @property
    def stage(self) -> Stage:
        """Panel, keyframe, page or clip."""
        return self.step.stage

    @property
    def language(self) -> str:
        """Empty for what has no words."""
        return self.step.language

    @property
    def episode(self) -> str:
        """Ids hold no dot, so the episode ends at the first one."""
        return self.unit.split(".", 1)[0]

    @property
    def label(self) -> str:
        """`01.p01 page ja`."""
        return self.step.key

    @property
    def word(self) -> PastReview | None:
        """The last word about the take that it uses."""
        return next((w for w in reversed(self.words) if self.pick and w.artifact == self.pick.artifact), None)

    @property
    def causes(self) -> frozenset[Cause]:
        """Why its takes were rejected, this one or those before it."""
        return frozenset(cause for word in self.words if word.verdict == "reject" for cause in word.reasons)


def tiles_of(plan: Plan, history: History) -> tuple[Tile, ...]:
    """Everything of an episode that people judge, in reading order."""
    return tuple(_tile(step, history) for step in plan.steps if step.stage in REVIEWED)


def counted(tiles: Iterable[Tile]) -> dict[Standing, int]:
    """How many tiles stand how, none left out."""
    found = Counter(tile.standing for tile in tiles)
    return {standing: found[standing] for standing in STANDINGS}


def chosen(tiles: Sequence[Tile], standing: str = "", cause: str = "", stage: str = "") -> list[Tile]:
    """The tiles that are asked for; empty words ask for all."""
    return [
        tile for tile in tiles
        if standing in ("", tile.standing) and (not cause or cause in tile.causes) and stage in ("", tile.stage)
    ]


def following(tiles: Sequence[Tile], tile: Tile | None = None) -> Tile | None:
    """What is to be reviewed after `tile`, from the beginning again after the end; None when nothing else is."""
    at = next((i for i, one in enumerate(tiles) if tile and one.label == tile.label), -1)
    after = [*tiles[at + 1:], *tiles[:max(at, 0)]]
    return next((one for one in after if one.standing == "to review"), None)


def find_tile(tiles: Iterable[Tile], unit: str, stage: str = "", language: str = "") -> Tile:
    """The unit's tile at a stage; the first one where no stage or language is asked for. Raises ReviewError: there is none."""
    for tile in tiles:
        if tile.unit == unit and stage in ("", tile.stage) and language in ("", tile.language):
            return tile
    what = " ".join(part for part in (unit, stage, language) if part)
    raise ReviewError(f"there is nothing to review under '{what}'", field="unit",
                      remedy="Panels, keyframes, pages and clips are reviewed; 'genga review --list' names them")


def _tile(step: Step, history: History) -> Tile:
    key = (step.unit, step.stage, step.language)
    pick = history.picks.get(key) if step.state != "missing" else None
    words = tuple(history.reviews.get(key, ()))
    return Tile(step, _standing(step, pick, words), pick, words)


def _standing(step: Step, pick: PastPick | None, words: Sequence[PastReview]) -> Standing:
    last = next((w.verdict for w in reversed(words) if pick and w.artifact == pick.artifact), None)
    if step.state == "missing":
        return "missing"
    if last == "reject":  # stale as well, once another take is wanted: what people said tells more
        return "rejected"
    if step.state != "fresh":
        return step.state
    return "accepted" if last == "accept" else "to review"
