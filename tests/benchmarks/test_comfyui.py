"""The client of ComfyUI's HTTP API, against a server that answers as ComfyUI does."""

import argparse
import io
from collections.abc import Iterator

import pytest
from against_comfyui import draw, measure
from comfyui import ComfyUI, workflow
from PIL import Image

from studio.errors import OrchestrationError
from tests.render.shelf import drawn

from .comfy_server import Comfy, comfy

WEIGHTS = "random-sd15.safetensors"


@pytest.fixture
def server() -> Iterator[Comfy]:
    with comfy(WEIGHTS) as started:
        yield started


def test_a_recipe_becomes_a_picture_of_its_size(server: Comfy) -> None:
    client = ComfyUI(server.url)
    recipe = drawn(width=96, height=64, seed=200, prompt="a girl", negative="blurry", steps=7, guidance=4.5)
    [file] = client.wait(client.submit(workflow(recipe, WEIGHTS)))
    picture = Image.open(io.BytesIO(client.fetch(file)))
    assert (picture.size, picture.getpixel((0, 0))[0]) == ((96, 64), 200)
    sampler = server.got[0]["sampler"]["inputs"]
    assert (sampler["steps"], sampler["cfg"], sampler["sampler_name"], sampler["scheduler"]) == (7, 4.5, "dpmpp_2m", "normal")
    assert server.got[0][sampler["negative"][0]]["inputs"]["text"] == "blurry"


@pytest.mark.parametrize("sampler", ["euler", "euler_a", "ddim", "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_sde", "unipc", "lcm"])
@pytest.mark.parametrize("scheduler", ["model", "normal", "karras", "exponential", "trailing"])
def test_samplers_have_the_names_that_the_server_knows(server: Comfy, sampler: str, scheduler: str) -> None:
    ComfyUI(server.url).submit(workflow(drawn(sampler=sampler, scheduler=scheduler), WEIGHTS))


def test_weights_are_listed_as_the_server_has_them(server: Comfy) -> None:
    assert ComfyUI(server.url + "/").checkpoints() == [WEIGHTS]


def test_what_the_server_refuses_is_told_node_by_node(server: Comfy) -> None:
    with pytest.raises(OrchestrationError, match=r"node 'model': Value not in list ckpt_name: 'other' not in .*\(400\)"):
        ComfyUI(server.url).submit(workflow(drawn(), "other"))


def test_a_prompt_that_fails_says_where(server: Comfy) -> None:
    client = ComfyUI(server.url)
    with pytest.raises(OrchestrationError, match="KSampler: out of memory"):
        client.wait(client.submit(workflow(drawn(prompt="fail!"), WEIGHTS)))


def test_a_prompt_that_takes_too_long_is_given_up() -> None:
    with comfy(WEIGHTS, seconds=5) as slow:
        client = ComfyUI(slow.url)
        with pytest.raises(OrchestrationError, match="not done within 0 s"):
            client.wait(client.submit(workflow(drawn(), WEIGHTS)), seconds=0.2)


def test_speed_is_that_of_the_server() -> None:
    with comfy(WEIGHTS, seconds=0.1) as slow:
        assert 5 < draw(ComfyUI(slow.url), [drawn(seed=n) for n in range(4)], WEIGHTS) < 10


def test_a_picture_of_another_size_is_no_result(server: Comfy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "done", lambda name, prompt: Comfy.done(server, name, _shrunk(prompt)))
    with pytest.raises(OrchestrationError, match=r"the picture is \(8, 8\), 64 x 64 was asked for"):
        draw(ComfyUI(server.url), [drawn()], WEIGHTS)


def _shrunk(prompt: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    return {**prompt, "size": {**prompt["size"], "inputs": {"width": 8, "height": 8, "batch_size": 1}}}


def test_where_no_server_answers_nothing_is_measured_and_it_is_said_how_to_start_one() -> None:
    found = measure(argparse.Namespace(url="http://127.0.0.1:9"))
    [figure] = found.figures
    assert (figure.value, figure.verdict) == (None, "")
    assert "no ComfyUI answers at http://127.0.0.1:9" in figure.row("x")
    assert "python main.py --port 8188" in found.details["why"]


def test_a_server_without_the_weights_is_told_apart(server: Comfy) -> None:
    with pytest.raises(SystemExit, match=f"has no 'mine'. It has: {WEIGHTS}"):
        measure(argparse.Namespace(url=server.url, checkpoint="mine"))
