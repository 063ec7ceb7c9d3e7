"""The partitions of every asset. Only Dagster's built-in mappings: others do not cross the process border."""

import dagster as dg

from studio.dispatch.cells import SHOT_SLOTS, SLOTS

PAGES, SHOTS, EPISODES, PRESETS, SWEEPS, SWEEP_CELLS = "pages", "shots", "episodes", "presets", "sweeps", "sweep_cells"

pages = dg.DynamicPartitionsDefinition(name=PAGES)
shots = dg.DynamicPartitionsDefinition(name=SHOTS)
episodes = dg.DynamicPartitionsDefinition(name=EPISODES)
sweeps = dg.DynamicPartitionsDefinition(name=SWEEPS)
sweep_cells = dg.DynamicPartitionsDefinition(name=SWEEP_CELLS)
"""`mood.1a2b3c4d`: a sweep and the digest of one cell's settings."""
SWEEP = "genga/sweep"
"""Run tag: the sweep that is meant. Partitions keep the order in which they were added, so that a range from the first to the
last cell of a sweep that was widened may hold cells of others."""
presets = dg.DynamicPartitionsDefinition(name=PRESETS)
"""Dynamic, so that they live in the instance: static ones are fixed when the code location loads, a preset written while
`genga up` runs would have no partition until the next reload, and a show that cannot be read would keep all from loading."""
panel_grid = dg.MultiPartitionsDefinition({"page": pages, "slot": dg.StaticPartitionsDefinition(list(SLOTS))})
shot_grid = dg.MultiPartitionsDefinition({"shot": shots, "slot": dg.StaticPartitionsDefinition(list(SHOT_SLOTS))})

page_of_cell = dg.MultiToSingleDimensionPartitionMapping("page")
shot_of_cell = dg.MultiToSingleDimensionPartitionMapping("shot")
both_keyframes = dg.MultiPartitionMapping({
    "shot": dg.DimensionPartitionMapping("shot", dg.IdentityPartitionMapping()),
    "slot": dg.DimensionPartitionMapping("slot", dg.StaticPartitionMapping({
        slot: [SHOT_SLOTS[i - 1], slot] if i else [slot] for i, slot in enumerate(SHOT_SLOTS)
    })),
})
"""Gap i lies between keyframes i and i + 1: keyframe i is needed by the gaps before and after it."""
lineage_only = dg.SpecificPartitionsPartitionMapping([])
"""Between episodes and pages or shots: Dagster maps no two dynamic definitions onto each other. The edge is drawn, but no
partition of one is told stale by the other: which pictures are stale is what `genga plan` knows."""
