"""Does the picture please: a head over CLIP embeddings that was trained on people's votes, or a function of one's own.

Heads are as LAION's aesthetic predictors are (github.com/christophschuhmann/improved-aesthetic-predictor): linear layers over
the unit embedding of one certain CLIP model.  None is shipped, as nobody voted on the house's drawings.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from studio.errors import ModelError, StoryError
from studio.judge.embedding import HOUSE, embedded
from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.record import Record

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]
"""Weights (out, in) and biases (out,), first to last."""


class Parameters(Record):
    """Of `aesthetics`: `model` and `clip`, or `hook`."""

    model: str = ""
    """Safetensors file of a head."""
    clip: str = HOUSE
    """The open_clip folder that the head was trained over."""
    hook: Annotated[str, Field(pattern=r"^$|^[\w.]+:\w+$")] = ""
    """`package.module:function`, from a picture (PIL, RGB) to a number."""

    @model_validator(mode="after")
    def _one(self) -> "Parameters":
        if self.model and self.hook:
            raise ValueError("give 'model' or 'hook', not both")
        return self


class AestheticsScorer:
    """The head's or function's number, in its own unit."""

    name = "aesthetics"
    version = 1
    better: Better = "higher"
    unit = "votes"

    def __init__(self, **given: Any) -> None:
        self.parameters = Parameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        if self.parameters.hook:
            source = inspect.getsourcefile(self._hook())
            return stamped(self, desk.sources.digest(Path(source)) if source else "")
        self._named()
        return stamped(self, desk.digest(self.parameters.model), desk.digest(self.parameters.clip))

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer. Raises StoryError without a model and a hook: there is no number to give then."""
        if self.parameters.hook:
            hook = self._hook()
            return [Measured(self._answer(hook, s)) for s in subjects]
        self._named()
        if not subjects:
            return []
        file = desk.sources.model(self.parameters.model)
        key = ("aesthetics", desk.sources.digest(file))
        layers, relu = desk.lend(key, lambda: read_head(file), lambda it: sum(w.nbytes + b.nbytes for w, b in it[0]))
        x = embedded(subjects, desk, self.parameters.clip)
        if layers[0][0].shape[1] != x.shape[1]:
            raise ModelError(f"the head takes embeddings of {layers[0][0].shape[1]} numbers, '{self.parameters.clip}' gives "
                             f"{x.shape[1]}", file=file, remedy="Name the CLIP model that it was trained over as 'clip'")
        for number, (weight, bias) in enumerate(layers):
            x = (np.maximum(x, 0) if relu and number else x) @ weight.T + bias
        return [Measured(float(value)) for value in x[:, 0]]

    def _named(self) -> None:
        if not self.parameters.model:
            raise StoryError("aesthetics has no model: none is shipped, and without one it knows nothing of beauty",
                             field="parameters.model",
                             remedy="Name a head in safetensors and the 'clip' it was trained over, or a 'hook' of your own")

    def _hook(self) -> Callable[["Any"], Any]:
        module, _, function = self.parameters.hook.partition(":")
        try:
            return getattr(import_module(module), function)
        except (ImportError, AttributeError) as exc:
            raise StoryError(f"the hook '{self.parameters.hook}' cannot be imported: {exc}", field="parameters.hook",
                             remedy="Install its package beside genga; it is 'package.module:function'") from None

    def _answer(self, hook: Callable[[Any], Any], subject: Subject) -> float:
        try:
            value = float(hook(subject.picture))
        except Exception as exc:
            raise StoryError(f"the hook '{self.parameters.hook}' failed on {subject.unit}: {type(exc).__name__}: {exc}",
                             field="parameters.hook", remedy="It takes a PIL picture and gives a number") from exc
        if not np.isfinite(value):
            raise StoryError(f"the hook '{self.parameters.hook}' gave {value} for {subject.unit}", field="parameters.hook",
                             remedy="It has to give a finite number")
        return value


def read_head(file: Path) -> tuple[Layers, bool]:
    """The layers of a head, and whether there is a ReLU between them (metadata `activation: relu`; LAION's have none).

    Raises ModelError for a file that is no chain of linear layers down to one number.
    """
    from safetensors import safe_open

    remedy = "Give a safetensors file with 'NAME.weight' and 'NAME.bias' per linear layer, the last with one output"
    try:
        with safe_open(str(file), framework="np") as opened:
            tensors = {name: opened.get_tensor(name).astype(np.float32) for name in sorted(opened.keys(), key=_natural)}
            relu = (opened.metadata() or {}).get("activation") == "relu"
    except Exception as exc:
        raise ModelError(f"not a safetensors file: {exc}", file=file, remedy=remedy) from exc
    weights = [name for name in tensors if name.split(".")[-1] == "weight"]
    layers: Layers = tuple(
        (tensors[name], tensors.get(name.removesuffix("weight") + "bias", np.zeros(len(tensors[name]), np.float32)))
        for name in weights
    )
    sizes = [weight.shape for weight, _ in layers]
    chained = all(len(size) == 2 for size in sizes) and all(a[0] == b[1] for a, b in pairwise(sizes))
    if not layers or not chained or sizes[-1][0] != 1:
        raise ModelError(f"not a head of linear layers: its weights are {sizes or 'none'}", file=file, remedy=remedy)
    return layers, relu


def _natural(name: str) -> list[tuple[int, str]]:
    """`layers.10` after `layers.2`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part]
