import numpy as np
import pytest

from house.draw import scene as words
from house.draw.picture import depth_map, draw, face_boxes, figure_mask, line_art, skeletons
from house.draw.scene import Motion, sample


def test_a_seed_draws_the_same_picture_again_and_another_seed_another() -> None:
    assert np.array_equal(draw(sample(7), 96), draw(sample(7), 96))
    assert not np.array_equal(draw(sample(7), 96), draw(sample(8), 96))


@pytest.mark.parametrize("style", words.STYLES)
def test_every_style_draws_its_own_colours(style: str) -> None:
    picture = draw(sample(3, style=style, count=1), 64)
    assert picture.shape == (64, 64, 3) and picture.dtype == np.uint8
    assert (np.ptp(picture.astype(int), axis=-1).max() == 0) == (style == "monochrome")
    others = [draw(sample(3, style=other, count=1), 64) for other in words.STYLES if other != style]
    assert all(np.abs(picture.astype(int) - other).mean() > 4 for other in others)


@pytest.mark.parametrize("background", words.BACKGROUNDS)
def test_every_background_differs_from_every_other_where_no_figure_stands(background: str) -> None:
    scene = sample(5, background=background, style="cel shading", count=1)
    here = figure_mask(scene, 64) == 0
    for other in set(words.BACKGROUNDS) - {background}:
        apart = draw(scene, 64).astype(int) - draw(sample(5, background=other, style="cel shading", count=1), 64)
        assert np.abs(apart)[here].mean() > 8


@pytest.mark.parametrize(("field", "option"), [("hair", o) for o in words.HAIR] + [("cloth", o) for o in words.CLOTH])
def test_a_colour_in_the_words_is_a_colour_in_the_picture(field: str, option: str) -> None:
    base = {"hair": words.HAIR, "cloth": words.CLOTH}[field][option][0]
    fixed = {field: option, "outfit": "hoodie", "style": "cel shading", "count": 1, "framing": "upper body"}
    near = np.abs(draw(sample(11, **fixed), 128).astype(int) - np.array(base)).sum(-1) < 60
    assert near.mean() > 0.02


def test_tags_name_what_is_drawn_in_their_order_and_leave_out_what_cannot_be_seen() -> None:
    scene = sample(2, count=1, hair="red", eyes="green", expression="closed eyes", style="neon", background="beach")
    tags = scene.tags()
    assert tags[0] in ("1girl", "1boy") and tags[1] == "solo" and tags[-2:] == ["beach", "neon"]
    assert "red hair" in tags and "closed eyes" in tags and not any("green" in tag and "eyes" in tag for tag in tags)
    grey = sample(2, count=1, hair="red", eyes="green", expression="smile", style="monochrome").tags()
    assert not any(colour in tag for tag in grey for colour in ("red hair", "green eyes"))


def test_two_people_are_counted_by_their_gender() -> None:
    assert sample(1, count=2, gender="1girl").tags()[0] == "2girls"
    assert sample(1, count=2, gender="1boy").tags()[0] == "2boys"


def test_line_mask_and_depth_show_the_same_figure() -> None:
    scene = sample(21, count=1)
    line, mask, depth = line_art(scene, 128), figure_mask(scene, 128), depth_map(scene, 128)
    assert line.shape == mask.shape == depth.shape == (128, 128)
    grown = np.maximum.reduce([np.roll(mask, step, axis) for step in (-2, 0, 2) for axis in (0, 1)])
    assert (line[grown == 0] == 0).all()
    assert depth[mask == 255].min() > depth[mask == 0].max() - 5


def test_face_boxes_and_joints_follow_figure_and_camera() -> None:
    scene = sample(4, count=2)
    boxes = face_boxes(scene, 200)
    assert len(boxes) == 2 and boxes[0][0] < boxes[1][0]
    for (left, top, right, bottom), joints in zip(boxes, skeletons(scene, 200), strict=True):
        assert left <= joints["nose"][0] <= right and top <= joints["nose"][1] <= bottom
        assert joints["left shoulder"][0] < joints["neck"][0] < joints["right shoulder"][0]
        assert joints["neck"][1] > joints["nose"][1]
    near = face_boxes(scene, 200, Motion(camera_zoom=1.2))
    assert near[0][2] - near[0][0] > (boxes[0][2] - boxes[0][0]) * 1.1


MOTIONS = [Motion(blink=1), Motion(talk=1), Motion(turn=0.4), Motion(wave=1), Motion(sway=1)]
MOTIONS += [Motion(camera=(60, 0)), Motion(camera_zoom=1.1)]


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_moves_something_and_keeps_the_background_of_the_seed(motion: Motion) -> None:
    scene = sample(9, count=1, expression="smile", pose="arm raised", framing="upper body", length="long hair")
    assert np.abs(draw(scene, 96, motion).astype(int) - draw(scene, 96)).mean() > 0.1


def test_pictures_of_two_sizes_are_one_drawing() -> None:
    small, large = draw(sample(6), 64).astype(float), draw(sample(6), 256).astype(float)
    assert np.abs(large.reshape(64, 4, 64, 4, 3).mean((1, 3)) - small).mean() < 8


@pytest.mark.parametrize("size", [(160, 104), (104, 160)])
def test_an_oblong_picture_shows_the_square_one_in_its_middle_and_more_around_it(size: tuple[int, int]) -> None:
    scene = sample(12, count=1, background="village", style="cel shading")
    width, height = size
    picture, square = draw(scene, size), draw(scene, 104)
    assert picture.shape == (height, width, 3)
    left, top = (width - 104) // 2, (height - 104) // 2
    middle = picture[top : top + 104, left : left + 104].astype(int)
    assert np.abs(middle - square).mean() < 1
    [box], [inner] = face_boxes(scene, size), face_boxes(scene, 104)
    assert np.allclose(np.array(box) - np.array(inner), (left, top, left, top), atol=0.01)


def test_a_figure_cut_by_a_square_goes_on_below_it_in_a_tall_picture() -> None:
    mask = figure_mask(sample(12, count=1, framing="upper body"), (104, 160))
    assert mask[-1].any()
