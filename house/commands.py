"""The commands of the house model: make house and make house-eval call them."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
WORK = Path(".house")
MODELS = Path("models")

Work = Annotated[Path, typer.Option(help="Folder for drawn pictures and checkpoints; training goes on from what is in it.")]
Models = Annotated[Path, typer.Option(help="Folder of the weights.")]
Report = Annotated[Path, typer.Option(help="Folder for grids; REPORT.md is written beside it.")]


@app.command()
def sheet(
    out: Annotated[Path, typer.Argument(help="PNG to write.")] = Path("sheet.png"),
    count: Annotated[int, typer.Option(help="How many scenes.")] = 40,
    size: Annotated[int, typer.Option(help="Pixels of a picture's side.")] = 192,
    seed: Annotated[int, typer.Option(help="Seed of the first scene.")] = 0,
    columns: Annotated[int, typer.Option(help="Pictures in a row.")] = 8,
) -> None:
    """Draw a contact sheet of scenes with seeds that follow one another."""
    from house.draw.picture import draw
    from house.draw.scene import sample

    made = [draw(sample(seed + number), size) for number in range(count)]
    made += [np.full_like(made[0], 255)] * (-count % columns)
    rows = [np.concatenate(made[start : start + columns], 1) for start in range(0, len(made), columns)]
    Image.fromarray(np.concatenate(rows, 0)).save(out)
    typer.echo(f"{out}: {count} scenes from seed {seed}")


@app.command()
def blockout(
    out: Annotated[Path, typer.Argument(help="Folder for the depth frames.")],
    frames: Annotated[int, typer.Option(help="How many.")] = 28,
    width: Annotated[int, typer.Option(help="Pixels.")] = 320,
    height: Annotated[int, typer.Option(help="Pixels.")] = 208,
) -> None:
    """Draw the sample's depth frames: a woman waves while the camera draws back. Nearest is white."""
    from house.draw.clips import waving_goodbye
    from house.draw.picture import depth_map

    out.mkdir(parents=True, exist_ok=True)
    for number in range(frames):
        scene, motion = waving_goodbye(number, frames)
        Image.fromarray(depth_map(scene, (width, height), motion)).save(out / f"{number + 1:04d}.png", optimize=True)
    typer.echo(f"{out}: {frames} depth frames")


@app.command()
def backdrop(
    out: Annotated[Path, typer.Argument(help="PNG to write.")],
    name: Annotated[str, typer.Option(help="beach, city night, classroom, forest, sky, snow, sunset or village.")] = "beach",
    seed: Annotated[int, typer.Option(help="What varies in it.")] = 3,
    width: Annotated[int, typer.Option(help="Pixels.")] = 640,
    height: Annotated[int, typer.Option(help="Pixels.")] = 416,
) -> None:
    """Draw a background with nobody before it, which the house model itself cannot."""
    from house.draw.backgrounds import draw_background
    from house.draw.canvas import Canvas
    from house.draw.scene import BACKGROUNDS, Scene

    if name not in BACKGROUNDS:
        raise typer.BadParameter(f"there is no background '{name}'; choose from {', '.join(BACKGROUNDS)}", param_hint="--name")
    canvas = Canvas()
    draw_background(canvas, Scene(seed=seed, background=name))
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(canvas.render((width, height))).save(out, optimize=True)
    typer.echo(f"{out}: {name}")


@app.command()
def train(
    part: Annotated[str | None, typer.Argument(help="The part to train; without it, all in their order.")] = None,
    work: Work = WORK,
    models: Models = MODELS,
) -> None:
    """Train what is not trained yet; a killed training goes on from its last checkpoint."""
    from house.train.parts import train_parts

    train_parts(part, work.resolve(), models.resolve())


@app.command()
def evaluate(models: Models = MODELS, report: Report = Path("house/report")) -> None:
    """Measure every part against its goal; write house/REPORT.md and its grids."""
    from house.measure.report import evaluate as measure

    missed = [figure.name for figure in measure(models.resolve(), report.resolve()) if not figure.reached]
    if missed:
        typer.echo(f"{len(missed)} goals are not reached: {'; '.join(missed)}", err=True)
        raise typer.Exit(1)


def main() -> None:
    """The entry point."""
    app()
