"""Waiving: a person lets a stale unit stay as it is until a day, and takes that back. An event of the ledger, like a review."""

from datetime import date

from studio.errors import ReviewError, StoryError
from studio.plan.history import History, PastWaiver
from studio.production.opening import Production
from studio.store.event import utc_now
from studio.store.events import Waiver
from studio.story.boards import units_of
from studio.story.reading import nearest

LONGEST = 500
"""Characters of a reason."""


def waive(production: Production, unit: str, until: str, why: str, by: str) -> PastWaiver:
    """Let `unit`, and what stands in it, stay as it is through the day `until` (UTC).

    Raises StoryError (no such unit; one that was deleted or renamed), ReviewError (no date, one in the past, no reason).
    """
    refuse_unknown(production, production.history(), unit)
    day, reason = _day(until), " ".join(why.split())
    if not reason:
        raise ReviewError("a waiver needs a reason", field="--why", remedy="Say why: --why 'printed already'")
    if len(reason) > LONGEST or not reason.isprintable():
        raise ReviewError(f"the reason is no plain text of up to {LONGEST} characters", field="--why", remedy="Say it shorter")
    event = Waiver(show=production.show.name, unit=unit, until=day, why=reason, by=by)
    production.ledger.append(event)
    return PastWaiver(unit, event.until, event.why, event.by, event.at)


def lift(production: Production, unit: str, by: str) -> PastWaiver:
    """Take back the waiver of a unit, whoever gave it. Raises ReviewError when there is none that still holds."""
    waivers = production.history().waivers
    if unit not in waivers:
        raise ReviewError(f"{unit} is not waived", field="--undo",
                          remedy=nearest(unit, waivers) if waivers else "No waiver holds; 'genga waive' lists them")
    production.ledger.append(Waiver(show=production.show.name, unit=unit, until="", why="", by=by, lifted=True))
    return waivers[unit]


def refuse_unknown(production: Production, history: History, unit: str) -> None:
    """Raises StoryError for a unit that no storyboard has: never written, or deleted or renamed since it was made."""
    known = [name for board in production.boards() for name in units_of(board)]
    if unit in known:
        return
    made = [pick.at for (name, _, _), pick in history.picks.items() if name == unit]
    if made:
        raise StoryError(f"'{unit}' is in no storyboard any more: it was deleted or renamed since {max(made)[:10]}, when it was "
                         "made", field="UNIT", remedy=nearest(unit, known))
    raise StoryError(f"there is no unit '{unit}'", field="UNIT", remedy=nearest(unit, known))


def _day(text: str) -> str:
    if not text.strip():
        raise ReviewError("it is missing", field="--until", remedy="Name the last day on which it holds: --until 2026-07-01")
    try:
        day = date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ReviewError(f"'{text}' is no date", field="--until", remedy="Write it as 2026-07-01") from None
    if day < utc_now()[:10]:
        raise ReviewError(f"{day} is in the past", field="--until", remedy="Name today or a later day (UTC)")
    return day
