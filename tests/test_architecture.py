"""The house keeps its rules: who may import whom, names, sizes, docstrings (design of genga, docs/adr/0002)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OUTER = ("anime_assets", "sensors", "resources", "partitions")
STUDIO = (
    "cli", "review", "dispatch", "metrics", "production", ("comic", "motion"), "judge", "render", "store", "plan", "story",
    ("record", "errors", "fonts", "collecting"),
)
"""Downward only; names in one pair do not know each other, except that records may raise errors."""
ALLOWED = {
    "anime_assets": {"anime_assets", "resources", "partitions", "studio"},
    "sensors": {"sensors", "partitions", "resources", "studio"},
    "resources": {"resources", "partitions", "studio"},
    "partitions": {"partitions", "studio"},
    "studio": {"studio"},
    "house": {"house", "studio"},
}
"""sensors take configuration from resources; definitions.py alone gathers sensors into anime_assets.

The house model trains beside the product: nothing that is shipped imports it."""
HEAVY = {"torch", "diffusers", "transformers", "open_clip", "spandrel", "av", "ray"}
BANNED_NAMES = {"utils", "helpers", "common", "core", "base", "util", "helper", "misc"}
MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 45

FILES = sorted(f for top in ("studio", "house", *OUTER) for f in (ROOT / top).rglob("*.py"))


def rank(module: str) -> int:
    """Place of a studio module in the order, 0 at the top."""
    part = module.split(".")[1]
    return next(i for i, names in enumerate(STUDIO) if part == names or (isinstance(names, tuple) and part in names))


def imports(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """(module, stands inside a function or a TYPE_CHECKING block) of every import."""
    lazy: set[int] = set()
    for node in ast.walk(tree):
        checking = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if checking or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lazy |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, id(node) in lazy
            yield from ((f"{node.module}.{alias.name}", id(node) in lazy) for alias in node.names if node.module == "studio")


def wrongs(name: str, source: str) -> list[str]:
    """What the file `name` (relative, posix) with this source does against the table."""
    found: list[str] = []
    module = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    top = module.split(".")[0]
    allowed = ALLOWED[top] | ({"sensors"} if module == "anime_assets.definitions" else set())
    for target, lazy in imports(ast.parse(source)):
        first = target.split(".")[0]
        if first in {"studio", "house", *OUTER} and first not in allowed:
            found.append(f"{name} imports {target}")
        if top == "studio" and (first == "dagster" or first.startswith("dagster_")) and module != "studio.store.s3":
            found.append(f"{name} imports {target}: studio knows no Dagster")
        if first in HEAVY and not lazy and top != "house":
            found.append(f"{name} imports {target} on its top level")
        if top == "studio" and first == "studio" and target != "studio" and module != "studio":
            found += upward(name, module, target)
    return found


def upward(name: str, module: str, target: str) -> list[str]:
    """A studio module that imports one above it, or beside it."""
    mine, its = rank(module), rank(target)
    same = module.split(".")[1] == target.split(".")[1]
    if its > mine or same or target.split(".")[1] == "errors":
        return []
    return [f"{name} imports {target}, which stands above or beside it"]


def test_every_import_goes_downward_and_heavy_libraries_wait_for_their_call() -> None:
    assert FILES
    assert [w for f in FILES for w in wrongs(f.relative_to(ROOT).as_posix(), f.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("name", "source", "why"),
    [
        ("studio/plan/x.py", "import studio.render.farm", "above or beside"),
        ("studio/dispatch/x.py", "import studio.review.desk", "above or beside"),
        ("studio/story/x.py", "from studio.plan import recipes", "above or beside"),
        ("studio/comic/x.py", "import studio.motion.film", "above or beside"),
        ("studio/fonts/x.py", "import studio.comic.fonts", "above or beside"),
        ("studio/render/x.py", "import torch", "top level"),
        ("studio/render/x.py", "from dagster import asset", "knows no Dagster"),
        ("sensors/x.py", "import anime_assets.panels", "imports anime_assets"),
        ("anime_assets/panels.py", "import sensors", "imports sensors"),
        ("partitions/x.py", "import resources.show", "imports resources"),
        ("studio/judge/x.py", "import house.draw.scene", "imports house"),
    ],
)
def test_the_table_notices_a_wrong_import(name: str, source: str, why: str) -> None:
    assert any(why in wrong for wrong in wrongs(name, source))


@pytest.mark.parametrize(
    "source", ["def f():\n    import torch", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"]
)
def test_the_table_lets_heavy_libraries_into_functions_and_types(source: str) -> None:
    assert wrongs("studio/render/x.py", source) == []


def test_motion_reaches_into_no_folder_of_comics() -> None:
    assert [f for f in (ROOT / "studio" / "motion").rglob("*.py") if '"comic"' in f.read_text(encoding="utf-8")] == []


def test_no_file_hides_behind_a_name_that_says_nothing() -> None:
    assert [f for f in FILES if f.stem in BANNED_NAMES or f.parent.name in BANNED_NAMES] == []


def test_files_and_functions_are_short() -> None:
    long = [f"{f.relative_to(ROOT)}: {n} lines" for f in FILES if (n := len(f.read_text().splitlines())) > MOST_LINES]
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (n := (node.end_lineno or 0) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION:
                long.append(f"{file.relative_to(ROOT)}: {node.name} has {n} lines")
    assert long == []


def test_every_module_and_everything_public_says_what_it_is() -> None:
    silent: list[str] = []
    for file in FILES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(str(file.relative_to(ROOT)))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                decorated = {ast.unparse(d).split("(")[0] for d in node.decorator_list}
                if not decorated & {"dg.asset", "dg.definitions"}:
                    silent.append(f"{file.relative_to(ROOT)}: {node.name}")
    assert silent == []
