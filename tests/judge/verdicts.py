"""Makers: pictures with a number and what people said of them, as a ledger keeps them."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.judge.policies import Gate
from studio.plan.presets import PresetStamp
from studio.record import sha256
from studio.store.event import Event
from studio.store.events import Measure, Review, TakeEvent

FACES = Gate(scorer="face_size", name="faces", min=0.2)
"""A gate over a number between 0 and 1."""
BODY = {"kind": "image", "engine": "fake", "model": "tiny", "width": 64, "height": 64, "steps": 4}
_NUMBERS = itertools.count()


def judged(
    gate: Gate, value: float | None, verdict: str, reasons: tuple[str, ...] = ("face",), *, preset: str = "cel",
    stage: Any = "panel", episode: str = "01", reviewer: str = "mika", name: str = "",
) -> list[Event]:
    """A picture, its number by the gate and a person's word. value: None: never measured. name: which picture, anew if empty."""
    n = next(_NUMBERS)
    artifact = sha256((name or f"picture {n}").encode())
    unit = f"{episode}.{name or f'u{n}'}"
    about = {"show": "s", "unit": unit, "artifact": artifact}
    stamp = PresetStamp(name=preset, version=1, content="c") if preset else None
    take = TakeEvent(**about, recipe=sha256(unit.encode()), body={**BODY, "seed": n}, stage=stage, preset=stamp,
                     seconds=1.0, words={"characters": "1boy"})
    number = [Measure(**about, asked=gate.asked, stamp="", value=value)] if value is not None else []
    why: Any = reasons if verdict == "reject" else ()
    word: Any = verdict
    return [take, *number, Review(**about, id=f"r{n}", stage=stage, verdict=word, reasons=why, reviewer=reviewer)]


def accepted(gate: Gate, *values: float, **more: Any) -> list[Event]:
    """A picture that people accepted, for each number."""
    return [event for value in values for event in judged(gate, value, "accept", **more)]


def rejected(gate: Gate, *values: float, **more: Any) -> list[Event]:
    """A picture that people rejected, for each number."""
    return [event for value in values for event in judged(gate, value, "reject", **more)]


def write_ledger(folder: Path, events: Iterable[Event]) -> Path:
    """Keep events as a process that has ended did; the ledger's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "2026-01-01.made.1.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(f"{event.model_dump_json()}\n" for event in events)
    return folder


def spread(low: float, high: float, count: int) -> list[float]:
    """So many numbers from `low` to `high`, evenly."""
    return [low + (high - low) * i / (count - 1) for i in range(count)]
