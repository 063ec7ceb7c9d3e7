"""Promises about scorers that look at pixels, faces and maps: planted faults, with the shipped weights and drawings."""

import sys
import types
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from house.draw.backgrounds import draw_background
from house.draw.canvas import Canvas
from house.draw.picture import depth_map
from house.draw.scene import STYLES, Person, Scene, sample
from studio.errors import ModelError, StoryError
from studio.judge.catalogue import make_scorer
from studio.judge.faces import Face
from studio.judge.scorer import Desk, Subject
from studio.judge.scorers.detecting import apart

from .desk import SCENES, Shelf, drawn, lines_of, noted, scores, subject, values


def blurred(one: Subject, radius: float) -> Subject:
    return subject(one.picture.filter(ImageFilter.GaussianBlur(radius)))


def speckled(one: Subject, share: float) -> Subject:
    rng, seen = np.random.default_rng(5), np.array(one.picture)
    hit = rng.random(seen.shape[:2]) < share
    seen[hit] = rng.integers(0, 2, (int(hit.sum()), 1)) * 255
    return subject(seen)


def test_blur_lowers_sharpness_more_the_more_there_is(desk: Desk) -> None:
    sharp = [drawn(s) for s in SCENES[:10]]
    steps = [values(desk, "sharpness", [blurred(s, r) if r else s for s in sharp]) for r in (0, 0.7, 1.5)]
    assert (steps[0] > steps[1]).all() and (steps[1] > steps[2]).all()


def test_a_final_is_as_sharp_as_its_panel_at_one_height(desk: Desk) -> None:
    panel, final = (values(desk, "sharpness", [drawn(s, size) for s in SCENES[:6]], height=128) for size in (128, 512))
    assert (abs(np.log(final / panel)) < 0.7).all()


def test_lines_fall_when_a_drawing_is_blurred_or_speckled(desk: Desk) -> None:
    inked = [drawn(s) for s in SCENES if s.style in ("cel shading", "monochrome") and s.people][:12]
    clean = values(desk, "lines", inked)
    assert (values(desk, "lines", [blurred(s, 1.0) for s in inked]) < clean * 0.5).all()
    assert (values(desk, "lines", [speckled(s, 0.02) for s in inked]) < clean).mean() > 0.9
    art = subject(255 - np.repeat(np.asarray(lines_of(SCENES[1], 256))[..., None], 3, -1))
    assert values(desk, "lines", [art])[0] > 0.85
    assert values(desk, "lines", [subject(np.full((64, 64, 3), 200, np.uint8))])[0] == 0


def test_exposure_is_the_share_that_is_clipped(desk: Desk) -> None:
    plane = np.full((10, 10, 3), 128, np.uint8)
    plane[:2], plane[2:3] = 0, 255
    one = subject(plane)
    assert values(desk, "exposure", [one])[0] == pytest.approx(0.3) and noted(desk, "exposure", one) == "20.0% black, 10.0% white"


def test_the_smaller_side_counts(desk: Desk) -> None:
    assert values(desk, "min_side", [drawn(SCENES[0], (160, 104))])[0] == 104  # type: ignore[arg-type]


def without_figures(scene: Scene) -> Subject:
    canvas = Canvas()
    draw_background(canvas, scene)
    return subject(canvas.render(128))


def test_faces_are_counted_and_a_picture_without_one_is_caught(desk: Desk) -> None:
    portrait = drawn(Scene(people=(Person(),), framing="portrait"))
    pair = drawn(sample(20_001, count=2))
    empty = [without_figures(s) for s in SCENES[:10]]
    assert list(values(desk, "faces", [portrait, pair])) == [1, 2]
    assert (values(desk, "faces", empty) == 0).all() and noted(desk, "faces", empty[0]) == "no face"
    assert values(desk, "face_size", [portrait, empty[0]])[0] > 0.3 and values(desk, "face_size", empty[:1])[0] == 0
    assert noted(desk, "faces", portrait).startswith("1 face, ")


def test_faces_of_many_pictures_are_those_of_each(shelf: Shelf, desk: Desk) -> None:
    from studio.judge.faces import FaceFinder
    from studio.judge.scorers.detecting import FaceParameters, found_faces

    subjects = [drawn(s) for s in SCENES[:8]]
    together = found_faces(subjects, desk, FaceParameters(confidence=0.5))
    finder = FaceFinder(shelf.model("house-faces.safetensors"))
    for one, found in zip(subjects, together, strict=True):
        alone = finder.find(np.asarray(one.picture))
        assert len(alone) == len(found) and all(a.overlap(b) > 0.95 for a, b in zip(alone, found, strict=True))


def test_boxes_of_one_face_are_one() -> None:
    assert len(apart([Face(0, 0, 10, 10, 0.6), Face(1, 0, 11, 10, 0.9), Face(30, 0, 40, 10, 0.7)])) == 2


def test_imgutils_says_what_it_lacks(shelf: Shelf, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoryError, match="needs 'weights'"):
        make_scorer("faces", {"detector": "imgutils"})
    (shelf.place / "face.onnx").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="needs onnxruntime.*pip install"):
        scores(desk, "faces", [drawn(SCENES[0])], detector="imgutils", weights="face.onnx")


def test_imgutils_reads_what_a_yolo_answers(shelf: Shelf, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (shelf.place / "face.onnx").write_bytes(b"x")

    class Session:
        def __init__(self, file: str, providers: list[str]) -> None: ...

        def get_inputs(self) -> list[Any]:
            return [types.SimpleNamespace(name="images", shape=[1, 3, "height", "width"])]

        def run(self, names: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
            assert given["images"].shape == (1, 3, 128, 128) and given["images"].max() <= 1
            boxes = [[64, 32, 20, 32, 0.95], [65, 32, 20, 32, 0.92], [10, 10, 5, 5, 0.2]]
            return [np.array(boxes, np.float32).T[None]]

    monkeypatch.setitem(sys.modules, "onnxruntime", types.SimpleNamespace(InferenceSession=Session))
    one = drawn(SCENES[0])
    assert values(desk, "faces", [one], detector="imgutils", weights="face.onnx")[0] == 1
    assert values(desk, "face_size", [one], detector="imgutils", weights="face.onnx")[0] == pytest.approx(0.25)


def test_a_picture_that_follows_its_map_is_told_from_one_that_does_not(shelf: Shelf, desk: Desk) -> None:
    scenes = [sample(60_000 + i, count=1, style=STYLES[i % 5]) for i in range(12)]
    for maps in ([lines_of(s) for s in scenes], [Image.fromarray(depth_map(s, 128)) for s in scenes]):
        kept = [shelf.put_map(m) for m in maps]
        own = [drawn(s, controls=[{"model": "b" * 64, "image": k}]) for s, k in zip(scenes, kept, strict=True)]
        other = [drawn(s, controls=[{"model": "b" * 64, "image": kept[i - 5]}]) for i, s in enumerate(scenes)]
        found, strange = values(desk, "control", own), values(desk, "control", other)
        assert (found[:, None] > strange).mean() > 0.9 and found.min() > 0.1


def test_maps_whose_colours_mean_something_are_left_out(shelf: Shelf, desk: Desk) -> None:
    joints = np.zeros((64, 64, 3), np.uint8)
    joints[10:40, 30:33] = (255, 0, 90)
    led = drawn(SCENES[0], controls=[{"model": "b" * 64, "image": shelf.put_map(Image.fromarray(joints))}])
    posed = drawn(SCENES[1], controls=[{"model": "b" * 64, "figures": ({"neck": (0.5, 0.5)},)}])
    assert scores(desk, "control", [led, posed, drawn(SCENES[2])]) == [None, None, None]


def test_the_catalogue_refuses_what_it_does_not_know() -> None:
    with pytest.raises(StoryError, match="unknown scorer 'sharpnes'.*sharpness"):
        make_scorer("sharpnes", {})
    with pytest.raises(StoryError, match=r"parameters\.height: scorer 'sharpness' does not take this"):
        make_scorer("sharpness", {"height": "tall"})
