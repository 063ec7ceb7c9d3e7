"""What every artifact store promises; run against a local folder and against S3 over HTTP."""

import hashlib
import threading
from pathlib import Path

import pytest
from PIL import Image

from studio.errors import StoreError
from studio.record import sha256
from studio.store.previews import put_preview, read_preview

from .conftest import Opened

DATA = b"a picture" * 1000
SHA = hashlib.sha256(DATA).hexdigest()
KEY = f"{SHA[:2]}/{SHA}.png"


def test_what_is_put_comes_back_under_its_sha256(opened: Opened) -> None:
    assert opened.store.put(DATA, ".png") == SHA
    assert opened.names() == [KEY]
    assert opened.store.get(SHA, ".png") == DATA
    assert opened.store.path(SHA, ".png").read_bytes() == DATA
    assert opened.store.has(SHA, ".png")
    opened.store.verify(SHA, ".png")


def test_empty_bytes_are_an_artifact_too(opened: Opened) -> None:
    sha = opened.store.put(b"", ".txt")
    assert (sha, opened.store.get(sha, ".txt")) == (hashlib.sha256().hexdigest(), b"")


def test_one_content_under_two_suffixes_is_two_artifacts(opened: Opened) -> None:
    opened.store.put(DATA, ".png")
    assert not opened.store.has(SHA, ".webp")
    opened.store.put(DATA, ".webp")
    assert list(opened.store) == [(SHA, ".png"), (SHA, ".webp")]


@pytest.mark.parametrize("method", ["get", "path", "verify"])
def test_what_was_never_put_is_an_error_that_says_how_to_get_it(opened: Opened, method: str) -> None:
    opened.store.put(DATA, ".png")
    absent = sha256(b"never put")
    assert not opened.store.has(absent, ".png")
    with pytest.raises(StoreError, match=rf"{absent}\.png: this artifact is not kept here\. .*genga apply"):
        getattr(opened.store, method)(absent, ".png")


def test_a_file_is_kept_like_its_bytes(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "clip.mkv"
    file.write_bytes(DATA)
    assert opened.store.put_file(file, ".mkv") == SHA
    assert opened.store.get(SHA, ".mkv") == DATA


def test_a_missing_file_is_named(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.mkv: the file is missing\. Put it back"):
        opened.store.put_file(tmp_path / "gone.mkv", ".mkv")


def test_damage_is_found_by_verify_and_names_both_digests(opened: Opened) -> None:
    opened.store.put(DATA, ".png")
    opened.tamper(KEY, b"rot")
    with pytest.raises(StoreError, match=rf"expected sha256 {SHA}, found {sha256(b'rot')}\. Restore") as caught:
        opened.store.verify(SHA, ".png")
    assert KEY in str(caught.value.file)


def test_putting_the_bytes_again_mends_a_damaged_artifact(opened: Opened) -> None:
    opened.store.put(DATA, ".png")
    for damage in (b"rot", b"R" + DATA[1:]):  # another length, and the same length
        opened.tamper(KEY, damage)
        opened.store.put(DATA, ".png")
        assert opened.store.get(SHA, ".png") == DATA


def test_what_lies_beside_is_replaced_and_never_listed_as_an_artifact(opened: Opened) -> None:
    opened.store.put(DATA, ".png")
    for small in (b"first", b"second"):
        opened.store.put_beside(SHA, small, ".preview.webp")
        assert opened.store.get(SHA, ".preview.webp") == small
        assert opened.store.path(SHA, ".preview.webp").is_file()
    assert opened.names() == sorted([KEY, KEY.replace(".png", ".preview.webp")])
    assert list(opened.store) == [(SHA, ".png")]


def test_a_preview_is_found_again_under_the_full_pictures_digest(opened: Opened) -> None:
    assert read_preview(opened.store, SHA) is None
    put_preview(opened.store, SHA, Image.new("RGB", (600, 300), "red"))
    data = read_preview(opened.store, SHA)
    assert data is not None and data[8:12] == b"WEBP"


def test_the_listing_is_sorted_and_passes_over_what_is_no_artifact(opened: Opened) -> None:
    kept = sorted((opened.store.put(bytes([i]), ".png"), ".png") for i in range(20))
    for stray in ("notes.txt", "ab/readme.md", f"ab/{SHA[:-1]}.png", f"{SHA[:2]}/.{SHA}.png.0f.tmp", f"{SHA}.png"):
        opened.tamper(stray, b"stray")
    assert list(opened.store) == kept


def test_an_empty_store_lists_nothing(opened: Opened) -> None:
    assert list(opened.store) == []


@pytest.mark.parametrize("sha", ["", "../" * 10, SHA[:-1], SHA.upper(), SHA + "0", f"{SHA}\n"],
                         ids=["empty", "dots", "short", "upper", "long", "newline"])
def test_a_name_that_is_no_sha256_never_reaches_the_disk(opened: Opened, sha: str) -> None:
    for method in (opened.store.get, opened.store.has, opened.store.path, opened.store.verify, opened.store.url):
        with pytest.raises(StoreError, match="is no sha256"):
            method(sha, ".png")


@pytest.mark.parametrize("suffix", ["", "png", ".PNG", "./../x", ".p/ng", ".", ".a.b.c", ".png\n"])
def test_a_suffix_that_could_leave_the_store_is_refused(opened: Opened, suffix: str) -> None:
    with pytest.raises(StoreError, match="is no suffix of an artifact"):
        opened.store.put(DATA, suffix)
    assert opened.names() == []


def test_artifacts_and_what_lies_beside_cannot_be_confused(opened: Opened) -> None:
    with pytest.raises(StoreError, match="something kept beside"):
        opened.store.put(DATA, ".preview.webp")
    with pytest.raises(StoreError, match="would stand for the artifact itself"):
        opened.store.put_beside(SHA, DATA, ".png")
    with pytest.raises(StoreError, match="something kept beside"):
        opened.store.verify(SHA, ".preview.webp")


def test_the_url_names_the_artifact_before_it_exists(opened: Opened) -> None:
    url = opened.store.url(SHA, ".png")
    assert url.endswith(KEY)
    assert url.split(":")[0] in ("file", "s3")


def test_many_writers_of_one_content_leave_one_whole_artifact(opened: Opened) -> None:
    errors: list[BaseException] = []

    def write() -> None:
        try:
            assert opened.store.put(DATA, ".png") == SHA
        except BaseException as exc:
            errors.append(exc)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert opened.names() == [KEY]
    opened.store.verify(SHA, ".png")
