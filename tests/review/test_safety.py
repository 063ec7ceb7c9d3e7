"""Who is answered: people on this machine who look at the page itself."""

import socket
from pathlib import Path

import pytest

from studio.errors import OrchestrationError
from studio.production.opening import open_production
from studio.review.serving import reviewing

from .visiting import Visitor, words_in


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil:3030", "0.0.0.0", "127.0.0.1:"])
def test_a_name_that_was_bent_to_this_machine_gets_nothing(visitor: Visitor, host: str) -> None:
    answer = visitor.get("/", Host=host)
    assert answer.status_code in (400, 403) and "Token" not in answer.text


@pytest.mark.parametrize("host", ["localhost:1234", "127.0.0.1", "[::1]:3030"])
def test_this_machine_s_own_names_are_answered(visitor: Visitor, host: str) -> None:
    assert visitor.get("/", Host=host).status_code == 200


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "none", "Origin": ""},
    {"Sec_Fetch_Site": "", "Origin": ""},
    {"X_Genga_Token": ""},
    {"X_Genga_Token": "guessed"},
])
def test_another_site_cannot_speak_for_the_reviewer(visitor: Visitor, folder: Path, headers: dict[str, str]) -> None:
    fields = {**visitor.fields("01.a"), "verdict": "accept"}
    answer = visitor.post("/review", fields, **headers)
    assert answer.status_code == 403
    assert words_in(folder, "01.a") == []


def test_either_of_both_signs_of_the_same_site_will_do(visitor: Visitor) -> None:
    fields = {**visitor.fields("01.a"), "verdict": "accept"}
    assert visitor.post("/review", fields, Sec_Fetch_Site="").status_code == 200
    assert visitor.post("/undo", fields, Origin="").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_else_is_understood(visitor: Visitor, method: str) -> None:
    assert visitor.client.request(method, "/review").status_code in (403, 405)


@pytest.mark.parametrize("path", [
    "/artifact/" + "0" * 64, "/preview/" + "0" * 64, "/artifact/show.yaml", "/artifact/..%2F..%2Fshow.yaml",
    "/static/..%2Fapp.py", "/static/../app.py", "/docs", "/openapi.json",
])
def test_only_files_that_the_ledger_knows_are_handed_out(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_a_file_that_lies_in_the_store_unknown_to_the_ledger_stays_there(visitor: Visitor, folder: Path) -> None:
    sha = open_production(folder).artifacts.put(b"secret", ".png")
    assert visitor.get(f"/artifact/{sha}").status_code == 404


def test_every_answer_says_what_a_browser_may_do_with_it(visitor: Visitor) -> None:
    for path in ("/", "/unit/01.a", "/static/review.js", "/unit/nothing", "/artifact/" + visitor.fields("01.a")["artifact"]):
        headers = visitor.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"] and "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["cross-origin-resource-policy"] == "same-origin"
    assert visitor.get("/").headers["cache-control"] == "no-store"
    for path in ("/", "/episode/01", "/unit/01.a", "/page/01.p01"):
        assert " style=" not in visitor.get(path).text and "onclick" not in visitor.get(path).text


def test_a_port_that_is_taken_is_told_about(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OrchestrationError, match=f"port {port} is taken"), reviewing(folder, port):
            pass


def test_it_ends_though_a_page_listens(folder: Path) -> None:
    with reviewing(folder) as url:
        visitor = Visitor(url)
        stream = visitor.client.stream("GET", "/events")
        opened = stream.__enter__()
        assert next(opened.iter_lines()).startswith("retry")
    stream.__exit__(None, None, None)
    with pytest.raises(Exception, match=r"[Cc]onnect"):
        visitor.get("/")
