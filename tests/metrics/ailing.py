"""A ledger that has every ailment, each in a pool, a stage or an episode of its own, and one that nearly has each."""

from collections.abc import Iterator
from typing import Any

from studio.store.event import Event

from .ledgers import failure, pick, start, take

DAY = 14
"""The last one of both ledgers."""


def used(unit: str, name: str, clock: str, **changes: Any) -> Iterator[Event]:
    """A take that its unit uses."""
    yield take(unit, name, clock, **{"day": DAY, "load_seconds": 0.0, "idle_seconds": 0.0, **changes})
    yield pick(unit, name, clock, day=changes.get("day", DAY), stage=changes.get("stage", "panel"))


def hour(pool: str, seconds: float, waited: int, takes: int = 3, runs: int = 1) -> Iterator[Event]:
    """A pool that works so many times between ten and eleven, in runs that had waited for so many seconds."""
    for n in range(runs):
        yield start(f"{pool}{n}", past_nine(3600 - waited), past_nine(3600), pool=pool, day=DAY)
    for n in range(takes):
        yield from used(f"01.{pool}{n}", f"{pool}{n}", past_nine(3600 + 3500 * (n + 1) // takes), pool=pool, seconds=seconds,
                        run=f"{pool}{n % runs}")


def past_nine(seconds: int) -> str:
    """`09:00:00` and so many seconds."""
    return f"{9 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def hours(pool: str, seconds: float, many: int, **changes: Any) -> Iterator[Event]:
    """A pool that works so many seconds in each of so many hours."""
    for n in range(many):
        yield from used(f"02.{pool}{n}", f"{pool}{n}", f"{10 + n}:50:00", pool=pool, seconds=seconds, **changes)


def tries(stage: str, good: int, *errors: str) -> Iterator[Event]:
    """A stage that succeeded so often, and failed with these errors, 30 s each."""
    for n in range(good):
        yield from used(f"03.s1.{stage}{n}", f"{stage}{n}", f"12:10:{n:02d}", stage=stage)
    for n, error in enumerate(errors):
        yield failure(f"03.s1.{stage}", f"{stage}x{n}", f"12:11:{n:02d}", day=DAY, stage=stage, error=error, seconds=30.0)


def episode(name: str, **usd: float) -> Iterator[Event]:
    """What an episode spent on one panel, by cause."""
    for cause, spent in usd.items():
        yield from used(f"{name}.a", f"{name}{cause}", "12:00:00", cause=cause, usd=spent)


def look(name: str, rendered: int, accepted: int) -> Iterator[Event]:
    """A look of which so much was rendered, and so much of that is in use."""
    stamp = {"name": name, "version": 1, "content": "c"}
    for n in range(rendered):
        made, chosen = used(f"05.{name}{n}", f"{name}{n}", "12:20:00", preset=stamp)
        yield made
        if n < accepted:
            yield chosen


def ailing() -> list[Event]:
    """Every ailment once."""
    return [
        *hour("busy", 900.0, 3600),
        *hours("idle", 360.0, 5),
        *hours("loading", 100.0, 2, load_seconds=50.0),
        *tries("keyframe", 8, "RenderError", "OutOfMemory", "RenderError"),
        *episode("04", first=0.4, rejected=0.45, retry=0.15),
        *look("ink", 10, 4),
        *hours("storing", 100.0, 2, idle_seconds=50.0, write_seconds=50.0),
        *(event for n in range(5) for event in used(f"06.{n}", f"untold{n}", "12:30:00", trace="")),
        *(event for n in range(6) for event in used(f"06.x{n}", f"free{n}", "12:30:00", usd=None, usd_per_hour=None)),
        *used("sweep-x.c1", "cell", "12:30:00", stage="sweep", cause="sweep", trace=""),  # nobody waits for its delivery
        *used("06.z", "ahead", "12:30:00", at="2099-01-01T12:00:00.000000+00:00"),  # a clock that ran ahead hides nothing
    ]


def nearly() -> list[Event]:
    """On this side of every bound, by as little as can be seen; and what was wrong more than a week ago."""
    return [
        *hour("prompt", 240.0, 299, takes=11, runs=11), *hour("free", 820.0, 3600), *hour("short", 900.0, 2400),
        *hour("mended", 900.0, 10), start("long", "01:00:00", "05:00:00", pool="mended", day=DAY - 7),
        *used("02.long", "long", "06:00:00", day=DAY - 7, pool="mended", run="long"),
        *hours("rare", 360.0, 3), *hours("half", 1090.0, 5), *hours("past", 360.0, 5, day=DAY - 7),
        *hours("little", 50.0, 2, load_seconds=29.5), *hours("seldom", 160.0, 2, load_seconds=50.0),
        *tries("keyframe", 9, "RenderError"), *tries("clip", 6, "RenderError", "RenderError", "RenderError"),
        *episode("04", first=0.51, rejected=0.49),
        *look("ink", 10, 5), *look("new", 9, 0),
        *hours("quick", 150.0, 2, idle_seconds=36.5), *hours("seconds", 50.0, 2, idle_seconds=29.5),
        *used("06.a", "untold", "12:30:00", trace=""), *used("06.b", "free", "12:30:00", usd=None, usd_per_hour=None),
    ]
