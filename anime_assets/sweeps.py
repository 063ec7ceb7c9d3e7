"""Sweeps: a look tried over many settings; the ranking of what came of it; the winners, refined."""

from typing import TYPE_CHECKING

import dagster as dg

from anime_assets.metadata import materialization, sweep_metadata
from anime_assets.work import Failures
from partitions import grid
from resources.budgets import after_spending
from resources.show import ShowResource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio.production.opening import Production
    from studio.story.sweeps import Sweep


@dg.asset(group_name="sweeps", partitions_def=grid.sweep_cells, pool="image", kinds={"png"}, output_required=False,
          backfill_policy=dg.BackfillPolicy.single_run())
def sweep_takes(context: dg.AssetExecutionContext, show: ShowResource):
    """A picture per cell. Successive halving needs all cells of a sweep at once, so each sweep of the range is drawn whole; of a
    range that names the one it means, only that.
    """
    from studio.production.sweeping import make_sweep

    production, run, failures = show.open(), show.run(context), Failures(context)
    for name, sweep in _meant(context, production):
        for made in make_sweep(production, sweep, run):
            key = f"{name}.{made.step.unit.rsplit('.', 1)[1]}"
            if made.take is None:
                failures.add(made)
                continue
            failures.made += 1
            yield materialization(context.asset_key, key, made.take.artifact, sweep_metadata(production, made))
    after_spending(context, production, run)
    failures.close()


@dg.asset(group_name="sweeps", partitions_def=grid.sweeps, pool="post", kinds={"png"}, output_required=False,
          deps=[dg.AssetDep("sweep_takes", partition_mapping=grid.lineage_only)],
          backfill_policy=dg.BackfillPolicy.single_run())
def sweep_ranking(context: dg.AssetExecutionContext, show: ShowResource):
    """The cells in order, with a contact sheet in out/sweeps/."""
    from studio.plan.price import total
    from studio.production.rounds import publish_rounds, saving
    from studio.production.sweeping import publish_ranking, standings
    from studio.store.hashing import file_sha256
    from studio.store.previews import as_markdown

    production, run = show.open(), show.run(context)
    for name in context.partition_keys:
        sweep = _sweep(production, name)
        found = standings(production, sweep, run)
        picture, table = publish_ranking(production, sweep, found)
        worth, price = saving(production, sweep, found), total((one.take.usd, one.take.pool) for one in found)
        rounds = publish_rounds(production, sweep.unit, run) if worth and sweep.unit else None
        of_lock = {"lock": worth.told()} if worth else {}
        of_lock |= {"rounds": dg.MetadataValue.md(as_markdown(rounds))} if rounds else {}
        yield materialization(context.asset_key, name, file_sha256(table), {
            "sheet": dg.MetadataValue.md(as_markdown(picture)), "cells": len(found), "best": found[0].cell,
            "settings": ", ".join(f"{axis} {value}" for axis, value in found[0].settings), "score": found[0].score,
            "cost_usd": price.usd, "cost": price.said(spent=True), "table": dg.MetadataValue.path(str(table)), **of_lock,
        })


@dg.asset(group_name="sweeps", partitions_def=grid.sweeps, pool="image", kinds={"png"}, output_required=False,
          deps=["sweep_ranking"], backfill_policy=dg.BackfillPolicy.single_run())
def refinements(context: dg.AssetExecutionContext, show: ShowResource):
    """The best cells, drawn with more steps or larger, and enlarged. Their unit is the cell that they come from."""
    from studio.production.sweeping import publish_ranking, refine, standings

    production, run, failures = show.open(), show.run(context), Failures(context)
    for name in context.partition_keys:
        done = []
        for made in refine(production, _sweep(production, name), run):
            if made.take is None:
                failures.add(made)
                continue
            done.append(made)
            failures.made += 1
        if done:
            publish_ranking(production, _sweep(production, name), standings(production, _sweep(production, name), run))
            version = "-".join(m.take.artifact[:16] for m in done if m.take)
            facts = {m.step.key: str(m.take.artifact) for m in done if m.take}
            yield materialization(context.asset_key, name, version, {**sweep_metadata(production, done[0]), **facts})
    failures.close()


def _meant(context: dg.AssetExecutionContext, production: "Production") -> "Iterator[tuple[str, Sweep]]":
    """The sweeps that a run draws, by name; one whose file is gone is left out."""
    from studio.errors import StoryError

    tagged = context.run.tags.get(grid.SWEEP)
    for name in [tagged] if tagged else dict.fromkeys(key.split(".", 1)[0] for key in context.partition_keys):
        try:
            yield name, _sweep(production, name)
        except StoryError as exc:
            context.log.warning(f"sweep '{name}' is left out: {exc}")


def _sweep(production: "Production", name: str) -> "Sweep":
    from studio.story.sweeps import find_sweep

    return find_sweep(production.show.folder / "sweeps", name)[1]
