"""Control maps drawn from joints."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.errors import RenderError
from studio.plan.refs import PoseRef
from studio.render.contract import check_engine
from studio.render.engines.diffusers import DiffusersEngine
from studio.render.engines.sd15.skeleton import COLOURS, draw_pose

from .shelf import Shelf, bench, drawn
from .weights import make_controlnet

BUST: Any = {"nose": (0.5, 0.3), "neck": (0.5, 0.5), "right_shoulder": (0.3, 0.55), "left_shoulder": (0.7, 0.55),
             "right_elbow": (0.2, 0.8), "left_elbow": (0.85, 0.4)}


def pose(*figures: Any, **fields: Any) -> PoseRef:
    return PoseRef(model="a" * 64, figures=figures, **fields)


def pixels(ref: PoseRef, width: int = 128, height: int = 128) -> np.ndarray:
    return np.asarray(draw_pose(ref, width, height))


def test_limbs_and_joints_have_openpose_colours() -> None:
    drawn_map = pixels(pose(BUST), 512, 512)
    assert drawn_map.shape == (512, 512, 3)
    for joint, (x, y) in BUST.items():
        assert tuple(drawn_map[round(y * 512), round(x * 512)]) == COLOURS[joint]
    assert tuple(drawn_map[round(0.525 * 512), round(0.4 * 512)]) == (153, 0, 0)  # neck to right shoulder, its middle
    assert tuple(drawn_map[round(0.4 * 512), 256]) == (0, 0, 153)  # neck to nose
    assert (drawn_map[-40:] == 0).all()


def test_limbs_of_hidden_joints_are_left_out_and_strokes_grow_with_the_picture() -> None:
    one = {"right_elbow": (0.25, 0.5), "right_wrist": (0.75, 0.5)}
    for style in ("openpose", "lines"):
        assert pixels(pose(one, style=style))[:, 60:68].any()
        assert not pixels(pose({"right_elbow": (0.25, 0.5), "neck": (0.75, 0.5)}, style=style))[:, 60:68].any()
    thick = [int((pixels(pose(one), side, side)[:, side // 2] > 0).any(-1).sum()) for side in (128, 512, 1024)]
    assert thick[0] <= 3 and thick[1] == 9 and thick[2] == 17


def test_a_mannequin_is_an_outline_about_as_thick_as_line_art() -> None:
    lines = pixels(pose(BUST, style="lines"))
    assert (lines[..., 0] == lines[..., 1]).all() and lines.max() == 255
    assert 0.01 < (lines > 127).mean() < 0.1
    above = lines[: round(0.3 * 128), 64, 0]  # down from the top to the nose: the head's outline once
    assert 100 < int(above.sum()) < 3 * 255
    assert not lines[round(0.3 * 128), 64].any()  # the head is empty inside


def test_a_figure_in_front_hides_one_behind() -> None:
    behind, front = {"right_hip": (0.2, 0.5), "right_knee": (0.8, 0.5)}, {"right_hip": (0.5, 0.2), "right_knee": (0.5, 0.8)}
    both, alone = pixels(pose(behind, front, style="lines")), pixels(pose(front, style="lines"))
    assert (both[:, 62:67] == alone[:, 62:67]).all()
    assert (both[:, 20:40] != alone[:, 20:40]).any()


def test_a_picture_edge_draws_no_line() -> None:
    """What is cut off goes on outside."""
    leg = pixels(pose({"right_hip": (0.5, 0.5), "right_knee": (0.5, 1.5)}, style="lines"))
    assert not leg[-1, 62:67].any()


@pytest.mark.parametrize("style", ["openpose", "lines"])
def test_a_pose_is_its_map(shelf: Shelf, tmp_path: Path, style: Any) -> None:
    """Drawn from joints, or given as a picture: the same bytes."""
    net = shelf.put_model(make_controlnet(tmp_path / "net"))
    joints = {"model": net, "figures": (BUST,), "style": style, "weight": 0.8}
    image = shelf.put_picture(draw_pose(PoseRef(**joints), 64, 64))
    table, engine = bench(shelf), DiffusersEngine()
    same = {"model": net, "image": image, "weight": 0.8}
    recipes = [drawn(controls=controls, batch_size=1) for controls in ([joints], [same], [])]
    told, given, free = (np.asarray(engine.render([recipe], table)[0].picture) for recipe in recipes)
    assert (told == given).all() and (told != free).any()


def test_poses_keep_the_contract(shelf: Shelf, tmp_path: Path) -> None:
    """Different joints stand in one batch."""
    net = shelf.put_model(make_controlnet(tmp_path / "net"))
    figures = (BUST, {**BUST, "left_elbow": (0.9, 0.9)})
    check_engine(DiffusersEngine(), [drawn(controls=[{"model": net, "figures": (f,), "style": "lines"}]) for f in figures], shelf)


@pytest.mark.parametrize("figures", [(), ({},)])
def test_a_pose_without_joints_is_refused(figures: Any) -> None:
    with pytest.raises(RenderError, match="without joints") as caught:
        DiffusersEngine().group(drawn(controls=[pose(*figures)]))
    assert caught.value.field == "recipe.controls.0.figures"
