"""Everything measured, printed as a table and written as house/REPORT.md with its grids."""

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import diffusers
import torch
from rich.console import Console
from rich.table import Table

from house import shelf
from house.cards import write_cards
from house.draw.looks import CHARACTER, LOOKS
from house.measure.figures import Figure

HEADER = """# What the house model can do, measured

Written by `make house-eval` from the weights in models; every goal beside its figure. The pictures are not chosen.

"""
GRIDS = {
    "prompts.webp": "The first forty of the 400 held-out prompts, one picture each.",
    "seeds.webp": "Eight prompts with four seeds each: four different compositions.",
    "autoencoder.webp": "Held-out drawings above, the same after a round trip through the autoencoder below.",
    "control.webp": "Line map, led by it, the same map with hair of another colour, and without control.",
    "motion.webp": "Every second frame of six clips.",
    "character.webp": "Prompts that name hinako and nothing of her look, with her LoRA.",
    "screentone-manga.webp": "The look's LoRA above, drawings in that look below.",
    "woodblock-print.webp": "The look's LoRA above, drawings in that look below.",
    "upscaler.webp": "Bicubic and the upscaler, side by side, four times as large.",
}


def evaluate(models: Path, report: Path) -> list[Figure]:
    """Measure every part whose weights are there, print the table, write the report beside the folder of grids."""
    from house.measure import lines, loras, movement, painter, sight

    started = time.monotonic()
    figures: list[Figure] = []
    minutes: dict[str, float] = {}

    def part(name: str, needs: Path, measure: Callable[[], list[Figure]]) -> None:
        if not needs.exists():
            figures.append(Figure(f"{name}: no weights in {needs}", 0, "", 1))
            return
        begun = time.monotonic()
        figures.extend(measure())
        minutes[name] = (time.monotonic() - begun) / 60

    scenes_and_pictures: list = []

    def obedience() -> list[Figure]:
        found, *rest = painter.measure_obedience(models, report)
        scenes_and_pictures.extend(rest)
        return found

    painting = shelf.pipeline(models)
    part("autoencoder", painting / "vae", lambda: painter.measure_autoencoder(models, report))
    part("judge", shelf.judge(models), lambda: painter.measure_judge(models))
    part("obedience", painting / "unet", obedience)
    part("variety", painting / "unet", lambda: painter.measure_variety(models, report))
    part("control", shelf.control(models), lambda: lines.measure_control(models, report))
    part("motion", shelf.motion(models), lambda: movement.measure_motion(models, report))
    part("character", shelf.lora(models, CHARACTER), lambda: loras.measure_character(models, report))
    part("looks", shelf.lora(models, LOOKS[0]), lambda: loras.measure_looks(models, report))
    part("clip", shelf.clip(models), lambda: sight.measure_clip(models, *scenes_and_pictures))
    part("faces", shelf.faces(models), lambda: sight.measure_faces(models))
    part("upscaler", shelf.upscaler(models), lambda: sight.measure_upscaler(models, report))
    size = sum(file.stat().st_size for file in shelf.whole(models)) / 1e6
    figures.append(Figure("all weights", size, "MB", 60, at_most=True))
    figures.append(Figure("this evaluation", (time.monotonic() - started) / 60, "minutes", 20, at_most=True))
    _print(figures)
    _write(figures, minutes, report)
    write_cards(models, report)
    return figures


def _print(figures: list[Figure]) -> None:
    table = Table("figure", "measured", "goal", "")
    for figure in figures:
        table.add_row(*figure.row(), style=None if figure.reached else "red")
    Console().print(table)


def _write(figures: list[Figure], minutes: dict[str, float], report: Path) -> None:
    lines = ["| figure | measured | goal | |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(figure.row())} |" for figure in figures]
    spent = ", ".join(f"{name} {value:.1f}" for name, value in minutes.items())
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine()
    notes = f"\nMeasured on {device}, {torch.get_num_threads()} threads, "
    notes += f"torch {torch.__version__}, diffusers {diffusers.__version__}. Minutes: {spent}.\n"
    grids = [f"\n## {text}\n\n![{text}]({report.name}/{name})\n" for name, text in GRIDS.items() if (report / name).exists()]
    report.mkdir(parents=True, exist_ok=True)
    (report / "figures.json").write_text(json.dumps([figure.row() for figure in figures], indent=1) + "\n")
    (report.parent / "REPORT.md").write_text(HEADER + "\n".join(lines) + "\n" + notes + "".join(grids))
