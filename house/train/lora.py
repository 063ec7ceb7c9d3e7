"""LoRAs: two looks and a character, saved as people's own LoRA files are."""

import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextModel

from house.draw.looks import CHARACTER, character_scene, draw_look, look_scene
from house.draw.picture import draw
from house.draw.scene import STYLES
from house.shelf import lora
from house.train.autoencoder import SIZE
from house.train.frozen import Frozen
from house.train.latents import encode
from house.train.loop import Arrays, Job
from house.train.words import told

FIRST_SEED = 7_000_000
RANK = 6
FIXED_TAGS = ("pink hair", "medium hair", "green eyes", "purple kimono", "hair ribbon")
"""What the character LoRA knows without being told."""
FORGOTTEN = 0.15
"""Share of pictures without a caption: guidance sets what a prompt adds against what an empty one gives, LoRA and all."""
TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "conv1", "conv2", "conv_in", "conv_out"]
TEXT_RANK, TEXT_TARGETS = 16, ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]
"""Of the character's, in the text encoder."""


def _drawn(name: str, index: int) -> np.ndarray:
    if name == CHARACTER:
        return draw(character_scene(FIRST_SEED + index), SIZE)
    return draw_look(look_scene(FIRST_SEED + index), name, SIZE)


def caption(name: str, index: int, speaker: random.Random) -> str:
    """Trigger tag first, then what varies: the LoRA's own look or character goes without saying."""
    if name == CHARACTER:
        rest = [tag for tag in told(character_scene(FIRST_SEED + index), speaker).split(", ") if tag not in FIXED_TAGS]
        return ", ".join([name, *rest])
    rest = [tag for tag in told(look_scene(FIRST_SEED + index), speaker).split(", ") if tag not in STYLES]
    return ", ".join([*rest, name])


@dataclass
class LoraJob(Job):
    """Trains the LoRA called name on count pictures."""

    work: Path
    models: Path
    name: str
    count: int = 600

    def prepare(self) -> None:
        """See Job."""
        self._latents()

    def open(self) -> nn.Module:
        """See Job."""
        self.latents = self._latents()
        self.frozen = Frozen(self.models, self.device)
        unet = self.frozen.unet
        unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, init_lora_weights="gaussian", target_modules=TARGETS))
        return unet

    def _latents(self) -> np.ndarray:
        file = self.work / f"lora-{self.name.replace(' ', '-')}.npy"
        if not file.exists():
            with ProcessPoolExecutor() as pool:
                drawn = np.stack(list(pool.map(_drawn, [self.name] * self.count, range(self.count), chunksize=32)))
            np.save(file, encode(self.models, np.arange(self.count), drawn))
        return np.load(file)

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job."""
        chosen = dice.integers(0, self.count, batch)
        speaker = random.Random(int(dice.integers(1 << 62)))
        captions = ["" if speaker.random() < FORGOTTEN else caption(self.name, int(index), speaker) for index in chosen]
        clean = torch.from_numpy(self.latents[chosen].astype(np.float32)).to(self.device)
        # colours and tones, which are most of a look, are decided while noise is strong
        steps = torch.maximum(*torch.randint(0, 1000, (2, batch), device=self.device))
        noisy, wanted, steps = self.frozen.noised(clean, steps)
        states = self.frozen.states(captions)
        made = module(noisy, steps, encoder_hidden_states=states, return_dict=False)[0]
        return functional.mse_loss(made.float(), wanted)

    def save(self, module: nn.Module) -> None:
        """See Job."""
        layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(module.half()))
        file = lora(self.models, self.name)
        StableDiffusionPipeline.save_lora_weights(file.parent, unet_lora_layers=layers, weight_name=file.name)


@dataclass
class CharacterJob(LoraJob):
    """Teaches the text encoder that the character's name means her fixed tags; the UNet, told those tags, is the teacher.

    A teacher's answer is free of noise, and knows hair length and clothes, of which the squared error to a drawing hardly sees
    anything. The UNet stays as it is, so an empty prompt shows nobody, and guidance strengthens the name as it does every word.
    """

    def open(self) -> nn.Module:
        """See Job."""
        self.latents = self._latents()
        self.frozen = Frozen(self.models, self.device)
        text = self.frozen.text
        text.add_adapter(LoraConfig(r=TEXT_RANK, lora_alpha=TEXT_RANK, init_lora_weights="gaussian", target_modules=TEXT_TARGETS))
        return text

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job."""
        assert isinstance(module, CLIPTextModel)
        chosen = dice.integers(0, self.count, batch)
        speaker = random.Random(int(dice.integers(1 << 62)))
        briefly = [caption(self.name, int(index), speaker) for index in chosen]
        fully = [f"{words.removeprefix(f'{self.name}, ')}, {', '.join(FIXED_TAGS)}" for words in briefly]
        clean = torch.from_numpy(self.latents[chosen].astype(np.float32)).to(self.device)
        noisy, _, steps = self.frozen.noised(clean)
        with torch.no_grad():
            module.disable_adapters()
            wanted = self.frozen.unet(noisy, steps, encoder_hidden_states=self.frozen.states(fully), return_dict=False)[0]
            module.enable_adapters()
        states = module(self.frozen.tokens(briefly))[0]
        made = self.frozen.unet(noisy, steps, encoder_hidden_states=states, return_dict=False)[0]
        return functional.mse_loss(made.float(), wanted.float())

    def save(self, module: nn.Module) -> None:
        """See Job."""
        layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(module.half()))
        file = lora(self.models, self.name)
        StableDiffusionPipeline.save_lora_weights(file.parent, text_encoder_lora_layers=layers, weight_name=file.name)
