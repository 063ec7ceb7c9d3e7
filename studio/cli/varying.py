"""vary: the next round of variation over a picture whose composition is right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from studio.cli.showing import ShowFolder, console
from studio.errors import StoryError
from studio.plan.price import total
from studio.production.opening import open_production
from studio.story.fields import Value

Unit = Annotated[str, typer.Argument(help="Panel or keyframe, such as 01.river.", show_default=False)]
Palettes = Annotated[
    list[str] | None, typer.Option(help="Words of colour said after the prompt; '' for none. Repeat it.", show_default=False)
]
Textures = Annotated[list[str] | None, typer.Option(help="Words of stroke and surface, likewise.", show_default=False)]
Blends = Annotated[
    list[str] | None, typer.Option(help="NAME=0,0.4,0.8: weights of a LoRA to blend. Repeat it.", show_default=False)
]
Axes = Annotated[
    list[str] | None, typer.Option(help="AXIS=VALUE,VALUE: anything else a sweep may cross.", show_default=False)
]
Start = Annotated[
    str, typer.Option("--from", help="Cell of an earlier round whose picture and settings go on; else the take in use.",
                      show_default=False)
]
Mask = Annotated[
    Path | None, typer.Option(help="Picture in the show: white may change, black stays to the byte.", show_default=False)
]
Strength = Annotated[
    float | None, typer.Option(help="Also start from the picture itself; near 0 keeps its colours.", show_default=False)
]
ControlNet = Annotated[
    str, typer.Option(help="ControlNet for line art; the show's only one when left out.", show_default=False)
]


def vary(
    show: ShowFolder, unit: Unit, palette: Palettes = None, texture: Textures = None, lora: Blends = None, over: Axes = None,
    start: Start = "", mask: Mask = None, strength: Strength = None, model: ControlNet = "",
    weight: Annotated[float, typer.Option(help="How strongly the line art holds.")] = 1.0,
    lines: Annotated[bool, typer.Option(help="Hold the composition by its line art.")] = True,
    compare: Annotated[bool, typer.Option("--compare", help="Draw all without the lock too, to see what it saves.")] = False,
) -> None:
    """Write the next round of variation over a picture: its composition is kept while palette, texture and LoRA blend vary.

    Draws nothing: it names the file, the number of cells and the price. 'genga sweep run' draws it (with 'genga up' running, the
    dropped file is enough), 'genga sweep use' makes a winner the unit's picture.

    Examples:
      genga vary 01.river --palette "" --palette "sunset" --palette "snow"

      genga vary 01.river --from 1a2b3c4d --lora ink=0,0.4,0.8 --over guidance=3,5

      genga vary 01.river --mask masks/coat.png --palette "red coat" --palette "blue coat"
    """
    from studio.production.rounds import begin_round
    from studio.production.sweeping import sweep_planner

    crossed: dict[str, list[Value]] = {"palette": list(palette or ()), "texture": list(texture or ())}
    crossed |= {f"lora.{name}": values for name, values in _axes(lora, "--lora", "NAME=0,0.5")}
    crossed |= dict(_axes(over, "--over", "guidance=3,5"))
    crossed |= {"lock": [True, False]} if compare else {}
    given = {"model": model or None, "mask": mask.as_posix() if mask else None, "strength": strength,
             "weight": weight if weight != 1.0 else None, "lines": None if lines else False}
    lock = {name: value for name, value in given.items() if value is not None}
    production = open_production(show)
    file, sweep = begin_round(production, unit, {axis: values for axis, values in crossed.items() if values}, lock, start)
    planner = sweep_planner(production, sweep)
    steps = [planner.step(cell) for cell in planner.cells()]
    todo = [step for step in steps if step.todo]
    console.print(f"{file}", markup=False, soft_wrap=True)
    console.print(f"{len(steps)} cells, {len(todo)} to draw: about {sum(s.seconds for s in todo):.0f} s of device time, "
                  f"{total((s.usd, s.pool) for s in todo).said(4)}.")
    console.print(f"'genga sweep run {sweep.sweep}' draws them.")


def _axes(said: list[str] | None, option: str, example: str) -> Iterator[tuple[str, list[Value]]]:
    """Each `name=1,2`, its values read as YAML reads them. Raises StoryError."""
    for one in said or ():
        name, sign, values = one.partition("=")
        if not sign or not name.strip() or not values.strip():
            raise StoryError(f"'{one}' is no axis with values", field=option, remedy=f"Write it as {example}")
        yield name.strip(), [_value(value, one, option, example) for value in values.split(",")]


def _value(said: str, whole: str, option: str, example: str) -> Value:
    try:
        value: Any = yaml.safe_load(said)
    except (yaml.YAMLError, ValueError):
        value = None
    if not isinstance(value, bool | int | float | str):
        raise StoryError(f"'{said.strip()}' in '{whole}' is no number, word or true and false", field=option,
                         remedy=f"Write it as {example}; words with signs in quotes")
    return value
