"""What the sample show's policy stops: planted faults; and good drawings, which it should let through.

    .venv/bin/python benchmarks/gates.py [--quick] [--drawings 100] [--json]

Drawings are the house drawer's, held out from every training. Each is judged by the gates of shows/momotaro/policies, its
caption the prompt, warnings counted as stops. Planted are a drawing again with noise in its pixels, a blank picture, a portrait
whose face is painted over or out of the frame, and a drawing of the city at night, which the policy forbids. Goal: each is
caught, and at most 5 % of good drawings are stopped.
"""

import argparse
import dataclasses
import io
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from figures import Figure, Measured, benchmark, say
from PIL import Image, ImageDraw

from house.draw.picture import draw, face_boxes
from house.draw.scene import Scene, sample
from studio.judge.catalogue import make_scorer
from studio.judge.checks import PanelJudge
from studio.judge.duplicates import Neighbours, perceptual_hash
from studio.judge.scorer import Desk, Subject
from studio.plan.recipes import ImageRecipe
from studio.production.opening import open_production
from studio.record import sha256
from studio.store.pictures import PictureFacts, encode_png

SHOW = Path(__file__).parents[1] / "shows" / "momotaro"
FIRST = 40_000
"""Seed of the first drawing; trainings use none near it."""
SIDE = 128
MOST_STOPPED = 0.05
PORTRAIT = "portrait"
LOOKS = {"cel shading": "cel", "flat pastel": "pastel", "dark fantasy": "dark", "monochrome": "manga", "neon": "neon"}
"""The sample's preset of each style."""


def scenes(wanted: int, **fixed: object) -> list[Scene]:
    """Drawings that the sample's policy means to let through: no city at night, no neon."""
    found: list[Scene] = []
    number = FIRST
    while len(found) < wanted:
        scene = sample(number, **fixed)
        number += 1
        if fixed or (scene.background != "city night" and scene.style != "neon"):
            found.append(scene)
    return found


def subject(picture: np.ndarray, scene: Scene, number: int) -> tuple[Subject, bytes]:
    """A drawing as a panel, and its file."""
    recipe = ImageRecipe(engine="fake", contract=1, model="a" * 64, prompt=scene.caption(), sampler="euler", steps=4,
                         guidance=5.0, width=SIDE, height=SIDE, seed=number)
    seen = Image.fromarray(picture)
    data = encode_png(seen, recipe, PictureFacts(unit=f"01.{number}"))
    who = ("somebody",) if scene.people else ()
    return Subject(sha256(data), f"01.{number}", "panel", Image.open(io.BytesIO(data)).convert("RGB"), recipe, who,
                   LOOKS[scene.style]), data


def faceless(scene: Scene) -> np.ndarray:
    """A portrait whose face is painted over with its own skin."""
    picture = Image.fromarray(draw(scene, SIDE))
    pen = ImageDraw.Draw(picture)
    for left, top, right, bottom in face_boxes(scene, SIDE):
        middle = picture.getpixel((int((left + right) / 2), int(top * 0.35 + bottom * 0.65)))
        pen.ellipse((left, top, right, bottom), fill=middle)  # type: ignore[arg-type]
    return np.asarray(picture)


def noisy(scene: Scene) -> np.ndarray:
    """A drawing again, its pixels a little off."""
    noise = np.random.default_rng(1).normal(0, 4, (SIDE, SIDE, 3))
    return np.clip(draw(scene, SIDE) + noise, 0, 255).astype(np.uint8)


def planted(count: int, good: list[Scene]) -> dict[str, list[tuple[np.ndarray, Scene]]]:
    """Kind of fault -> pictures with their scenes."""
    portraits = scenes(count, framing=PORTRAIT, count=1)
    beheaded = [dataclasses.replace(scene, shift=(0.0, -620.0)) for scene in portraits]
    return {
        "duplicate": [(noisy(scene), scene) for scene in good[:count]],
        "blank": [(np.full((SIDE, SIDE, 3), 128 + i % 60, np.uint8), scene) for i, scene in enumerate(good[:count])],
        "face painted over": [(faceless(scene), scene) for scene in portraits],
        "head out of the frame": [(draw(scene, SIDE), portraits[i]) for i, scene in enumerate(beheaded)],
        "forbidden phrase": [(draw(scene, SIDE), scene) for scene in scenes(count, background="city night")],
    }


def measure(asked: argparse.Namespace) -> Measured:
    """Judge good drawings, then each kind of fault."""
    drawings = asked.drawings or (12 if asked.quick else 100)
    production = open_production(SHOW)
    good = scenes(drawings)
    told = [subject(draw(scene, SIDE), scene, number) for number, scene in enumerate(good)]
    used = Neighbours()
    desk = dataclasses.replace(production.desk, neighbours=lambda: used)
    result = {"good": stopped(told, production.gates, desk, used)}
    for kind, pictures in planted(drawings, good).items():
        faulty = [subject(picture, scene, 1000 + number) for number, (picture, scene) in enumerate(pictures)]
        result[kind] = stopped(faulty, production.gates, desk, None)
        say(f"{kind}: {result[kind]['stopped']} of {drawings} stopped")
    faults = {kind: found["stopped"] for kind, found in result.items() if kind != "good"}
    missed = [f"{kind} {drawings - caught}" for kind, caught in faults.items() if caught != drawings]
    return Measured(
        [
            Figure("planted faults that are stopped", 100 * sum(faults.values()) / (drawings * len(faults)), "%", least=100,
                   note=f"of each {drawings}; missed: {', '.join(missed) or 'none'}"),
            Figure("good drawings that are stopped", 100 * result["good"]["stopped"] / drawings, "%", most=100 * MOST_STOPPED),
        ],
        {"drawings": drawings, "result": result},
    )


def stopped(pictures: list[tuple[Subject, bytes]], gates: object, desk: Desk, used: Neighbours | None) -> dict[str, Any]:
    """How many are stopped by any gate or check, and by which; `used`: they become what the show uses."""
    refused: set[str] = set()
    by: Counter[str] = Counter()
    for one, data in pictures:
        assert isinstance(one.recipe, ImageRecipe)
        for verdict in PanelJudge().judge(one.unit, data, one.recipe):
            if verdict.blocking and not verdict.passed:
                refused.add(one.unit)
                by[verdict.check] += 1
    for gate in gates:  # type: ignore[attr-defined]
        mine = [one for one, _ in pictures if gate.concerns("panel", one.preset, bool(one.characters))]
        for one, number in zip(mine, make_scorer(gate.scorer, gate.parameters).score(mine, desk), strict=True):
            if number and not gate.judge(number.value).passed:
                refused.add(one.unit)
                by[gate.check] += 1
    if used is not None:
        for one, _ in pictures:
            used.use(one.unit, one.artifact, perceptual_hash(one.picture))
    return {"of": len(pictures), "stopped": len(refused), "by": dict(by.most_common())}


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--drawings": {"type": int}})
