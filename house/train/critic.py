"""The critic: a judge that reads latents, so that the UNet is told in training what a picture should show and does not.

Squared errors say little about eyes and mouths, which are a hundredth of a picture; what a prompt says of them is a third of
its words.  The critic is not shipped and measures nothing: what measures obedience is the judge, which reads pixels and
was trained apart from it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from house.data import scene_of
from house.draw.canvas import Size
from house.draw.scene import Scene
from house.train.judge import ATTRIBUTES, NOT_SHOWN, Judge, shown, wrong
from house.train.latents import latents
from house.train.loop import Arrays, Job

SIZES = (64, 96, 144)


def weights(work: Path) -> Path:
    """Where the critic lies."""
    return work / "critic" / "critic.safetensors"


@dataclass
class CriticJob(Job):
    """Trains a critic on the latents of pictures of the sizes that sizes names, with their counts."""

    work: Path
    models: Path
    sizes: dict[Size, int]

    def prepare(self) -> None:
        """See Job."""
        self._latents()

    def open(self) -> nn.Module:
        """See Job."""
        self.latents = self._latents()
        most = max(self.sizes.values())
        answers = [shown(scene_of(index)) for index in range(most)]
        self.answers = {name: torch.tensor([answer[name] for answer in answers]) for name in ATTRIBUTES}
        return Judge(self.latents[0].shape[1], SIZES, stride=1)

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job; latents are moved, softened and noised a little, as predicted ones are."""
        of_size = self.latents[int(dice.integers(len(self.latents)))]
        chosen = dice.integers(0, len(of_size), batch)
        x = _worn(torch.from_numpy(of_size[chosen].astype(np.float32)).to(self.device), dice)
        return wrong(module(x), {name: wanted[chosen] for name, wanted in self.answers.items()}).sum(0).mean()

    def save(self, module: nn.Module) -> None:
        """See Job."""
        save_file({name: tensor.contiguous() for name, tensor in module.state_dict().items()}, weights(self.work))

    def _latents(self) -> list[np.ndarray]:
        return [latents(self.work, self.models, count, size) for size, count in self.sizes.items()]


def _worn(x: Tensor, dice: Arrays) -> Tensor:
    """Latents shifted by up to two cells, some softened, some noised."""
    height, width = x.shape[-2:]
    dy, dx = (int(step) for step in dice.integers(0, 5, 2))
    x = functional.pad(x, (2, 2, 2, 2), mode="replicate")[..., dy : dy + height, dx : dx + width]
    soft = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = torch.rand(len(x), 1, 1, 1, device=x.device)
    x = torch.lerp(x, soft, (share * 1.4 - 0.6).clamp(min=0))
    return x + torch.randn_like(x) * torch.rand_like(share) * 0.4


class Critic:
    """The trained critic at work: how badly latents show what was asked for."""

    def __init__(self, work: Path, device: torch.device) -> None:
        state = load_file(weights(work))
        self._judge = Judge(state["stem.weight"].shape[1], SIZES, stride=1)
        self._judge.load_state_dict(state)
        self._judge.eval().requires_grad_(False).to(device)

    def __call__(self, made: Tensor, scenes: list[Scene], captions: list[str]) -> Tensor:
        """Summed cross entropy of every latent, (n,), over what its caption says."""
        answers = [asked(scene, caption) for scene, caption in zip(scenes, captions, strict=True)]
        wanted = {name: torch.tensor([answer[name] for answer in answers]) for name in ATTRIBUTES}
        return wrong(self._judge(made), wanted).sum(0)


def asked(scene: Scene, caption: str) -> dict[str, int]:
    """What the scene shows, of what its caption says; the rest is not shown."""
    said = f", {caption},"
    found = shown(scene)
    for name, options in ATTRIBUTES.items():
        word = options[found[name]] if found[name] != NOT_SHOWN else ""
        word += {"hair colour": " hair", "eye colour": " eyes"}.get(name, "")
        if name != "people" and not said.count(f" {word},"):  # an outfit follows its colour: only its end is compared
            found[name] = NOT_SHOWN
    return found if caption else dict.fromkeys(ATTRIBUTES, NOT_SHOWN)
