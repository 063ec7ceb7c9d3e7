"""Evaluates the assets' own conditions: cheap stages follow what they are made from."""

import dagster as dg

from sensors import STATUS

cheap_stages = dg.AutomationConditionSensorDefinition(
    "cheap_stages", target=dg.AssetSelection.assets("panel_finals", "pages"), minimum_interval_seconds=5,
    default_status=STATUS,
)
