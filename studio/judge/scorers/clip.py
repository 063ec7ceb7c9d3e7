"""Does the picture show what its prompt says: the cosine of the two in a CLIP model."""

import re
from collections.abc import Sequence
from typing import Any

from studio.judge.embedding import HOUSE, clip_model, embedded
from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.plan.recipes import ImageRecipe
from studio.record import Record
from studio.render.engines.sd15.words import weigh

_CALL = re.compile(r"<\w+:[^<>]*>")
_BLANK = re.compile(r"\s*,(\s*,)*\s*")


class Parameters(Record):
    """Of `clip`."""

    model: str = HOUSE
    """An open_clip folder."""


class ClipScorer:
    """Cosine of picture and prompt, -1 to 1 (CLIPScore without its factor: Hessel et al. 2021, arXiv 2104.08718)."""

    name = "clip"
    version = 1
    better: Better = "higher"
    unit = "cosine"

    def __init__(self, **given: Any) -> None:
        self.parameters = Parameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self, desk.digest(self.parameters.model))

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer. None for pictures made without words."""
        prompts = [plain(s.recipe.prompt) if isinstance(s.recipe, ImageRecipe) else "" for s in subjects]
        texts = sorted({prompt for prompt in prompts if prompt})
        if not texts:
            return [None] * len(subjects)
        model = clip_model(desk, self.parameters.model)
        read = dict(zip(texts, model.texts(texts), strict=True))
        seen = embedded(subjects, desk, self.parameters.model)
        return [
            Measured(float(picture @ read[prompt]), _cut(model.kept(prompt))) if prompt else None
            for picture, prompt in zip(seen, prompts, strict=True)
        ]


def plain(prompt: str) -> str:
    r"""A prompt's words alone: `(a:1.2)`, `[a]` and `\(` are read as A1111 does, `<lora:x:1>` and BREAK are left out."""
    said = "".join(text for text, _ in weigh(_CALL.sub("", prompt)))
    return _BLANK.sub(", ", re.sub(r"\bBREAK\b", ",", said)).strip(" ,\n")


def _cut(kept: float) -> str:
    return "" if kept == 1 else f"the prompt is longer than the model reads; its first {kept:.0%} were compared"
