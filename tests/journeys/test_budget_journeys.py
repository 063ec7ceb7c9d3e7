"""What a spent budget stops, and what it does not, with a real queue."""

from pathlib import Path
from typing import Any

import pytest

from studio.dispatch.queue import Queue
from studio.dispatch.services import Services
from studio.production.budgets import raise_budget

from .making import SHOW, board, books, events, fresh, opened, panel, wait_for, write_board, write_yaml

PATIENCE = 400
"""Seconds; a busy machine takes long, and waiting ends as soon as it is done."""
CEILING = 0.0001
"""USD: two panels of half a second at 0.6 an hour cost 0.00017."""
pytestmark = pytest.mark.timeout(1200)

_RUNS = """
query { runsOrError(limit: 100) { ... on Runs { results { runId status assetSelection { path } tags { key value } } } } }"""


def drawing(services: Services) -> list[tuple[str, dict[str, str]]]:
    """(status, tags) of the runs that draw panels of this journey's episode."""
    found = Queue(services.url).ask(_RUNS)["runsOrError"]["results"]
    runs: list[tuple[str, dict[str, str]]] = []
    for run in found:
        tags: dict[str, Any] = {tag["key"]: tag["value"] for tag in run["tags"]}
        if "cap.p" in str(tags.values()) and {"path": ["panels"]} in (run["assetSelection"] or ()):
            runs.append((run["status"], tags))
    return runs


def test_a_ceiling_reached_in_the_middle_of_an_episode_holds_the_next_renders_until_it_is_raised(
    folder: Path, services: Services
) -> None:
    write_yaml(folder / "show.yaml", {**SHOW, "budget": {"episodes": {"cap": CEILING}}})
    try:
        write_board(folder, board("cap", *([panel(f"c{n}", 0), panel(f"d{n}", 1)] for n in (1, 2, 3))))
        wait_for(lambda: any(tags.get("genga/held") == "yes" for _, tags in drawing(services)), PATIENCE, "a held run")
        wait_for(lambda: events(folder, "pick", "cap", "page"), PATIENCE, "the first page is lettered all the same")
        drawn = {e["unit"] for e in events(folder, "take", "cap", "panel")}
        assert 0 < len(drawn) < 6, "what was drawn before the ceiling was reached, and no more"
        waiting = [tags for status, tags in drawing(services) if status == "QUEUED"]
        assert waiting and all("episode cap has spent $0.0" in tags["genga/held_because"] for tags in waiting)
        assert not [status for status, _ in drawing(services) if status in ("FAILURE", "CANCELED")]
        assert [e["mark"] for e in events(folder, "alert", "cap")][-1] == 100

        raise_budget(opened(folder), "cap", 1.0, "kei", "the rest of the episode")
        wait_for(lambda: fresh(folder, "cap") and books(folder, "cap"), PATIENCE, "the episode is done")
        takes = events(folder, "take", "cap", "panel")
        assert len(takes) == len({e["recipe"] for e in takes}) == 6
    finally:
        write_yaml(folder / "show.yaml", SHOW)
