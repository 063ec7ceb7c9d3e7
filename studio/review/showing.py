"""Showing: templates, and the words and addresses in them. Everything that is put in is escaped."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from studio.judge.wording import bound_said, effect_said, how_to_apply, preset_said, share_said, unmeasured_said
from studio.plan.history import CAUSES
from studio.plan.impact.telling import counted, kept_said, published_said, redone_said
from studio.plan.price import figure_said
from studio.review.tiles import STANDINGS, Tile

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """A page or a piece of one."""
    return _environment().get_template(template).render(**values)


def address(tile: Tile, view: str = "unit", **more: str) -> str:
    """Where a tile is looked at, or its piece of a page fetched."""
    asked = {"stage": tile.stage, "language": tile.language, **more}
    if view == "page":
        asked.pop("stage")
    return f"/{view}/{quote(tile.unit, safe='')}?{urlencode({k: v for k, v in asked.items() if v})}"


def named(tile: Tile) -> str:
    """What a tile is called under the heading of its page or shot."""
    if tile.unit == tile.step.place:
        return f"{tile.stage} {tile.language}".strip()
    return tile.unit.removeprefix(f"{tile.step.place}.").removeprefix(f"{tile.episode}.")


def opened(tile: Tile) -> str:
    """Where a click on a tile leads: pages have a view of their own."""
    return address(tile, "page" if tile.stage == "page" else "unit")


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment: Any = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                                   trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(
        address=address, opened=opened, named=named, causes=CAUSES, standings=STANDINGS, urlencode=urlencode, counted=counted,
        kept_said=kept_said, published_said=published_said, redone_said=redone_said, bound_said=bound_said,
        effect_said=effect_said, how_to_apply=how_to_apply, preset_said=preset_said, share_said=share_said,
        unmeasured_said=unmeasured_said, figure_said=figure_said,
    )
    environment.filters["spoken"] = _spoken
    return environment


def _spoken(text: str) -> str:
    """`off_model` as people say it."""
    return text.replace("_", " ")
