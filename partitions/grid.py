"""The partitions of every asset. Only Dagster's built-in mappings: others do not cross the process border."""

import dagster as dg

from studio.dispatch.cells import SLOTS

PAGES, EPISODES = "pages", "episodes"

pages = dg.DynamicPartitionsDefinition(name=PAGES)
episodes = dg.DynamicPartitionsDefinition(name=EPISODES)
panel_grid = dg.MultiPartitionsDefinition({"page": pages, "slot": dg.StaticPartitionsDefinition(list(SLOTS))})

page_of_cell = dg.MultiToSingleDimensionPartitionMapping("page")
everything = dg.AllPartitionMapping()
"""Between episodes and pages: Dagster maps no two dynamic definitions onto each other, so lineage is drawn whole."""
