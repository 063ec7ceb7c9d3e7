"""S3 in particular: transfers, the bounded cache, and what goes wrong with accounts and networks. Over real HTTP."""

import base64
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dagster_aws.s3 import S3Resource

from studio.errors import StoreError
from studio.record import sha256
from studio.store import s3
from studio.store.hashing import file_sha256
from studio.store.s3 import S3Artifacts

DATA = b"a picture" * 1000
SHA = sha256(DATA)


class Counted:
    """A client's calls, counted on their way to the server."""

    def __init__(self, client: Any) -> None:
        self.calls: list[str] = []
        client.meta.events.register("before-call.s3", lambda model, **_: self.calls.append(model.name))


def test_an_upload_carries_its_sha256_so_that_s3_itself_checks_it(s3_client: Any, bucket: str, tmp_path: Path) -> None:
    S3Artifacts(lambda: s3_client, bucket, "", tmp_path).put(DATA, ".png")
    head = s3_client.head_object(Bucket=bucket, Key=f"{SHA[:2]}/{SHA}.png", ChecksumMode="ENABLED")
    assert base64.b64decode(head["ChecksumSHA256"]).hex() == SHA


def test_a_file_that_changes_on_its_way_up_carries_the_old_sha256_so_that_s3_refuses_it(
    s3_client: Any, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clip.mkv"
    file.write_bytes(DATA)

    def hash_then_change(path: Path) -> str:
        digest = file_sha256(path)
        path.write_bytes(b"b" + DATA[1:])
        return digest

    sent: list[str] = []
    s3_client.meta.events.register(
        "before-call.s3.PutObject", lambda params, **_: sent.append(params["headers"].get("x-amz-checksum-sha256", ""))
    )
    monkeypatch.setattr(s3, "file_sha256", hash_then_change)
    S3Artifacts(lambda: s3_client, bucket, "", tmp_path / "cache").put_file(file, ".mkv")
    assert [base64.b64decode(value).hex() for value in sent] == [SHA]


def test_the_same_bytes_again_are_not_sent(s3_client: Any, bucket: str, tmp_path: Path) -> None:
    store = S3Artifacts(lambda: s3_client, bucket, "p", tmp_path)
    counted = Counted(s3_client)
    store.put(DATA, ".png")
    assert counted.calls.count("PutObject") == 1
    store.put(DATA, ".png")
    assert counted.calls.count("PutObject") == 1


def test_two_prefixes_in_one_bucket_do_not_see_each_other(s3_client: Any, bucket: str, tmp_path: Path) -> None:
    one, two = (S3Artifacts(lambda: s3_client, bucket, prefix, tmp_path / prefix) for prefix in ("shows/a", "shows/ab"))
    one.put(DATA, ".png")
    assert list(one) == [(SHA, ".png")] and list(two) == [] and not two.has(SHA, ".png")
    assert one.url(SHA, ".png") == f"s3://{bucket}/shows/a/{SHA[:2]}/{SHA}.png"


def test_a_listing_of_more_than_one_page_is_whole(
    s3_client: Any, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # the server's page; Amazon's is 1000
    names = sorted(sha256(bytes([i])) for i in range(25))
    for name in names:
        s3_client.put_object(Bucket=bucket, Key=f"{name[:2]}/{name}.png", Body=b"")
    counted = Counted(s3_client)
    assert [sha for sha, _ in S3Artifacts(lambda: s3_client, bucket, "", tmp_path)] == names
    assert counted.calls == ["ListObjectsV2"] * 3


def test_a_path_is_downloaded_once(s3_client: Any, bucket: str, tmp_path: Path) -> None:
    store = S3Artifacts(lambda: s3_client, bucket, "", tmp_path)
    store.put(DATA, ".png")
    counted = Counted(s3_client)
    assert store.path(SHA, ".png") == store.path(SHA, ".png") == tmp_path / SHA[:2] / f"{SHA}.png"
    assert counted.calls == ["GetObject"]


def test_a_damaged_object_never_enters_the_cache(s3_client: Any, bucket: str, tmp_path: Path) -> None:
    s3_client.put_object(Bucket=bucket, Key=f"{SHA[:2]}/{SHA}.png", Body=b"rot")
    with pytest.raises(StoreError, match=f"expected sha256 {SHA}, found {sha256(b'rot')}"):
        S3Artifacts(lambda: s3_client, bucket, "", tmp_path).path(SHA, ".png")
    assert [f for f in tmp_path.rglob("*") if f.is_file()] == []


def test_the_cache_stays_in_its_bound_and_drops_what_was_used_least_recently(
    s3_client: Any, bucket: str, tmp_path: Path
) -> None:
    store = S3Artifacts(lambda: s3_client, bucket, "", tmp_path, cache_bytes=25_000)
    a, b, c = (store.put(letter * 10_000, ".png") for letter in (b"a", b"b", b"c"))
    for age, sha in ((300, a), (200, b)):
        file = store.path(sha, ".png")
        os.utime(file, (file.stat().st_mtime - age,) * 2)
    store.path(a, ".png")  # used again: now b is the oldest
    store.path(c, ".png")
    assert sorted(f.stem for f in tmp_path.rglob("*.png")) == sorted([a, c])
    assert store.path(b, ".png").read_bytes() == b"b" * 10_000


def test_a_file_larger_than_the_cache_is_still_handed_out(s3_client: Any, bucket: str, tmp_path: Path) -> None:
    store = S3Artifacts(lambda: s3_client, bucket, "", tmp_path, cache_bytes=10)
    store.put(DATA, ".png")
    assert store.path(SHA, ".png").read_bytes() == DATA


STREAMED = """
import sys, tracemalloc
from pathlib import Path
import boto3
from studio.store.s3 import S3Artifacts
endpoint, bucket, folder = sys.argv[1:]
client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="k",
                      aws_secret_access_key="s")
store = S3Artifacts(lambda: client, bucket, "", Path(folder, "cache"))
small = store.put(b"warm", ".bin")
store.path(small, ".bin")
store.put_file(Path(folder, "small"), ".bin")
tracemalloc.start()
sha = store.put_file(Path(folder, "film.mkv"), ".mkv")
assert store.path(sha, ".mkv").stat().st_size == 48 << 20
store.verify(sha, ".mkv")
print(tracemalloc.get_traced_memory()[1] / 2**20)
"""


def test_a_large_file_goes_up_and_down_without_lying_in_memory(s3_endpoint: str, bucket: str, tmp_path: Path) -> None:
    """48 MB in a process of its own, whose objects may take 16 MB at most."""
    (tmp_path / "small").write_bytes(b"warm again")
    with (tmp_path / "film.mkv").open("wb") as film:
        film.truncate(48 << 20)
    done = subprocess.run([sys.executable, "-c", STREAMED, s3_endpoint, bucket, str(tmp_path)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 16, f"{done.stdout} MB"


@pytest.mark.parametrize("method", ["put", "has", "get", "path", "list"])
def test_a_missing_bucket_is_named_by_every_method(s3_client: Any, tmp_path: Path, method: str) -> None:
    store = S3Artifacts(lambda: s3_client, "no-such-bucket", "p", tmp_path)
    with pytest.raises(StoreError, match=r"s3://no-such-bucket/p.*NoSuchBucket.*Create the bucket"):
        if method == "put":
            store.put(DATA, ".png")
        elif method == "list":
            list(store)
        else:
            getattr(store, method)(SHA, ".png")


def test_missing_credentials_are_told_with_the_variables_to_set(
    s3_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = S3Resource(endpoint_url=s3_endpoint, region_name="us-east-1").get_client()
    with pytest.raises(StoreError, match=r"no credentials for S3 were found\. Set AWS_ACCESS_KEY_ID"):
        S3Artifacts(lambda: client, "any", "", tmp_path).put(DATA, ".png")


def test_a_server_that_is_not_there_is_told_with_its_address(tmp_path: Path) -> None:
    with socket.socket() as probe:  # a port that nobody listens on
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        client = S3Resource(endpoint_url=address, region_name="us-east-1", aws_access_key_id="k",
                            aws_secret_access_key="s", max_attempts=1).get_client()
        store = S3Artifacts(lambda: client, "any", "", tmp_path)
        for call in (lambda: store.put(DATA, ".png"), lambda: store.has(SHA, ".png"), lambda: list(store)):
            with pytest.raises(StoreError, match=rf"S3 cannot be reached .*{address}.*Check the endpoint URL"):
                call()


def test_a_cache_that_cannot_be_written_is_named(s3_client: Any, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    store = S3Artifacts(lambda: s3_client, bucket, "", tmp_path / "cache")
    store.put(DATA, ".png")
    with pytest.raises(StoreError, match=r"cache/.*cannot be written"):
        store.path(SHA, ".png")
