"""`python -m resources.instance [--starting] [EPISODE ...]`: make the Dagster instance of a show ready before processes share it.

Creates its tables (two processes doing so at once crash), seeds the pools and takes in the episodes named. `--starting`: nothing
serves the show now, so that whatever seems to run was killed.
"""

import sys

import dagster as dg

from partitions.intake import seed_pools, take_in
from resources.show import show_folder
from studio.story.show import open_show

BEGUN = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def main(words: list[str]) -> None:
    """Needs DAGSTER_HOME; the show is $GENGA_SHOW."""
    show = open_show(show_folder())
    with dg.DagsterInstance.get() as instance:
        assert instance.schedule_storage is not None  # opening each storage creates its tables
        if "--starting" in words:
            end_dead_runs(instance)
        seed_pools(instance, show)
        for episode in words:
            if episode != "--starting":
                take_in(instance, show, episode)


def end_dead_runs(instance: dg.DagsterInstance) -> None:
    """End runs whose worker died together with the services. Dagster's own monitoring asks a launcher that is gone, so such a run
    would hold its place in its pool, and whatever waits for it, for ever. What it had finished is found again.
    """
    for run in instance.get_runs(dg.RunsFilter(statuses=BEGUN)):
        instance.report_run_failed(run, "genga was killed while this run was at work; what it had finished is kept")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


if __name__ == "__main__":
    main(sys.argv[1:])
