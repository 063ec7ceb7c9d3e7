"""Looks: the presets of a show as partitions of its canaries."""

from collections.abc import Collection

import dagster as dg

from partitions.grid import PRESETS


def enter_presets(instance: dg.DagsterInstance, names: Collection[str]) -> None:
    """Add the presets that are new to the instance and drop those that are gone."""
    known = instance.get_dynamic_partitions(PRESETS)
    instance.add_dynamic_partitions(PRESETS, [name for name in names if name not in known])
    for name in known:
        if name not in names:
            instance.delete_dynamic_partition(PRESETS, name)
