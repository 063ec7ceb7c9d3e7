"""Profiling: a preset drawn at several sizes and batches, so that plans and placement rest on facts before there is any take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.errors import GengaError, OutOfMemory, RenderError
from studio.plan.canaries import STANDARD
from studio.plan.presets import Preset
from studio.plan.prompts import panel_wish
from studio.plan.recipes import ImageRecipe
from studio.plan.sizes import render_size
from studio.production.opening import Production
from studio.render.farm import FarmResult
from studio.store.events import Profile
from studio.story.drawn import Drawn

Size = tuple[int, int]
"""Width and height, pixels."""
SHARES = (0.5, 0.75, 1.0)
"""Of a preset's native side: the sizes that are measured where none is named. A line needs more than one."""
MOST_BATCH = 64


@dataclass(frozen=True)
class Cell:
    """What is measured at once: one batch."""

    preset: Preset
    recipes: tuple[ImageRecipe, ...]

    @property
    def batch(self) -> int:
        """Pictures."""
        return len(self.recipes)

    @property
    def pixels(self) -> int:
        """Of all its pictures."""
        return self.recipes[0].width * self.recipes[0].height * self.batch

    def __str__(self) -> str:
        return f"{self.preset.name} {self.recipes[0].width}x{self.recipes[0].height} x{self.batch}"


@dataclass(frozen=True)
class Profiled:
    """How a cell went: what stands in the ledger, or why nothing does."""

    cell: Cell
    event: Profile | None = None
    error: GengaError | None = None


def cells_of(production: Production, preset: Preset, sizes: Sequence[Size] = (), batches: Sequence[int] = ()) -> list[Cell]:
    """The preset at each size and batch, small ones first. Left out: shares of its native size; one picture and its batch.

    Raises PresetError or ModelError for a preset that cannot be drawn.
    """
    panel = Drawn(id="profile", prompt=STANDARD[0].prompt, preset=preset.name)
    like = panel_wish(production.show, production.library, f"profile/{preset.name}", panel, 1.0).recipe
    named = sizes or [_square(preset, share) for share in SHARES]
    found = [
        Cell(preset, tuple(like.model_copy(update={"width": width, "height": height, "batch_size": batch, "seed": seed})
                           for seed in range(batch)))
        for width, height in dict.fromkeys(named) for batch in dict.fromkeys(batches or (1, preset.batch_size))
    ]
    return sorted(found, key=lambda cell: (cell.pixels, cell.batch))


def profile(production: Production, cells: Sequence[Cell]) -> Iterator[Profiled]:
    """Measure the cells of one preset, in their order; each is in the ledger before the next begins.

    The first is drawn once more before, for what libraries make ready is made ready once. What holds more pixels than a cell
    that the device had no room for is not tried.
    """
    full: Cell | None = None
    for cell in cells:
        if full:
            yield Profiled(cell, error=OutOfMemory(f"not tried: the device has no room for {full}", field="device"))
            continue
        if cell is cells[0]:
            _draw(production, cell)
        results = _draw(production, cell)
        error = next((result.error for result in results if result.error), None)
        if error:
            full = cell if isinstance(error, OutOfMemory) else None
            yield Profiled(cell, error=error)
            continue
        event = _event(production, cell, results)
        production.ledger.append(event)
        yield Profiled(cell, event)


def parse_sizes(texts: Sequence[str]) -> list[Size]:
    """`512x768` and so on, also several with commas. Raises RenderError for what is no size."""
    found: list[Size] = []
    for text in (part.strip() for whole in texts for part in whole.split(",")):
        width, _, height = text.partition("x")
        if not (width.isdigit() and height.isdigit()) or any(n % 8 or not 8 <= n <= 4096 for n in (int(width), int(height))):
            raise RenderError(f"'{text}' is no size", field="--size",
                              remedy="Use WIDTHxHEIGHT in pixels, multiples of 8 up to 4096, such as 512x768")
        found.append((int(width), int(height)))
    return found


def parse_batches(texts: Sequence[str]) -> list[int]:
    """`4` and so on, also several with commas. Raises RenderError for what is no number of pictures."""
    found: list[int] = []
    for text in (part.strip() for whole in texts for part in whole.split(",")):
        if not (text.isdecimal() and 1 <= int(text) <= MOST_BATCH):
            raise RenderError(f"'{text}' is no number of pictures", field="--batch",
                              remedy=f"Use whole numbers from 1 to {MOST_BATCH}, such as 1,4")
        found.append(int(text))
    return found


def _square(preset: Preset, share: float) -> Size:
    return render_size(1.0, max(64, round(preset.native * share)), preset.max_side or 2 * preset.native)


def _draw(production: Production, cell: Cell) -> list[FarmResult]:
    return list(production.farm.render(cell.recipes, production.sources))


def _event(production: Production, cell: Cell, results: Sequence[FarmResult]) -> Profile:
    recipe, one = cell.recipes[0], results[0]
    return Profile(
        show=production.show.name, unit=f"profile/{cell.preset.name}", recipe=recipe.digest(), preset=cell.preset.stamp,
        body=recipe.model_dump(mode="json"), batch=cell.batch, seconds=one.seconds, load_seconds=one.load_seconds,
        peak_bytes=one.peak_bytes, device=one.device, host=one.host, environment=one.environment,
        environment_facts=one.environment_facts, ladder=one.ladder,
    )
