"""Bench: one unit's takes laid out to be judged, with what tells them apart, what checks and people said, what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from studio.errors import ReviewError
from studio.judge.wording import bound_said
from studio.plan.history import History, Number, PastReview, PastTake, Verdict
from studio.plan.price import Price, total
from studio.plan.reasons import Reason, explain
from studio.production.reviewing import candidates, state_of
from studio.review.desk import Look
from studio.review.tiles import Tile, following

Kind = Literal["picture", "video", "other"]
KINDS: dict[str, Kind] = {
    ".png": "picture", ".jpg": "picture", ".jpeg": "picture", ".webp": "picture", ".mp4": "video", ".webm": "video",
}
"""What a browser shows by itself. Of anything else (ProRes in .mov) it shows the moving preview."""

WEIGHTS = ("model", "vae", "adapter")
"""Fields of a recipe that hold a weight file's sha256."""


@dataclass(frozen=True)
class Candidate:
    """One take of the unit."""

    number: int
    """From 1, oldest first."""
    take: PastTake
    used: bool
    kept: bool
    """Its file is there."""
    word: PastReview | None
    """The last word about it."""
    verdicts: tuple[Verdict, ...]
    bounds: Mapping[str, str]
    """Gate -> its bound, as its policy spells it."""
    further: Mapping[str, Number]
    """Scorer -> its number, of those that no gate spoke about."""
    enlarged: PastTake | None
    """Its final, where it was enlarged."""

    @property
    def kind(self) -> Kind:
        """How it is shown."""
        return KINDS.get(self.take.suffix, "other")


@dataclass(frozen=True)
class Bench:
    """A unit's takes, one of them in hand, perhaps beside another."""

    tile: Tile
    candidates: tuple[Candidate, ...]
    take: Candidate | None
    """The one that is judged."""
    other: Candidate | None
    """The one that it is compared with."""
    differs: tuple[Reason, ...]
    """What tells the take's recipe from the other's."""
    state: str
    """What others have said so far, for compare-and-set."""
    next: Tile | None
    around: tuple[Tile, ...]
    """A clip's keyframes; a page's panels."""
    whole: Tile | None
    """A panel's page; a keyframe's clip."""

    @property
    def seconds(self) -> float:
        """Device seconds of all takes."""
        return sum(one.take.seconds for one in self.candidates)

    @property
    def price(self) -> Price:
        """What all takes cost."""
        return total((one.take.usd, one.take.pool) for one in self.candidates)

    @property
    def enlarged(self) -> bool:
        """Both are there enlarged, so that they can be looked at as they are printed."""
        return all(one is None or one.enlarged for one in (self.take, self.other)) and self.take is not None

    def number_of(self, artifact: str) -> int:
        """Number of the take with this artifact; 0 for one that is no longer among them."""
        return next((one.number for one in self.candidates if one.take.artifact == artifact), 0)


def lay_out(look: Look, tile: Tile, take: str = "", other: str = "") -> Bench:
    """`tile` with the takes of these artifacts in hand: the one that it uses, and the one before it, if left out.

    Raises ReviewError for an artifact that the unit does not have.
    """
    found = _candidates(look, tile)
    shown = _named(found, take) or next((one for one in found if one.used), None) or (found[-1] if found else None)
    beside = _named(found, other) or _before(found, shown)
    if beside is shown:
        beside = None
    differs = _differs(look, beside, shown) if shown and beside else ()
    tiles = look.tiles[tile.episode]
    parts = tuple(one for one in tiles if one.step.place == tile.step.place and one.stage in ("panel", "keyframe"))
    whole = next((one for one in tiles if one.unit == tile.step.place), None)
    made_of_others = whole is not None and whole.unit == tile.unit
    return Bench(tile, found, shown, beside, differs, state_of(look.history, tile.unit, tile.stage, tile.language),
                 following(tiles, tile), parts if made_of_others else (), None if made_of_others else whole)


def _candidates(look: Look, tile: Tile) -> tuple[Candidate, ...]:
    made: dict[str, PastTake] = {}
    for take in candidates(look.history, tile.unit, tile.stage):
        if take.body.get("language", tile.language) == tile.language:
            made[take.artifact] = take  # two recipes may give the same bytes: one picture to be judged
    finals = {t.body.get("image"): t for t in look.history.takes.values() if t.stage == "final"}
    used = tile.pick.artifact if tile.pick else ""
    return tuple(
        _candidate(look, tile, number, take, take.artifact == used, finals.get(take.artifact))
        for number, take in enumerate(made.values(), 1)
    )


def _candidate(look: Look, tile: Tile, number: int, take: PastTake, used: bool, final: PastTake | None) -> Candidate:
    history: History = look.history
    kept = look.production.artifacts.has
    verdicts = history.verdicts.get(take.artifact, {})
    gates = {gate.check: gate for gate in look.production.gates if gate.check in verdicts}
    told = {gate.asked for gate in gates.values()}
    further = {asked.split(":")[0]: number for asked, number in history.numbers.get(take.artifact, {}).items()
               if ":" in asked and asked not in told}
    return Candidate(
        number, take, used, kept(take.artifact, take.suffix),
        next((word for word in reversed(tile.words) if word.artifact == take.artifact), None),
        tuple(verdicts.values()), {name: bound_said(gate.min, gate.max) for name, gate in gates.items()}, further,
        final if final and kept(final.artifact, final.suffix) else None,
    )


def _named(found: tuple[Candidate, ...], artifact: str) -> Candidate | None:
    if not artifact:
        return None
    for one in found:
        if one.take.artifact == artifact:
            return one
    raise ReviewError(f"there is no take {artifact[:12]}… of this unit", field="take", remedy="Choose one of those shown")


def _before(found: tuple[Candidate, ...], shown: Candidate | None) -> Candidate | None:
    """The take before `shown`, or the one after the first."""
    others = [one for one in found if one is not shown]
    earlier = [one for one in others if shown and one.number < shown.number]
    return earlier[-1] if earlier else next(iter(others), None)


def _differs(look: Look, was: Candidate, now: Candidate) -> tuple[Reason, ...]:
    """What the recipes differ in; weights by their names."""
    named = look.production.library.models.name_of
    changed = [(was.take.body.get(field), now.take.body.get(field)) for field in WEIGHTS]
    shas = {sha for pair in changed if pair[0] != pair[1] for sha in pair if isinstance(sha, str)}
    names = {sha[:12]: name for sha in shas if (name := named(sha))}
    told = explain(was.take, now.take.body, now.take.words)
    return tuple(replace(r, was=names.get(r.was, r.was), now=names.get(r.now, r.now)) for r in told)
