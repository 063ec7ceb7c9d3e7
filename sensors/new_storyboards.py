"""Storyboard files that are new or changed: their cells are entered, and what they lack is asked for."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from partitions.intake import seed_pools, take_in
from resources.show import ShowResource
from sensors import STATUS
from sensors.marks import digest_of, settings_of
from sensors.requests import order_of, request, trace_of

if TYPE_CHECKING:
    from studio.dispatch.submissions import Submission
    from studio.production.opening import Production
    from studio.story.storyboard import Storyboard

Memory = dict[str, dict[str, Any]]
"""File name -> `mark` (digest handled), `places` (page or shot -> digest of its units), `count`, `why` (broken: the error)."""


@dg.sensor(
    asset_selection=dg.AssetSelection.assets(
        "panels", "panel_finals", "pages", "books", "keyframes", "inbetweens", "inbetween_finals", "voices", "clips", "subtitles",
        "films",
    ),
    minimum_interval_seconds=4, default_status=STATUS,
)
def new_storyboards(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SensorResult:
    """A new page is rendered, a missing panel too; a page whose words changed is only lettered again.

    Panels that exist from another recipe are left to `genga apply`: they cost money. One file per tick, so that a
    large season does not outlast the tick. A broken file is told about and looked at again when it, or the settings
    around it, change.
    """
    from studio.errors import GengaError

    memory: Memory = json.loads(context.cursor or "{}")
    around = digest_of(*settings_of(Path(show.folder)))
    for file in sorted((Path(show.folder) / "storyboards").glob("*.yaml")):
        seen, mark = memory.setdefault(file.name, {}), digest_of(file)
        if seen.get("mark") == (mark if "why" not in seen else mark + around):
            continue
        try:
            count = seen.get("count", 0) + 1
            trace = trace_of(f"{file.name}:{count}:{mark}")
            production = show.open()
            board, runs = _asked(context.instance, production, file, seen, trace)
        except GengaError as exc:
            memory[file.name] = {**seen, "mark": mark + around, "why": str(exc)}
            context.log.error(str(exc))
            continue
        memory[file.name] = {"mark": mark, "places": places_of(board), "count": count}
        return dg.SensorResult(cursor=json.dumps(memory), run_requests=[
            request(run, f"{file.name}:{count}:{i}", trace, production) for i, run in enumerate(runs)
        ])
    broken = [seen["why"] for seen in memory.values() if "why" in seen]
    return dg.SensorResult(skip_reason="\n".join(broken) or "no new or changed storyboard", cursor=json.dumps(memory))


def _asked(
    instance: dg.DagsterInstance, production: "Production", file: Path, seen: dict[str, Any], trace: str
) -> "tuple[Storyboard, list[Submission]]":
    """The board of a changed file, entered into the grid, and the runs that it needs."""
    from studio.dispatch.cells import cells_of, place_of
    from studio.dispatch.submissions import newcomers
    from studio.plan.budget import may_be_held
    from studio.production.budgets import ceilings
    from studio.story.checks import read_storyboard

    seed_pools(instance, production.show)
    board = take_in(instance, production.show, read_storyboard(file, production.show).episode, trace)
    if "places" in seen:
        moved = {place for place, units in places_of(board).items() if seen["places"].get(place) != units}
    else:  # new here, though perhaps not new: `genga apply` may have reported it already
        moved = set()
        for kind, asset in (("pages", "panels"), ("shots", "keyframes")):
            made = instance.get_materialized_partitions(dg.AssetKey(asset))
            moved |= {place_of(cell) for cell in cells_of(board, kind) if cell not in made}
    order = replace(order_of(instance), apart=may_be_held(board.episode, ceilings(production)))
    return board, newcomers(production.plan(board), board, order, moved)


def places_of(board: "Storyboard") -> dict[str, str]:
    """Page or shot -> digest of which units stand in which of its slots."""
    from studio.dispatch.cells import units_by_place
    from studio.record import sha256

    units = {**units_by_place(board, "pages"), **units_by_place(board, "shots")}
    return {place: sha256("|".join(held).encode())[:12] for place, held in units.items()}
