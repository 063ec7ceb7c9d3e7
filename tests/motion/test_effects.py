"""Effects: each does what it says, when it says so, the same each time, in the order that was declared."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.errors import LetteringError, StoreError, StoryError
from studio.motion.effects.applying import MAKERS
from studio.story import effects as written_effects

from .reel import TALL, WIDE, drawing, effects, light, played

ALL = [{"kind": "pan", "end": (1, 1)}, {"kind": "zoom"}, {"kind": "shake"}, {"kind": "bloom"}, {"kind": "grain"},
       {"kind": "vignette"}, {"kind": "speed_lines"}, {"kind": "title", "text": "Peach"}, {"kind": "watermark", "text": "©"},
       {"kind": "fade"}]


def changed(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max())


def test_every_kind_that_can_be_written_can_be_applied() -> None:
    kinds = {getattr(kind, "model_fields")["kind"].default for kind in vars(written_effects).values()  # noqa: B009
             if isinstance(kind, type) and issubclass(kind, written_effects.Effect) and kind is not written_effects.Effect}
    assert kinds == set(MAKERS)


@pytest.mark.parametrize("written", ALL, ids=lambda w: w["kind"])
def test_an_effect_gives_the_same_frames_each_time_and_only_while_it_is_on(written: dict) -> None:
    timed = {**written, "at": 0.5, "seconds": 1.0}
    once, again = played(timed), played(timed)
    for a, b in zip(once, again, strict=True):
        assert a.dtype == np.float32 and a.shape == (TALL, WIDE, 3)
        assert np.array_equal(a, b) and a.min() >= 0 and a.max() <= 1
    on = [changed(f, light()) > 0 for f in once]
    assert not any(on[:12]) and not any(on[36:])
    assert sum(on[12:36]) >= 21


@pytest.mark.parametrize("kind", ["shake", "grain", "speed_lines"])
def test_chance_follows_from_the_seed(kind: str) -> None:
    one, other = played({"kind": kind}, seed=1)[5], played({"kind": kind}, seed=2)[5]
    assert changed(one, other) > 0.01


def test_two_of_a_kind_do_not_share_their_chance() -> None:
    once, twice = played({"kind": "grain"})[0] - light(), played({"kind": "grain"}, {"kind": "grain"})[0] - light()
    assert not np.allclose(twice, once * 2, atol=0.01)


def test_the_order_of_the_list_is_kept() -> None:
    title, fade = {"kind": "title", "text": "Peach", "size": 0.3}, {"kind": "fade", "to": True}
    assert played(title, fade)[-1].max() == 0
    assert played(fade, {**title, "at": 1.0, "seconds": 3.0})[-1].max() > 0.5


def test_an_effect_after_the_end_is_said() -> None:
    assert "begins at 9 s" in effects({"kind": "grain", "at": 9.0}).notes[0]


def test_bloom_lightens_round_what_is_bright_and_leaves_the_dark_alone() -> None:
    dark = np.zeros((TALL, WIDE, 3), np.float32)
    dark[30:60, 60:100] = 1
    glow = effects({"kind": "bloom", "radius": 0.05}).apply(dark, 0, 0)
    assert glow[45, 104].min() > 0.02 > glow[45, 150].max()
    grey = np.full_like(dark, 0.5)
    assert np.array_equal(effects({"kind": "bloom"}).apply(grey, 0, 0), grey)


@pytest.mark.parametrize("radius", [0.001, 0.02, 0.2])
def test_bloom_of_any_radius_keeps_its_strength(radius: float) -> None:
    """A wholly white picture glows with itself; grey under the threshold stays."""
    pale = np.full((TALL, WIDE, 3), 0.95, np.float32)
    glow = effects({"kind": "bloom", "radius": radius, "amount": 0.4}).apply(pale, 0, 0)
    assert glow == pytest.approx(1 - 0.05 * (1 - 0.4 * 0.95), abs=0.01)


def test_grain_has_the_strength_it_says_and_is_other_in_each_frame() -> None:
    grey = np.full((200, 300, 3), 0.5, np.float32)
    made = effects({"kind": "grain", "amount": 0.5}, size=(300, 200))
    one, two = (made.apply(grey, i, 0) - grey for i in (0, 1))
    assert one.std() == pytest.approx(0.05, rel=0.05)
    assert abs(one.mean()) < 0.001
    assert abs(np.corrcoef(one[..., 0].ravel(), two[..., 0].ravel())[0, 1]) < 0.05
    assert np.array_equal(one[..., 0], one[..., 2])


def test_a_vignette_darkens_corners_by_its_amount_and_nothing_inside_its_radius() -> None:
    white = np.ones((TALL, WIDE, 3), np.float32)
    dark = effects({"kind": "vignette", "amount": 0.4, "radius": 0.5}).apply(white, 0, 0)
    assert dark[0, 0] == pytest.approx(0.6, abs=0.02)
    assert np.array_equal(dark[TALL // 2, WIDE // 2 - 40 : WIDE // 2 + 40], white[0, :80])
    assert np.array_equal(effects({"kind": "vignette", "radius": 1.2}).apply(white, 0, 0), white)


def test_a_fade_is_its_colour_at_one_end_and_the_picture_at_the_other() -> None:
    out_of, into = played({"kind": "fade"}), played({"kind": "fade", "to": True, "colour": "#ff0000"})
    assert out_of[0].max() == 0 and changed(out_of[-1], light()) == 0
    assert changed(into[0], light()) == 0 and np.allclose(into[-1], (1, 0, 0))
    brightness = [f.mean() for f in out_of]
    assert np.all(np.diff(brightness) > 0)


def test_speed_lines_leave_the_point_free_and_change_every_other_drawing() -> None:
    frames = played({"kind": "speed_lines", "colour": "#ff0000"})
    centre = (slice(TALL // 2 - 8, TALL // 2 + 8), slice(WIDE // 2 - 8, WIDE // 2 + 8))
    assert np.array_equal(frames[0][centre], light()[centre])
    assert changed(frames[0], light()) > 0.3
    assert all(np.array_equal(frames[0], f) for f in frames[:6]) and changed(frames[5], frames[6]) > 0.3


def test_more_speed_lines_cover_more() -> None:
    covered = [np.abs(played({"kind": "speed_lines", "amount": a}, frames=1)[0] - light()).mean() for a in (0, 0.2, 0.6, 1.0)]
    assert covered[0] == 0 and np.all(np.diff(covered) > 0)


def test_a_title_comes_and_goes_and_stands_in_the_middle() -> None:
    frames = played({"kind": "title", "text": "Peach", "size": 0.3})
    seen = [np.abs(f - light()).mean() for f in frames]
    assert seen[0] == seen[-1] == 0 and np.all(np.diff(seen[:12]) > 0) and seen[20] == seen[30]
    rows, columns = np.nonzero(np.abs(frames[24] - light()).max(2) > 0.05)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(TALL / 2, abs=2)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(WIDE / 2, abs=2)


@pytest.mark.parametrize("colour", ["#ffffff", "#000000"])
@pytest.mark.parametrize("behind", [0.0, 0.5, 1.0])
def test_a_title_can_be_read_on_any_picture(colour: str, behind: float) -> None:
    """Its type and its outline stand far apart in brightness, so one of them differs from whatever lies behind."""
    plain = np.full((TALL, WIDE, 3), behind, np.float32)
    shown = effects({"kind": "title", "text": "Peach", "size": 0.3, "colour": colour}).apply(plain, 24, 0)
    assert shown.max() > 0.95 and shown.min() < 0.05


def test_a_card_hides_the_picture_and_a_title_takes_the_clips_language() -> None:
    card = {"kind": "title", "text": {"en": "Peach", "ja": "桃"}, "card": True, "background": "#0000ff"}
    english, japanese = played(card)[24], played(card, language="ja")[24]
    assert np.allclose(english[0, 0], (0, 0, 1)) and changed(english, japanese) > 0.5
    with pytest.raises(StoryError, match=r"title.text: the title has no text in 'fr'. Add 'fr:'"):
        effects(card, language="fr")


@pytest.mark.parametrize(("text", "language"), [("a long title that is broken into several lines", "en"),
                                                ("ももたろうは川のほとりで大きな桃をひろいました", "ja"), ("x" * 40, "en"),
                                                ("\n".join("abcde"), "en"), ("two\n\nlines", "en")])
def test_a_title_of_any_length_stays_inside_the_picture(text: str, language: str) -> None:
    shown = effects({"kind": "title", "text": text, "size": 0.2}, language=language).apply(light(), 24, 0)
    different = np.abs(shown - light()).max(2) > 0.05
    assert different.any() and not different[0].any() and not different[-1].any()
    assert not different[:, 0].any() and not different[:, -1].any()


def test_words_that_fit_at_no_size_are_refused() -> None:
    with pytest.raises(LetteringError, match="does not fit into the picture"):
        effects({"kind": "title", "text": "x" * 400, "size": 0.2})


def test_letters_that_the_font_has_not_are_named() -> None:
    with pytest.raises(LetteringError, match="has no 🍑"):
        effects({"kind": "title", "text": "Peach 🍑"})


@pytest.mark.parametrize("corner", ["top_left", "top_right", "bottom_left", "bottom_right"])
def test_a_watermark_lies_in_its_corner(corner: str, tmp_path: Path) -> None:
    Image.new("RGBA", (40, 20), (255, 0, 0, 255)).save(tmp_path / "logo.png")
    shown = effects({"kind": "watermark", "image": "logo.png", "corner": corner, "size": 0.2, "opacity": 1.0},
                    files={"logo.png": tmp_path / "logo.png"}).apply(np.zeros((TALL, WIDE, 3), np.float32), 0, 0)
    rows, columns = np.nonzero(shown[..., 0] > 0.5)
    assert (rows.max() < TALL / 2, columns.max() < WIDE / 2) == (corner.startswith("top"), corner.endswith("left"))
    assert rows.max() - rows.min() + 1 == 18 and columns.max() - columns.min() + 1 == 36


def test_a_watermark_shines_through_by_its_opacity() -> None:
    faint, strong = (np.abs(played({"kind": "watermark", "text": "genga", "opacity": o})[0] - light()).max() for o in (0.1, 1.0))
    assert 0 < faint < 0.11 < strong


def test_a_watermark_of_nothing_a_lost_picture_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match="either words or a picture"):
        effects({"kind": "watermark"})
    with pytest.raises(StoreError, match=r"logo.png: watermark.image: this file of an effect is not there"):
        effects({"kind": "watermark", "image": "logo.png"})
    (tmp_path / "logo.png").write_bytes(b"no picture")
    with pytest.raises(StoryError, match=r"logo.png: watermark.image: the watermark cannot be decoded"):
        effects({"kind": "watermark", "image": "logo.png"}, files={"logo.png": tmp_path / "logo.png"})


def test_values_that_are_no_effect_are_named_with_their_place() -> None:
    with pytest.raises(StoryError, match=r"effects\[1\]"):
        effects({"kind": "grain"}, {"kind": "sparkle"})
    with pytest.raises(StoryError, match=r"effects\[0\].grain.amount"):
        effects({"kind": "grain", "amount": 3})


def test_effects_never_change_the_drawing_that_is_held() -> None:
    held = light()
    for written in ALL:
        effects(written).apply(held, 6, 2)
    assert np.array_equal(held, drawing().astype(np.float32) / np.float32(255))
