"""What a show's panels use, as hashes by which near-duplicates are found. Kept in the ledger: each picture is read once."""

from typing import TYPE_CHECKING

from studio.judge.duplicates import HASHED, Neighbours, perceptual_hash
from studio.plan.history import PastPick
from studio.store.events import Measure
from studio.story.boards import ids_by_episode

if TYPE_CHECKING:
    from studio.production.opening import Production


def neighbours_of(production: "Production") -> Neighbours:
    """The pictures of all panels that stand in the storyboards, the oldest first."""
    history, written = production.ledger.history(), ids_by_episode(production.show)
    used: dict[str, tuple[str, int]] = {}
    for (unit, stage, _), pick in sorted(history.picks.items(), key=lambda pair: pair[1].at):
        episode, _, panel = unit.partition(".")
        if stage != "panel" or panel not in written.get(episode, ()):
            continue
        known = history.numbers.get(pick.artifact, {}).get(HASHED)
        if known:  # the store is not asked: in a bucket each picture would be a request
            used[unit] = pick.artifact, int(known.note, 16)
        elif production.artifacts.has(pick.artifact, pick.suffix):
            used[unit] = pick.artifact, _measured(production, unit, pick)
    return Neighbours(used)


def _measured(production: "Production", unit: str, pick: PastPick) -> int:
    found = perceptual_hash(production.sources.picture(pick.artifact))
    production.ledger.append(Measure(show=production.show.name, unit=unit, recipe=pick.recipe, artifact=pick.artifact,
                                     asked=HASHED, stamp=HASHED, value=0.0, note=f"{found:016x}"))
    return found
