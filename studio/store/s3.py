"""Artifacts in an S3 bucket (or any store that speaks S3), behind the same interface as the local folder."""

import base64
import contextlib
import os
from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import botocore.exceptions as boto  # pyright: ignore[reportMissingTypeStubs]

from studio.errors import StoreError
from studio.record import sha256 as digest_of
from studio.store.artifacts import (
    LocalArtifacts,
    artifact_named,
    beside_key,
    checked,
    digest_named,
    key_of,
    not_kept,
    own_key,
)
from studio.store.hashing import file_sha256
from studio.store.writing import CHUNK, cannot_read, write_atomically

CACHE_BYTES = 20 * 10**9
"""Bound of the local cache unless another is given."""

_REMEDIES = {
    "NoSuchBucket": "Create the bucket, or correct its name in the configuration",
    "AccessDenied": "Let this user read, write and list the bucket",
    "InvalidAccessKeyId": "Correct the access key in the configuration or environment",
    "SignatureDoesNotMatch": "Correct the secret key in the configuration or environment",
    "ExpiredToken": "Log in again: the session token has expired",
    "EntityTooLarge": "Keep the file in a local store: one S3 upload holds at most 5 GiB",
}
_GONE = ("404", "NoSuchKey", "NotFound")


class S3Artifacts:
    """Artifacts under `prefix` in `bucket`. S3 shows an object when all of it has arrived, or not at all.

    connect: makes a boto3 S3 client. A client belongs to one process: a pickled store connects anew where it wakes up, so
    `connect` has to be a module's function there. cache_folder: where `path` keeps what it downloaded, the least recently used
    going first once there are more than cache_bytes; the file asked for last always stays.
    """

    def __init__(
        self, connect: Callable[[], Any], bucket: str, prefix: str, cache_folder: Path, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._connect, self._bucket, self._prefix = connect, bucket, prefix.strip("/")
        self._cache, self._cache_bytes = LocalArtifacts(cache_folder), cache_bytes
        self._bucket_seen = False

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_client"}

    def put(self, data: bytes, suffix: str) -> str:
        """See ArtifactStore."""
        sha256 = digest_of(data)
        self._upload(own_key(sha256, suffix), sha256, data, len(data))
        return sha256

    def put_file(self, file: Path, suffix: str) -> str:
        """See ArtifactStore."""
        sha256 = file_sha256(file)
        key = own_key(sha256, suffix)
        try:
            with file.open("rb") as handle:
                self._upload(key, sha256, handle, file.stat().st_size)
        except OSError as exc:
            raise cannot_read(file, exc) from exc
        return sha256

    def put_beside(self, sha256: str, data: bytes, suffix: str) -> None:
        """See ArtifactStore."""
        self._upload(beside_key(sha256, suffix), digest_of(data), data, len(data))

    def get(self, sha256: str, suffix: str) -> bytes:
        """See ArtifactStore."""
        return b"".join(self._pieces(key_of(sha256, suffix)))

    def has(self, sha256: str, suffix: str) -> bool:
        """See ArtifactStore."""
        return self._head(key_of(sha256, suffix)) is not None

    def path(self, sha256: str, suffix: str) -> Path:
        """See ArtifactStore. Downloaded once, and verified on the way; open it soon, the cache is bounded."""
        key = key_of(sha256, suffix)
        file = self._cache.folder / key
        if not file.is_file():
            pieces = self._pieces(key)
            own = artifact_named(file.name) is not None
            write_atomically(file, checked(pieces, sha256, self._url(key)) if own else pieces)
        with contextlib.suppress(OSError):
            os.utime(file)  # the cache's order of use
        self._evict(keep=file)
        return file

    def verify(self, sha256: str, suffix: str) -> None:
        """See ArtifactStore. Reads the object itself, never the cache."""
        key = own_key(sha256, suffix)
        for _ in checked(self._pieces(key), sha256, self._url(key)):
            pass

    def url(self, sha256: str, suffix: str) -> str:
        """`s3://bucket/prefix/ab/abcdef….png`."""
        return self._url(key_of(sha256, suffix))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """See ArtifactStore; S3 lists keys in order."""
        for key, _ in self._listed():
            folder, _, name = key.partition("/")
            found = artifact_named(name)
            if found and folder == name[:2]:
                yield found

    def sizes(self) -> dict[str, int]:
        """See ArtifactStore."""
        found: dict[str, int] = {}
        for key, size in self._listed():
            if sha256 := digest_named(key):
                found[sha256] = found.get(sha256, 0) + size
        return found

    def _listed(self) -> Iterator[tuple[str, int]]:
        """(key without the prefix, bytes) of every object."""
        start = f"{self._prefix}/" if self._prefix else ""
        with self._explained(f"s3://{self._bucket}/{self._prefix}"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=start):
                yield from ((str(entry["Key"]).removeprefix(start), int(entry["Size"])) for entry in page.get("Contents", ()))

    def _upload(self, key: str, content: str, body: bytes | BinaryIO, size: int) -> None:
        """Send `body`, whose own sha256 is `content`, unless exactly that is there. S3 refuses other bytes."""
        checksum = base64.b64encode(bytes.fromhex(content)).decode()
        head = self._head(key)
        if head and head.get("ContentLength") == size and head.get("ChecksumSHA256") == checksum:
            return
        with self._explained(self._url(key)):
            self._client.put_object(Bucket=self._bucket, Key=self._full(key), Body=body,
                                    ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum)
        self._bucket_seen = True

    def _head(self, key: str) -> dict[str, Any] | None:
        """What S3 says of an object; None when it is not there."""
        with self._explained(self._url(key)):
            try:
                return self._client.head_object(Bucket=self._bucket, Key=self._full(key), ChecksumMode="ENABLED")
            except boto.ClientError as exc:
                if _code(exc) not in _GONE:
                    raise
            if not self._bucket_seen:  # HEAD answers alike for a missing object and a missing bucket
                self._client.list_objects_v2(Bucket=self._bucket, MaxKeys=1)
                self._bucket_seen = True
        return None

    def _pieces(self, key: str) -> Iterator[bytes]:
        """The object's bytes, CHUNK at a time."""
        with self._explained(self._url(key)):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=self._full(key))["Body"]
            except boto.ClientError as exc:
                if _code(exc) in _GONE:
                    raise not_kept(self._url(key)) from exc
                raise
            yield from body.iter_chunks(CHUNK)

    def _evict(self, keep: Path) -> None:
        """Delete what was used least recently until the cache is within its bound."""
        files: list[tuple[float, int, Path]] = []
        for file in self._cache.folder.glob("??/[!.]*"):
            with contextlib.suppress(OSError):  # another process may have evicted it
                stat = file.stat()
                files.append((stat.st_mtime, stat.st_size, file))
        total = sum(size for _, size, _ in files)
        for _, size, file in sorted(files):
            if total <= self._cache_bytes:
                return
            if file != keep:
                file.unlink(missing_ok=True)  # whoever has it open can still read it
                total -= size

    def _full(self, key: str) -> str:
        return f"{self._prefix}/{key}" if self._prefix else key

    def _url(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._full(key)}"

    @contextlib.contextmanager
    def _explained(self, place: str) -> Generator[None, None, None]:
        """Turn what boto3 raises into a StoreError that names place and remedy."""
        try:
            yield
        except (boto.NoCredentialsError, boto.PartialCredentialsError) as exc:
            raise StoreError("no credentials for S3 were found", file=place,
                             remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or an AWS profile") from exc
        except (boto.ConnectionError, boto.HTTPClientError) as exc:
            raise StoreError(f"S3 cannot be reached ({exc})", file=place,
                             remedy="Check the endpoint URL and the network, then run again") from exc
        except boto.ClientError as exc:
            code = _code(exc)
            raise StoreError(f"S3 refused ({exc})", file=place, remedy=_REMEDIES.get(
                code, "Run again; if it stays, ask whoever keeps the bucket")) from exc
        except boto.BotoCoreError as exc:
            raise StoreError(f"the transfer failed ({exc})", file=place, remedy="Run again") from exc


def _code(exc: boto.ClientError) -> str:
    response: dict[str, Any] = exc.response
    return str(response.get("Error", {}).get("Code", ""))
