"""A language model's prompts, from a real server on this machine."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from studio.errors import StoryError
from studio.story.importing.enriching import LanguageModel, enrich

KEY = "sk-very-secret"
SHOT = {"id": "river-1", "scene": "EXT. RIVER", "note": "Momo kneels", "seconds": 2.0, "lines": [{"id": "l1", "text": "Oh!"}],
        "keyframes": [{"id": "k1", "prompt": "Momo kneels"}, {"id": "k2", "prompt": "Momo kneels", "from_previous": 0.6}]}


def says(content: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


GOOD = says('{"keyframes": ["1boy, kneeling, river", "1boy, surprised, river"]}')


@contextmanager
def server(body: bytes = GOOD, status: int = 200, wait: float = 0.0, **headers: str) -> Iterator[tuple[str, list[Any]]]:
    """(base address, requests received) of a server that gives one answer to everything."""
    received: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, self.headers["Authorization"], json.loads(text)))
            time.sleep(wait)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = False  # the test ends when all has been answered
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}/v1", received
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def test_the_model_is_told_what_happens_and_its_prompts_are_taken() -> None:
    with server() as (url, received):
        shots, warnings = enrich([SHOT], LanguageModel(url, "tiny", KEY))
    assert warnings == []
    assert shots[0]["keyframes"] == [{"id": "k1", "prompt": "1boy, kneeling, river"},
                                     {"id": "k2", "prompt": "1boy, surprised, river", "from_previous": 0.6}]
    path, key, body = received[0]
    assert (path, key, body["model"], body["temperature"]) == ("/v1/chat/completions", f"Bearer {KEY}", "tiny", 0)
    assert json.loads(body["messages"][1]["content"]) == {
        "scene": "EXT. RIVER", "action": "Momo kneels", "keyframes": 2, "said": ["Oh!"]}


def test_no_key_is_sent_where_none_is_set_and_fenced_json_is_read() -> None:
    with server(says('```json\n{"keyframes": ["a", "b"]}\n```')) as (url, received):
        shots, _ = enrich([SHOT], LanguageModel(f"{url}/chat/completions/", "tiny"))
    assert received[0][:2] == ("/v1/chat/completions", None)
    assert [keyframe["prompt"] for keyframe in shots[0]["keyframes"]] == ["a", "b"]


@pytest.mark.parametrize(("body", "why"), [
    (b"<html>", "no chat completion"), (b"[" * 100_000, "no chat completion"), (b'{"choices": []}', "no chat completion"),
    (says("I am sorry"), "did not keep to the JSON"), (says('{"keyframes": ["only one"]}'), "1 prompts for 2 keyframes"),
    (says('{"keyframes": ["", "b"]}'), "keyframes.0"), (says('{"keyframes": [1, 2]}'), "keyframes.0"),
    (says('{"keyframes": ["a", "b"], "more": 1}'), "more"), (says(json.dumps({"keyframes": ["x" * 601, "b"]})), "keyframes.0"),
    (b'"' + b"x" * (1 << 20) + b'"', "more than 1,048,576 bytes"),
    (b'{"choices": [{"message": {"content": null}}]}', "no chat completion"),
])
def test_a_bad_answer_leaves_the_shot_as_it_was_and_is_told(body: bytes, why: str) -> None:
    with server(body) as (url, _):
        shots, warnings = enrich([SHOT], LanguageModel(url, "tiny", KEY))
    assert shots == [SHOT]
    assert len(warnings) == 1 and warnings[0].startswith("shot river-1 keeps its prompts: http://127.0.0.1:")
    assert why in warnings[0] and "--enrich" in warnings[0]


@pytest.mark.parametrize(("status", "remedy"), [(401, "GENGA_LLM_KEY"), (404, "GENGA_LLM_URL"), (500, "when the server is well")])
def test_an_error_status_is_told_with_address_and_remedy_and_without_the_key(status: int, remedy: str) -> None:
    with server(f"bad key {KEY}".encode(), status) as (url, _):
        shots, warnings = enrich([SHOT], LanguageModel(url, "tiny", KEY))
    assert shots == [SHOT]
    assert f"{url}/chat/completions answers {status}" in warnings[0] and remedy in warnings[0]
    assert KEY not in warnings[0] and "***" in warnings[0]


def test_a_redirect_is_not_followed_so_that_the_key_stays_here() -> None:
    with server() as (other, received), server(b"", 302, Location=f"{other}/chat/completions") as (url, _):
        shots, warnings = enrich([SHOT], LanguageModel(url, "tiny", KEY))
    assert shots == [SHOT] and received == [] and "answers 302" in warnings[0]


def test_a_server_that_is_slow_is_not_waited_for_and_given_up_after_three_shots() -> None:
    many = [{**SHOT, "id": f"river-{n}"} for n in range(1, 8)]
    with server(wait=0.5) as (url, received):
        shots, warnings = enrich(many, LanguageModel(url, "tiny", timeout=0.1))
    assert shots == many and len(received) == 3
    assert "gave no answer in 0.1 s" in warnings[0] and "--llm-timeout" in warnings[0]
    assert warnings[3:] == ["4 more shots were not asked about: there was no answer 3 times in a row"]


def test_no_server_is_told_with_its_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        _, warnings = enrich([SHOT], LanguageModel(url, "tiny"))
    assert f"{url}/chat/completions cannot be reached" in warnings[0] and "GENGA_LLM_URL" in warnings[0]


@pytest.mark.parametrize(("words", "field"), [(("", "m"), "--llm-url"), (("file:///etc/passwd", "m"), "--llm-url"),
                                              (("http://x", ""), "--llm-model"), (("http://x", "m", "a\nb"), "--llm-key")])
def test_a_model_without_address_or_name_is_refused_before_anything_is_asked(words: tuple[str, ...], field: str) -> None:
    with pytest.raises(StoryError) as caught:
        LanguageModel(*words)
    assert caught.value.field == field and "a\nb" not in str(caught.value)


def test_the_key_does_not_stand_in_the_models_name() -> None:
    assert KEY not in repr(LanguageModel("http://x", "tiny", KEY))
