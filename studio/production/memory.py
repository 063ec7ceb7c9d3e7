"""Memory: what each look of a show will hold at its peak, told from what its takes held on a device like this one."""

from collections.abc import Iterator
from dataclasses import dataclass

from studio.errors import GengaError
from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.history import PastProfile, PastTake
from studio.plan.impact.telling import many
from studio.plan.inbetweens import inbetween_recipe
from studio.plan.memory import Point, points_of, predict_peak
from studio.plan.presets import Preset
from studio.plan.prompts import panel_wish
from studio.plan.recipes import ImageRecipe
from studio.production.opening import Production
from studio.story.drawn import Drawn

MIB, GIB = 2**20, 2**30
NOBODY = "0" * 64
"""In place of keyframes that nobody drew."""


@dataclass(frozen=True)
class Forecast:
    """What one look needs."""

    name: str
    """`memory cel`; `memory cel motion` for what lies between keyframes."""
    fits: bool
    told: str
    remedy: str
    """What to do where it does not fit."""


def forecasts(production: Production, device: str, free: int) -> Iterator[Forecast]:
    """One for every preset, another for its motion. device: torch's name; free: bytes that are free on it."""
    kind = device.split(":")[0]
    measured = [one for one in production.history().measured() if one.peak_bytes and one.device.split(":")[0] == kind]
    takes = [one for one in measured if isinstance(one, PastTake)]
    profiles = [one for one in measured if isinstance(one, PastProfile)]
    for preset in production.library.presets.values():
        try:
            recipes = _typical(production, preset)
        except GengaError as exc:  # weights that are missing have a finding of their own
            yield Forecast(f"memory {preset.name}", True, f"cannot be told: {exc.message}", "")
            continue
        for recipe in recipes:
            yield _forecast(preset, recipe, points_of(recipe, takes), points_of(recipe, profiles), free)


def _typical(production: Production, preset: Preset) -> list[ImageRecipe | InbetweenRecipe]:
    """A picture in this look, and a gap as long as its motion's window."""
    size = production.show.settings.picture
    panel = Drawn(id="memory", prompt="memory", preset=preset.name)
    wish = panel_wish(production.show, production.library, f"memory.{preset.name}", panel, size.width / size.height)
    if preset.motion is None:
        return [wish.recipe]
    return [wish.recipe, inbetween_recipe(production.library, wish, None, NOBODY, NOBODY, preset.motion.window)]


def _forecast(
    preset: Preset, recipe: ImageRecipe | InbetweenRecipe, takes: list[Point], profiles: list[Point], free: int
) -> Forecast:
    points = [*takes, *profiles]
    picture = isinstance(recipe, ImageRecipe)
    name = f"memory {preset.name}" if picture else f"memory {preset.name} motion"
    work = f"at {recipe.width}x{recipe.height}" + (f" x{recipe.batch_size}" if picture else f", {recipe.frames} frames")
    peak = predict_peak(recipe, points)
    if peak is None:
        return Forecast(name, True, f"not measured yet {work}; {_bytes(free)} free", "")
    alike = ", all of one size" if len({pixels for pixels, _ in points}) == 1 and len(points) > 1 else ""
    counted = ((len(takes), "take"), (len(profiles), "profile"))
    measured = f"measured on {' and '.join(many(what, n) for n, what in counted if n)}{alike}"
    smaller = "'batch_size', 'native' or 'max_side'" if picture else "'motion.window'"
    return Forecast(
        name, peak <= free, f"about {_bytes(peak)} {work} ({measured}); {_bytes(free)} free",
        f"Lower {smaller} in presets/{preset.name}.yaml (with a new version), use precision fp16, "
        "or free the device of other programs",
    )


def _bytes(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"
