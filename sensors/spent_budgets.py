"""Budgets that were reached, or raised: queued renders are held, or let go, and people are told."""

import dagster as dg

from resources.budgets import hold_queued
from resources.show import ShowResource
from sensors import STATUS


@dg.sensor(asset_selection=dg.AssetSelection.assets("panels"), minimum_interval_seconds=5, default_status=STATUS)
def spent_budgets(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SkipReason:
    """Asks for nothing: it lets runs wait and go on. Steps that render hold what follows them themselves, so that nothing
    slips through between two looks.
    """
    from studio.errors import GengaError
    from studio.production.budgets import tell_marks
    from studio.render.renderer import Run

    try:
        production = show.open()
        told = tell_marks(production, Run())
        held, freed = hold_queued(context.instance, production)
    except GengaError as exc:
        return dg.SkipReason(str(exc))
    words = [*told, *([f"{held} runs held"] if held else []), *([f"{freed} runs let go"] if freed else [])]
    return dg.SkipReason("; ".join(words) or "nothing is to be held or let go")
