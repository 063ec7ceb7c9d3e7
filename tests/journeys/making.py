"""Makers of small shows, and waiting for what runs do."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import yaml
from safetensors.numpy import save_file

from studio.production.opening import Production, open_production

T = TypeVar("T")

SHOW = {
    "title": "Small", "reading": "ltr", "languages": ["en"], "default_preset": "fake",
    "page": {"width_mm": 60, "height_mm": 80, "margin_mm": 4, "dpi": 72, "gutter_mm": 2, "bleed_mm": 2},
    "picture": {"width": 128, "height": 96},
    "pools": {"image": {"limit": 1, "usd_per_hour": 0.6}, "post": {"limit": 2}},
}
FAKE = {
    "name": "fake", "version": 1, "engine": "fake", "model": "tiny", "template": "{characters}, {prompt}",
    "sampler": "euler", "steps": 4, "guidance": 5.0, "native": 64, "batch_size": 1, "allowed_loras": ["ink"],
    "upscale": {"engine": "lanczos", "scale": 2},
    "motion": {"engine": "fake", "fps": 8, "finals": {"engine": "lanczos", "scale": 2}},
}


def write_weights(file: Path, tensor: str, seed: int) -> None:
    """A valid safetensors file with one small tensor; another seed is another file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).random((4, 4), dtype=np.float32)
    save_file({tensor: values}, str(file))


def write_show(folder: Path) -> Path:
    """A show with a fake engine, a LoRA, a preset whose weights are missing, and one on the house weights."""
    for name in ("cast", "presets", "storyboards", "models"):
        (folder / name).mkdir(parents=True)
    house = {**FAKE, "name": "house", "engine": "diffusers", "model": "house", "steps": 4, "native": 64}
    absent = {**FAKE, "name": "absent", "model": "absent"}
    write_yaml(folder / "show.yaml", SHOW)
    for preset in (FAKE, house, absent):
        write_yaml(folder / "presets" / f"{preset['name']}.yaml", preset)
    write_weights(folder / "models" / "tiny.safetensors", "model.diffusion_model.w", 1)
    write_weights(folder / "models" / "ink.safetensors", "lora_unet.w", 2)
    write_yaml(folder / "models.yaml", {"models": {
        "tiny": {"file": "tiny.safetensors", "architecture": "sd15"},
        "absent": {"file": "absent.safetensors", "architecture": "sd15"},
        "ink": {"file": "ink.safetensors", "architecture": "lora"},
        "house": {"file": "house", "architecture": "sd15"},
    }})
    return folder


def panel(name: str, place: int, **more: Any) -> dict[str, Any]:
    """A panel with a place of its own (0..11 in a grid of four by three), so that no neighbour changes its size."""
    x, y = place % 3, place // 3
    return {"id": name, "prompt": f"{name} on the river", "box": [x / 3, y / 4, 0.33, 0.25], **more}


def board(episode: str, *pages: list[dict[str, Any]]) -> dict[str, Any]:
    """An episode; its pages are called p1, p2 and so on."""
    return {"episode": episode, "title": f"Episode {episode}",
            "pages": [{"id": f"p{n}", "panels": panels} for n, panels in enumerate(pages, 1)]}


def film(episode: str, *shots: dict[str, Any]) -> dict[str, Any]:
    """An episode of shots, each a second long."""
    return {"episode": episode, "title": f"Film {episode}", "shots": list(shots)}


def shot(name: str, keyframes: int = 2, **more: Any) -> dict[str, Any]:
    """A shot with so many keyframes."""
    drawn = [{"id": f"k{n}", "prompt": f"{name} {n} on the river"} for n in range(1, keyframes + 1)]
    return {"id": name, "seconds": 1, "keyframes": drawn, **more}


def films(folder: Path, episode: str) -> list[Path]:
    """The films of an episode."""
    return sorted((folder / "out" / "films").glob(f"{episode}.*.mp4"))


def write_yaml(file: Path, data: Any) -> None:
    """Written beside its place and moved, as editors do."""
    draft = file.with_suffix(".draft")
    draft.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
    draft.replace(file)


def write_board(folder: Path, data: dict[str, Any]) -> None:
    """Drop a storyboard into the show."""
    write_yaml(folder / "storyboards" / f"{data['episode']}.yaml", data)


def opened(folder: Path) -> Production:
    """The show, read anew."""
    return open_production(folder)


def events(folder: Path, kind: str, episode: str, stage: str | None = None) -> list[dict[str, Any]]:
    """The ledger's events of one kind about one episode, oldest first."""
    found = [
        e for _, _, e in opened(folder).ledger.lines()
        if e and e["event"] == kind and e["unit"].split(".")[0] == episode and stage in (None, e.get("stage"))
    ]
    return sorted(found, key=lambda e: e["at"])


def wait_for(what: Callable[[], T | None], seconds: float, why: str) -> T:
    """The first true answer of `what`; fails with `why` after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.4)
    raise AssertionError(f"not within {seconds:.0f} s: {why}")


def books(folder: Path, episode: str) -> list[Path]:
    """The PDFs of an episode."""
    return sorted((folder / "out" / "books").glob(f"{episode}.*.pdf"))


def fresh(folder: Path, episode: str) -> bool:
    """Is everything of the episode up to date?"""
    production = opened(folder)
    plan = production.plan(production.boards(episode)[0])
    return all(step.state == "fresh" for step in plan.steps)


def worker_pid(event: dict[str, Any], folder: Path) -> int:
    """The process that wrote a ledger event: it stands in its file's name."""
    for file in (folder / "out" / "ledger").glob("*.jsonl"):
        if any(json.loads(line).get("at") == event["at"] for line in file.read_text().splitlines()):
            return int(file.stem.rsplit(".", 1)[1])
    raise AssertionError("no ledger file holds the event")


def alive(pid: int) -> bool:
    """Does the process still run?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
