"""Every scorer of the catalogue keeps the contract; three lines each."""

import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from house.draw.scene import sample
from studio.judge.catalogue import SCORERS, make_scorer
from studio.judge.contract import check_scorer
from studio.judge.duplicates import Neighbours, perceptual_hash
from studio.judge.scorer import Desk, Measured, Subject
from studio.render.model_cache import ModelCache

from .desk import Shelf, desks, drawn, lines_of, save

SCENES = [sample(20_000 + i, count=1) for i in range(5)]


@pytest.fixture(scope="module")
def cache() -> ModelCache:
    return ModelCache()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def pictures() -> list[Subject]:
    """Different pictures of three sizes."""
    return [drawn(scene, size) for scene, size in zip(SCENES, (128, 128, 96, 128, 200), strict=True)]


def test_clip(shelf: Shelf, cache: ModelCache) -> None:
    check_scorer("clip", {}, pictures(), desks(shelf, cache), other={"model": "./house-clip"})


def test_style(shelf: Shelf, cache: ModelCache) -> None:
    save(shelf.place / "board", SCENES)
    check_scorer("style", {"board": "board"}, pictures(), desks(shelf, cache), other={"board": "board", "nearest": 1})


def test_aesthetics(shelf: Shelf, cache: ModelCache) -> None:
    """With a head as LAION's are: layers without anything between them."""
    rng = np.random.default_rng(1)
    save_file({"layers.0.weight": rng.normal(size=(8, 128)), "layers.0.bias": rng.normal(size=8),
               "layers.2.weight": rng.normal(size=(1, 8))}, shelf.place / "votes.safetensors")
    check_scorer("aesthetics", {"model": "votes.safetensors"}, pictures(), desks(shelf, cache),
                 other={"hook": "colorsys:rgb_to_hls"})


def test_sharpness(shelf: Shelf, cache: ModelCache) -> None:
    check_scorer("sharpness", {}, pictures(), desks(shelf, cache), other={"height": 64})


def test_duplicates(shelf: Shelf, cache: ModelCache) -> None:
    """Held against what a show uses: the first two of them, and a picture nearly like the third."""
    subjects = pictures()
    used = Neighbours({s.unit: (s.artifact, perceptual_hash(s.picture)) for s in subjects[:2]})
    used.use("01.z", "f" * 64, perceptual_hash(subjects[2].picture) ^ 0b11)
    check_scorer("duplicates", {}, subjects, lambda: Desk(shelf, cache, neighbours=lambda: used))
    found = make_scorer("duplicates", {}).score(subjects, Desk(shelf, cache, neighbours=lambda: used))
    assert [(m.value, m.note) for m in found if m][2] == (2.0, "as 01.z, ffffffffffff") and found[3] and found[3].value == 12.0


def test_exposure(shelf: Shelf, cache: ModelCache) -> None:
    check_scorer("exposure", {}, pictures(), desks(shelf, cache))


def test_lines(shelf: Shelf, cache: ModelCache) -> None:
    check_scorer("lines", {}, pictures(), desks(shelf, cache), other={"contrast": 60})


def test_min_side(shelf: Shelf, cache: ModelCache) -> None:
    check_scorer("min_side", {}, pictures(), desks(shelf, cache))


@pytest.mark.parametrize("name", ["faces", "face_size"])
def test_faces(name: str, shelf: Shelf, cache: ModelCache) -> None:
    check_scorer(name, {}, pictures(), desks(shelf, cache), other={"confidence": 0.5})


def test_control(shelf: Shelf, cache: ModelCache) -> None:
    """Pictures without a map are among them."""
    led = [drawn(s, controls=[{"model": "b" * 64, "image": shelf.put_map(lines_of(s))}]) for s in SCENES[:3]]
    check_scorer("control", {}, [*led, *pictures()[3:]], desks(shelf, cache))


def test_identity(shelf: Shelf, cache: ModelCache) -> None:
    """Pictures without characters, and of one without a sheet, are among them."""
    shelf.sheets["sora"] = save(shelf.place / "sora", SCENES[:2])
    known = [drawn(s, characters=("sora", "extra")) for s in SCENES[:3]]
    check_scorer("identity", {}, [*known, *pictures()[3:]], desks(shelf, cache), other={"around": 1.0})


def test_phrases(shelf: Shelf, cache: ModelCache) -> None:
    check_scorer("phrases", {"forbidden": ["city night", "neon"]}, pictures(), desks(shelf, cache), other={"forbidden": ["neon"]})


def test_nsfw(shelf: Shelf, cache: ModelCache) -> None:
    """With words that the house model knows; it knows none of the shipped ones."""
    words = {"forbidden": ["neon"], "allowed": ["sky"]}
    check_scorer("nsfw", words, pictures(), desks(shelf, cache), other={**words, "allowed": ["forest"]})


def test_every_scorer_of_the_catalogue_is_tried_here_and_told_in_the_manual() -> None:
    tried = set(re.findall(r'check_scorer\("(\w+)"', Path(__file__).read_text())) | {"faces", "face_size"}
    assert tried == set(SCORERS)
    manual = (Path(__file__).parents[2] / "docs" / "judging.md").read_text(encoding="utf-8")
    assert [name for name in SCORERS if f"| `{name}` |" not in manual] == []


def test_the_contract_catches_a_scorer_that_looks_at_its_neighbours(
    shelf: Shelf, cache: ModelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kit itself is no rubber stamp."""
    from studio.judge.scorers.resolution import MinSideScorer

    def score(self: MinSideScorer, subjects: list[Subject], desk: Desk) -> list[Measured | None]:
        return [Measured(float(len(subjects))) for _ in subjects]

    monkeypatch.setattr(MinSideScorer, "score", score)
    with pytest.raises(AssertionError, match="the same alone and in a batch"):
        check_scorer("min_side", {}, pictures(), desks(shelf, cache))


def test_a_stamp_follows_the_board_and_the_sheets(shelf: Shelf, cache: ModelCache) -> None:
    """New pictures on a board, new numbers: old ones must not be used again."""
    from studio.judge.catalogue import make_scorer

    save(shelf.place / "board", SCENES[:2])
    shelf.sheets["sora"] = save(shelf.place / "sora", SCENES[:2])
    style, identity, desk = make_scorer("style", {"board": "board"}), make_scorer("identity", {}), desks(shelf, cache)()
    before = style.stamp(desk), identity.stamp(desk)
    save(shelf.place / "board", SCENES[1:4])
    shelf.sheets["sora"] = save(shelf.place / "sora", SCENES[2:4])
    assert style.stamp(desk) != before[0] and identity.stamp(desk) != before[1]


