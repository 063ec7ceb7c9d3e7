"""A show whose pictures lie in a bucket: real S3 client, real HTTP."""

import io
import pickle
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from resources.show import ShowResource
from studio.production.opening import open_production

from ..story.making import change, write_show
from .making import make_all, plan_of


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {"ENDPOINT_URL": f"http://{host}:{port}", "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret",
                        "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    boto3.client("s3").create_bucket(Bucket="studio")
    yield "studio"
    server.stop()


def test_a_show_is_made_into_a_bucket_and_found_there_again(tmp_path: Path, bucket: str) -> None:
    folder = write_show(tmp_path / "small")
    change(folder / "show.yaml", artifacts=f"s3://{bucket}/small")
    assert [m.error for m in make_all(folder) if m.error] == []
    keys = [entry["Key"] for entry in boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    picks = open_production(folder).history().picks.values()
    assert {f"small/{p.artifact[:2]}/{p.artifact}{p.suffix}" for p in picks} <= set(keys)
    assert not (folder / "out" / "artifacts").exists()
    assert {s.state for s in plan_of(folder).steps} == {"fresh"}
    assert (folder / "out" / "books" / "01.en.pdf").read_bytes().startswith(b"%PDF")


def test_steps_reach_the_same_bucket_through_dagsters_resource(tmp_path: Path, bucket: str) -> None:
    folder = write_show(tmp_path / "small")
    change(folder / "show.yaml", artifacts=f"s3://{bucket}/small")
    make_all(folder)
    production = ShowResource(folder=str(folder)).open()
    assert {s.state for s in plan_of(folder, production).steps} == {"fresh"}


def test_a_device_elsewhere_reads_the_same_bucket(tmp_path: Path, bucket: str) -> None:
    folder = write_show(tmp_path / "small")
    change(folder / "show.yaml", artifacts=f"s3://{bucket}/small")
    production = ShowResource(folder=str(folder)).open()
    encoded = io.BytesIO()
    Image.new("RGB", (8, 8)).save(encoded, "PNG")
    kept = production.artifacts.put(encoded.getvalue(), ".png")
    sources = pickle.loads(pickle.dumps(production.sources))
    assert sources.picture(kept).size == (8, 8)
