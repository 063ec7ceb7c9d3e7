"""Looks that changed: a preset, its weights, or the environment it is drawn in. Their canaries are compared at once."""

import json
from typing import TYPE_CHECKING, Any

import dagster as dg

from partitions.looks import enter_presets
from resources.show import ShowResource
from sensors import STATUS
from sensors.requests import request

if TYPE_CHECKING:
    from studio.production.opening import Production

Memory = dict[str, dict[str, Any]]
"""Preset -> `mark` (what it was like when it was last looked at) and `count` (of its changes)."""


@dg.sensor(asset_selection=dg.AssetSelection.assets("canaries"), minimum_interval_seconds=30, default_status=STATUS)
def changed_looks(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SensorResult:
    """Asks for one run per changed preset and change; a preset whose canaries nobody approved has nothing to compare with.

    The ledger is read only when something changed. What the environment is exactly, torch would have to be loaded for;
    versions, driver, processor and threads are enough to notice a change, and the run compares the rest.
    """
    from studio.errors import GengaError

    memory: Memory = json.loads(context.cursor or "{}")
    try:
        production = show.open()
        if not production.show.settings.canaries.enabled:
            return dg.SensorResult(skip_reason="canaries are switched off in show.yaml", cursor=context.cursor)
        marks = _marks(production)
        moved = [name for name, mark in marks.items() if memory.get(name, {}).get("mark") != mark]
        approved = production.history().approvals if moved else {}
    except GengaError as exc:
        return dg.SensorResult(skip_reason=str(exc), cursor=context.cursor)
    enter_presets(context.instance, marks)
    memory = {name: {"mark": mark, "count": memory.get(name, {}).get("count", 0) + (name in moved)}
              for name, mark in marks.items()}
    requests = [_asked(name, memory[name], production) for name in moved if name in approved]
    if not requests:
        return dg.SensorResult(skip_reason="no approved look changed", cursor=json.dumps(memory))
    return dg.SensorResult(run_requests=requests, cursor=json.dumps(memory))


def _asked(name: str, seen: dict[str, Any], production: "Production") -> dg.RunRequest:
    from studio.dispatch.cells import Span
    from studio.dispatch.submissions import Submission

    # counted, so that a change back to what was before is a change too
    key = f"{name}:{seen['count']}:{seen['mark']}"
    run = Submission("canaries", Span(name, name), pool=production.library.presets[name].pool)
    return request(run, key, seen["mark"], production)


def _marks(production: "Production") -> dict[str, str]:
    """Preset -> what decides its canaries, environment included."""
    from studio.plan.canaries import canary_mark
    from studio.render.environment import environment_digest, outer_environment

    outside = environment_digest(outer_environment())[:16]
    presets = production.library.presets.values()
    return {preset.name: f"{canary_mark(production.show, production.library, preset)}-{outside}" for preset in presets}
