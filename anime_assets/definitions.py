"""What Dagster loads. Gathers assets, sensors and resources; decides nothing."""

import dagster as dg

from anime_assets import (
    books,
    canaries,
    clips,
    films,
    inbetween_finals,
    inbetweens,
    keyframes,
    metrics,
    pages,
    panel_finals,
    panels,
    report,
    storyboards,
    subtitles,
    sweeps,
    voices,
    weekly_audit,
)
from resources.show import ShowResource, show_folder
from sensors import (
    changed_looks,
    due_canaries,
    finished_runs,
    grown_ledger,
    new_storyboards,
    new_sweeps,
    spent_budgets,
    sweep_winners,
    weekly_audits,
)

defs = dg.Definitions(
    assets=dg.load_assets_from_modules([
        storyboards, panels, panel_finals, pages, books, keyframes, inbetweens, inbetween_finals, voices, clips, subtitles, films,
        sweeps, canaries, metrics, report, weekly_audit,
    ]),
    sensors=[
        new_storyboards.new_storyboards, finished_runs.finished_runs, new_sweeps.new_sweeps, sweep_winners.sweep_winners,
        changed_looks.changed_looks, spent_budgets.spent_budgets, grown_ledger.grown_ledger,
    ],
    schedules=[due_canaries.due_canaries, weekly_audits.weekly_audits],
    resources={"show": ShowResource(folder=str(show_folder()))},
    executor=dg.in_process_executor,
)
