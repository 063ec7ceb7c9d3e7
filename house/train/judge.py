"""The judge: a classifier that says what a drawing shows, trained on drawings alone.

It measures obedience: what it answers on generated pictures is compared with what the prompt asked for.  One head per
attribute; an attribute that a picture does not show (eye colour behind closed lids) is not asked for.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from house.data import pictures, scene_of
from house.draw import scene as words
from house.draw.scene import Scene
from house.shelf import judge
from house.train.autoencoder import SIZE, pixels
from house.train.loop import Arrays, Job

NOT_SHOWN = -100
"""The class of an attribute that cannot be seen, as torch's cross entropy ignores it."""

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "people": ("animal", "one", "two"),
    "style": words.STYLES,
    "background": words.BACKGROUNDS,
    "hair colour": tuple(words.HAIR),
    "hair length": words.LENGTHS,
    "eye colour": tuple(words.EYES),
    "expression": words.EXPRESSIONS,
    "outfit": words.OUTFITS,
}


def shown(scene: Scene) -> dict[str, int]:
    """The class of every attribute of a scene.  Hair, eyes, face and clothes are asked of single figures only."""
    found = dict.fromkeys(ATTRIBUTES, NOT_SHOWN)
    found["people"] = 0 if scene.animal else len(scene.people)
    found["style"] = words.STYLES.index(scene.style)
    found["background"] = words.BACKGROUNDS.index(scene.background)
    if scene.animal or len(scene.people) != 1:
        return found
    person = scene.people[0]
    if scene.style != "monochrome":
        found["hair colour"] = list(words.HAIR).index(person.hair)
        if person.expression != "closed eyes":
            found["eye colour"] = list(words.EYES).index(person.eyes)
    if person.hairstyle == "loose":
        found["hair length"] = words.LENGTHS.index(person.length)
    found["expression"] = words.EXPRESSIONS.index(person.expression)
    found["outfit"] = words.OUTFITS.index(person.outfit)
    return found


class Judge(nn.Module):
    """A small residual network with one linear head per attribute; pictures are (n, 3, 128, 128) from -1 to 1.

    The defaults are the shipped judge's; another first layer and other widths make one that reads latents.
    """

    def __init__(self, channels: int = 3, sizes: tuple[int, ...] = (24, 48, 96, 144), stride: int = 2) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, sizes[0], 5, stride, 2)
        self.blocks = nn.ModuleList()
        for before, after in pairwise(sizes):
            self.blocks.append(nn.ModuleList([_Residual(before), nn.Conv2d(before, after, 3, 2, 1)]))
        self.last = _Residual(sizes[-1])
        features = sizes[-1] * 16
        self.heads = nn.ModuleDict(
            {name.replace(" ", "_"): nn.Linear(features, len(options)) for name, options in ATTRIBUTES.items()}
        )

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Attribute name to (n, options) logits."""
        x = functional.silu(self.stem(x))
        for residual, down in self.blocks:  # pyright: ignore[reportGeneralTypeIssues]
            x = functional.silu(down(residual(x)))
        x = self.last(x)
        x = functional.dropout(functional.adaptive_avg_pool2d(x, 4).flatten(1), 0.1, self.training)
        return {name: self.heads[name.replace(" ", "_")](x) for name in ATTRIBUTES}


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.silu(self.first(functional.silu(self.norm(x)))))


@dataclass
class JudgeJob(Job):
    """Trains a Judge on count pictures."""

    work: Path
    models: Path
    count: int

    def prepare(self) -> None:
        """See Job."""
        pictures(self.work, self.count, SIZE)

    def open(self) -> nn.Module:
        """See Job."""
        self.pictures = pictures(self.work, self.count, SIZE)
        answers = [shown(scene_of(index)) for index in range(self.count)]
        self.answers = {name: torch.tensor([answer[name] for answer in answers]) for name in ATTRIBUTES}
        return Judge()

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job; pictures are moved, blurred and recoloured a little, as generated ones are."""
        chosen = np.sort(dice.integers(0, self.count, batch))
        x = worn(pixels(self.pictures[chosen], self.device), dice)
        wanted = {name: answers[chosen] for name, answers in self.answers.items()}
        often = torch.stack([(answers != NOT_SHOWN).sum() for answers in wanted.values()]).clamp(min=1).to(self.device)
        return (wrong(module(x), wanted).sum(1) / often).sum()

    def save(self, module: nn.Module) -> None:
        """See Job."""
        folder = judge(self.models)
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: tensor.half().contiguous() for name, tensor in module.state_dict().items()}, folder / "model.safetensors"
        )
        (folder / "config.json").write_text(json.dumps({"attributes": ATTRIBUTES, "image_size": SIZE}, indent=1) + "\n")


def wrong(made: dict[str, Tensor], wanted: dict[str, Tensor]) -> Tensor:
    """The cross entropy of every attribute of every picture, (attributes, n); 0 where it is not shown."""
    return torch.stack(
        [
            functional.cross_entropy(logits.float(), wanted[name].to(logits.device), ignore_index=NOT_SHOWN, reduction="none")
            for name, logits in made.items()
        ]
    )


def worn(x: Tensor, dice: Arrays) -> Tensor:
    """Pictures shifted by up to 6 pixels, sometimes softened, noised and tinted."""
    dy, dx = (int(step) for step in dice.integers(-6, 7, 2))
    x = functional.pad(x, (6, 6, 6, 6), mode="replicate")[..., 6 + dy : 6 + dy + SIZE, 6 + dx : 6 + dx + SIZE]
    if dice.random() < 0.4:
        x = functional.interpolate(functional.avg_pool2d(x, 2), scale_factor=2, mode="bilinear")
    if dice.random() < 0.5:
        x = x + torch.randn_like(x) * float(dice.uniform(0, 0.12))
    return x * float(dice.uniform(0.92, 1.06)) + torch.randn(len(x), 3, 1, 1, device=x.device) * 0.03


def load_judge(models: Path) -> Judge:
    """The shipped judge, in float32."""
    made = Judge()
    weights = load_file(judge(models) / "model.safetensors")
    made.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return made.eval()


def verdicts(by: Judge, drawn: np.ndarray) -> dict[str, np.ndarray]:
    """Attribute name to the class of every picture; drawn is (n, 128, 128, 3) uint8."""
    with torch.no_grad():
        parts = [by(pixels(piece)) for piece in np.array_split(drawn, max(1, len(drawn) // 32))]
    return {name: torch.cat([part[name] for part in parts]).argmax(1).numpy() for name in ATTRIBUTES}
