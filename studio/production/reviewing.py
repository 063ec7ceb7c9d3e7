"""Reviewing: a person accepts a take or rejects it, with reasons, and can take it back. Two never overwrite each other."""

import threading
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from studio.errors import ReviewError
from studio.plan.history import CAUSES, Cause, Decision, History, PastTake, Stage
from studio.production.opening import Production
from studio.record import sha256
from studio.store.events import Review

REVIEWED: tuple[Stage, ...] = ("panel", "keyframe", "page", "clip")
"""Stages that people judge."""
_HERE = threading.Lock()
"""Claims belong to a process: between its threads this stands."""


@dataclass(frozen=True)
class Word:
    """What a person says about what they see."""

    unit: str
    stage: Stage
    artifact: str
    verdict: Decision
    reviewer: str
    reasons: tuple[str, ...] = ()
    note: str = ""
    language: str = ""
    seconds: float = 0.0
    state: str = ""
    """What `state_of` said when the person began to look; empty to speak whatever others have said."""


def state_of(history: History, unit: str, stage: Stage, language: str = "") -> str:
    """A short text that changes whenever somebody reviews the unit or it uses another take: compare before, set after."""
    pick = history.picks.get((unit, stage, language))
    words = history.reviews.get((unit, stage, language), ())
    return sha256("\n".join([pick.artifact if pick else "", *(word.id for word in words)]).encode())[:16]


def review(production: Production, word: Word) -> str:
    """Keep a person's word; the id under which it can be taken back.

    Raises ReviewError: a rejection without a reason, an unknown reason, a take that no longer exists, or one that somebody
    else reviewed since this person began to look.
    """
    reasons = _reasons(word)
    with _alone(production):
        history = production.history()
        _refuse_unknown(production, history, word)
        _refuse_moved(history, word)
        _refuse_broken(history, word)
        return _write(production, history, word, reasons)


def undo(production: Production, unit: str, stage: Stage, reviewer: str, language: str = "") -> str:
    """Take back the reviewer's last word about a unit; its id. Raises ReviewError when there is none."""
    with _alone(production):
        history = production.history()
        mine = [r for r in history.reviews.get((unit, stage, language), ()) if r.reviewer == reviewer]
        if not mine:
            raise ReviewError(f"{reviewer} has said nothing about {unit} that could be taken back", field="undo",
                              remedy="Only one's own reviews can be undone")
        last = mine[-1]
        production.ledger.append(Review(
            show=production.show.name, unit=unit, id=uuid.uuid4().hex[:12], artifact=last.artifact, stage=stage,
            language=language, verdict="undo", reviewer=reviewer, undoes=last.id,
        ))
        return last.id


def candidates(history: History, unit: str, stage: Stage) -> list[PastTake]:
    """All takes of a unit at a stage, oldest first; also those that were drawn for something else and that it uses or used."""
    used = history.used.get((unit, stage), {})
    return [take for take in history.takes.values()
            if take.recipe in used or (take.unit == unit and take.stage == stage)]


def _reasons(word: Word) -> tuple[Cause, ...]:
    unknown = [reason for reason in word.reasons if reason not in CAUSES]
    if unknown:
        raise ReviewError(f"unknown reason '{unknown[0]}'", field="reasons", remedy=f"Choose from {', '.join(CAUSES)}")
    if word.verdict == "reject" and not word.reasons:
        raise ReviewError("a rejection needs a reason", field="reasons", remedy=f"Choose from {', '.join(CAUSES)}")
    if word.stage not in REVIEWED:
        raise ReviewError(f"{word.stage} is not reviewed", field="stage", remedy=f"Review one of {', '.join(REVIEWED)}")
    if not word.reviewer.strip():
        raise ReviewError("nobody signed this review", field="reviewer", remedy="Give a name")
    return tuple(reason for reason in CAUSES if reason in word.reasons)


def _refuse_unknown(production: Production, history: History, word: Word) -> None:
    made = [take for take in candidates(history, word.unit, word.stage) if take.artifact == word.artifact]
    if not made or not production.artifacts.has(made[-1].artifact, made[-1].suffix):
        raise ReviewError(f"{word.unit} has no take {word.artifact[:12]}… any more", field="artifact",
                          remedy="Load the page anew and look at what there is now")


def _refuse_broken(history: History, word: Word) -> None:
    """What a check found broken is not used whoever accepts it."""
    broken = history.blocking(word.artifact, accepted=True) if word.verdict == "accept" else []
    if broken:
        raise ReviewError(f"{word.unit} cannot be accepted: {broken[0].check} failed ({broken[0].note})", field="verdict",
                          remedy="Reject it, and the next take is asked for")


def _refuse_moved(history: History, word: Word) -> None:
    if not word.state or word.state == state_of(history, word.unit, word.stage, word.language):
        return
    words = history.reviews.get((word.unit, word.stage, word.language), ())
    who = f"{words[-1].reviewer} said '{words[-1].verdict}'" if words else "it uses another take"
    raise ReviewError(f"{word.unit} changed while you looked: {who}", field="state",
                      remedy="Load it anew; your review was not kept")


def _write(production: Production, history: History, word: Word, reasons: tuple[Cause, ...]) -> str:
    recipe = next(t.recipe for t in candidates(history, word.unit, word.stage) if t.artifact == word.artifact)
    name = uuid.uuid4().hex[:12]
    production.ledger.append(Review(
        show=production.show.name, unit=word.unit, recipe=recipe, id=name, artifact=word.artifact, stage=word.stage,
        language=word.language, verdict=word.verdict, reasons=reasons, reviewer=word.reviewer.strip(), note=word.note.strip(),
        seconds=word.seconds,
    ))
    return name


@contextmanager
def _alone(production: Production) -> Generator[None]:
    """One reviewer at a time, over all processes: the claim of a name that no recipe has."""
    name = sha256(b"review")
    with _HERE:
        production.claims.wait([name])
        try:
            yield
        finally:
            production.claims.release(name)
