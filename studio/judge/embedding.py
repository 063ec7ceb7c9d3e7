"""Embeds pictures and phrases with any open_clip model, so that their likeness is a cosine.

Radford et al., Learning Transferable Visual Models From Natural Language Supervision (2021): a picture and a text that
belong together point the same way.  A model is a folder as open_clip saves it: open_clip_config.json, weights in
safetensors, and tokenizer files where the config names a tokenizer.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.errors import ModelError
from studio.judge.references import read_references
from studio.judge.scorer import Desk, Subject
from studio.record import sha256
from studio.render.environment import go_offline, settle

if TYPE_CHECKING:
    from PIL import Image

HOUSE = "house-clip"
"""The shipped model. It knows drawings of the house's kind and the house's words only (models/CARD.md)."""
FEWEST_LETTERS = 2.0
"""Letters per token under which a word is spelt rather than known."""
_WORD = re.compile(r"[^\W\d_]{3,}")


class ClipModel:
    """An open_clip model on a device, in half precision on CUDA. Embeddings are unit vectors, (n, width) float32."""

    def __init__(self, folder: Path, device: str) -> None:
        if not (folder / "open_clip_config.json").is_file() or not any(folder.glob("*.safetensors")):
            # without them open_clip would fall back to pickles, which can run any program when opened
            raise ModelError("not an open_clip model: it wants open_clip_config.json and weights in .safetensors", file=folder,
                             remedy="Give the folder that open_clip saved, and convert .bin weights to .safetensors")
        go_offline()
        import open_clip
        from open_clip.transform import PreprocessCfg, image_transform_v2

        self._device, self._half = device, device.startswith("cuda")
        place = f"local-dir:{folder}"
        try:
            self._module: Any = open_clip.create_model(
                place, device=device, precision="fp16" if self._half else "fp32", require_pretrained=True)
            self._tokenizer: Any = open_clip.get_tokenizer(place)
            self._see: Any = image_transform_v2(PreprocessCfg(**self._module.visual.preprocess_cfg), is_train=False)
        except Exception as wrong:  # a dozen kinds: JSON, shapes, missing tokenizer files
            raise ModelError(f"open_clip cannot read this model: {wrong}", file=folder,
                             remedy="Copy the whole model folder again; nothing is ever downloaded") from wrong
        self._module.eval().requires_grad_(False)
        self.modules = (self._module,)
        self.scale = float(self._module.logit_scale.exp())
        """What cosines are multiplied by before a softmax, as in training."""

    def pictures(self, pictures: Sequence["Image.Image"], batch: int) -> np.ndarray:
        """Of RGB pictures of any size, at most `batch` at once on the device."""
        import torch

        settle()
        parts: list[Any] = []
        with torch.inference_mode():
            for start in range(0, len(pictures), batch):
                seen = torch.stack([self._see(picture) for picture in pictures[start : start + batch]])
                count = len(seen)
                if self._half:  # kernels follow the batch's size, and in half precision that shows: one size always
                    seen = torch.cat([seen, seen.new_zeros(batch - count, *seen.shape[1:])]).half()
                parts.append(self._module.encode_image(seen.to(self._device))[:count])
            return _unit(parts)

    def texts(self, texts: Sequence[str], batch: int = 64) -> np.ndarray:
        """Of texts; what is longer than the model's context is cut."""
        import torch

        settle()
        parts: list[Any] = []
        with torch.inference_mode():
            for start in range(0, len(texts), batch):
                tokens = self._tokenizer(list(texts[start : start + batch]))
                parts.append(self._module.encode_text(tokens.to(self._device)))
            return _unit(parts)

    def kept(self, text: str) -> float:
        """Share of a text's tokens that the model's context holds; 1 for one that is not cut."""
        room = self._tokenizer.context_length - 2
        return min(1.0, room / max(1, self._tokens(text)))

    def spelt(self, text: str) -> list[str]:
        """Words that the model never learnt: its tokenizer knows them only letter by letter."""
        words = dict.fromkeys(_WORD.findall(text.lower()))
        return [word for word in words if len(word) / max(1, self._tokens(word)) < FEWEST_LETTERS]

    def _tokens(self, text: str) -> int:
        inner = getattr(self._tokenizer, "tokenizer", None)
        if inner is None:  # open_clip's own
            return len(self._tokenizer.encode(text))
        return len(inner(text, add_special_tokens=False).input_ids)


def _unit(parts: list[Any]) -> np.ndarray:
    import torch
    from torch.nn import functional

    return functional.normalize(torch.cat(parts).float(), dim=-1).cpu().numpy()


def clip_model(desk: Desk, name: str) -> ClipModel:
    """The model called `name`, from the desk's cache. Raises ModelError for one that is missing or cannot be read."""
    folder = desk.sources.model(name)
    return desk.lend(("clip", desk.sources.digest(folder), desk.device), lambda: ClipModel(folder, desk.device))


def embedded(subjects: Sequence[Subject], desk: Desk, name: str) -> np.ndarray:
    """Unit vectors of the subjects' pictures, (n, width); each artifact is embedded once per desk and model."""

    def see(fresh: list[Subject]) -> Sequence[np.ndarray]:
        return list(clip_model(desk, name).pictures([s.picture for s in fresh], desk.batch))

    return np.stack(desk.look(subjects, ("clip", desk.digest(name)), see)) if subjects else np.zeros((0, 0), np.float32)


def references_digest(files: Sequence[Path], desk: Desk) -> str:
    """sha256 over the contents of a board's or sheet's pictures, whatever they are called."""
    return sha256("".join(sorted(desk.sources.digest(file) for file in files)).encode())


def embedded_board(files: Sequence[Path], desk: Desk, name: str) -> np.ndarray:
    """Unit vectors of reference pictures, (n, width), from the desk's cache. Raises StoryError for one that is broken."""
    key = ("board", desk.digest(name), references_digest(files, desk))

    def load() -> np.ndarray:
        pictures = read_references(files)  # a broken one is found before the model is loaded
        return clip_model(desk, name).pictures(pictures, desk.batch)

    return desk.lend(key, load, lambda it: it.nbytes)
