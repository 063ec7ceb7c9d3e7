"""Not-a-number: what overflowed in half precision, found on what was decoded and drawn again in fp32.

Half precision ends at 65,504, and one value beyond it spreads over its whole picture, though over no other of its batch. Asking
after each step would make the device wait each time, so it is asked once, of decoded values that are in main memory anyway.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from studio.errors import GengaError, NotANumber
from studio.render.engine import Bench

T = TypeVar("T")

AGAIN = "nan: fp32"
"""On a take's ladder: all of it was drawn again in fp32."""
DECODED_AGAIN = "nan: vae-fp32"
"""On a take's ladder: only the autoencoder overflowed, so only decoding was done again."""


def numbers(values: Any) -> list[bool]:
    """Of each entry of a tensor (n, ...), whether all of its values are numbers."""
    import torch

    return torch.isfinite(values).flatten(1).all(1).tolist()


def in_half(module: Any) -> bool:
    """Whether a torch module computes in less than fp32."""
    import torch

    return module.dtype != torch.float32


@contextmanager
def in_fp32(module: Any) -> Generator[None]:
    """A torch module computes in fp32; afterwards it is as before, to the bit: fp32 holds every value of fp16 and bf16."""
    import torch

    tensors = [t for t in (*module.parameters(), *module.buffers()) if t.is_floating_point() and t.dtype != torch.float32]
    before = [t.dtype for t in tensors]
    try:
        for tensor in tensors:
            tensor.data = tensor.data.float()
        yield
    finally:
        for tensor, dtype in zip(tensors, before, strict=True):
            tensor.data = tensor.data.to(dtype)


def drawn_again(draw: Callable[[Any], T], recipe: Any, bench: Bench, what: str) -> T:
    """`draw(recipe)`, or where that is not-a-number, `draw` of the same recipe in fp32: for batches of one.

    Raises NotANumber, naming the model and `what` was drawn, when that does not help.
    """
    with suppress(NotANumber):
        return draw(recipe)
    # outside the handler: the exception's traceback would keep the weights alive
    found: GengaError | None = None
    if recipe.precision != "fp32":
        bench.note(AGAIN)
        try:
            return draw(recipe.model_copy(update={"precision": "fp32"}))
        except GengaError as exc:
            found = exc
    raise never_a_number(what, recipe.precision, bench.sources.model(recipe.model), found)


def never_a_number(what: str, precision: str, weights: Path, found: GengaError | None) -> NotANumber:
    """The error for what fp32 does not mend.

    what: `the picture`. precision: the recipe's. weights: the model's file. found: what fp32 failed of, if it was something else.
    """
    if found is not None and not isinstance(found, NotANumber):
        return NotANumber(f"{what} came out as not-a-number in {precision}, and cannot be drawn in fp32: {found.message}",
                          file=weights, field="recipe.precision", remedy=found.remedy)
    tried = "in fp32" if precision == "fp32" else f"in {precision}, and in fp32 too"
    return NotANumber(
        f"{what} came out as not-a-number {tried}", file=weights, field="recipe.model",
        remedy="The weights, a LoRA or a ControlNet hold broken numbers: compare their sha256 with where they came from, "
               "or draw without one after the other",
    )
