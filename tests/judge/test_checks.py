"""Promises about panel pictures: what passes, what blocks, what only warns."""

from PIL import Image, ImageDraw

from studio.judge.checks import CHECKS, PanelJudge
from studio.plan.recipes import ImageRecipe
from studio.store.pictures import PictureFacts, encode_png


def recipe(**changes: object) -> ImageRecipe:
    fields = {"engine": "fake", "contract": 1, "model": "a" * 64, "prompt": "sky", "sampler": "euler", "steps": 4,
              "guidance": 5.0, "width": 64, "height": 64, "seed": 1}
    return ImageRecipe.model_validate({**fields, **changes})


def drawn(shift: int = 0, size: tuple[int, int] = (64, 64)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).ellipse((5 + shift, 5, 35 + shift, 35), fill="navy")
    return picture


def failed(
    picture: Image.Image, wanted: ImageRecipe | None = None, judge: PanelJudge | None = None, unit: str = "01.a"
) -> set[str]:
    data = encode_png(picture, recipe(), PictureFacts(unit=unit))
    return {v.check for v in (judge or PanelJudge()).judge(unit, data, wanted or recipe()) if not v.passed}


def test_a_sound_picture_passes_every_check() -> None:
    assert failed(drawn()) == set()


def test_a_blank_picture_is_blocked() -> None:
    assert failed(Image.new("RGB", (64, 64), "grey")) == {"not_blank"}
    assert CHECKS["not_blank"]


def test_a_picture_of_another_size_is_blocked() -> None:
    assert failed(drawn(size=(72, 64))) == {"size_as_planned"}


def test_a_picture_of_another_recipe_has_no_lineage() -> None:
    assert failed(drawn(), recipe(seed=2)) == {"lineage_complete"}


def test_what_does_not_decode_fails_everything_and_says_why() -> None:
    verdicts = PanelJudge().judge("01.a", b"\x89PNG\r\n\x1a\nbroken", recipe())
    assert [v.check for v in verdicts] == list(CHECKS)
    assert not any(v.passed for v in verdicts)
    assert "cannot be decoded" in verdicts[0].note


def test_a_near_duplicate_of_another_panel_warns_and_names_it() -> None:
    judge = PanelJudge()
    assert failed(drawn(), judge=judge) == set()
    assert failed(drawn(), judge=judge, unit="01.b") == {"not_a_near_duplicate"}
    assert failed(drawn(), judge=judge, unit="01.a") == set(), "it was there first"
    assert not CHECKS["not_a_near_duplicate"]
    assert failed(drawn(25), judge=judge, unit="01.c") == set()
