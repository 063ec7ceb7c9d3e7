"""Lookup tables: read as they are meant, applied exactly, and named when they are broken."""

from pathlib import Path

import numpy as np
import pytest

from studio.errors import StoryError
from studio.motion.effects.grading import apply_cube, read_cube

from .reel import drawing, effects, light


def cube(size: int = 3, colour=lambda r, g, b: (r, g, b), head: str = "") -> str:  # type: ignore[no-untyped-def]
    """A .cube file whose colours follow from `colour`; red runs fastest."""
    points = [i / (size - 1) for i in range(size)]
    rows = [" ".join(f"{v:.6f}" for v in colour(r, g, b)) for b in points for g in points for r in points]
    return "\n".join([f'# made for a test\nTITLE "a # in it"\n{head}\nLUT_3D_SIZE {size}\n', *rows]) + "\n"


@pytest.fixture
def keep(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Writes a table and says where."""
    def written(text: str | bytes) -> Path:
        file = tmp_path / "look.cube"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file
    return written


def graded(file: Path, **more: object) -> np.ndarray:
    return effects({"kind": "grade", "lut": "look.cube", **more}, files={"look.cube": file}).apply(light(), 0, 0)


@pytest.mark.parametrize("size", [2, 17, 33])
def test_the_identity_leaves_every_pixel_as_it_is(keep, size: int) -> None:  # type: ignore[no-untyped-def]
    assert np.array_equal(np.rint(graded(keep(cube(size))) * 255).astype(np.uint8), drawing())


def test_channels_are_not_mixed_up(keep) -> None:  # type: ignore[no-untyped-def]
    turned = graded(keep(cube(5, lambda r, g, b: (g, b, r))))
    assert np.allclose(turned, light()[..., [1, 2, 0]], atol=1e-5)


def test_a_table_is_mixed_in_by_its_amount(keep) -> None:  # type: ignore[no-untyped-def]
    file = keep(cube(2, lambda r, g, b: (1 - r, 1 - g, 1 - b)))
    assert np.allclose(graded(file), 1 - light(), atol=1e-5)
    assert np.allclose(graded(file, amount=0.5), 0.5, atol=1e-5)
    assert np.array_equal(graded(file, amount=0.0), light())


def test_between_its_points_a_table_is_straight(keep) -> None:  # type: ignore[no-untyped-def]
    table = read_cube(keep(cube(3, lambda r, g, b: (r * r, g, b))))
    got = apply_cube(table, np.asarray([[[0.25, 0.3, 0.9], [0.75, 0, 1], [2, -1, 0.5]]], np.float32))
    assert np.allclose(got, [[[0.125, 0.3, 0.9], [0.625, 0, 1], [1, 0, 0.5]]], atol=1e-6)


def test_a_tables_domain_and_title_count(keep) -> None:  # type: ignore[no-untyped-def]
    table = read_cube(keep(cube(3, head="DOMAIN_MIN 0 0 0\nDOMAIN_MAX 2 2 2")))
    assert table.title == "a # in it" and table.high == (2, 2, 2)
    assert np.allclose(apply_cube(table, np.full((1, 1, 3), 0.5, np.float32)), 0.25)
    resolve = read_cube(keep(cube(3, head="LUT_3D_INPUT_RANGE 0.0 2.0")))
    assert resolve.high == (2, 2, 2)


def test_windows_line_ends_and_a_mark_of_byte_order_are_read(keep) -> None:  # type: ignore[no-untyped-def]
    assert read_cube(keep(b"\xef\xbb\xbf" + cube(2).replace("\n", "\r\n").encode())).table.shape == (2, 2, 2, 3)


def test_a_truncated_lut_is_named_with_its_line(keep) -> None:  # type: ignore[no-untyped-def]
    lines = cube(3).splitlines()[:-5]
    with pytest.raises(StoryError, match=rf"look.cube:{len(lines)}: lut: the file ends after 22 of 27 colours"):
        graded(keep("\n".join(lines)))


@pytest.mark.parametrize(("text", "said"), [
    ("LUT_1D_SIZE 4\n0 0 0\n", "look.cube:1: lut: this is a 1D table.*Export it as a 3D LUT"),
    ("# x\nLUT_3D_SIZE 2\n0 0 0\n0 zero 0\n", "look.cube:4: lut: '0 zero 0' is not three numbers"),
    ("LUT_3D_SIZE 2\n0 0\n", "look.cube:2: lut: '0 0' is not three numbers"),
    ("LUT_3D_SIZE 2\nnan 0 0\n", "look.cube:2: lut: 'nan 0 0' holds no finite number"),
    ("LUT_3D_SIZE 1\n", "look.cube:1: lut: 'LUT_3D_SIZE 1' is no size"),
    ("LUT_3D_SIZE many\n", "look.cube:1: lut: 'LUT_3D_SIZE many' is no size"),
    ("0 0 0\n", "look.cube:1: lut: a colour stands before LUT_3D_SIZE"),
    (cube(2) + "0 0 0\n", "look.cube:14: lut: there are more than the 8 colours"),
    (cube(2, head="DOMAIN_MIN 1 1 1"), "DOMAIN_MIN .* is not below DOMAIN_MAX"),
    (cube(2, head="SHAPER 1"), "look.cube:3: lut: 'SHAPER' is not a word of this format"),
    ("", "look.cube: lut: there is no LUT_3D_SIZE"),
    (b"\xff\xfe\x00\x01", "look.cube: lut: this is no text"),
])
def test_a_broken_lut_is_named_with_its_line(keep, text: str | bytes, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StoryError, match=said):
        graded(keep(text))
