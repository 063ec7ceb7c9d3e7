"""What a ranged step over the grid works on, and what it tells Dagster: one event per cell, one failure at the end."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from anime_assets.metadata import (
    checks_of,
    materialization,
    picture_metadata,
    preview_of,
    sheet_metadata,
)
from partitions.intake import absent
from resources.budgets import after_spending
from studio.dispatch.cells import cells_of, episode_of, place_of

if TYPE_CHECKING:
    from resources.show import ShowResource
    from studio.dispatch.cells import Kind
    from studio.plan.history import Stage
    from studio.plan.plans import Step
    from studio.production.making import Made, Wanted
    from studio.production.opening import Production
    from studio.render.renderer import Run
    from studio.story.storyboard import Storyboard

    Maker = Callable[[Production, Storyboard, Run, Wanted], Iterator[Made]]

Event = dg.AssetMaterialization | dg.AssetCheckEvaluation
"""Steps yield these themselves: Dagster's own result objects know no partition of a range."""


class GridWork(dg.Config):
    """How much of the range is worked on. Pictures that are up to date are reported again and cost nothing."""

    units: list[str] = Field(default_factory=list)
    """Only these units, by id; all of the range when empty."""
    stale: bool = True
    """Also those that exist, but from another recipe (a changed preset, prompt, seed or model)."""

    def wants(self, step: "Step") -> bool:
        """Shall this unit be brought up to date?"""
        if step.stays:
            return True
        return (not self.units or step.unit in self.units) and (self.stale or step.state != "stale")


class Failures:
    """Collects what failed, so that one bad unit does not keep the others from being made."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self.context = context
        self.errors: dict[str, str] = {}
        self.made = 0

    def add(self, made: "Made") -> None:
        """A unit that failed."""
        why = made.error.render() if made.error else "failed"
        self.errors[made.step.key] = why
        self.context.log.error(f"{made.step.key}: {why}")

    def close(self) -> None:
        """Raises one dg.Failure that names every failed unit; retrying by itself would not change what is written."""
        if not self.errors:
            return
        names = ", ".join(self.errors)
        raise dg.Failure(
            f"{len(self.errors)} of {len(self.errors) + self.made} failed: {names}",
            metadata={key: dg.MetadataValue.text(why) for key, why in self.errors.items()}, allow_retries=False,
        )


class GridStep:
    """The cells of one run, by episode."""

    def __init__(
        self, context: dg.AssetExecutionContext, production: "Production", work: GridWork, kind: "Kind" = "pages",
        stage: "Stage | None" = None,
    ) -> None:
        self.context, self.production, self.work, self.kind, self.stage = context, production, work, kind, stage
        self.keys, self.asset = list(context.partition_keys), context.assets_def.key
        self.units: dict[str, str] = {}
        self.takes: dict[str, int] = {}
        self.failures = Failures(context)

    def boards(self) -> "Iterator[tuple[Storyboard, Wanted]]":
        """Each episode of the range, and which of its steps this run is about."""
        from studio.story.boards import find_board
        from studio.story.storyboard import keyframe_unit

        for episode in dict.fromkeys(episode_of(place_of(key)) for key in self.keys):
            _, board = find_board(self.production.show, episode)
            cells, keys = cells_of(board, self.kind, self.stage), set(self.keys)
            here = {unit: cell for cell, unit in cells.items() if cell in keys}
            self.units |= here
            self.takes |= {f"{episode}.{panel.id}": panel.take for page in board.pages for panel in page.panels}
            self.takes |= {keyframe_unit(board, shot, k): k.take for shot in board.shots for k in shot.keyframes}
            yield board, lambda step, here=here: step.unit in here and self.work.wants(step)

    def events(self, made: "Made") -> Iterator[Event]:
        """What became of one unit, told the moment it is known."""
        cell, asset = self.units[made.step.unit], self.asset
        yield from checks_of(asset, cell, made.verdicts, preview_of(self.production, made))
        if made.take is None:
            self.failures.add(made)
            return
        self.failures.made += 1
        facts = picture_metadata(self.production, made, self.takes[made.step.unit])
        yield materialization(asset, cell, made.take.artifact, facts)

    def close(self) -> Iterator[Event]:
        """Raises dg.Failure when one failed. Empty cells of the range would look failed with it, so they are
        reported as absent once more.
        """
        if self.failures.errors:
            for key in set(self.keys) - set(self.units.values()):
                yield absent(self.asset, key)
        self.failures.close()


def make_cells(
    context: dg.AssetExecutionContext, work: GridWork, show: "ShowResource", make: "Maker", kind: "Kind" = "pages",
    stage: "Stage | None" = None,
) -> Iterator[Event]:
    """Make the cells of a run and tell of each the moment it is known; one dg.Failure names those that failed at the end."""
    production, run = show.open(), show.run(context)
    step = GridStep(context, production, work, kind, stage)
    for board, wanted in step.boards():
        for made in make(production, board, run, wanted):
            yield from step.events(made)
    after_spending(context, production, run)
    yield from step.close()


def report_sheets(
    context: dg.AssetExecutionContext, show: "ShowResource", make: "Maker", of_place: bool = False
) -> Iterator[Event]:
    """Make what the run is about, each in every language, and tell of each partition once.

    of_place: partitions are the places of the units (a shot's voices), not the units themselves.
    """
    from studio.story.boards import find_board

    production, keys, failures = show.open(), set(context.partition_keys), Failures(context)
    run = show.run(context)

    def key_of(step: "Step") -> str:
        return step.place if of_place else step.unit

    for episode in dict.fromkeys(episode_of(key) for key in context.partition_keys):
        _, board = find_board(production.show, episode)
        made = make(production, board, run, lambda step: key_of(step) in keys)
        for key, versions in groupby(made, key=lambda m: key_of(m.step)):
            done = list(versions)
            yield from checks_of(context.assets_def.key, key, [v for m in done for v in m.verdicts])
            failed = [m for m in done if m.take is None]
            for one in failed:
                failures.add(one)
            if not failed:
                failures.made += 1
                version = "-".join(m.take.artifact[:32] for m in done if m.take)
                yield materialization(context.assets_def.key, key, version, sheet_metadata(production, done))
    failures.close()
