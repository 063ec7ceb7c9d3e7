"""Reading on: what was read before is not read again, and yet the history is that of a reader who begins anew."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from studio.judge.gating import forget_past_twins
from studio.plan.history import History, Number
from studio.store import ledger_reading, ledger_tail
from studio.store.event import Event
from studio.store.events import BudgetRaise, Measure, Pick, Review, Score, TakeEvent
from studio.store.ledger import Ledger
from studio.store.ledger_reading import LedgerReading


def at(seconds_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat(timespec="microseconds")


def some(random: Random, moment: str) -> Event:
    unit, recipe = f"01.{random.choice('abc')}", random.choice("123") * 64
    common = {"at": moment, "show": "s", "unit": unit}
    artifact = random.choice("ab") * 64
    return random.choice([
        lambda: TakeEvent(**common, recipe=recipe, body={"seed": random.randint(0, 9)}, artifact=artifact, stage="panel",
                          seconds=random.random(), usd=random.random()),
        lambda: Pick(**common, recipe=recipe, artifact=artifact, stage="panel", reused=False),
        lambda: Score(**common, artifact=artifact, stage="panel", scorer="sharp", passed=random.random() < 0.5, blocking=True),
        lambda: Measure(**common, recipe=recipe, artifact=artifact, asked="phash-64", stamp="phash-64", value=random.random()),
        lambda: Review(**common, artifact=artifact, stage="panel", id=moment, verdict="accept", reviewer="me"),
        lambda: BudgetRaise(at=moment, show="s", unit="01", usd=random.random(), by="me", why=""),
    ])()


def write(folder: Path, name: str, *events: Event) -> None:
    with (folder / f"{name}.jsonl").open("a") as handle:
        handle.writelines(event.model_dump_json() + "\n" for event in events)


@pytest.mark.parametrize("seed", range(20))
def test_whoever_reads_on_knows_what_one_knows_who_begins_anew(tmp_path: Path, seed: int) -> None:
    """Old events and new ones, late ones and torn ones, by several processes."""
    random, folder = Random(seed), tmp_path / "ledger"
    folder.mkdir()
    reading = LedgerReading(folder)
    for round_ in range(12):
        late = random.random() < 0.3
        for _ in range(random.randint(0, 4)):
            ago = random.uniform(50, 500) if late else random.uniform(0, 100) / (round_ + 1)
            write(folder, random.choice("xyz"), some(random, at(ago)))
        if random.random() < 0.2:
            with (folder / "x.jsonl").open("a") as handle:
                handle.write("torn\n")
        known = reading.history()
        assert known == LedgerReading(folder).history() == Ledger(folder).history()
        known.verdicts["a" * 64] = {}  # whoever asked may change what they were given
        known.takes.clear()


def test_what_is_settled_is_neither_read_nor_folded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "x", *(some(Random(n), at(3600 - n)) for n in range(50)))
    reading = LedgerReading(tmp_path)
    reading.history()
    folded: list[object] = []
    read: list[bytes] = []
    fold, event_of = ledger_reading.fold, ledger_tail.event_of
    monkeypatch.setattr(ledger_reading, "fold", lambda history, event: folded.append(event) or fold(history, event))
    monkeypatch.setattr(ledger_tail, "event_of", lambda line: read.append(line) or event_of(line))
    write(tmp_path, "x", some(Random(1), at(0)))
    for _ in range(3):
        reading.history()
    assert len(read) == 1 and len(folded) == 3, "the new one, for each who asks until it is settled"


def test_a_ledger_that_somebody_cut_or_removed_is_read_from_its_beginning(tmp_path: Path) -> None:
    write(tmp_path, "x", *(some(Random(n), at(3600)) for n in range(9)))
    write(tmp_path, "y", *(some(Random(n), at(3600)) for n in range(9)))
    reading = LedgerReading(tmp_path)
    before = reading.history()
    (tmp_path / "y.jsonl").unlink()
    x = tmp_path / "x.jsonl"
    x.write_text(x.read_text().splitlines()[0] + "\n")
    assert reading.history() == LedgerReading(tmp_path).history() != before


def test_a_ledger_that_somebody_rewrote_is_read_from_its_beginning(tmp_path: Path) -> None:
    write(tmp_path, "x", *(some(Random(n), at(3600)) for n in range(9)))
    reading = LedgerReading(tmp_path)
    before = reading.history()
    x = tmp_path / "x.jsonl"
    x.write_text(x.read_text().replace('"show":"s"', '"show":"t"').replace('"unit":"01', '"unit":"longer'))
    assert reading.history() == LedgerReading(tmp_path).history() != before


def test_a_line_that_cannot_be_folded_is_told_each_time_and_spoils_nothing_once_it_is_mended(tmp_path: Path) -> None:
    write(tmp_path, "x", *(some(Random(n), at(3600)) for n in range(9)))
    (tmp_path / "y.jsonl").write_text(f'{{"event": "take", "at": "{at(300)}"}}\n')
    reading = LedgerReading(tmp_path)
    for _ in range(2):
        with pytest.raises(KeyError):
            reading.history()
    (tmp_path / "y.jsonl").unlink()
    assert reading.history() == LedgerReading(tmp_path).history()


def test_a_copy_is_changed_without_the_other() -> None:
    known = History(numbers={"a": {"duplicates:panel": Number(1.0, "as 01.b, 0123456789ab", "s")}})
    copied = known.copy()
    forget_past_twins(copied)
    assert known.numbers["a"] and not copied.numbers["a"]


def test_it_knows_of_what_kinds_events_are(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert not ledger.tells_of("raise")
    ledger.append(BudgetRaise(show="s", unit="01", usd=1.0, by="me", why=""))
    assert ledger.tells_of("raise") and not ledger.tells_of("take")
