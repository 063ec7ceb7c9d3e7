"""The partitions of every asset. Only Dagster's built-in mappings: others do not cross the process border."""

import dagster as dg

from studio.dispatch.cells import SLOTS

PAGES, EPISODES = "pages", "episodes"

pages = dg.DynamicPartitionsDefinition(name=PAGES)
episodes = dg.DynamicPartitionsDefinition(name=EPISODES)
panel_grid = dg.MultiPartitionsDefinition({"page": pages, "slot": dg.StaticPartitionsDefinition(list(SLOTS))})

page_of_cell = dg.MultiToSingleDimensionPartitionMapping("page")
lineage_only = dg.SpecificPartitionsPartitionMapping([])
"""Between episodes and pages: Dagster maps no two dynamic definitions onto each other. The edge is drawn, but no
partition of one is told stale by the other: which pictures are stale is what `genga plan` knows."""
