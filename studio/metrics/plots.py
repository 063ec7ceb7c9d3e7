"""Plots of the tables, as SVG for the report and as small WebP for the Dagster UI. One plot per question."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from studio.metrics.querying import Answer, query

Format = Literal["svg", "webp"]
INK, PAPER, GRID = "#20242c", "#ffffff", "#e4e6ea"
COLOURS = ("#2f6fb0", "#d9822b", "#4c9f70", "#a04fa8", "#c94c4c", "#6b7a8f", "#b8a13c", "#3aa6a6", "#8c6d5a", "#7c86d8",
           "#9aa53a", "#5a5a5a", "#c77aa0", "#2a8f5b")
WIDE, TALL = 5.4, 2.6
"""Inches: narrow, so that words are still to be read where a phone shows it."""
DOTS = 110
"""Pixels an inch."""
TICKS, MARKED = 7, 40
"""Most days that are named below a line, and most of its days that are marked one by one."""


@dataclass(frozen=True)
class Plot:
    """A question, and how its answer is drawn."""

    name: str
    title: str
    told: str
    """How to read it."""
    sql: str
    draw: Callable[[Any, Answer], None]
    """Draws an answer that has rows onto matplotlib axes."""


def _stacked(axes: Any, answer: Answer) -> None:
    """Rows of (bar, part, value): a bar for each first column, cut by the second."""
    bars = list(dict.fromkeys(str(row[0]) for row in answer.rows))
    parts = list(dict.fromkeys(str(row[1]) for row in answer.rows))
    values = {(str(row[0]), str(row[1])): float(row[2] or 0) for row in answer.rows}
    below = [0.0] * len(bars)
    for i, part in enumerate(parts):
        heights = [values.get((bar, part), 0.0) for bar in bars]
        axes.bar(bars, heights, bottom=below, label=part, color=COLOURS[i % len(COLOURS)], width=0.6)
        below = [low + high for low, high in zip(below, heights, strict=True)]
    axes.set_xlim(-0.6, max(len(bars) - 0.4, 2.4))
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _shares(axes: Any, answer: Answer) -> None:
    """Rows of (name, share 0..1, of how many): lying bars, the best on top."""
    rows = list(reversed(answer.rows[:16]))
    names = [str(row[0]) for row in rows]
    axes.barh(names, [float(row[1] or 0) for row in rows], color=COLOURS[0], height=0.65)
    for i, row in enumerate(rows):
        axes.text(float(row[1] or 0) + 0.01, i, f"{float(row[1] or 0):.0%} of {row[2]}", va="center", fontsize=8, color=INK)
    axes.set_xlim(0, 1.25)
    axes.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.set_ylim(-0.6, max(len(rows) - 0.4, 2.4))


def _pairs(axes: Any, answer: Answer) -> None:
    """Rows of (name, p50, p95): two bars beside each other."""
    names = [str(row[0]) for row in answer.rows]
    places = range(len(names))
    axes.bar([x - 0.2 for x in places], [float(row[1] or 0) for row in answer.rows], width=0.38, color=COLOURS[0], label="p50")
    axes.bar([x + 0.2 for x in places], [float(row[2] or 0) for row in answer.rows], width=0.38, color=COLOURS[1], label="p95")
    axes.set_xticks(list(places), names)
    axes.set_xlim(-0.6, max(len(names) - 0.4, 2.4))
    axes.set_ylabel("seconds")
    axes.legend(fontsize=8, frameon=False)


def _lines(axes: Any, answer: Answer) -> None:
    """Rows of (day, name, value): a line per name, days as far apart as they were. Of one day a bar per name."""
    days = sorted({row[0] for row in answer.rows})
    if len(days) == 1:
        known = [row for row in answer.rows if row[2] is not None]
        axes.bar([str(row[1]) for row in known], [float(row[2]) for row in known], color=COLOURS[0], width=0.5)
        axes.set_xlim(-0.6, max(len(known) - 0.4, 2.4))
        axes.set_xlabel(str(days[0]))
        return
    for i, name in enumerate(dict.fromkeys(str(row[1]) for row in answer.rows)):
        mine = [(row[0], row[2]) for row in answer.rows if str(row[1]) == name and row[2] is not None]
        axes.plot([day for day, _ in mine], [float(value) for _, value in mine], marker="o" if len(days) <= MARKED else "",
                  markersize=4, label=name, color=COLOURS[i % len(COLOURS)])
    axes.set_ylim(bottom=0)
    span = (days[-1] - days[0]).days + 1
    named = [days[0] + timedelta(n) for n in range(0, span, -(-span // TICKS))]
    axes.set_xticks(named, [str(day) for day in named], rotation=30)
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _count_lines(axes: Any, answer: Answer) -> None:
    """The same of whole numbers."""
    from matplotlib.ticker import MaxNLocator

    _lines(axes, answer)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _share_lines(axes: Any, answer: Answer) -> None:
    """The same of shares, 0..1."""
    from matplotlib.ticker import PercentFormatter

    _lines(axes, answer)
    axes.yaxis.set_major_formatter(PercentFormatter(1))


PLOTS = (
    Plot("panel_cost", "USD per accepted panel, by cause", "What everything spent on panels comes to per panel that is accepted, "
         "and why it was spent.",
         "select 'episode ' || episode, cause, usd_per_accepted_panel from panel_costs where usd_per_accepted_panel is not null "
         "order by episode, usd_per_accepted_panel desc", _stacked),
    Plot("film_cost", "USD per finished second of film, by cause", "The same for films.",
         "select 'episode ' || episode, cause, usd_per_film_second from film_costs where usd_per_film_second is not null "
         "order by episode, usd_per_film_second desc", _stacked),
    Plot("acceptance_by_look", "Acceptance by look", "Share of what was rendered that is accepted: by a person, or in use where "
         "nobody spoke.",
         "select value, sum(accepted) / sum(rendered), sum(rendered)::int from acceptance where dimension = 'preset' "
         "group by value order by 2 desc", _shares),
    Plot("acceptance_by_character", "Acceptance by character", "The same for who appears.",
         "select value, sum(accepted) / sum(rendered), sum(rendered)::int from acceptance where dimension = 'character' "
         "group by value order by 2 desc", _shares),
    Plot("waits", "Wait in the queue, by pool", "From asking for a run to its place in the pool.",
         "select pool, quantile_cont(wait_seconds, 0.5), quantile_cont(wait_seconds, 0.95) from runs "
         "where wait_seconds is not null and asset <> 'metrics' group by pool order by 3 desc", _pairs),
    Plot("utilisation", "Busy share of the devices, by day", "Of the hours in which a pool worked at all.",
         "select day, pool, average from utilisation order by day, pool", _share_lines),
    Plot("reuse", "Pictures that were found instead of rendered", "By stage; each would have cost what it cost the first time.",
         "select stage, reuse, picks from reuse where reused > 0 order by reuse desc", _shares),
    Plot("success", "Tries that gave a picture, by stage", "The rest failed.",
         "select stage, success, attempts from stage_success order by success desc, attempts desc", _shares),
    Plot("yield", "Accepted pictures, by day", "Panels, pages, keyframes and clips; sweeps and canaries are not among them.",
         "select day, stage, accepted from days where stage in ('panel', 'keyframe', 'clip', 'page') order by day", _count_lines),
    Plot("burn_down", "Money spent, and left of the budget", "USD so far, by day; without a ceiling nothing is left to tell.",
         "select day, 'left', usd_left from budget where usd_left is not null union all "
         "select day, 'spent', usd_so_far from budget order by 1", _lines),
)
"""In the report's order."""


def draw(plot: Plot, database: Path, form: Format = "svg") -> bytes | None:
    """The plot of today's tables; None where its question has no rows."""
    answer = query(database, plot.sql)
    return render(plot, answer, form) if answer.rows else None


def render(plot: Plot, answer: Answer, form: Format = "svg") -> bytes:
    """An answer as a picture: the same answer gives the same bytes."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "genga", "svg.fonttype": "none", "font.size": 9, "text.color": INK, "axes.edgecolor": GRID}):
        figure = Figure(figsize=(WIDE, _height(plot, answer.rows)), layout="constrained", facecolor=PAPER)
        (FigureCanvasSVG if form == "svg" else FigureCanvasAgg)(figure)
        axes = figure.subplots()
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.grid(color=GRID, linewidth=0.6, axis="x" if plot.draw is _shares else "y")
        axes.set_axisbelow(True)
        plot.draw(axes, answer)
        held = io.BytesIO()
        if form == "svg":
            figure.savefig(held, format="svg", metadata={"Date": None})
            return held.getvalue()
        figure.savefig(held, format="png", dpi=DOTS)
    return _small(held)


def _small(png: io.BytesIO) -> bytes:
    """The same picture in the few colours that a plot has, as WebP without loss: a fifth of the bytes."""
    from PIL import Image

    palette = Image.new("P", (1, 1))
    palette.putpalette([part for shade in _shades() for part in shade])
    held = io.BytesIO()
    picture = Image.open(png).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    picture.convert("RGB").save(held, "webp", lossless=True, method=6)
    return held.getvalue()


def _shades() -> list[list[int]]:
    """Every colour of a plot, and what lies between it and the paper where edges are smooth."""
    drawn = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (PAPER, INK, "#000000", GRID, *COLOURS)]
    return [[round(255 - (255 - part) * share) for part in shade] for shade in drawn for share in (0.33, 0.66, 1)]


def _height(plot: Plot, rows: Sequence[Sequence[Any]]) -> float:
    return max(1.6, 0.3 * min(16, len(rows)) + 0.7) if plot.draw is _shares else TALL
