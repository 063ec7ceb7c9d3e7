"""Making a film without a queue, as run workers do, stage by stage."""

from pathlib import Path

from studio.production.films import make_clips, make_films, make_subtitles, make_voices
from studio.production.making import Made
from studio.production.opening import open_production
from studio.production.shots import make_inbetween_finals, make_inbetweens, make_keyframes
from studio.render.renderer import Run

STAGES = (make_voices, make_keyframes, make_inbetweens, make_inbetween_finals, make_clips, make_subtitles, make_films)


def make_film(folder: Path) -> list[Made]:
    """Bring the film of every episode up to date; what was made or failed."""
    production = open_production(folder)
    return [made for board in production.boards() for make in STAGES for made in make(production, board, Run(trace="t"))]


def takes(folder: Path) -> list[tuple[str, str]]:
    """(stage, unit) of everything that was paid for, in order."""
    events = [e for _, _, e in open_production(folder).ledger.lines() if e and e["event"] == "take"]
    return [(e["stage"], e["unit"]) for e in sorted(events, key=lambda e: e["at"])]
