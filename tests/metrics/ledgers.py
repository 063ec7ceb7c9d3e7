"""Makers of ledgers: what a small studio leaves behind in a week, with everything that goes wrong."""

import json
from pathlib import Path
from typing import Any

from studio.metrics.building import Built, Warehouse, build
from studio.metrics.querying import query
from studio.store.event import Event, Predicted
from studio.store.events import (
    Failure,
    Intake,
    Pick,
    Publish,
    Review,
    Start,
    TakeEvent,
)
from studio.story.show import Show, open_show

from ..story.making import dump
from .dbt_inside import dbt_inside

SHOW: dict[str, Any] = {
    "title": "Small", "default_preset": "cel",
    "pools": {"image": {"usd_per_hour": 36.0, "purchase": "spot"}, "post": {"limit": 2},
              "video": {"usd_per_hour": 0.27, "purchase": "owned", "power": {"watts": 360, "usd_per_kwh": 0.25}}},
    "storage": {"usd_per_gb_month": 0.023, "egress_usd_per_gb": 0.09}, "budget": {"show_usd": 10.0},
}
CEL = {"name": "cel", "version": 2, "content": "c"}
MODEL, LORA = "a" * 64, "b" * 64


def at(clock: str, day: int = 2) -> str:
    """A time of that week."""
    return f"2026-03-{day:02d}T{clock}.000000+00:00"


def take(unit: str, name: str, clock: str, **changes: Any) -> TakeEvent:
    """A panel's picture of 10 device seconds at a cent a second; `name` stands for its digests."""
    said: dict[str, Any] = {
        "at": at(clock, changes.pop("day", 2)), "show": "small", "unit": unit, "recipe": f"r-{name}", "artifact": f"a-{name}",
        "trace": "t1", "run": "run1", "stage": "panel", "preset": CEL, "cause": "first", "characters": ("momo",), "seconds": 8.0,
        "load_seconds": 1.5, "idle_seconds": 0.5, "write_seconds": 0.1, "bytes": 1_000_000, "loaded_bytes": 500, "pool": "image",
        "usd": 0.1, "usd_per_hour": 36.0, "purchase": "spot", "device": "cuda:0", "host": "n1",
        "names": {MODEL: "house", LORA: "ink"},
        "body": {"kind": "image", "engine": "fake", "model": MODEL, "loras": [{"model": LORA, "weight": 1.0}], "width": 64,
                 "height": 64, "steps": 4, "seed": 7},
    }
    return TakeEvent(**{**said, **changes})


def planned(seconds: float, high: float, takes: int = 6) -> Predicted:
    """What its plan said of a take; a guess where it knew no like takes."""
    return Predicted(seconds=seconds, high=high, takes=takes)


def pick(unit: str, name: str, clock: str, **changes: Any) -> Pick:
    """The unit uses that picture from now on."""
    said: dict[str, Any] = {"at": at(clock, changes.pop("day", 2)), "show": "small", "unit": unit, "recipe": f"r-{name}",
                            "artifact": f"a-{name}", "trace": "t1", "run": "run1", "stage": "panel", "reused": False}
    return Pick(**{**said, **changes})


def review(unit: str, name: str, verdict: str, clock: str, **changes: Any) -> Review:
    """A person's word about it."""
    said: dict[str, Any] = {"at": at(clock, 3), "show": "small", "unit": unit, "artifact": f"a-{name}", "stage": "panel",
                            "id": f"{verdict}-{name}-{clock}", "verdict": verdict, "reviewer": "aki"}
    return Review(**{**said, **changes})


def start(run: str, submitted: str, clock: str, pool: str = "image", by: str = "apply", day: int = 2) -> Start:
    """A run's step got its place."""
    return Start(at=at(clock, day), show="small", unit="01.p1", trace="t1", run=run, asset="panels", pool=pool, by=by,
                 submitted=at(submitted, day))


def failure(unit: str, name: str, clock: str, **changes: Any) -> Failure:
    """A try of 5 device seconds that gave nothing."""
    said: dict[str, Any] = {
        "at": at(clock, changes.pop("day", 2)), "show": "small", "unit": unit, "recipe": f"r-{name}", "stage": "panel",
        "error": "RenderError", "message": "dark", "seconds": 5.0, "usd": 0.05, "usd_per_hour": 36.0, "pool": "image",
        "cause": "first", "run": "run1", "trace": "t1",
    }
    return Failure(**{**said, **changes})


def week() -> list[list[Event]]:
    """Files of events: retries, rejects, failures, found pictures, a film, a unit that is gone, clocks that jump."""
    panels: list[Event] = [
        Intake(at=at("08:00:00"), show="small", unit="01", file="01.yaml", digest_of_file="d",
               units=("01.p1", "01.a", "01.b", "01.old")),
        start("run1", "09:00:00", "09:00:10").model_copy(update={"queue_class": "delivery"}),
        start("run2", "09:00:00", "09:00:30", by="review"),
        start("run3", "09:10:00", "09:00:00", pool="post"),
        take("01.a", "a1", "10:00:10", predicted=planned(4.0, 10.0)), pick("01.a", "a1", "10:00:11"),
        take("01.b", "b1", "10:00:20", characters=("momo", "hina"), predicted=planned(8.0, 16.0)), pick("01.b", "b1", "10:00:21"),
        failure("01.c", "c0", "10:00:30"),
        take("01.c", "c1", "10:59:58", cause="retry", attempt=2, seconds=18.0, load_seconds=0.0, idle_seconds=0.0, usd=0.18,
             predicted=planned(9.0, 12.0)),
        pick("01.c", "c1", "11:00:00"), take("01.old", "old", "11:05:00"), pick("01.old", "old", "11:05:01"),
        pick("01.d", "a1", "11:06:00", reused=True),
        take("01.a", "a1f", "11:10:00", stage="final", pool="post", usd=None, usd_per_hour=None, purchase=None),
        pick("01.a", "a1f", "11:10:01", stage="final"),
        Publish(at=at("12:00:00"), show="small", unit="01", trace="t1", run="run1", files=("out/books/01.en.pdf",),
                artifacts=("a-a1f",)),
        Publish(at=at("08:30:00"), show="small", unit="01", trace="t1", files=("early.pdf",)),
    ]
    words: list[Event] = [
        review("01.a", "a1", "accept", "09:00:00"), review("01.b", "b1", "reject", "09:01:00", reasons=("face",)),
        review("01.c", "c1", "reject", "09:02:00", reviewer="ben", reasons=("style",)),
        review("01.c", "", "undo", "09:03:00", reviewer="ben", undoes="reject-c1-09:02:00"),
        take("01.b", "b2", "10:00:00", day=3, cause="rejected", rejected_for=("face",), characters=("momo", "hina"),
             predicted=planned(2.0, 4.0, takes=0)),
        pick("01.b", "b2", "10:00:01", day=3),
        Intake(at=at("11:00:00", 3), show="small", unit="01", file="01.yaml", digest_of_file="e",
               units=("01.p1", "01.a", "01.b", "01.c", "01.d")),
    ]
    film: list[Event] = [
        take("02.s1.k1", "k1", "10:00:00", day=4, stage="keyframe", hot_bytes=300, cold_bytes=100),
        pick("02.s1.k1", "k1", "10:00:01", day=4, stage="keyframe"),
        take("02", "film", "10:10:00", day=4, stage="film", pool="video", measures={"seconds": 5.0, "frames": 120.0}, usd=0.001,
             usd_per_hour=0.36, purchase="owned", preset=None, characters=()),
        pick("02", "film", "10:10:01", day=4, stage="film", language="en"),
        take("sweep-x.c1", "sw", "10:20:00", day=4, stage="sweep", cause="sweep"),
    ]
    return [panels, words, film]


OLD = {"event": "take", "at": at("09:00:00", 1), "show": "small", "unit": "01.a", "recipe": "r-0", "trace": "", "run": "",
       "attempt": 1, "body": {"kind": "image"}, "artifact": "a-0", "suffix": ".png", "stage": "panel", "seconds": 3.0, "usd": 0.0,
       "pool": "image"}
"""A line from before causes and rates were kept."""
NEW = {"event": "take", "at": at("09:00:01", 1), "show": "small", "unit": "01.a", "recipe": "r-00", "artifact": "a-00",
       "stage": "panel", "seconds": "many", "usd": 0.02, "mood": {"sunny": [1, 2]}, "body": 7,
       "predicted": "soon"}
"""A line of a version to come, with what nobody knows yet, and with nonsense."""


def write_ledger(folder: Path, files: list[list[Event]], more: bytes = b"") -> Show:
    """A show with this ledger; `more` bytes stand in a file of their own."""
    (folder / "out" / "ledger").mkdir(parents=True, exist_ok=True)
    dump(folder / "show.yaml", SHOW)
    for number, events in enumerate(files):
        append(folder, number, *events)
    if more:
        (folder / "out" / "ledger" / "2026-03-01.odd.1.jsonl").write_bytes(more)
    return open_show(folder)


def append(folder: Path, number: int, *events: Event) -> None:
    """Add events to one file."""
    with (folder / "out" / "ledger" / f"2026-03-02.n1.{number}.jsonl").open("a", encoding="utf-8") as handle:
        handle.writelines(event.model_dump_json() + "\n" for event in events)


def odd_lines() -> bytes:
    """An older line, a newer one, lines that are none, and a last one torn inside a character."""
    last = json.dumps({**OLD, "words": {"prompt": "海"}}, ensure_ascii=False).encode()
    return b"\n".join([json.dumps(OLD).encode(), json.dumps(NEW).encode(), b"\x00\x00", b"[1]", b"", last[:-4]])


def built(show: Show) -> Built:
    """Build its numbers, quickly."""
    with dbt_inside():
        done = build(show)
    done.check()
    return done


def rows(show: Show, sql: str) -> list[tuple[Any, ...]]:
    """What the published copy answers."""
    return query(Warehouse(show).published, sql).rows


def one(show: Show, sql: str) -> Any:
    """The only value of the only row."""
    [[value]] = rows(show, sql)
    return value
