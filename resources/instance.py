"""`python -m resources.instance [EPISODE ...]`: make the Dagster instance of a show ready before processes share it.

Creates its tables (two processes doing so at once crash), seeds the pools and takes in the episodes named.
"""

import sys

import dagster as dg

from partitions.intake import seed_pools, take_in
from resources.show import show_folder
from studio.story.show import open_show


def main(episodes: list[str]) -> None:
    """Needs DAGSTER_HOME; the show is $GENGA_SHOW."""
    show = open_show(show_folder())
    with dg.DagsterInstance.get() as instance:
        assert instance.schedule_storage is not None  # opening each storage creates its tables
        seed_pools(instance, show)
        for episode in episodes:
            take_in(instance, show, episode)


if __name__ == "__main__":
    main(sys.argv[1:])
