"""Canaries: fixed pictures of every preset, drawn again and compared with those that a person approved."""

import dagster as dg
from pydantic import Field

from anime_assets.comparing import CHECK, canary_events
from partitions import grid
from resources.show import ShowResource


class CanaryWork(dg.Config):
    """How thoroughly they are looked at."""

    again: bool = Field(default=False, description="Draw them even where this environment has drawn them already.")


@dg.multi_asset(
    name="canaries", pool="image", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        "canaries", group_name="looks", partitions_def=grid.presets, kinds={"png"}, skippable=True,
        description="A preset's fixed pictures beside the approved ones. One that comes out differently fails its check.",
    )],
    check_specs=[dg.AssetCheckSpec(CHECK, asset="canaries")],
)
def canaries(context: dg.AssetExecutionContext, config: CanaryWork, show: ShowResource):
    """Partitions are dynamic, one per preset: they live in the instance, outlast the code server, and a preset written while
    it runs gets its own without a reload. Sensor and schedule enter them.
    """
    from studio.production.canaries import check

    production, run = show.open(), show.run(context)
    for preset in context.partition_keys:
        checked = check(production, preset, run, config.again)
        yield from canary_events(production, context.assets_def.key, checked)
