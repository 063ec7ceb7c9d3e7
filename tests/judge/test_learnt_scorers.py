"""Promises about scorers that compare embeddings: planted faults, with the shipped weights and drawings."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from house.draw.scene import Scene, sample
from studio.errors import ModelError, StoryError, StoryErrors
from studio.judge.catalogue import make_scorer
from studio.judge.embedding import embedded
from studio.judge.scorer import Desk
from studio.judge.scorers.clip import plain
from studio.plan.recipes import UpscaleRecipe

from .desk import SCENES, Shelf, drawn, noted, save, scores, values


def test_pictures_lie_nearer_to_their_own_prompt_than_to_another(desk: Desk) -> None:
    right = [drawn(s) for s in SCENES]
    wrong = [drawn(s, prompt=t.caption()) for s, t in zip(SCENES, SCENES[7:] + SCENES[:7], strict=True)]
    assert (values(desk, "clip", right) > values(desk, "clip", wrong)).mean() >= 0.95


def test_weights_and_calls_are_no_words_to_clip(desk: Desk) -> None:
    assert plain(r"((red hair)), (smile:1.2), [hat], <lora:ink:0.7>, \(sky\) BREAK , sea") == "red hair, smile, hat, (sky), sea"
    scene = SCENES[0]
    first, *others = scene.caption().split(", ")
    weighed = f"({first}:1.3), <lora:x:1>, " + ", ".join(others)
    one, other = values(desk, "clip", [drawn(scene), drawn(scene, prompt=weighed)])
    assert one == pytest.approx(other, abs=1e-5)


def test_a_prompt_longer_than_the_model_reads_is_cut_and_says_so(desk: Desk) -> None:
    assert "its first" in noted(desk, "clip", drawn(SCENES[0], prompt=", ".join([SCENES[0].caption()] * 6)))
    assert noted(desk, "clip", drawn(SCENES[0])) == ""


def test_pictures_without_words_have_no_clip_number(desk: Desk) -> None:
    one = drawn(SCENES[0])
    enlarged = replace(one, recipe=UpscaleRecipe(engine="lanczos", contract=1, image="c" * 64, scale=2))
    assert scores(desk, "clip", [enlarged, drawn(SCENES[1], prompt="<lora:x:1>"), one])[:2] == [None, None]


def test_a_picture_is_embedded_once_whoever_asks(shelf: Shelf, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.judge.embedding import ClipModel

    save(shelf.place / "board", SCENES[:3])
    seen: list[int] = []
    real = ClipModel.pictures
    monkeypatch.setattr(ClipModel, "pictures", lambda self, p, batch: seen.append(len(p)) or real(self, p, batch))
    subjects = [drawn(s) for s in SCENES[:4]]
    for name, parameters in (("clip", {}), ("style", {"board": "board"}), ("phrases", {"forbidden": ["neon"]})):
        scores(desk, name, subjects, **parameters)
    assert sorted(seen) == [3, 4]
    assert embedded([], desk, "house-clip").shape[0] == 0


def test_a_board_of_one_style_tells_it_from_the_others(shelf: Shelf, desk: Desk) -> None:
    for style in ("monochrome", "dark fantasy"):
        save(shelf.place / style, [sample(70_000 + i, style=style) for i in range(8)])
        subjects = [drawn(s) for s in SCENES]
        own = np.array([s.style == style for s in SCENES])
        found = values(desk, "style", subjects, board=style)
        assert (found[own][:, None] > found[~own]).mean() > 0.95


def test_a_broken_or_huge_picture_on_a_board_is_named(shelf: Shelf, desk: Desk) -> None:
    files = save(shelf.place / "board", SCENES[:3])
    files[1].write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(StoryError, match="cannot be decoded") as caught:
        scores(desk, "style", [drawn(SCENES[0])], board="board")
    assert caught.value.file == str(files[1])
    Image.new("L", (8000, 6000)).save(files[2])
    with pytest.raises(StoryErrors, match="8000 x 6000 pixels; 40 megapixels"):
        scores(desk, "style", [drawn(SCENES[0])], board="board")
    with pytest.raises(StoryError, match="empty"):
        scores(desk, "style", [drawn(SCENES[0])], board="none")


def test_see_through_references_stand_on_white(shelf: Shelf, desk: Desk) -> None:
    from studio.judge.references import read_references

    file = shelf.place / "clear.png"
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(file)
    assert read_references([file])[0].getpixel((4, 4)) == (255, 255, 255)


def test_a_model_that_is_no_clip_is_refused_with_its_folder(shelf: Shelf, desk: Desk) -> None:
    with pytest.raises(ModelError, match="not an open_clip model"):
        scores(desk, "clip", [drawn(SCENES[0])], model="house-judge")
    with pytest.raises(ModelError, match="no model 'gone'"):
        scores(desk, "clip", [drawn(SCENES[0])], model="gone")
    folder = shelf.place / "pickled"
    folder.mkdir()
    (folder / "open_clip_config.json").write_text('{"model_cfg": {}}')
    (folder / "open_clip_pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ModelError):  # its digest already says that there are no safetensors, or the model does
        scores(desk, "clip", [drawn(SCENES[0])], model="pickled")
    (folder / "open_clip_model.safetensors").write_bytes(b"x")
    with pytest.raises(ModelError, match="cannot read this model"):
        scores(desk, "clip", [drawn(SCENES[0])], model="pickled")


def test_aesthetics_without_a_model_says_what_it_needs(desk: Desk) -> None:
    for ask in (lambda s: s.score([drawn(SCENES[0])], desk), lambda s: s.stamp(desk)):
        with pytest.raises(StoryError, match="none is shipped.*Name a head in safetensors"):
            ask(make_scorer("aesthetics", {}))
    with pytest.raises(StoryError, match="not both"):
        make_scorer("aesthetics", {"model": "a", "hook": "b:c"})


def test_aesthetics_is_the_chain_of_its_layers(shelf: Shelf, desk: Desk) -> None:
    rng = np.random.default_rng(3)
    layers = {f"layers.{n}.{kind}": rng.normal(size=size).astype(np.float32) for n, kind, size in
              ((0, "weight", (16, 128)), (0, "bias", (16,)), (2, "weight", (8, 16)), (2, "bias", (8,)), (10, "weight", (1, 8)))}
    one = drawn(SCENES[0])
    x = embedded([one], desk, "house-clip")[0]
    hidden = layers["layers.0.weight"] @ x + layers["layers.0.bias"]
    for relu, bent in ((False, hidden), (True, np.maximum(hidden, 0))):
        file = shelf.place / f"{relu}.safetensors"
        save_file(layers, file, {"activation": "relu"} if relu else None)
        second = layers["layers.2.weight"] @ bent + layers["layers.2.bias"]
        wanted = layers["layers.10.weight"] @ (np.maximum(second, 0) if relu else second)
        assert values(desk, "aesthetics", [one], model=file.name)[0] == pytest.approx(wanted[0], rel=1e-4)


def test_a_head_that_does_not_fit_is_refused(shelf: Shelf, desk: Desk) -> None:
    for shapes, why in (({"weight": (1, 64)}, "takes embeddings of 64 numbers"), ({"weight": (2, 128)}, "not a head"),
                        ({"a.weight": (4, 128), "b.weight": (1, 5)}, "not a head"), ({"x": (1, 128)}, "weights are none")):
        file = shelf.place / f"{len(why)}{len(shapes)}.safetensors"
        save_file({name: np.zeros(shape, np.float32) for name, shape in shapes.items()}, file)
        with pytest.raises(ModelError, match=why):
            scores(desk, "aesthetics", [drawn(SCENES[0])], model=file.name)


def test_a_function_of_ones_own_gives_the_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = types.ModuleType("my_taste")
    mine.width = lambda picture: picture.width  # type: ignore[attr-defined]
    mine.wrong = lambda picture: "pretty"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_taste", mine)
    assert values(desk, "aesthetics", [drawn(SCENES[0])], hook="my_taste:width")[0] == 128
    with pytest.raises(StoryError, match="failed on 01"):
        scores(desk, "aesthetics", [drawn(SCENES[0])], hook="my_taste:wrong")
    with pytest.raises(StoryError, match="cannot be imported"):
        scores(desk, "aesthetics", [drawn(SCENES[0])], hook="my_taste:gone")
    with pytest.raises(StoryError, match="hook"):
        make_scorer("aesthetics", {"hook": "os.system('x')"})


def looks(hair: str, seed: int) -> Scene:
    return sample(90_000 + seed, count=1, hair=hair, style="cel shading", gender="1girl", length="long hair", eyes="blue")


def test_a_character_is_told_from_another(shelf: Shelf, desk: Desk) -> None:
    for hair in ("pink", "black"):
        shelf.sheets[hair] = save(shelf.place / hair, [looks(hair, i) for i in range(3)])
    right = [drawn(looks(hair, 20 + i), characters=(hair,)) for i in range(6) for hair in ("pink", "black")]
    wrong = [replace(s, characters=("black" if s.characters == ("pink",) else "pink",)) for s in right]
    assert (values(desk, "identity", right) > values(desk, "identity", wrong)).mean() > 0.9
    both = replace(right[0], characters=("pink", "black"))
    assert noted(desk, "identity", both).startswith("pink 0.") and ", black " in noted(desk, "identity", both)


def test_who_has_no_sheet_has_no_likeness(desk: Desk) -> None:
    assert scores(desk, "identity", [drawn(SCENES[0], characters=("extra",)), drawn(SCENES[1])]) == [None, None]


def test_a_forbidden_place_is_caught_and_named(desk: Desk) -> None:
    places = ["sky", "classroom", "sunset", "forest", "beach", "snow", "village", "simple background"]
    good = [drawn(s) for s in SCENES if s.background != "city night" and s.style != "neon"]
    planted = [drawn(replace(s, background="city night", style="cel shading", framing="full body")) for s in SCENES[:10]]
    asked = {"forbidden": ["neon", "city night"], "allowed": places}
    assert (values(desk, "phrases", planted, **asked) > 0.2).mean() >= 0.8
    assert (values(desk, "phrases", good, **asked) > 0.2).mean() <= 0.1
    assert noted(desk, "phrases", planted[0], **asked) == "most like 'city night'"


def test_words_that_a_model_never_learnt_are_refused_not_ignored(desk: Desk) -> None:
    with pytest.raises(StoryError, match="never learnt the word 'swoosh' of 'a swoosh logo'.*Name a CLIP model"):
        scores(desk, "phrases", [drawn(SCENES[0])], forbidden=["a swoosh logo"])
    with pytest.raises(StoryError, match="never learnt"):
        scores(desk, "nsfw", [drawn(SCENES[0])])
    with pytest.raises(StoryError, match="forbidden"):
        make_scorer("phrases", {"forbidden": []})


def test_a_classifier_says_how_probable_its_class_is(shelf: Shelf, desk: Desk) -> None:
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    config = ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=32,
                       patch_size=8, id2label={0: "sfw", 1: "NSFW"}, label2id={"sfw": 0, "NSFW": 1})
    ViTForImageClassification(config).save_pretrained(shelf.place / "safe")
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(shelf.place / "safe")
    found = values(desk, "nsfw", [drawn(s) for s in SCENES[:3]], classifier="safe")
    opposite = values(desk, "nsfw", [drawn(s) for s in SCENES[:3]], classifier="safe", label="sfw")
    assert found + opposite == pytest.approx(1)
    with pytest.raises(ModelError, match="no class 'gore'.*nsfw, sfw"):
        scores(desk, "nsfw", [drawn(SCENES[0])], classifier="safe", label="gore")
    with pytest.raises(ModelError, match="not an image classifier"):
        scores(desk, "nsfw", [drawn(SCENES[0])], classifier="house-clip")
