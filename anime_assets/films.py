"""Films: an episode's clips with voices, music and subtitles."""

import dagster as dg

from anime_assets.metadata import check_specs
from anime_assets.work import report_sheets
from partitions import grid
from resources.show import ShowResource
from studio.judge.sequences import FILM_CHECKS


@dg.multi_asset(
    name="films", pool="post", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        "films", group_name="film", partitions_def=grid.episodes, kinds={"mp4"}, skippable=True,
        description="The film and its edit list in out/films/, one in each language.",
        deps=[dg.AssetDep("clips", partition_mapping=grid.lineage_only),
              dg.AssetDep("voices", partition_mapping=grid.lineage_only)],
    )],
    check_specs=check_specs("films", FILM_CHECKS),
)
def films(context: dg.AssetExecutionContext, show: ShowResource):
    """Declared as several for the same reason as keyframes."""
    from studio.production.films import make_films

    yield from report_sheets(context, show, make_films)
