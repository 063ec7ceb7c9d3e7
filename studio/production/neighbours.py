"""What a show's panels use, as hashes by which near-duplicates are found. Kept in the ledger: each picture is read once."""

from typing import TYPE_CHECKING

from studio.errors import GengaError
from studio.judge.duplicates import HASHED, Neighbours, perceptual_hash
from studio.plan.history import PastPick
from studio.store.events import Measure
from studio.story.storyboard import panel_unit

if TYPE_CHECKING:
    from studio.production.opening import Production


def neighbours_of(production: "Production") -> Neighbours:
    """The pictures of all panels that stand in the storyboards, the oldest first."""
    history, written = production.ledger.history(), _written(production)
    used: dict[str, tuple[str, int]] = {}
    for (unit, stage, _), pick in sorted(history.picks.items(), key=lambda pair: pair[1].at):
        if stage != "panel" or (written and unit not in written) or not production.artifacts.has(pick.artifact, pick.suffix):
            continue
        known = history.numbers.get(pick.artifact, {}).get(HASHED)
        used[unit] = pick.artifact, int(known.note, 16) if known else _measured(production, unit, pick)
    return Neighbours(used)


def _written(production: "Production") -> set[str]:
    """Ids of the panels that the storyboards have; none where one of them is broken."""
    try:
        return {panel_unit(board, panel) for board in production.boards() for page in board.pages for panel in page.panels}
    except GengaError:
        return set()


def _measured(production: "Production", unit: str, pick: PastPick) -> int:
    found = perceptual_hash(production.sources.picture(pick.artifact))
    production.ledger.append(Measure(show=production.show.name, unit=unit, recipe=pick.recipe, artifact=pick.artifact,
                                     asked=HASHED, stamp=HASHED, value=0.0, note=f"{found:016x}"))
    return found
