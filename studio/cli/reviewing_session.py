"""The terminal session of `genga review`: one person, take after take."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import typer

from studio.cli.showing import console
from studio.errors import GengaError, ReviewError
from studio.plan.history import CAUSES, Decision
from studio.production.opening import Production
from studio.production.reviewing import Word, review, undo
from studio.review.asking import ask, served, what_follows
from studio.review.bench import Bench, Candidate, lay_out
from studio.review.desk import Look, take_look
from studio.review.tiles import Tile
from studio.review.waiting import call_off_here

Answer = Literal["accept", "reject", "skip", "undo", "quit"]
ANSWERS: dict[str, Answer] = {"a": "accept", "r": "reject", "s": "skip", "u": "undo", "q": "quit"}
SAID: dict[Decision, str] = {"accept": "accepted", "reject": "rejected", "undo": "taken back"}


@dataclass
class Judging:
    """A reviewer and a show."""

    production: Production
    reviewer: str
    done: Counter[str] = field(default_factory=Counter[str])

    def judge(
        self, tile: Tile, verdict: Decision, reasons: tuple[str, ...], note: str = "", *, take: int | None = None,
        bench: Bench | None = None, seconds: float = 0.0,
    ) -> None:
        """Keep a word, say what follows and ask for it. Raises ReviewError.

        take: number of another take than the one in use. bench: what the person looked at, so that nobody is overruled unseen.
        """
        laid = bench or lay_out(self._look(tile), tile)
        meant = self._meant(laid, take)
        review(self.production, Word(tile.unit, tile.stage, meant.take.artifact, verdict, self.reviewer, reasons, note,
                                     tile.language, seconds, bench.state if bench else ""))
        self._follow(tile, verdict, f"take {meant.number} {SAID[verdict]}")

    def undo(self, tile: Tile) -> None:
        """Take back this reviewer's last word about a unit. Raises ReviewError."""
        undo(self.production, tile.unit, tile.stage, self.reviewer, tile.language)
        off = call_off_here(self.production, tile.label)
        self._follow(tile, "undo", f"{SAID['undo']}. {off}" if off else SAID["undo"])

    def go_through(self, look: Look, tiles: list[Tile]) -> None:
        """Ask about one after the other, until there is none left or the person has enough."""
        at, spoken = 0, list[int]()
        if not tiles:
            console.print("Nothing is to be reviewed. 'genga review --list' says how everything stands.")
        while at < len(tiles):
            tile = tiles[at]
            bench = lay_out(look, self._anew(look, tile))
            began = time.monotonic()
            _show(self.production, bench, f"{at + 1} of {len(tiles)}")
            answer = _answer()
            if answer == "quit":
                break
            try:
                if answer == "undo":
                    at = self._back(tiles, at, spoken)
                elif answer == "skip":
                    at += 1
                else:
                    self._speak(tile, answer, bench, time.monotonic() - began)
                    spoken.append(at)
                    at += 1
            except ReviewError as exc:  # shown where it happened; the same take is asked about again
                console.print(exc.render(), style="red", markup=False, soft_wrap=True)
            look = self._look(tiles[min(at, len(tiles) - 1)])
        if tiles:
            told = ", ".join(f"{n} {SAID[verdict]}" for verdict in SAID if (n := self.done[verdict]))
            console.print(f"{told or 'Nothing was judged'}.")

    def _speak(self, tile: Tile, verdict: Decision, bench: Bench, seconds: float) -> None:
        reasons, note = _reasons() if verdict == "reject" else ((), "")
        self.judge(tile, verdict, reasons, note, bench=bench, seconds=round(seconds, 1))

    def _back(self, tiles: list[Tile], at: int, spoken: list[int]) -> int:
        """Undo the last word of this session, and ask about that unit again."""
        if not spoken:
            raise ReviewError("nothing was said yet that could be taken back", field="undo",
                              remedy="'genga review --undo UNIT' takes back an earlier word")
        last = spoken.pop()
        self.undo(tiles[last])
        return last

    def _meant(self, bench: Bench, number: int | None) -> Candidate:
        if number is None and bench.take:
            return bench.take
        for one in bench.candidates:
            if one.number == number:
                return one
        unit, many = bench.tile.unit, len(bench.candidates)
        if not many:
            raise ReviewError(f"{unit} has no take yet", field="--take", remedy="'genga apply' makes one")
        raise ReviewError(f"{unit} has {many} take{'s' * (many > 1)}", field="--take",
                          remedy=f"Name one of 1 to {many}" if many > 1 else "Leave it out")

    def _follow(self, tile: Tile, verdict: Decision, said: str) -> None:
        """Say what was kept and what follows from it, and ask the queue for that."""
        self.done[verdict] += 1
        look = self._look(tile)
        step = self._anew(look, tile).step
        follow = what_follows(step, verdict, served(self.production))
        told = ". ".join(part for part in (f"{tile.label}: {said}", follow.told) if part)
        console.print(f"{told}.", markup=False, soft_wrap=True)
        if follow.asks:
            try:
                ask(self.production, look.boards[tile.episode], step)
            except GengaError as exc:  # the word is kept all the same
                typer.echo(f"warning: {exc.render()}", err=True)

    def _look(self, tile: Tile) -> Look:
        return take_look(self.production, [b for b in self.production.boards(tile.episode) if b.episode == tile.episode])

    def _anew(self, look: Look, tile: Tile) -> Tile:
        return look.tile(tile.unit, tile.stage, tile.language)


def _show(production: Production, bench: Bench, count: str) -> None:
    tile, one = bench.tile, bench.take
    console.print(f"\n[bold]{tile.label}[/]  {count}", soft_wrap=True)
    if one is None:
        _line("take", "none is there any more")
        return
    take = one.take
    seed = f", seed {take.seed}" if take.seed is not None else ""
    look = f", {take.preset.label}" if take.preset else ""
    _line("take", f"{one.number} of {len(bench.candidates)}{look}{seed}, {take.seconds:.2f} s, {take.price.said(spent=True)}")
    if take.body.get("prompt"):
        _line("prompt", take.body["prompt"])
    for verdict in one.verdicts:
        if not verdict.passed:
            _line("check", f"{verdict.check}: {verdict.note}")
    for reason in bench.differs:
        _line("differs", f"from take {bench.other.number if bench.other else '?'}: {reason}")
    for word in tile.words:
        why = f" ({', '.join(word.reasons)})" if word.reasons else ""
        _line("review", f"{word.reviewer}: {word.verdict} take {bench.number_of(word.artifact)}{why} {word.note}".rstrip())
    for note in take.notes:
        _line("note", note)
    _line("file", production.artifacts.url(take.artifact, take.suffix))


def _line(name: str, text: str) -> None:
    """A fact. What people and storyboards say may not steer the terminal."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    console.print(f"  {name:8} {plain}", markup=False, soft_wrap=True)


def _answer() -> Answer:
    while True:
        typed = _typed("accept, reject, skip, undo, quit [a/r/s/u/q]")
        if typed is None:
            return "quit"
        for key, answer in ANSWERS.items():
            if typed in (key, answer):
                return answer
        console.print("Type a, r, s, u or q.")


def _reasons() -> tuple[tuple[str, ...], str]:
    """Reasons, by number or name, and a note. Nothing at all gives no reason, which is then told about."""
    console.print("  ".join(f"{number} {cause.replace('_', ' ')}" for number, cause in enumerate(CAUSES, 1)), soft_wrap=True)
    typed = (_typed("why, by number or name, several with commas") or "").replace(",", " ").split()
    named = tuple(CAUSES[int(one) - 1] if one.isdecimal() and 0 < int(one) <= len(CAUSES) else one for one in typed)
    return named, (_typed("note, or nothing") or "") if named else ""


def _typed(question: str) -> str | None:
    """A line; None at the end of the input."""
    try:
        return typer.prompt(question, default="", show_default=False).strip()
    except typer.Abort:
        console.print()
        return None
