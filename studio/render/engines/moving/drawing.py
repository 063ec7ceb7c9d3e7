"""Drawing one gap: the flow's draft as latents, noise, denoising in windows with the keyframes held, decoding."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.plan.film_recipes import InbetweenRecipe
from studio.render.engine import Bench
from studio.render.engines.finishing import kept
from studio.render.engines.moving.anchors import holds, make_anchors
from studio.render.engines.moving.coding import Coder, restore, spool
from studio.render.engines.moving.control import Control
from studio.render.engines.moving.holding import SPLIT_FRAMES, MotionLadders, Moving, split
from studio.render.engines.moving.windows import carried, pyramid, rearranged, step_within, stretches
from studio.render.engines.sd15.samplers import make_scheduler
from studio.render.engines.sd15.words import Words
from studio.render.engines.warping import Between
from studio.render.ladder import Stand

if TYPE_CHECKING:
    import numpy as np


@dataclass
class Animator:
    """What one gap is drawn with, and how that is held in memory."""

    recipe: InbetweenRecipe
    held: Moving
    vae: Any
    control: Control | None
    bench: Bench
    ladders: MotionLadders
    relieve: Callable[[], None]
    """Frees what other models hold."""

    def animate(self, first: "np.ndarray", last: "np.ndarray") -> Path:
        """A file of the recipe's frames between two keyframes, (height, width, 3) uint8, both included to the byte."""
        recipe = self.recipe
        if recipe.frames == 2:
            return self._write(iter((first, last)))
        between, shape = Between(first, last), (recipe.frames, recipe.height, recipe.width, 3)
        draft = spool((between.at(i / (recipe.frames - 1)) for i in range(recipe.frames)), shape, self.bench.scratch)
        coder = Coder(self.vae, self.bench, self.ladders.decode, self._place_coder, self.relieve)
        latents, words = coder.encode(draft), self._words()

        def attempt(stand: Stand) -> Any:
            return self._draw(latents, words, stand)

        drawn = self.ladders.denoise.climb(attempt, self.bench.ladder, self.relieve)

        def frames() -> "Iterator[np.ndarray]":
            yield first
            for pieces in zip(coder.decode(drawn[1:-1]), coder.decode(latents[1:-1]), draft[1:-1], strict=True):
                yield restore(*pieces)
            yield last

        return self._write(frames())

    def _write(self, frames: "Iterator[np.ndarray]") -> Path:
        file = kept(self.recipe, frames, self.bench).frames
        assert file is not None
        return file

    def _words(self) -> Any:
        """Embeddings (1 or 2, tokens, width): the negative words first, where there is guidance."""
        import torch

        held = self.held
        words = Words(held.pipe.tokenizer, held.pipe.text_encoder, self.recipe.clip_skip, held.texts, held.worn,
                      place=lambda: held.pipe.text_encoder.to(self.bench.device))
        texts = (self.recipe.negative, self.recipe.prompt) if self.recipe.guidance > 1 else (self.recipe.prompt,)
        made = words.embed(texts)
        longest = max(e.shape[1] for e in made.values())
        return torch.cat([words.lengthen(made[text], longest) for text in texts])

    def _draw(self, draft: Any, words: Any, stand: Stand) -> Any:
        """Latents (frames, channels, h, w) in main memory; `draft` is left alone."""
        recipe, device = self.recipe, self.bench.device
        self._place(stand)
        noise, dice = make_noise(recipe, draft)
        clean, noise = draft.clone().to(device), noise.to(device)
        held = holds(recipe.frames)
        with split(self.held.pipe.unet, stand.split), _half(device, stand.half):
            if recipe.overlap and recipe.frames > stand.window:
                for start, end, known in carried(recipe.frames, stand.window, recipe.overlap):
                    theirs = dice[start:end] if len(dice) > 1 else dice
                    here = [1.0] * known + held[start + known : end]
                    clean[start:end] = Pass(self, stand, words, theirs, start).denoise(clean[start:end], noise[start:end], here)
            else:
                clean = Pass(self, stand, words, dice, 0).denoise(clean, noise, held)
        return clean.cpu()

    def _place(self, stand: Stand) -> None:
        """What computes now goes to the device, the rest to main memory when it has to leave."""
        rest = "cpu" if stand.offload else self.bench.device
        for module in (self.held.pipe.text_encoder, self.vae):
            module.to(rest)
        for module in (self.held.pipe.unet, *([self.control.net] if self.control else [])):
            module.to(self.bench.device)

    def _place_coder(self, offload: bool) -> None:
        if offload:
            for module in (self.held.pipe.text_encoder, self.held.pipe.unet, *([self.control.net] if self.control else [])):
                module.to("cpu")
        self.vae.to(self.bench.device)


@dataclass(frozen=True)
class Pass:
    """All steps over one run of frames that begins at frame `start`, in the windows of `stand`."""

    animator: Animator
    stand: Stand
    words: Any
    dice: list[Any]
    start: int

    def denoise(self, clean: Any, noise: Any, held: list[float]) -> Any:
        """Clean latents (frames, channels, h, w) from a draft and its noise; `held` says how much each frame stays as it is."""
        recipe, scheduler = self.animator.recipe, self._scheduler()
        timesteps = scheduler.timesteps[(recipe.steps - steps_of(recipe)) * scheduler.order :]
        anchors = make_anchors(held, clean, noise, scheduler, timesteps)
        latents = scheduler.add_noise(clean, noise, timesteps[:1].expand(len(clean)))
        given = {"generator": self.dice} if "generator" in inspect.signature(scheduler.step).parameters else {}
        for step, t in enumerate(timesteps):
            self.animator.bench.in_time()
            share = (step / len(timesteps), (step + 1) / len(timesteps))
            predicted = self._predict(scheduler.scale_model_input(latents, t), t, share)
            # a generator draws for one entry of a batch: all frames are one entry, or each is
            batched = (predicted[None], latents[None]) if len(self.dice) == 1 else (predicted, latents)
            stepped = scheduler.step(batched[0], t, batched[1], **given, return_dict=False)[0]
            latents = anchors.put_back(stepped.reshape(latents.shape), step)
        return latents

    def _scheduler(self) -> Any:
        recipe = self.animator.recipe
        made = make_scheduler(recipe.sampler, recipe.scheduler, self.animator.held.pipe.scheduler.config)
        made.set_timesteps(recipe.steps)  # in main memory: looking a step up there never waits for the device
        return made

    def _predict(self, latents: Any, t: Any, share: tuple[float, float]) -> Any:
        """The UNet's answer for all frames: of each window, weighted where windows share frames."""
        import torch

        recipe, length = self.animator.recipe, self.stand.window
        stride = step_within(length, recipe.window, recipe.stride) if recipe.window else length
        windows = stretches(len(latents), length, stride)
        if len(windows) == 1:
            return self._window(latents, t, 0, share)
        total, weights = torch.zeros_like(latents), torch.zeros(len(latents), 1, 1, 1, device=latents.device)
        heights = torch.tensor(pyramid(length), device=latents.device)[:, None, None, None]
        for start, end in windows:
            total[start:end] += self._window(latents[start:end], t, start, share) * heights
            weights[start:end] += heights
        return total / weights

    def _window(self, latents: Any, t: Any, start: int, share: tuple[float, float]) -> Any:
        """Prediction (frames, channels, h, w), float32, for one window, guided; `latents` of the same shape."""
        recipe, bench = self.animator.recipe, self.animator.bench
        passes = [self.words] if not self.stand.apart else list(self.words.split(1))
        at_once = min(len(latents), SPLIT_FRAMES) if self.stand.split else len(latents)
        bench.claim("denoise", len(passes[0]) * at_once * recipe.width * recipe.height)
        made = [answer for words in passes for answer in self._ask(latents, t, words, start, share)]
        if len(made) == 1:
            return made[0]
        negative, positive = made
        return negative + recipe.guidance * (positive - negative)

    def _ask(self, latents: Any, t: Any, words: Any, start: int, share: tuple[float, float]) -> list[Any]:
        """One answer per row of `words` (rows, tokens, width), from one call of the UNet."""
        unet, control = self.animator.held.pipe.unet, self.animator.control
        rows, frames = len(words), len(latents)
        sample = latents.to(unet.dtype).transpose(0, 1)[None].expand(rows, -1, -1, -1, -1)
        states = words.to(unet.dtype).repeat_interleave(frames, 0)
        added: dict[str, Any] = {}
        if control:
            flat = sample.transpose(1, 2).reshape(rows * frames, *latents.shape[1:])
            added = control.residuals(flat, t, states, self.start + start, rows, *share)
        made = unet(sample, t, encoder_hidden_states=states, **added, return_dict=False)[0]
        return [answer.transpose(0, 1).float() for answer in made]


def steps_of(recipe: InbetweenRecipe) -> int:
    """Steps that a draft is denoised for: its strength's share of all."""
    return min(int(recipe.steps * recipe.strength), recipe.steps)


def make_noise(recipe: InbetweenRecipe, like: Any) -> tuple[Any, list[Any]]:
    """Noise of the shape of `like` (frames, channels, h, w), and the CPU generators for samplers that draw more of it.

    `one`: a single draw from the seed, rearranged beyond the first window. `per_frame`: frame i from seed + i.
    """
    import torch

    frames = len(like)
    if recipe.seed_mode == "per_frame":
        dice = [torch.Generator("cpu").manual_seed(recipe.seed + i) for i in range(frames)]
        return torch.stack([torch.randn(like.shape[1:], generator=d) for d in dice]), dice
    one = torch.Generator("cpu").manual_seed(recipe.seed)
    window = min(recipe.window or frames, frames)
    noise = torch.randn((window, *like.shape[1:]), generator=one)
    return noise[rearranged(frames, window, recipe.stride or window, one)], [one]


def _half(device: str, on: bool) -> Any:
    """Layers compute in bfloat16, whatever the weights are kept in."""
    import torch

    return torch.autocast(device.split(":")[0], torch.bfloat16, enabled=on, cache_enabled=False)
