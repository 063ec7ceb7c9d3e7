"""A small dataset with something wrong in nearly every picture."""

from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from house.draw.picture import draw
from house.draw.scene import sample

WORD = "hinako"
SIDE = 160


def picture(seed: int, side: int = SIDE, **fixed: object) -> Image.Image:
    """A drawing of one person."""
    return Image.fromarray(draw(sample(seed, **{"style": "cel shading", "count": 1, **fixed}), side))


def put(folder: Path, name: str, drawn: Image.Image, caption: str | None) -> None:
    """A picture with its caption beside it."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    drawn.save(folder / name)
    if caption is not None:
        (folder / name).with_suffix(".txt").write_text(caption, encoding="utf-8")


def write_dataset(folder: Path) -> Path:
    """Twelve pictures; the first three are as they should be."""
    tags = f"{WORD}, 1girl, solo, black hair, ponytail"
    backs = ("sky", "forest", "snow", "beach")
    for n, back in enumerate(backs[:3]):
        put(folder, f"good{n}.png", picture(n, background=back), f"{tags}, {back}")
    first = picture(0, background="sky")
    put(folder, "again.png", ImageEnhance.Brightness(first).enhance(1.05), f"{tags}, sky")
    (folder / "copy.png").write_bytes((folder / "good1.png").read_bytes())
    (folder / "copy.txt").write_text(f"{tags}, forest")
    put(folder, "mirror.png", ImageOps.mirror(picture(2, background="snow")), f"{tags}, snow")
    put(folder, "10_hinako/small.png", picture(20, 100), f"{tags}, momotaro")
    put(folder, "10_hinako/tiny.png", picture(21, 48), "1girl, solo, smile")
    put(folder, "10_hinako/wide.png", picture(22, 400).crop((0, 100, 400, 260)), f"{tags}, " + "very detailed, " * 30)
    put(folder, "nothing_said.png", picture(23), None)
    put(folder, "empty.png", picture(24), "  \n")
    put(folder, "cut.png", picture(25), f"{tags}, sky")
    data = (folder / "cut.png").read_bytes()
    (folder / "cut.png").write_bytes(data[: len(data) // 2])
    (folder / "lost.txt").write_text(tags)
    return folder
