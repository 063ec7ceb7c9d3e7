"""Finals: sequences enlarged, cleaned and sharpened by the engines that enlarge pictures."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio.errors import OutOfMemory, RenderError, StoreError
from studio.render.contract import check_engine
from studio.render.engine import Engine
from studio.render.engines.fake import SmallDevice
from studio.render.engines.finishing import denoise, kept, sharpen
from studio.render.engines.lanczos import LanczosEngine, enlarge
from studio.render.engines.spandrel import Piece, SpandrelEngine, enlarge_tiled, piece_rungs
from studio.store.frames import read_frames, write_frames

from .shelf import Shelf, bench, enlarged, finished, gradient
from .weights import make_upscaler

Put = Callable[..., str]


@pytest.fixture
def sequence(shelf: Shelf, tmp_path: Path) -> Put:
    """Puts a sequence of so many frames on the shelf: a ball that rolls over a gradient."""

    def put(frames: int = 3, size: tuple[int, int] = (24, 16), start: int = 0) -> str:
        file = tmp_path / f"{frames}-{size}-{start}.mkv"
        write_frames(file, [rolling(size, start + i) for i in range(frames)], 8)
        return shelf.put_frames(file)

    return put


@pytest.fixture(scope="module")
def upscaler(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> str:
    return shelf.put_model(make_upscaler(tmp_path_factory.mktemp("weights") / "up.safetensors"))


def rolling(size: tuple[int, int], step: int) -> np.ndarray:
    picture = gradient(*size)
    ImageDraw.Draw(picture).ellipse((step, 2, step + 8, 10), fill="navy")
    return np.asarray(picture)


def made(engine: Engine, shelf: Shelf, recipe: object, folder: Path, **changes: object) -> list[np.ndarray]:
    file = engine.render([recipe], bench(shelf, scratch=folder, **changes))[0].frames
    assert file is not None
    return list(read_frames(file))


def test_lanczos_keeps_the_contract_for_sequences(shelf: Shelf, sequence: Put) -> None:
    sequences = [sequence(start=s) for s in (0, 5)]
    check_engine(LanczosEngine(), [finished(s, engine="lanczos", denoise=0.5, sharpen=1.0) for s in sequences], shelf)


def test_spandrel_keeps_the_contract_for_pictures_and_sequences(shelf: Shelf, sequence: Put, upscaler: str) -> None:
    pictures = [shelf.put_picture(gradient(20, n)) for n in (10, 30)]
    check_engine(SpandrelEngine(), [enlarged(p, engine="spandrel", model=upscaler) for p in pictures], shelf)
    sequences = [sequence(start=s) for s in (0, 5)]
    check_engine(SpandrelEngine(), [finished(s, engine="spandrel", model=upscaler, scale=3) for s in sequences], shelf)


def test_without_denoise_and_sharpen_a_frame_is_its_enlarged_picture(shelf: Shelf, sequence: Put, tmp_path: Path) -> None:
    frames = made(LanczosEngine(), shelf, finished(sequence(), engine="lanczos", scale=3), tmp_path)
    small = [Image.fromarray(rolling((24, 16), i)) for i in range(3)]
    assert all(np.array_equal(f, np.asarray(enlarge(s, 3))) for f, s in zip(frames, small, strict=True))


def test_a_sequence_and_a_picture_are_enlarged_alike(shelf: Shelf, sequence: Put, upscaler: str, tmp_path: Path) -> None:
    frames = made(SpandrelEngine(), shelf, finished(sequence(2), engine="spandrel", model=upscaler), tmp_path)
    picture = shelf.put_picture(Image.fromarray(rolling((24, 16), 1)))
    alone = SpandrelEngine().render([enlarged(picture, engine="spandrel", model=upscaler)], bench(shelf))[0].picture
    assert alone is not None and np.array_equal(frames[1], np.asarray(alone))


def test_a_long_sequence_takes_no_more_memory_than_a_short_one(shelf: Shelf, tmp_path: Path) -> None:
    peaks: list[int] = []
    for frames in (4, 4, 40):  # the first run imports
        file = tmp_path / f"{frames}.mkv"
        write_frames(file, (rolling((128, 64), i) for i in range(frames)), 8)
        recipe = finished(shelf.put_frames(file), engine="lanczos", denoise=1.0, sharpen=1.0)
        tracemalloc.start()
        LanczosEngine().render([recipe], bench(shelf, scratch=tmp_path))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] * 1.5


def test_a_small_device_enlarges_fewer_frames_then_smaller_tiles() -> None:
    assert [(r.name, r.how) for r in piece_rungs(256, 16, 4)] == [
        ("", Piece(256, 4)), ("batch-2", Piece(256, 2)), ("batch-1", Piece(256)), ("tile-128", Piece(128)),
        ("tile-64", Piece(64)),
    ]


def test_a_full_device_takes_smaller_tiles_and_says_so(shelf: Shelf, sequence: Put, upscaler: str, tmp_path: Path) -> None:
    recipe = finished(sequence(2, (128, 72)), engine="spandrel", model=upscaler)
    roomy = made(SpandrelEngine(), shelf, recipe, tmp_path)
    tight = bench(shelf, scratch=tmp_path, claim=SmallDevice(decode=64 * 64 * 4).claim)
    file = SpandrelEngine().render([recipe], tight)[0].frames
    assert tight.ladder == ["tile-128", "tile-64"] and file is not None
    assert max(abs(a.astype(int) - b).max() for a, b in zip(roomy, read_frames(file), strict=True)) <= 2


def test_a_device_with_no_room_leaves_no_file_behind(shelf: Shelf, sequence: Put, upscaler: str, tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    recipe = finished(sequence(2), engine="spandrel", model=upscaler)
    with pytest.raises(OutOfMemory, match="tile-128"):
        SpandrelEngine().render([recipe], bench(shelf, scratch=folder, claim=SmallDevice(decode=1).claim))
    assert list(folder.iterdir()) == []


def test_frames_enlarged_together_are_those_enlarged_alone(shelf: Shelf, upscaler: str) -> None:
    import torch

    from studio.render.engines.spandrel import load_enlarger

    torch.set_num_threads(1)
    net, pictures = load_enlarger(shelf.model(upscaler), "fp32", "cpu"), [Image.fromarray(rolling((24, 16), i)) for i in range(3)]
    together = enlarge_tiled(pictures, net.descriptor, 16, 4, bench(shelf))
    alone = [enlarge_tiled([p], net.descriptor, 16, 4, bench(shelf))[0] for p in pictures]
    assert max(np.abs(np.asarray(a, int) - np.asarray(b, int)).max() for a, b in zip(together, alone, strict=True)) <= 1


def test_denoise_cleans_flat_parts_and_keeps_edges() -> None:
    clean = np.full((64, 64, 3), 60, np.uint8)
    clean[:, 32:] = 200
    dirty = np.clip(clean + np.random.default_rng(1).normal(0, 6, clean.shape), 0, 255).astype(np.uint8)
    done = denoise(dirty, 1.0, 4)
    assert done[:, 4:28].std() < dirty[:, 4:28].std() / 2
    assert abs(int(done[:, 31].mean()) - 60) < 8 and abs(int(done[:, 32].mean()) - 200) < 8
    half = denoise(dirty, 0.5, 4)
    assert done[:, 4:28].std() < half[:, 4:28].std() < dirty[:, 4:28].std()
    assert denoise(dirty, 0) is dirty


def test_sharpening_never_changes_a_value_by_more_than_its_limit() -> None:
    picture = np.asarray(enlarge(Image.fromarray(rolling((24, 16), 4)), 4))
    done = sharpen(picture, 3.0, 0.05, 4)
    change = np.abs(done.astype(int) - picture)
    assert 8 <= change.max() <= int(0.05 * 255)
    assert sharpen(picture, 0, 0.5) is picture and sharpen(picture, 1.0, 0) is picture
    assert (sharpen(picture, 1.0, 1.0, 4).astype(int) - picture).std() > 2


@pytest.mark.parametrize(("field", "value"), [("denoise", 1.5), ("sharpen", -1.0), ("sharpen_limit", 2.0)])
@pytest.mark.parametrize("engine", [LanczosEngine(), SpandrelEngine()])
def test_an_amount_that_means_nothing_is_named(engine: Engine, field: str, value: float) -> None:
    with pytest.raises(RenderError, match=rf"frames_final\.{field}: {field} is {value:g}. Use 0"):
        engine.group(finished("a" * 64, engine=engine.name, model="b" * 64, **{field: value}))


def test_finals_without_a_model_or_with_too_wide_an_overlap_are_refused() -> None:
    with pytest.raises(RenderError, match="frames_final.model: engine 'spandrel' needs a model"):
        SpandrelEngine().group(finished("a" * 64, engine="spandrel"))
    with pytest.raises(RenderError, match="frames_final.overlap: an overlap of 40 does not fit a tile of 64"):
        SpandrelEngine().group(finished("a" * 64, engine="spandrel", model="b" * 64, tile=64, overlap=40))


def test_a_damaged_sequence_is_named_and_leaves_no_file_behind(shelf: Shelf, sequence: Put, tmp_path: Path) -> None:
    good = shelf.frames(sequence(6, (64, 64)))
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(good.read_bytes()[:200])
    folder = tmp_path / "scratch"
    folder.mkdir()
    with pytest.raises(StoreError, match="torn.mkv"):
        LanczosEngine().render([finished(shelf.put_frames(torn), engine="lanczos")], bench(shelf, scratch=folder))
    assert list(folder.iterdir()) == []


def test_a_bench_without_a_scratch_folder_is_named(shelf: Shelf) -> None:
    with pytest.raises(RenderError, match="bench.scratch: there is no folder"):
        kept(finished("a" * 64), [], bench(shelf))
