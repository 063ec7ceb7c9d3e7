"""What the UI shows of a clip, a film and a voice."""

import base64
import io
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from anime_assets.metadata import Facts, cost_metadata, sheet_metadata
from studio.production.films import make_clips, make_films, make_voices
from studio.production.making import Made
from studio.production.opening import open_production
from studio.render.renderer import Run
from tests.production.filming import make_film
from tests.story.filming import shot, write_film_show
from tests.story.making import change


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An odd picture, and a line that the synthetic voice cannot read."""
    folder = write_film_show(tmp_path_factory.mktemp("made") / "show", shot("s1", lines=[{"id": "l1", "text": {"ja": "鬼だ"}}]),
                             languages=("en", "ja"))
    change(folder / "show.yaml", picture={"width": 121, "height": 96})
    assert [m.error for m in make_film(folder) if m.error] == []
    return folder


def facts(folder: Path, make: Callable[..., Iterator[Made]]) -> Facts:
    production = open_production(folder)
    made = [list(m) for _, m in groupby(make(production, production.boards()[0], Run()), key=lambda m: m.step.unit)]
    return sheet_metadata(production, made[0])


def moving(found: Any) -> Image.Image:
    data = found.value.split("base64,")[1].split(")")[0]
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_clip_moves_and_says_that_it_was_padded(folder: Path) -> None:
    found = facts(folder, make_clips)
    assert "- 01.s1 clip: 121x96 is encoded as 122x96" in found["notes"].value  # type: ignore[union-attr]
    assert getattr(moving(found["preview"]), "n_frames") == 12  # noqa: B009


def test_what_a_take_cost_is_unknown_where_the_show_named_no_rate_and_never_nothing(folder: Path) -> None:
    production = open_production(folder)
    made = list(make_clips(production, production.boards()[0], Run()))
    found = cost_metadata(production, made)
    assert found["cost_usd"] is None and "named no rate for pool" in str(found["cost"])


def test_a_film_tells_how_loud_it_is_in_each_language(folder: Path) -> None:
    found = facts(folder, make_films)
    assert found["lufs_ja"] == pytest.approx(-16, abs=1)  # type: ignore[comparison-overlap]
    assert found["true_peak_db_ja"] <= -0.9  # type: ignore[operator]
    assert "lufs_en" not in found  # nobody says a word in it
    assert getattr(moving(found["preview"]), "n_frames") == 12  # noqa: B009


def test_a_voice_says_what_it_could_not_read(folder: Path) -> None:
    assert "- 01.s1.l1 voice ja: the synthetic voice cannot read 鬼" in facts(folder, make_voices)["notes"].value  # type: ignore[union-attr]
