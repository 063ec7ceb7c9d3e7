"""Which steps a named unit means: itself, what it is made of, and what stands beside it."""

from pathlib import Path

from studio.cli.showing import scope_of
from studio.production.opening import open_production
from tests.production.making import plan_of
from tests.story.filming import keyframe, shot, write_film_show


def meant(folder: Path, unit: str, *stages: str) -> set[str]:
    """The steps of these stages that are meant by naming a unit."""
    scope = scope_of(open_production(folder).boards(), [unit])
    return {step.key for step in plan_of(folder).steps if step.stage in stages and scope(step)}


def test_a_keyframe_means_the_gaps_on_both_sides_and_what_is_drawn_over_it(tmp_path: Path) -> None:
    drawn = [keyframe("k1"), keyframe("k2"), keyframe("k3", from_previous=0.5), keyframe("k4")]
    folder = write_film_show(tmp_path / "show", shot("s1", keyframes=drawn), shot("s2"))
    assert meant(folder, "01.s1.k2", "keyframe") == {"01.s1.k2 keyframe", "01.s1.k3 keyframe"}
    assert meant(folder, "01.s1.k2", "inbetween") == {f"01.s1.{k} inbetween" for k in ("k1", "k2", "k3")}
    assert meant(folder, "01.s1.k2", "clip", "film") == {"01.s1 clip", "01 film en"}


def test_a_background_means_every_keyframe_that_is_joined_with_it(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1", background={"id": "sea", "prompt": "sea"}), shot("s2"))
    assert meant(folder, "01.s1.sea", "background", "keyframe") == {
        "01.s1.sea background", "01.s1.k1 keyframe", "01.s1.k2 keyframe",
    }


def test_a_keyframe_means_the_background_that_it_pays_for(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1", background={"id": "sea", "prompt": "sea"}))
    assert meant(folder, "01.s1.k1", "background", "figure") == {"01.s1.sea background", "01.s1.k1 figure"}
