"""Shows that benchmarks render: as many like panels as wanted, on the house weights or others, through the real queue."""

import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from studio.dispatch.queue import Queue
from studio.dispatch.services import Fleet, Services, serving
from studio.dispatch.working import Result, Work
from studio.plan.plans import Step
from studio.plan.recipes import ImageRecipe
from studio.production.opening import Production, open_production

PER_PAGE = 12
COLUMNS = 3
WHO = ("1girl, blue hair, white hoodie", "1boy, black hair, blue kimono", "1girl, pink hair, school uniform")
FACES = ("smile", "angry", "surprised", "closed eyes", "open mouth")
VIEWS = ("portrait, looking at viewer", "upper body, facing right", "full body, arm raised")
PLACES = ("sky", "beach", "forest", "village", "classroom", "sunset", "snow")
PRESET: dict[str, Any] = {
    "name": "bench", "version": 1, "engine": "diffusers", "model": "house", "template": "{prompt}, cel shading",
    "sampler": "dpmpp_2m", "steps": 20, "guidance": 3.0, "native": 128, "max_side": 160, "batch_size": 4,
}


def write_show(
    folder: Path, episodes: Mapping[str, int], preset: Mapping[str, Any] | None = None, model: Mapping[str, Any] | None = None
) -> Path:
    """A show with so many panels in each episode, all of one size, every prompt and seed another. No policies: nothing is judged
    but what always is.

    preset: fields other than those of PRESET. model: another card than the house model's; it stands as `house` in models.yaml.
    """
    for name in ("presets", "storyboards", "models"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _write(folder / "show.yaml", {
        "title": "Benchmark", "reading": "ltr", "languages": ["en"], "default_preset": "bench",
        "page": {"width_mm": 90, "height_mm": 120, "margin_mm": 0, "dpi": 72, "gutter_mm": 0, "bleed_mm": 0},
        "pools": {"image": {"limit": 1, "usd_per_hour": 0.7}},
    })
    _write(folder / "presets" / "bench.yaml", {**PRESET, **(preset or {})})
    _write(folder / "models.yaml", {"models": {"house": dict(model or {"file": "house", "architecture": "sd15"})}})
    for episode, panels in episodes.items():
        write_episode(folder, episode, panels)
    return folder


def write_episode(folder: Path, episode: str, panels: int) -> None:
    """A storyboard of so many panels."""
    pages = [
        {"id": f"p{page + 1:03}", "panels": [_panel(n) for n in range(page * PER_PAGE, min((page + 1) * PER_PAGE, panels))]}
        for page in range(math.ceil(panels / PER_PAGE))
    ]
    _write(folder / "storyboards" / f"{episode}.yaml", {"episode": episode, "title": f"Episode {episode}", "pages": pages})


def _panel(number: int) -> dict[str, Any]:
    column, row = number % COLUMNS, number % PER_PAGE // COLUMNS
    said = (WHO[number % 3], FACES[number % 5], VIEWS[number // 3 % 3], PLACES[number % 7])
    return {"id": f"n{number:05}", "prompt": ", ".join(said), "box": [column / 3, row / 4, 1 / 3, 1 / 4]}


def recipes_of(folder: Path, episode: str = "01") -> list[ImageRecipe]:
    """The recipes that the episode's panels ask for, in the order in which they are rendered."""
    production = open_production(folder)
    steps = production.plan(production.boards(episode)[0]).steps
    return [step.recipe for step in steps if step.stage == "panel" and isinstance(step.recipe, ImageRecipe)]


@contextmanager
def served(folder: Path, episodes: Sequence[str] = ("01",), ray: bool = False) -> Generator[Services]:
    """The show's web server and daemon, as `genga apply` starts them; ray: with a farm of one device, as `--farm ray` does."""
    with serving(open_production(folder).show, sensors=False, episodes=episodes, fleet=Fleet(1) if ray else None) as services:
        yield services


def apply(folder: Path, services: Services, episode: str = "01", units: frozenset[str] = frozenset()) -> Result:
    """What `genga apply` does for an episode's panels: plan, submit, follow, plan again. Raises SystemExit when one failed.

    units: only these; all if empty.
    """
    production = open_production(folder)

    def mine(step: Step) -> bool:
        return step.stage == "panel" and (not units or step.unit in units)

    work = Work(production, production.boards(episode), Queue(services.url), Silent(), mine, check=services.check)
    result = work.run()
    if result.failed:
        step, why = result.failed[0]
        raise SystemExit(f"{len(result.failed)} panels failed, the first: {step.key}: {why}")
    return result


def warm(folder: Path, services: Services, episode: str) -> None:
    """Let the farm load the show's weights, by an episode of its own."""
    apply(folder, services, episode)


def events_of(production: Production, kind: str, trace: str) -> list[dict[str, Any]]:
    """A submission's events of one kind, oldest first."""
    found = [e for _, _, e in production.ledger.lines() if e and e["event"] == kind and e.get("trace") == trace]
    return sorted(found, key=lambda e: e["at"])


class Silent:
    """A watcher that says nothing."""

    def submitted(self, steps: Sequence[Step], runs: int) -> None:
        """See Watcher."""

    def waiting(self, statuses: dict[str, str], held: Sequence[str]) -> None:
        """See Watcher."""

    def happened(self, event: dict[str, Any]) -> None:
        """See Watcher."""


def _write(file: Path, data: Any) -> None:
    file.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")
