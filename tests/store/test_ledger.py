"""The ledger: what was reported is never lost, what was torn is skipped and named."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from studio.errors import StoreError
from studio.store.events import (
    EVENTS,
    Failure,
    Pick,
    Publish,
    TakeEvent,
    Waiver,
)
from studio.store.ledger import Ledger


def take(unit: str = "01.a", recipe: str = "1" * 64, seconds: float = 1.0) -> TakeEvent:
    return TakeEvent(show="s", unit=unit, recipe=recipe, body={"kind": "image", "seed": 7}, artifact="a" * 64,
                     stage="panel", seconds=seconds)


def pick(unit: str = "01.a", recipe: str = "1" * 64) -> Pick:
    return Pick(show="s", unit=unit, recipe=recipe, artifact="a" * 64, stage="panel", reused=False)


def _append_many(folder: Path, name: str) -> None:
    for n in range(20):
        Ledger(folder).append(take(f"{name}.{n}", f"{name}{n:063}"))


def test_events_come_back_as_takes_and_picks(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(take())
    ledger.append(pick())
    history = ledger.history()
    assert history.takes["1" * 64].seed == 7
    assert history.picks["01.a", "panel", ""].recipe == "1" * 64


@pytest.mark.parametrize(("said", "usd"), [
    ({"usd": None}, None), ({"usd": 0.0}, None), ({"usd": 0.0, "usd_per_hour": 0.0}, 0.0), ({"usd": 0.02}, 0.02),
    ({"usd": 0.0, "seconds": 0.0}, 0.0),
])
def test_a_take_without_a_price_has_none_also_where_older_lines_say_nothing(
    tmp_path: Path, said: dict[str, float | None], usd: float | None,
) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(take().model_copy(update=said))
    history = ledger.history()
    assert history.takes["1" * 64].usd == usd and history.spent == {"01": usd or 0.0}


def test_the_last_take_and_the_last_pick_count(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for event in (take(seconds=1.0), take(seconds=9.0), pick(), pick(recipe="2" * 64)):
        ledger.append(event)
    history = ledger.history()
    assert history.takes["1" * 64].seconds == 9.0
    assert history.picks["01.a", "panel", ""].recipe == "2" * 64


def test_a_failure_is_remembered_until_the_next_pick(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(Failure(show="s", unit="01.a", stage="panel", error="RenderError", message="no"))
    assert ledger.history().failures == {("01.a", "panel", ""): "no"}
    ledger.append(pick())
    assert ledger.history().failures == {}


@pytest.mark.parametrize("tail", [b'{"event":"take","at":"2026', b"\x00\x00\x00", b"[1, 2]", b'{"event": 1}'])
def test_a_torn_last_line_is_skipped_and_named_and_the_next_event_starts_a_new_line(tmp_path: Path, tail: bytes) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(take())
    file = next(tmp_path.glob("*.jsonl"))
    with file.open("ab") as handle:
        handle.write(tail)
    assert ledger.history().torn == [f"{file.name}:2"]
    ledger.append(pick())
    history = ledger.history()
    assert len(history.takes) == len(history.picks) == 1
    assert history.torn == [f"{file.name}:2"]


def test_each_process_writes_a_file_of_its_own_and_nothing_is_lost(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append_many, args=(tmp_path, name)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [w.exitcode for w in workers] == [0, 0]
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
    assert len(Ledger(tmp_path).history().takes) == 40


def test_a_full_disk_is_an_error_with_a_remedy_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(take())
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:10]))
    with pytest.raises(StoreError, match="No space left") as caught:
        ledger.append(pick())
    monkeypatch.undo()
    assert "Free space" in (caught.value.remedy or "")
    lines = next(tmp_path.glob("*.jsonl")).read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["take"]


def test_notes_device_and_peak_of_a_take_come_back_and_older_lines_are_still_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(take().model_copy(update={"notes": ("odd sides",), "device": "cuda:0", "peak_bytes": 7}))
    old = json.loads(take(recipe="2" * 64).model_dump_json())
    for field in ("notes", "device", "peak_bytes", "measures"):
        del old[field]
    with next(tmp_path.glob("*.jsonl")).open("a") as handle:
        handle.write(json.dumps(old) + "\n")
    takes = ledger.history().takes
    assert (takes["1" * 64].notes, takes["1" * 64].device, takes["1" * 64].peak_bytes) == (("odd sides",), "cuda:0", 7)
    assert (takes["2" * 64].notes, takes["2" * 64].device, takes["2" * 64].peak_bytes) == ((), "", 0)
    assert EVENTS.validate_python(old).notes == ()


def test_the_last_take_of_a_recipe_is_the_one_that_is_looked_for(tmp_path: Path) -> None:
    """A picture that was lost may be drawn with other bytes on another device; asking for the lost one would pay for ever."""
    ledger = Ledger(tmp_path)
    ledger.append(take())
    ledger.append(take().model_copy(update={"artifact": "b" * 64, "at": "2999-01-01T00:00:00+00:00"}))
    assert ledger.history().takes["1" * 64].artifact == "b" * 64


def test_a_failure_in_one_language_is_not_forgotten_when_another_succeeds(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(Failure(show="s", unit="01.l", stage="voice", language="en", error="E", message="no voice"))
    ledger.append(Pick(show="s", unit="01.l", recipe="1" * 64, artifact="a" * 64, stage="voice", language="ja", reused=False))
    assert ledger.history().failures == {("01.l", "voice", "en"): "no voice"}


def test_waivers_deliverables_environments_and_lost_seconds_come_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    facts = {"driver": "570"}
    more = {"environment": "e" * 64, "environment_facts": facts, "load_seconds": 3.0, "pool": "video"}
    ledger.append(take().model_copy(update=more))
    for seconds in (2.0, 3.0):
        ledger.append(Failure(show="s", unit="01.a", stage="panel", error="E", message="no", seconds=seconds))
    ledger.append(Publish(show="s", unit="01", recipe="1" * 64, files=("out/books/01.en.pdf",)))
    for until, lifted in (("2999-01-01", False), ("2999-02-02", False), ("", True)):
        ledger.append(Waiver(show="s", unit="01.b", until=until, why="x", by="mika", lifted=lifted))
    ledger.append(Waiver(show="s", unit="01.s1", until="2999-03-03", why="printed", by="mika"))
    history = ledger.history()
    assert history.environments == {"e" * 64: facts} and history.lost_seconds == {"panel": 5.0}
    assert (history.takes["1" * 64].pool, history.takes["1" * 64].load_seconds) == ("video", 3.0)
    assert history.published["1" * 64].files == ("out/books/01.en.pdf",)
    assert set(history.waivers) == {"01.s1"}
    assert history.waiver("01.s1.k1", "01.s1") and not history.waiver("01.b", "01.p1")
    history.lapse("2999-03-03")
    assert history.waivers, "the last day counts"
    history.lapse("2999-03-04")
    assert not history.waivers
