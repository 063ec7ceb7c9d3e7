"""Stores to test: a real folder, and a real S3 client that talks HTTP to a local S3 server."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dagster_aws.s3 import S3Resource
from moto.server import ThreadedMotoServer

from studio.store.artifacts import ArtifactStore, LocalArtifacts
from studio.store.s3 import S3Artifacts


@dataclass
class Opened:
    """An empty store, and the ways to reach behind its back."""

    store: ArtifactStore
    tamper: Callable[[str, bytes], None]
    """Write other bytes under a key, as a broken disk or a stray program would."""
    names: Callable[[], list[str]]
    """Every key that lies there, sorted."""


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3_client(s3_endpoint: str) -> Any:
    """The client that dagster-aws makes from configuration."""
    return S3Resource(
        endpoint_url=s3_endpoint, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    ).get_client()


@pytest.fixture
def bucket(s3_client: Any) -> str:
    name = f"genga-{uuid.uuid4().hex[:12]}"
    s3_client.create_bucket(Bucket=name)
    return name


def opened_folder(folder: Path) -> Opened:
    def tamper(key: str, data: bytes) -> None:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(data)

    return Opened(
        LocalArtifacts(folder), tamper,
        lambda: sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()),
    )


def opened_bucket(client: Any, bucket: str, cache: Path) -> Opened:
    return Opened(
        S3Artifacts(lambda: client, bucket, "shows/momotaro", cache),
        lambda key, data: client.put_object(Bucket=bucket, Key=f"shows/momotaro/{key}", Body=data),
        lambda: sorted(
            e["Key"].removeprefix("shows/momotaro/") for e in client.list_objects_v2(Bucket=bucket).get("Contents", [])
        ),
    )


@pytest.fixture(params=["folder", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """The contract's store, once of each kind."""
    if request.param == "folder":
        return opened_folder(tmp_path / "artifacts")
    return opened_bucket(
        request.getfixturevalue("s3_client"), request.getfixturevalue("bucket"), tmp_path / "cache"
    )
