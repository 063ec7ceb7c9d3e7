"""Between pixels and latents, a few frames at a time: a long gap never stands in memory as pixels."""

import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import NotANumber
from studio.render.engine import Bench
from studio.render.finite import DECODED_AGAIN, in_fp32, in_half, numbers
from studio.render.ladder import Footing, Ladder

if TYPE_CHECKING:
    import numpy as np

AT_ONCE = 8
"""Frames that are encoded or decoded together."""
NEAR = 5
"""Pixels to a side within which a drawing is compared with its draft."""
LEVELS = 16.0
"""Of 255: a drawing that far from its draft shows something else."""


@dataclass
class Coder:
    """A VAE, and how its work is held in memory.

    place: brings the VAE to the device; its argument says whether the rest has to leave. relieve: frees what others hold.
    """

    vae: Any
    bench: Bench
    ladder: Ladder[Footing]
    place: Callable[[bool], None]
    relieve: Callable[[], None]

    def encode(self, frames: "Iterable[np.ndarray]") -> Any:
        """Latents (n, channels, height / f, width / f), float32 in main memory, of RGB frames (height, width, 3) uint8."""
        import numpy as np
        import torch

        rest, made = iter(frames), list[Any]()
        while piece := list(islice(rest, AT_ONCE)):
            pixels = torch.from_numpy(np.stack(piece)).permute(0, 3, 1, 2)
            made.append(self._climb(pixels, self._encode, "encode", 1))
        return torch.cat(made)

    def decode(self, latents: Any) -> "Iterator[np.ndarray]":
        """RGB frames (height, width, 3) uint8 of latents (n, channels, h, w), decoded as they are taken."""
        import torch

        for piece in latents.split(AT_ONCE):
            values = self._climb(piece, self._decode, "decode", self._pixels)
            if not all(numbers(values)):
                values = self._decoded_again(piece)
            bytes_ = ((values / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
            yield from bytes_.permute(0, 2, 3, 1).numpy()

    def _decoded_again(self, latents: Any) -> Any:
        """As `_climb` gives them, but by the autoencoder in fp32. Raises NotANumber when that does not help."""
        values = None
        if in_half(self.vae) and all(numbers(latents)):
            values = self._climb(latents, self._decode, "decode", self._pixels, in_fp32)
            self.bench.note(DECODED_AGAIN)
        if values is None or not all(numbers(values)):
            raise NotANumber("no frames")
        return values

    @property
    def _pixels(self) -> int:
        """To a latent, along each side."""
        return 2 ** (len(self.vae.config.block_out_channels) - 1)

    def _climb(
        self, whole: Any, work: Callable[[Any], Any], stage: str, scale: int,
        manner: Callable[[Any], AbstractContextManager[None]] = nullcontext,
    ) -> Any:
        """`work` on the tensor `whole`, (n, channels, height, width), in as large pieces as there is room for.

        manner: how the autoencoder computes meanwhile.
        """
        import torch

        def attempt(footing: Footing) -> Any:
            self.place(footing.offload)
            height, width = whole.shape[2:]
            side = max(8 * self._pixels // scale, min(height, width) // 2) if footing.tiles else 0
            made: list[Any] = []
            for piece in whole.split(footing.batch):
                held = side * side if side else height * width
                self.bench.claim(stage, len(piece) * held * scale * scale)
                with manner(self.vae), tiled(self.vae, side * scale // self._pixels, self._pixels):
                    made.append(work(piece).float().cpu())
            return torch.cat(made)

        with torch.inference_mode():  # frames are decoded when they are taken, outside of the caller's own
            return self.ladder.climb(attempt, self.bench.ladder, self.relieve)

    def _encode(self, pixels: Any) -> Any:
        values = pixels.to(self.vae.device).to(self.vae.dtype) / 127.5 - 1
        return self.vae.encode(values).latent_dist.mode() * self.vae.config.scaling_factor

    def _decode(self, latents: Any) -> Any:
        return self.vae.decode(latents.to(self.vae.device, self.vae.dtype) / self.vae.config.scaling_factor, return_dict=False)[0]


def restore(drawn: "np.ndarray", blurred: "np.ndarray", draft: "np.ndarray") -> "np.ndarray":
    """A drawn frame with the detail that the autoencoder lost of its draft, where both show the same; all uint8 RGB.

    blurred: the draft after encoding and decoding. Where the drawing left the draft, the draft's lines are not its own.
    """
    import cv2
    import numpy as np

    apart = np.abs(drawn.astype(np.float32) - blurred).mean(2)
    alike = np.exp(-np.square(cv2.blur(apart, (NEAR, NEAR)) / LEVELS))[..., None]
    return np.clip(np.rint(drawn + alike * (draft.astype(np.float32) - blurred)), 0, 255).astype(np.uint8)


def spool(frames: "Iterable[np.ndarray]", shape: tuple[int, int, int, int], folder: Path | None) -> "np.ndarray":
    """Frames (n, height, width, 3) uint8 in a file of `folder` that is gone with the array, so that they hold no memory."""
    import numpy as np

    with tempfile.TemporaryFile(dir=folder) as kept:  # the array's mapping outlives the handle
        array = np.memmap(kept, np.uint8, "w+", shape=shape)
    for place, frame in enumerate(frames):
        array[place] = frame
    return array


@contextmanager
def tiled(vae: Any, side: int, pixels: int) -> Generator[None]:
    """The VAE works in tiles of `side` latents of `pixels` pixels each, and is as before afterwards; 0 is no tiles."""
    before = (vae.use_tiling, vae.tile_latent_min_size, vae.tile_sample_min_size)
    if side:
        vae.use_tiling, vae.tile_latent_min_size, vae.tile_sample_min_size = True, side, side * pixels
    try:
        yield
    finally:
        vae.use_tiling, vae.tile_latent_min_size, vae.tile_sample_min_size = before
