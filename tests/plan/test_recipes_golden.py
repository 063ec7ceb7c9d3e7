"""Digests written down once. When one of them changes, every picture ever kept is lost to the cache.

A test here that fails says that the canonical form, a default or a field of a recipe changed. If that is meant, raise
the engine's contract, say so in CHANGELOG.md, and write the new values into golden_recipes.json.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from studio.plan.recipes import recipe_from, recipe_from_json

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("golden_recipes.json").read_text("utf-8"))
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


@each
def test_a_recipe_still_has_the_digest_that_was_written_down(case: dict[str, Any]) -> None:
    recipe = recipe_from(case["recipe"])
    assert recipe.canonical() == case["canonical"]
    assert recipe.digest() == case["digest"]


@each
def test_the_digest_is_the_sha256_of_the_canonical_text_as_any_program_computes_it(case: dict[str, Any]) -> None:
    assert hashlib.sha256(case["canonical"].encode("utf-8")).hexdigest() == case["digest"]


@each
def test_a_recipe_read_back_from_its_canonical_text_is_the_same_recipe(case: dict[str, Any]) -> None:
    again = recipe_from_json(case["canonical"])
    assert (again.canonical(), again.digest()) == (case["canonical"], case["digest"])


def test_every_kind_of_recipe_is_written_down_and_no_two_share_a_digest() -> None:
    assert {case["recipe"]["kind"] for case in CASES} == {"image", "upscale", "page", "book"}
    assert len({case["digest"] for case in CASES}) == len(CASES) == 9
