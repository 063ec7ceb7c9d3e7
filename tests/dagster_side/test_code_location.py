"""The code location: light to load, and what it declares."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

from anime_assets.definitions import defs
from anime_assets.metadata import GATE_CHECKS
from partitions.grid import both_keyframes, shot_grid
from studio.judge.checks import CHECKS
from studio.judge.sequences import CLIP_CHECKS, FILM_CHECKS, KEYFRAME_CHECKS, SEQUENCE_CHECKS

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "diffusers", "transformers", "spandrel", "reportlab", "shapely", "numpy", "rich",
         "dbt", "dagster_dbt", "duckdb")


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
    tables = {name for name, node in found.items() if node.group_name == "metrics"}
    assert {"metrics/stg_events", "metrics/takes", "metrics/panel_costs"} <= tables
    assert {name: node.group_name for name, node in found.items() if name not in tables} == {
        "storyboards": "story", "panels": "panels", "panel_finals": "panels", "pages": "comic", "books": "comic",
        "keyframes": "shots", "inbetweens": "shots", "inbetween_finals": "shots", "clips": "shots", "voices": "sound",
        "subtitles": "film", "films": "film", "sweep_takes": "sweeps", "sweep_ranking": "sweeps", "refinements": "sweeps",
        "canaries": "looks",
    }
    grids = {name for name, node in found.items() if isinstance(node.partitions_def, dg.MultiPartitionsDefinition)}
    assert grids == {"panels", "panel_finals", "keyframes", "inbetweens", "inbetween_finals"}
    assert found["pages"].partitions_def == dg.DynamicPartitionsDefinition(name="pages")
    assert found["books"].partitions_def == found["storyboards"].partitions_def == dg.DynamicPartitionsDefinition(name="episodes")


def test_every_check_of_the_judge_is_a_check_of_its_asset() -> None:
    graph = defs.resolve_asset_graph()
    found: dict[str, dict[str, bool]] = {}
    for key in graph.asset_check_keys:
        if key.asset_key.path[0] == "metrics":  # as dbt's tests are called
            continue
        found.setdefault(key.asset_key.to_user_string(), {})[key.name] = graph.get(key).blocking
    assert found == {
        "panels": {**CHECKS, **GATE_CHECKS}, "keyframes": {**KEYFRAME_CHECKS, **GATE_CHECKS}, "inbetweens": SEQUENCE_CHECKS,
        "inbetween_finals": SEQUENCE_CHECKS, "clips": {**CLIP_CHECKS, **GATE_CHECKS}, "films": FILM_CHECKS, "pages": GATE_CHECKS,
        "canaries": {"as_approved": False},
    }


def test_gaps_depend_on_the_keyframes_before_and_after_them() -> None:
    mapping = both_keyframes.get_upstream_mapped_partitions_result_for_partitions
    wanted = shot_grid.empty_subset().with_partition_keys([dg.MultiPartitionKey({"shot": "01.s1", "slot": "02"})])
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("shots", ["01.s1"])
        found = mapping(wanted, shot_grid, shot_grid, dynamic_partitions_store=instance).partitions_subset
        assert set(found.get_partition_keys()) == {"01.s1|02", "01.s1|03"}
