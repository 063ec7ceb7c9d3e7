"""The code location: light to load, and what it declares."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

from anime_assets.definitions import defs
from studio.judge.checks import CHECKS

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "diffusers", "transformers", "spandrel", "reportlab", "shapely", "numpy", "rich")


def test_the_code_location_loads_without_any_heavy_library() -> None:
    program = f"import anime_assets.definitions, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_workspace_validates(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"], cwd=ROOT,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr


def test_assets_stand_in_the_partitions_and_groups_that_the_design_gives_them() -> None:
    graph = defs.resolve_asset_graph()
    found = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
    assert {name: node.group_name for name, node in found.items()} == {
        "storyboards": "story", "panels": "panels", "panel_finals": "panels", "pages": "comic", "books": "comic",
    }
    grids = {name for name, node in found.items() if isinstance(node.partitions_def, dg.MultiPartitionsDefinition)}
    assert grids == {"panels", "panel_finals"}
    assert found["pages"].partitions_def == dg.DynamicPartitionsDefinition(name="pages")
    assert found["books"].partitions_def == found["storyboards"].partitions_def == dg.DynamicPartitionsDefinition(name="episodes")


def test_every_check_of_the_judge_is_a_check_of_the_panels() -> None:
    graph = defs.resolve_asset_graph()
    assert {key.name for key in graph.asset_check_keys} == set(CHECKS)
    assert all(graph.get(key).blocking == CHECKS[key.name] for key in graph.asset_check_keys)
