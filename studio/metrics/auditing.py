"""Audit: one week of a show against the week before it. Acceptance, cost, drift of looks, slowest units, dead storage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from studio.errors import MetricsError
from studio.metrics.pages import bytes_said, minute, seconds_said, share_said, template
from studio.metrics.querying import Answer, query
from studio.metrics.weeks import WEEK, Sums, sums, tables
from studio.plan.approved import PastCheck
from studio.plan.history import History
from studio.plan.impact.radius import is_there
from studio.plan.price import usd_said
from studio.production.opening import Production
from studio.store.dead import TOLD, Storage, dead_storage
from studio.story.boards import ids_by_episode
from studio.story.show import Show

FEW = 10
"""Takes in either week under which a change is no news."""
FALL = 0.10
"""Acceptance that is lower by as much is one."""
RISE = 1.25
"""An accepted take that costs so many times as much is one."""
NOTHING = "nothing before"
DEAD = 0.5
"""Share of the store from which on it is worth a word."""


@dataclass(frozen=True)
class Look:
    """A preset, by its canaries."""

    name: str
    approved: str
    """When, ISO 8601; empty where nobody approved any."""
    last: PastCheck | None
    checks: int
    """How often they were compared in the week."""
    alerts: int
    """How often that found a drift, or a canary that could not be drawn."""

    @property
    def wrong(self) -> bool:
        """It drifted when it was last looked at, or could not be drawn."""
        return bool(self.approved and self.last and self.last.alert)

    @property
    def state(self) -> str:
        """In a few words."""
        if not self.approved:
            return "not approved"
        if self.last is None:
            return "approved, never compared"
        if not self.wrong:
            return "as approved"
        bad = [f"{name} {outcome}" for name, outcome in self.last.outcomes.items() if outcome in ("drift", "failed")]
        return ", ".join(bad) or "cannot be drawn"


@dataclass(frozen=True)
class Audit:
    """One week."""

    title: str
    since: datetime
    until: datetime
    now: Sums
    before: Sums
    looks: tuple[Look, ...]
    storage: Storage
    keeping: float | None
    """USD a month for what is dead; None where the show names no price of storage."""
    tables: Mapping[str, Answer]

    @property
    def drifting(self) -> list[str]:
        """Presets that somebody has to look at."""
        return [look.name for look in self.looks if look.wrong]

    def figures(self) -> dict[str, float | str | None]:
        """What it comes to, under names that stay the same week by week. None is unknown."""
        slowest = self.tables["slowest"].rows
        return {
            "takes": self.now.takes, "takes_week_before": self.before.takes, "failures": self.now.failures,
            "acceptance": self.now.acceptance, "acceptance_week_before": self.before.acceptance,
            "usd": self.now.spent, "usd_week_before": self.before.spent, "usd_per_accepted_take": self.now.each,
            "attempts_without_a_price": self.now.unpriced, "device_seconds": self.now.seconds,
            "presets_drifting": len(self.drifting),
            "presets_not_approved": sum(not look.approved for look in self.looks),
            "slowest_unit": f"{slowest[0][0]} {slowest[0][1]}" if slowest else None,
            "slowest_unit_seconds": slowest[0][3] if slowest else None,
            "store_bytes": self.storage.bytes, "dead_bytes": self.storage.dead_bytes, "dead_share": self.storage.share,
        }

    def facts(self) -> list[tuple[str, str, str]]:
        """(name, value, what it says) of the figures at the top."""
        return _facts(self)

    def remarks(self) -> list[str]:
        """What is worth looking at, in sentences; empty in a quiet week."""
        return list(_remarks(self))

    def html(self) -> str:
        """The page."""
        return template("audit.html").render(
            title=self.title, since=minute(self.since), until=minute(self.until), facts=self.facts(), remarks=self.remarks(),
            now=self.now, drift=_drift_table(self), dead=_dead_table(self.storage), keeping=self.keeping, **self.tables)


def audit(production: Production, database: Path, until: datetime | None = None) -> Audit:
    """The seven days before `until` (now, if left out) by the published tables, the ledger and the store. Changes nothing.

    Raises MetricsError where nothing is published, or nothing happened yet.
    """
    answer = query(database, "select events from totals")
    if not answer.rows or answer.rows[0][0] is None:
        raise MetricsError("nothing happened in this show yet", file=database, remedy="'genga apply' draws it")
    end = (until or datetime.now(UTC)).astimezone(UTC)
    history, ids = production.history(), ids_by_episode(production.show)
    storage = dead_storage(production.artifacts.sizes(), history, lambda unit: is_there(unit, ids))
    price = production.show.settings.storage.usd_per_gb_month
    return Audit(
        production.show.settings.title, end - WEEK, end, sums(database, end), sums(database, end - WEEK),
        tuple(_looks(production, history, end)), storage, None if price is None else storage.dead_bytes / 1e9 * price,
        tables(database, end),
    )


def audit_file(show: Show, found: Audit) -> Path:
    """Where the audit of a week is kept; one made again on the same day takes its place."""
    return show.out / "audits" / f"{found.until:%Y-%m-%d}.html"


def _looks(production: Production, history: History, end: datetime) -> Iterator[Look]:
    week = [e for e in production.ledger.since(end - WEEK) if e["event"] == "canary" and e["at"] < end.isoformat()]
    for name in sorted(production.library.presets):
        mine = [e for e in week if e["preset"]["name"] == name]
        approval = history.approvals.get(name)
        yield Look(name, approval.at if approval else "", history.checks.get(name), len(mine), sum(e["alert"] for e in mine))


def _remarks(found: Audit) -> Iterator[str]:
    now, before = found.now, found.before
    if now.acceptance is not None and before.acceptance is not None and min(now.judged, before.judged) >= FEW:
        if now.acceptance <= before.acceptance - FALL:
            yield (f"Acceptance fell from {before.acceptance:.0%} to {now.acceptance:.0%}: see which look below, and try others "
                   "with 'genga sweep'")
        if now.each is not None and before.each and now.each >= RISE * before.each:
            yield (f"An accepted take costs ${now.each:.5f}, ${before.each:.5f} the week before: 'genga diagnose' looks for the "
                   "reason")
    for look in found.looks:
        if look.wrong:
            changed = f" ({'; '.join(look.last.causes)})" if look.last and look.last.causes else ""
            yield f"Preset {look.name} is not what was approved: {look.state}{changed}. 'genga canary check {look.name}' compares"
    unknown = [look.name for look in found.looks if not look.approved]
    if unknown:
        yield f"Nobody would notice a drift of {', '.join(unknown)}: 'genga canary approve' says that today's pictures are right"
    if now.unpriced:
        yield (f"The cost of {now.unpriced} attempts is unknown and in no sum: show.yaml names no rate for "
               f"{', '.join(now.unpriced_pools)}")
    if found.storage.share >= DEAD:
        yield f"{found.storage.share:.0%} of the store is named by nothing that lives"


def _facts(found: Audit) -> list[tuple[str, str, str]]:
    now, before, storage = found.now, found.before, found.storage
    slowest = found.tables["slowest"].rows
    idle = not before.takes + before.failures  # perhaps the show did not exist: that is no $0.00
    share = f"{share_said(before.accepted, before.judged)} the week before" if before.judged else NOTHING
    each = f"{usd_said(before.each, 5)} the week before" if before.accepted else NOTHING
    return [
        ("takes", f"{now.takes}", NOTHING if idle else f"{before.takes} the week before"),
        ("accepted", share_said(now.accepted, now.judged) if now.judged else "–", share),
        ("spent", usd_said(now.spent, 4), NOTHING if idle else f"{usd_said(before.spent, 4)} the week before"),
        ("per accepted take", usd_said(now.each, 5) if now.accepted else "–", each),
        ("drifting looks", *_drifting(found)),
        ("slowest unit", seconds_said(slowest[0][3]) if slowest else "none", slowest[0][0] if slowest else ""),
        ("dead storage", bytes_said(storage.dead_bytes), f"{storage.share:.0%} of {bytes_said(storage.bytes)}"),
    ]


def _drifting(found: Audit) -> tuple[str, str]:
    """How many, of those that can drift: nobody knows it of a look that was never approved."""
    approved = sum(bool(look.approved) for look in found.looks)
    never = f"{len(found.looks) - approved} never approved" if approved < len(found.looks) else ""
    if not approved:
        return "–", never or "of 0"
    return f"{len(found.drifting)}", ", ".join(filter(None, [f"of {approved}", never]))


def _drift_table(found: Audit) -> Answer:
    return Answer(
        ("look", "canaries", "approved", "last compared", "compared this week", "alerts", "what had changed"),
        [(look.name, look.state, look.approved[:10] or "never", look.last.at[:16].replace("T", " ") if look.last else "never",
          look.checks, look.alerts, "; ".join(look.last.causes) if look.last and look.approved else "") for look in found.looks])


def _dead_table(storage: Storage) -> Answer:
    """Why it is dead, the heaviest first, and all of it."""
    rows = sorted(storage.dead.items(), key=lambda one: -one[1][1])
    return Answer(("what", "artifacts", "size", "of the store"), [
        (what, count, bytes_said(size), f"{size / storage.bytes:.1%}" if storage.bytes else "")
        for what, count, size in (*((TOLD[why], *of) for why, of in rows),
                                  ("together", storage.dead_artifacts, storage.dead_bytes))])
