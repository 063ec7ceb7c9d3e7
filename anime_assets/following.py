"""When cheap stages follow by themselves. Nothing here starts a model."""

import dagster as dg

_When = dg.AutomationCondition
_idle = ~_When.any_deps_missing() & ~_When.any_deps_in_progress() & ~_When.in_progress()

UPDATED_FINALS = (_When.any_deps_updated().since_last_handled() & _idle).with_label("updated_finals")
"""A page is lettered again when one of its pictures changed and all are there."""

UPDATED_PANEL = (
    (_When.newly_missing() | _When.any_deps_updated()).since_last_handled() & _idle
).with_label("updated_panel")
"""A final follows the picture of its panel, which somebody asked for."""
