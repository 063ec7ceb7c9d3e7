"""Makers of shows with shots, to be filmed or to be broken on purpose."""

from pathlib import Path
from typing import Any

from .making import PRESET, dump, write_show

PICTURE = {"width": 128, "height": 96}


def keyframe(name: str, **more: Any) -> dict[str, Any]:
    """A keyframe of its own words."""
    return {"id": name, "prompt": f"{name} on the river", **more}


def shot(name: str, **more: Any) -> dict[str, Any]:
    """A second with two keyframes."""
    return {"id": name, "seconds": 1, "keyframes": [keyframe("k1"), keyframe("k2")], **more}


def film_board(*shots: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Episode 01 with shots only."""
    return {"episode": "01", "title": "Small", "shots": list(shots), **more}


def write_film_show(folder: Path, *shots: dict[str, Any], languages: tuple[str, ...] = ("en",), **more: Any) -> Path:
    """A show on the fake engine whose episode has these shots: 24 frames a second, drawn at 8."""
    write_show(folder)
    settings = {"title": "Small", "languages": list(languages), "default_preset": "fake", "picture": PICTURE, "reading": "ltr"}
    dump(folder / "show.yaml", settings)
    motion = {"engine": "fake", "fps": 8, "finals": {"engine": "fake", "scale": 2}}
    dump(folder / "presets" / "fake.yaml", {**PRESET, "motion": motion})
    write_shots(folder, *shots, **more)
    return folder


def write_shots(folder: Path, *shots: dict[str, Any], **more: Any) -> None:
    """Replace the episode's shots."""
    dump(folder / "storyboards" / "01.yaml", film_board(*(shots or (shot("s1"),)), **more))
