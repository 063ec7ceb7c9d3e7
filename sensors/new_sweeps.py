"""Sweep files that are new or changed: their cells are entered and drawn, and ranked once they are."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from partitions.grid import SWEEP_CELLS, SWEEPS
from partitions.intake import seed_pools
from resources.show import ShowResource
from sensors import STATUS

if TYPE_CHECKING:
    from studio.production.opening import Production

Memory = dict[str, dict[str, Any]]
"""File name -> `mark` (digest handled), `sweep`, `drawing` (its pictures are awaited), `why` (broken: the error)."""
SWEEP, MARK = "genga/sweep", "genga/sweep_mark"
"""Run tags: which sweep, as written when."""
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dg.sensor(asset_selection=dg.AssetSelection.assets("sweep_takes", "sweep_ranking"), minimum_interval_seconds=4,
           default_status=STATUS)
def new_sweeps(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SensorResult:
    """A dropped sweep is drawn, bounded by its own ceiling; what it drew before is found. A broken one is told about once."""
    from studio.errors import GengaError
    from studio.record import sha256

    memory: Memory = json.loads(context.cursor or "{}")
    requests: list[dg.RunRequest] = []
    for file in sorted((Path(show.folder) / "sweeps").glob("*.yaml")):
        seen, mark = memory.get(file.name, {}), sha256(file.read_bytes())[:16]
        if seen.get("mark") != mark:
            try:
                name, request = _asked(context.instance, show.open(), file, mark)
            except GengaError as exc:
                memory[file.name] = {"mark": mark, "why": str(exc)}
                context.log.error(str(exc))
                continue
            memory[file.name] = {"mark": mark, "sweep": name, "drawing": True}
            requests.append(request)
        elif seen.get("drawing") and _ended(context.instance, seen["sweep"], mark):
            seen["drawing"] = False
            requests.append(dg.RunRequest(run_key=f"ranking:{seen['sweep']}:{mark}", partition_key=seen["sweep"],
                                          asset_selection=[dg.AssetKey("sweep_ranking")]))
    broken = [seen["why"] for seen in memory.values() if "why" in seen]
    cursor = json.dumps(memory)
    if not requests:
        return dg.SensorResult(skip_reason="\n".join(broken) or "no new or changed sweep", cursor=cursor)
    return dg.SensorResult(run_requests=requests, cursor=cursor)


def _asked(instance: dg.DagsterInstance, production: "Production", file: Path, mark: str) -> tuple[str, dg.RunRequest]:
    """The sweep in `file`, entered, and the run that draws it. Raises GengaError for one that may not be drawn."""
    from studio.dispatch.holding import tags_of
    from studio.dispatch.submissions import RANGE
    from studio.production.sweeping import sweep_planner
    from studio.story.sweeps import find_sweep, read_sweep

    _, sweep = find_sweep(file.parent, read_sweep(file).sweep)
    planner = sweep_planner(production, sweep)
    planner.check()
    seed_pools(instance, production.show)
    cells = [f"{sweep.sweep}.{cell}" for cell in planner.cells()]
    instance.add_dynamic_partitions(SWEEPS, [sweep.sweep])
    instance.add_dynamic_partitions(SWEEP_CELLS, cells)
    known = [key for key in instance.get_dynamic_partitions(SWEEP_CELLS) if key in set(cells)]
    tags = {f"{RANGE}_start": known[0], f"{RANGE}_end": known[-1], SWEEP: sweep.sweep, MARK: mark,
            **tags_of(production, "sweep_takes", "")}
    return sweep.sweep, dg.RunRequest(run_key=f"sweep:{sweep.sweep}:{mark}", tags=tags,
                                      asset_selection=[dg.AssetKey("sweep_takes")])


def _ended(instance: dg.DagsterInstance, sweep: str, mark: str) -> bool:
    """Did the run that draws this sweep end? One that failed in part is ranked too: the pictures that came are good ones."""
    return bool(instance.get_runs(dg.RunsFilter(tags={SWEEP: sweep, MARK: mark}, statuses=ENDED), limit=1))
