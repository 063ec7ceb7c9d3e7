"""Sweep files that are new or changed: their cells are entered and drawn, and ranked once they are."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from partitions.grid import SWEEP, SWEEP_CELLS, SWEEPS
from partitions.intake import seed_pools
from resources.show import ShowResource
from sensors import STATUS
from sensors.marks import digest_of, settings_of
from sensors.requests import trace_of

if TYPE_CHECKING:
    from studio.production.opening import Production

Memory = dict[str, dict[str, Any]]
"""File name -> `mark` (digest handled), `sweep`, `change` (which one, and the mark), `drawing` (its pictures are awaited), `why`
(broken: the error)."""
COUNT = "count"
"""Of all changes so far; in the cursor it stands beside the files, whose names end in .yaml."""
MARK = "genga/sweep_mark"
"""Run tag: as written when."""
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dg.sensor(asset_selection=dg.AssetSelection.assets("sweep_takes", "sweep_ranking"), minimum_interval_seconds=4,
           default_status=STATUS)
def new_sweeps(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SensorResult:
    """A dropped sweep is drawn, bounded by its own ceiling; what it drew before is found.

    A broken one is told about and looked at again when it, or what is around it, changes; it keeps no other from being drawn.
    """
    from studio.errors import GengaError

    cursor = json.loads(context.cursor or "{}")
    count: int = cursor.pop(COUNT, 0)
    folder = Path(show.folder)
    files = [file for file in sorted(folder.glob("sweeps/*.yaml")) if file.is_file()]
    around = digest_of(*settings_of(folder), *sorted(folder.glob("storyboards/*.yaml")), *files)
    memory: Memory = {file.name: cursor[file.name] for file in files if file.name in cursor}
    requests: list[dg.RunRequest] = []
    for file in files:
        seen, mark = memory.get(file.name, {}), digest_of(file)
        if seen.get("mark") != (mark if "why" not in seen else mark + around):
            count += 1  # a change back to what was before is a change too
            try:
                name, request = _asked(context.instance, show.open(), file, f"{count}-{mark}")
            except GengaError as exc:
                memory[file.name] = {"mark": mark + around, "why": str(exc)}
                context.log.error(str(exc))
                continue
            memory[file.name] = {"mark": mark, "sweep": name, "change": f"{count}-{mark}", "drawing": True}
            requests.append(request)
        elif seen.get("drawing") and _ended(context.instance, seen["sweep"], seen.get("change", mark)):
            seen["drawing"] = False
            requests.append(_ranking(seen["sweep"], seen.get("change", mark)))
    after = json.dumps({COUNT: count, **memory})
    if not requests:
        broken = [seen["why"] for seen in memory.values() if "why" in seen]
        return dg.SensorResult(skip_reason="\n".join(broken) or "no new or changed sweep", cursor=after)
    return dg.SensorResult(run_requests=requests, cursor=after)


def _asked(instance: dg.DagsterInstance, production: "Production", file: Path, change: str) -> tuple[str, dg.RunRequest]:
    """The sweep in `file`, entered, and the run that draws it. Raises GengaError for one that may not be drawn."""
    from studio.dispatch.holding import tags_of
    from studio.dispatch.submissions import RANGE, TRACE
    from studio.production.sweeping import sweep_planner
    from studio.story.sweeps import sweep_in

    sweep = sweep_in(file)
    planner = sweep_planner(production, sweep)
    planner.check()
    seed_pools(instance, production.show)
    cells = [f"{sweep.sweep}.{cell}" for cell in planner.cells()]
    instance.add_dynamic_partitions(SWEEPS, [sweep.sweep])
    instance.add_dynamic_partitions(SWEEP_CELLS, cells)
    wanted = set(cells)
    known = [key for key in instance.get_dynamic_partitions(SWEEP_CELLS) if key in wanted]
    tags = {f"{RANGE}_start": known[0], f"{RANGE}_end": known[-1], SWEEP: sweep.sweep, MARK: change,
            TRACE: _trace(sweep.sweep, change),
            **tags_of(production, "sweep_takes", "")}
    return sweep.sweep, dg.RunRequest(run_key=f"sweep:{sweep.sweep}:{change}", tags=tags,
                                      asset_selection=[dg.AssetKey("sweep_takes")])


def _ranking(sweep: str, change: str) -> dg.RunRequest:
    """The run that ranks what another one drew, under its trace."""
    from studio.dispatch.submissions import TRACE

    return dg.RunRequest(run_key=f"ranking:{sweep}:{change}", partition_key=sweep, tags={TRACE: _trace(sweep, change)},
                         asset_selection=[dg.AssetKey("sweep_ranking")])


def _trace(sweep: str, change: str) -> str:
    return trace_of(f"sweep:{sweep}:{change}")


def _ended(instance: dg.DagsterInstance, sweep: str, change: str) -> bool:
    """Did the run that draws this sweep end? One that failed in part is ranked too: the pictures that came are good ones."""
    return bool(instance.get_runs(dg.RunsFilter(tags={SWEEP: sweep, MARK: change}, statuses=ENDED), limit=1))
