"""Files that speak: recipe and facts go into a picture and come out whole, for genga and for other tools."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from studio.errors import StoreError
from studio.plan.recipes import BookRecipe, ImageRecipe, PageRecipe, Recipe, UpscaleRecipe
from studio.plan.refs import ControlRef, InitRef, LoraRef
from studio.store.pictures import (
    PictureFacts,
    encode_jpeg,
    encode_png,
    encode_webp,
    pixels_digest,
    read_genga,
)

from .painting import noise, opened

ROOT = Path(__file__).parents[2]
Encode = Callable[..., bytes]
A, B, C, D = (letter * 64 for letter in "abcd")
FACTS = PictureFacts(model_name="house", preset="cel@3", unit="01.p1a", environment=D,
                     environment_facts={"torch": "2.14.1", "threads": "2"})
ENCODERS = pytest.mark.parametrize("encode", [encode_png, encode_webp, encode_jpeg])


def image(**changes: Any) -> ImageRecipe:
    return ImageRecipe(**{
        "engine": "diffusers", "contract": 1, "model": A, "prompt": "1boy, peach", "sampler": "euler", "steps": 16,
        "guidance": 4.5, "width": 64, "height": 48, "seed": 7, **changes,
    })


RECIPES: list[Recipe] = [
    image(prompt="桃太郎, \"quoted\" & <b>bold</b>,\nsecond line é", negative="低品質"),
    image(loras=(LoraRef(model=B, weight=0.7),), controls=(ControlRef(model=C, image=D, weight=0.5, end=0.8),),
          init=InitRef(image=B, mask=C, strength=0.6), vae=D),
    UpscaleRecipe(engine="lanczos", contract=1, image=A, scale=4),
    PageRecipe(contract=1, page={"id": "p1", "panels": [{"box": [0, 0.5]}]}, paper={"dpi": 350}, texture={},
               language="ja", titles={"momo": "桃太郎"}, art=(A, B), fonts=C),
    BookRecipe(contract=1, pages=(A,), language="en", reading="rtl", facts={"title": "Momotarō"}),
]


def parameters(recipe: Recipe, facts: PictureFacts = FACTS) -> str:
    return str(opened(encode_png(noise(), recipe, facts)).info["parameters"])


@ENCODERS
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.kind)
def test_recipe_and_facts_come_back_from_every_format(encode: Encode, recipe: Recipe, tmp_path: Path) -> None:
    data = encode(noise(), recipe, FACTS)
    assert read_genga(data) == (recipe, FACTS)
    file = tmp_path / "picture.any"
    file.write_bytes(data)
    assert read_genga(file) == read_genga(str(file)) == (recipe, FACTS)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA"])
def test_a_png_keeps_mode_and_every_pixel(mode: str) -> None:
    picture = noise(mode)
    again = opened(encode_png(picture, image(), FACTS))
    assert again.mode == mode
    assert pixels_digest(again) == pixels_digest(picture)


ENCODED = """
import hashlib
from PIL import Image
from studio.plan.recipes import ImageRecipe
from studio.store.pictures import *
recipe = ImageRecipe(engine="e", contract=1, model="a" * 64, prompt="p", sampler="euler", steps=1, guidance=1, width=8,
                     height=8, seed=1)
facts = PictureFacts(environment_facts=dict(sorted({"b": "1", "a": "2", "c": "3"}.items(), key=lambda i: hash(i))))
for encode in (encode_png, encode_webp, encode_jpeg):
    print(hashlib.sha256(encode(Image.linear_gradient("L").convert("RGB"), recipe, facts)).hexdigest())
"""


def test_two_processes_write_the_same_bytes() -> None:
    """With hash seeds that put dictionaries and sets in different orders."""
    runs = [
        subprocess.run([sys.executable, "-c", ENCODED], env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
                       capture_output=True, text=True, check=True).stdout for seed in ("1", "2")
    ]
    assert len(runs[0].split()) == 3 and runs[0] == runs[1]


@ENCODERS
def test_the_pictures_own_metadata_changes_no_byte(encode: Encode) -> None:
    plain, loaded = noise(), noise()
    loaded.info |= {"comment": "made at noon", "exif": b"Exif\0\0x", "icc_profile": b"p" * 200, "xmp": b"<x/>"}
    assert encode(plain, image(), FACTS) == encode(loaded, image(), FACTS)
    assert "comment" in loaded.info


def test_a_pages_resolution_is_kept_in_its_png() -> None:
    page = noise()
    page.info["dpi"] = (350, 350)
    # PNG counts whole pixels per metre
    assert opened(encode_png(page, RECIPES[3], FACTS)).info["dpi"] == pytest.approx((350, 350), abs=0.05)


def test_no_time_and_no_host_stand_in_a_png() -> None:
    data = encode_png(noise(), image(), FACTS)
    kinds: list[bytes] = []
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at:at + 4])
        kinds.append(data[at + 4:at + 8])
        at += 12 + length
    assert set(kinds) == {b"IHDR", b"iTXt", b"tEXt", b"IDAT", b"IEND"}


def test_the_parameters_text_is_the_one_that_a1111_writes() -> None:
    recipe = image(negative="blurry", sampler="dpmpp_2m_karras", guidance=7.0, clip_skip=2, width=512, height=768,
                   init=InitRef(image=B, strength=0.55))
    lines = parameters(recipe).split("\n")
    assert lines[:2] == ["1boy, peach", "Negative prompt: blurry"]
    assert lines[2].startswith(
        "Steps: 16, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 7, Size: 512x768, Model hash: aaaaaaaaaa, "
        "Model: house, Denoising strength: 0.55, Clip skip: 2, Version: genga"
    )
    assert len(lines) == 3


def test_loras_and_controls_stand_in_the_parameters_under_their_names() -> None:
    facts = FACTS.model_copy(update={"names": {B: "ink", C: "lineart"}})
    text = parameters(RECIPES[1], facts)
    assert text.startswith("1boy, peach <lora:ink:0.7>\nSteps: 16, ")
    assert ', Lora hashes: "ink: bbbbbbbbbb", ' in text
    assert ('ControlNet 0: "Module: none, Model: lineart [cccccccc], Weight: 0.5, Guidance Start: 0, '
            'Guidance End: 0.8", ') in text
    assert "VAE hash: dddddddddd, VAE: dddddddddd, " in text


def test_a_model_name_with_a_comma_does_not_break_the_list() -> None:
    assert ', Model: "cel, soft", ' in parameters(image(), FACTS.model_copy(update={"model_name": "cel, soft"}))


@pytest.mark.parametrize(("sampler", "scheduler", "expected"), [
    ("euler_a", "model", "Sampler: Euler a, CFG"),
    ("ddim", "trailing", "Sampler: DDIM, Schedule type: SGM Uniform, CFG"),
    ("dpmpp_2m", "karras", "Sampler: DPM++ 2M, Schedule type: Karras, CFG"),
    ("dpmpp_sde", "model", "Sampler: DPM++ SDE,"),
    ("unipc", "model", "Sampler: UniPC,"),
    ("lcm", "model", "Sampler: LCM,"),
])
def test_samplers_stand_under_their_names_in_a1111(sampler: str, scheduler: str, expected: str) -> None:
    assert expected in parameters(image(sampler=sampler, scheduler=scheduler))


def test_an_upscale_names_its_factor_and_a_page_claims_no_sampler() -> None:
    assert parameters(RECIPES[2]).startswith("Postprocess upscale by: 4, Postprocess upscaler: house, Version: genga")
    assert "parameters" not in opened(encode_png(noise(), RECIPES[3], FACTS)).info


def test_parameters_are_latin_text_where_that_will_do_and_unicode_elsewhere() -> None:
    assert b"tEXtparameters\0" in encode_png(noise(), image(prompt="café"), FACTS)
    assert b"iTXtparameters\0" in encode_png(noise(), image(prompt="桃"), FACTS)


@pytest.mark.parametrize("encode", [encode_webp, encode_jpeg])
def test_other_tools_find_the_parameters_in_the_user_comment(encode: Encode) -> None:
    """UTF-16 big-endian behind `UNICODE`, as A1111 reads it."""
    exif = opened(encode(noise(), image(prompt="桃太郎"), FACTS)).getexif()
    assert exif.endian == ">"
    comment = exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert comment[:8] == b"UNICODE\0"
    assert comment[8:].decode("utf-16-be") == parameters(image(prompt="桃太郎"))


@pytest.mark.parametrize("encode", [encode_webp, encode_jpeg])
@pytest.mark.parametrize("kept", ["exif", "xmp"])
def test_one_of_the_two_texts_is_enough(encode: Encode, kept: str) -> None:
    """Many programs that re-encode a picture keep only one of them."""
    picture = opened(encode(noise(), RECIPES[0], FACTS))
    out = io.BytesIO()
    both = {"exif": picture.info["exif"], "xmp": picture.info["xmp"]}
    picture.info = {}
    picture.save(out, picture.format, **{kept: both[kept]})
    assert read_genga(out.getvalue()) == (RECIPES[0], FACTS)


@pytest.mark.parametrize("encode", [encode_webp, encode_jpeg])
def test_the_xmp_packet_is_well_formed(encode: Encode) -> None:
    from xml.etree import ElementTree

    packet = opened(encode(noise(), RECIPES[0], FACTS)).info["xmp"]
    records = list(ElementTree.fromstring(packet).iter("{urn:genga:1}record"))
    assert len(records) == 1 and "桃太郎" in (records[0].text or "")


def test_jpeg_puts_transparency_on_white_and_says_when_a_recipe_is_too_long() -> None:
    clear = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    assert opened(encode_jpeg(clear, image(), FACTS)).getpixel((8, 8)) == (255, 255, 255)
    with pytest.raises(StoreError, match=r"recipe: the recipe does not fit into a JPEG .*\. Write a PNG or WebP"):
        encode_jpeg(noise(), image(prompt="peach " * 20_000), FACTS)
    assert read_genga(encode_webp(noise(), image(prompt="peach " * 20_000), FACTS))[0].kind == "image"


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG", "GIF"])
def test_a_picture_without_a_recipe_says_so_and_names_the_file(form: str, tmp_path: Path) -> None:
    file = tmp_path / "found.pic"
    noise("RGB").save(file, form)
    with pytest.raises(StoreError, match=r"found\.pic: the picture has no 'genga' chunk.*Use a file that genga wrote"):
        read_genga(file)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_picture_is_told_from_a_picture_without_recipe(data: bytes) -> None:
    with pytest.raises(StoreError, match="this is no picture that can be read, or it is damaged"):
        read_genga(data)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.png: the file is missing"):
        read_genga(tmp_path / "gone.png")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"{tmp_path}: the picture cannot be read"):
        read_genga(tmp_path)


def test_a_flipped_bit_in_the_text_of_a_png_is_found() -> None:
    data = bytearray(encode_png(noise(), image(), FACTS))
    data[data.index(b'"seed":7') + 7] ^= 1
    with pytest.raises(StoreError, match="damaged"):
        read_genga(bytes(data))


def altered(data: bytes, old: bytes, new: bytes) -> bytes:
    """`data` with its `genga` chunk rewritten and given a right checksum, as a careful hand would."""
    at = data.index(b"iTXtgenga") - 4
    (length,) = struct.unpack(">I", data[at:at + 4])
    body = data[at + 4:at + 8 + length].replace(old, new)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:at] + chunk + data[at + 12 + length:]


@pytest.mark.parametrize(("old", "new", "message"), [
    (b'"seed":7', b'"seed":8', "was altered: its recipe has digest"),
    (b'"seed":7', b'"seed":"x"', "recipe.*seed.*damaged or from another version"),
    (b'"seed":7', b'"sead":7', "damaged or from another version"),
    (b'{"facts"', b'["facts"', "damaged or from another version"),
    (b'"kind":"image"', b'"kind":"song"', "damaged or from another version"),
])
def test_an_altered_recipe_is_refused(old: bytes, new: bytes, message: str) -> None:
    data = altered(encode_png(noise(), image(), FACTS), old, new)
    opened(data)  # still a good picture
    with pytest.raises(StoreError, match=message):
        read_genga(data)


def test_a_recipe_behind_the_pixels_is_found_too() -> None:
    """Where some optimisers move text chunks."""
    data = encode_png(noise(), image(), FACTS)
    at = data.index(b"iTXtgenga") - 4
    (length,) = struct.unpack(">I", data[at:at + 4])
    chunk = data[at:at + 12 + length]
    end = data.index(b"IEND") - 4
    moved = data[:at] + data[at + 12 + length:end] + chunk + data[end:]
    assert read_genga(moved) == (image(), FACTS)
