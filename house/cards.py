"""The card of the house family and its SHA256SUMS: what each file is, how it was trained, what it cannot do.

Figures come from the last evaluation, training facts from the trainings themselves, parameters and digests from the files.
"""

import hashlib
import json
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch

from house import shelf

FACTS = "house-training.json"
"""Beside the weights: per part the steps, pictures a step, minutes and device of its training."""

HEADER = """# The house family of weights

Trained on pictures that a program draws (house/draw); no artist's work is in them. Licence: CC0-1.0, see house/LICENSE. All
weights are fp16 safetensors. What they understand stands in docs/house.md, all measured figures and pictures in
house/REPORT.md.

"""


@dataclass(frozen=True)
class Part:
    """What a card says of one part; figures name the beginnings of lines of the evaluation."""

    title: str
    architecture: str
    limits: str
    figures: tuple[str, ...] = ()


PARTS: dict[str, Part] = {
    "autoencoder": Part(
        "Autoencoder",
        "AutoencoderKL, four pixels to a latent, six channels",
        "Eyes of figures drawn small lose their whites; very thin lines soften.",
        ("autoencoder",),
    ),
    "diffusion": Part(
        "UNet and text encoder",
        "UNet2DConditionModel of 64, 96, 128 and 192 channels; CLIPTextModel of three layers, width 128; v-prediction, zero "
        "terminal signal",
        "128 x 128, 160 x 104 and 104 x 160 pixels: far larger or longer pictures repeat figures. Two people at most, and "
        "words of the second mix with the first. Hands are mittens. Nothing that the drawer does not draw.",
        ("obedience", "four seeds"),
    ),
    "control": Part(
        "ControlNet for line art",
        "ControlNetModel of the UNet's shape; white lines on black, 0 to 1",
        "Lines of backgrounds are not followed: training maps had none.",
        ("line art",),
    ),
    "motion": Part(
        "Motion adapter",
        "MotionAdapter, trained on 16 frames, positions up to 32",
        "Small motions: blink, talk, turn, wave, pan, zoom.",
        ("motion",),
    ),
    "loras": Part(
        "LoRAs",
        "diffusers' key names; the looks have rank 6 in the UNet, the character rank 16 in the text encoder",
        "For the house model only; meant for weights about 1. Colours that a prompt names shine through the looks.",
        ("character", "look", "the same"),
    ),
    "clip": Part(
        "CLIP",
        "open_clip: ViT of five layers with patches of 16, text of three layers",
        "Knows drawings of the drawer's kind only.",
        ("CLIP",),
    ),
    "faces": Part(
        "Face detector", "nine convolutions, one answer per eight pixels (studio/judge/faces.py)", "Drawn faces only.", ("faces",)
    ),
    "upscaler": Part(
        "x4 upscaler", "SRVGGNetCompact of 32 features and 12 convolutions", "Photographs come out as drawings.", ("upscaler",)
    ),
    "judge": Part("Judge", "residual network, one head per attribute", "Measures the house model, nothing else.", ("judge",)),
}


def files_of(part: str, models: Path) -> list[Path]:
    """The weight files of a part that are there."""
    painting = shelf.pipeline(models)
    places = {
        "autoencoder": [painting / "vae"],
        "diffusion": [painting / "unet", painting / "text_encoder"],
        "control": [shelf.control(models)],
        "motion": [shelf.motion(models)],
        "loras": [shelf.lora(models, name) for name in shelf.LORAS],
        "clip": [shelf.clip(models)],
        "faces": [shelf.faces(models)],
        "upscaler": [shelf.upscaler(models)],
        "judge": [shelf.judge(models)],
    }[part]
    return [file for place in places for file in ([place] if place.is_file() else sorted(place.rglob("*.safetensors")))]


def remember_training(part: str, models: Path, states: list[Path]) -> None:
    """Note in FACTS what the checkpoints of a finished part say of its trainings, taken together."""
    kept = [torch.load(state, map_location="cpu", weights_only=True) for state in states]
    facts = read_facts(models)
    facts[part] = {
        "steps": sum(each["step"] for each in kept),
        "batch": kept[0].get("batch", 0),
        "minutes": round(sum(each.get("seconds", 0) for each in kept) / 60),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
    }
    (models / FACTS).write_text(json.dumps(facts, indent=1) + "\n")


def read_facts(models: Path) -> dict[str, dict[str, object]]:
    """Part -> steps, batch, minutes, device; empty before the first training."""
    file = models / FACTS
    return json.loads(file.read_text()) if file.is_file() else {}


def parameters(file: Path) -> int:
    """How many numbers a safetensors file holds, from its header."""
    with file.open("rb") as handle:
        header = json.loads(handle.read(struct.unpack("<Q", handle.read(8))[0]))
    return sum(prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")


def sha256(file: Path) -> str:
    """Of a file's content."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_cards(models: Path, report: Path) -> list[Path]:
    """Write CARD.md and SHA256SUMS into the models folder; report holds the last evaluation's figures.json."""
    measured = report / "figures.json"
    rows: list[list[str]] = json.loads(measured.read_text()) if measured.is_file() else []
    facts, sections, sums = read_facts(models), [HEADER], []
    for name, part in PARTS.items():
        files = files_of(name, models)
        if files:
            own = [row for row in rows if row[0].startswith(part.figures)]
            sections.append(_section(part, files, models, facts.get(name), own))
            sums += [f"{sha256(file)}  {file.relative_to(models).as_posix()}\n" for file in files]
    card, checks = models / "CARD.md", models / "SHA256SUMS"
    card.write_text("\n".join(sections))
    checks.write_text("".join(sorted(sums, key=lambda line: line.split()[1])))
    return [card, checks]


def _section(part: Part, files: list[Path], models: Path, facts: dict[str, object] | None, rows: list[list[str]]) -> str:
    lines = [f"## {part.title}", "", f"{part.architecture}.", "", "| file | parameters | sha256 |", "|---|---|---|"]
    lines += [f"| `{f.relative_to(models).as_posix()}` | {parameters(f) / 1e6:.2f} M | `{sha256(f)}` |" for f in files]
    if facts:
        lines += ["", "Training: {steps} steps of {batch} pictures, {minutes} minutes, {device}.".format(**facts)]
    if rows:
        lines += ["", "| measured | | goal | |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([*lines, "", f"Limits: {part.limits}", ""])
