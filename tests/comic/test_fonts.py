"""Shipped fonts: all there, and the same for everything that remembers them."""

from studio.comic.fonts import face
from studio.fonts.shipped import FILES, characters, font_file, fonts_digest


def test_every_face_lies_in_the_package_with_its_licence() -> None:
    assert all(font_file(name).is_file() for name in FILES)
    assert {f.stem for f in (font_file("mplus").parent / "licences").iterdir()} == {"comic-neue", "mplus", "reggae"}


def test_the_digest_is_the_one_that_pages_and_clips_were_made_with() -> None:
    """Recipes hold it: another one would letter every page of every show anew."""
    assert fonts_digest() == "6f16e67441ffb2ffc3402b71a344d5b299702b8a77fd7a0cb1744746678283eb"


def test_pages_and_films_know_the_same_letters() -> None:
    assert face("mplus").characters == characters("mplus")
    assert {ord(c) for c in "Aé桃ゃ"} <= characters("mplus") and 0x1F600 not in characters("mplus")
