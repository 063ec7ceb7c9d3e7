"""Budgets in Dagster: queued renders are held when a ceiling is reached, and let go when it is raised."""

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from studio.production.opening import Production
    from studio.render.renderer import Run

WAITING = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]


def hold_queued(instance: dg.DagsterInstance, production: "Production") -> tuple[int, int]:
    """Hold or let go what waits in the queue, as budgets stand now; (held, let go) of this call."""
    from studio.dispatch.cells import episode_of, place_of
    from studio.dispatch.holding import HELD, NO_EPISODE, RANGE_TAGS, RENDERING, changed_tags
    from studio.production.budgets import held

    count = [0, 0]
    why: dict[str, str] = {}
    for run in instance.get_runs(dg.RunsFilter(statuses=WAITING)):
        assets = {key.to_user_string() for key in run.asset_selection or ()}
        first = next((run.tags[tag] for tag in RANGE_TAGS if tag in run.tags), "")
        if not assets & RENDERING:
            continue
        episode = episode_of(place_of(first)) if first and not assets & NO_EPISODE else ""
        if episode not in why:
            why[episode] = held(production, episode)
        changed = changed_tags(dict(run.tags), why[episode])
        if changed:
            instance.add_run_tags(run.run_id, changed)
            count[0 if changed[HELD] == "yes" else 1] += 1
    return count[0], count[1]


def after_spending(context: dg.AssetExecutionContext, production: "Production", run: "Run") -> None:
    """A render ended: tell people of marks, and hold what would be next before it can start (this step still has its place)."""
    from studio.production.budgets import limited, tell_marks

    if not limited(production):
        return
    for told in tell_marks(production, run):
        context.log.warning(told)
    held, _ = hold_queued(context.instance, production)
    if held:
        context.log.warning(f"{held} queued runs are held until the budget is raised")
