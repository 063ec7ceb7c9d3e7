"""Renderer: a recipe rendered before is found, not rendered; what is rendered is kept at once and paid once."""

import contextlib
import socket
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image

from studio.errors import GengaError, RenderError, StoreError
from studio.plan.causes import Why
from studio.plan.history import History, PastTake, Stage
from studio.plan.limits import Limit
from studio.plan.memory import Peaks
from studio.plan.predict import Estimate
from studio.plan.presets import Override, PresetStamp
from studio.plan.recipes import Recipe
from studio.render.claims import Claims
from studio.render.engine import Sources
from studio.render.farm import Farm, FarmResult, Terms
from studio.store.artifacts import ArtifactStore
from studio.store.event import Predicted
from studio.store.events import Failure, TakeEvent
from studio.store.frames import SUFFIX as SEQUENCE
from studio.store.frames import count_frames, middle_frame
from studio.store.ledger import Ledger
from studio.store.pictures import PictureFacts, encode_png
from studio.store.previews import put_preview
from studio.story.prices import Rate


@dataclass(frozen=True)
class Run:
    """Under which submission work is done; stands in every event."""

    trace: str = ""
    id: str = ""
    attempt: int = 1
    priority: int = 0
    """Of the run in the queue; devices that several runs share keep to it too."""
    deadline: float | None = None
    """When it is wanted, seconds since 1970; None where nobody said."""


@dataclass(frozen=True)
class Order:
    """One unit's wish for one recipe."""

    unit: str
    stage: Stage
    recipe: Recipe
    preset: PresetStamp | None = None
    overrides: tuple[Override, ...] = ()
    words: dict[str, str] = field(default_factory=dict)
    model_name: str = ""
    """The card's name, for people and for the `parameters` text."""
    names: dict[str, str] = field(default_factory=dict)
    """sha256 -> card name of VAE, LoRAs and ControlNets."""
    inputs: dict[str, Path] = field(default_factory=dict)
    """sha256 -> file that must be in the store before this can be rendered."""
    pool: str = "image"
    rate: Rate | None = None
    """What an hour of the pool costs today; None where the show names no price."""
    language: str = ""
    why: Why | None = None
    characters: tuple[str, ...] = ()
    predicted: Estimate | None = None
    """How long it should take, as planned."""
    limit: Limit | None = None
    """Device seconds after which it is stopped."""


@dataclass(frozen=True)
class Outcome:
    """What became of an order."""

    order: Order
    take: PastTake | None
    reused: bool = False
    error: GengaError | None = None


@dataclass(frozen=True)
class Cost:
    """What one take used."""

    seconds: float
    load_seconds: float = 0.0
    device: str = "cpu"
    host: str = field(default_factory=socket.gethostname)
    ladder: tuple[str, ...] = ()
    environment: str = ""
    environment_facts: dict[str, str] = field(default_factory=dict)
    peak_bytes: int = 0
    """Most memory that its batch held; 0 where it was not measured."""
    batch: int = 0
    loaded_bytes: int = 0
    hot_bytes: int = 0
    cold_bytes: int = 0
    idle_seconds: float = 0.0
    waited_seconds: float = 0.0


class Renderer:
    """Finds takes, renders what is missing on a farm, keeps artifact and ledger line the moment each is done."""

    def __init__(
        self, show: str, artifacts: ArtifactStore, ledger: Ledger, farm: Farm, sources: Sources, claims: Claims, run: Run
    ) -> None:
        self._show, self._artifacts, self._ledger = show, artifacts, ledger
        self._farm, self._sources, self._claims, self._run = farm, sources, claims, run

    def render(self, orders: Sequence[Order], anew: bool = False) -> Iterator[Outcome]:
        """Outcomes as they are known: found ones first, then each rendered one; failures last in their batch.

        Orders for one digest are rendered once. What another process is rendering now is waited for, then found.
        anew: nothing is found; what was rendered before is rendered, and paid, once more (canaries).
        """
        by_digest: dict[str, list[Order]] = {}
        for order in orders:
            by_digest.setdefault(order.recipe.digest(), []).append(order)
        ours, theirs = self._claims.split(by_digest)
        yield from self._round({d: o for d, o in by_digest.items() if d in ours}, anew)
        if theirs:
            self._claims.wait(theirs)
            yield from self._round({d: o for d, o in by_digest.items() if d in theirs}, anew)

    def find(self, history: History, digest: str) -> PastTake | None:
        """The take of a recipe digest whose artifact is still kept."""
        take = history.takes.get(digest)
        return take if take and self._artifacts.has(take.artifact, take.suffix) else None

    def _round(self, wanted: dict[str, list[Order]], anew: bool) -> Iterator[Outcome]:
        """Everything in `wanted`, which this process has claimed."""
        try:
            history = self._ledger.history()  # read after the claim: whoever held it before has written by now
            todo: dict[str, list[Order]] = {}
            for digest, orders in wanted.items():
                take = None if anew else self.find(history, digest)
                if take is None:
                    todo[digest] = orders
                    continue
                self._claims.release(digest)
                yield from (Outcome(order, take, reused=True) for order in orders)
            self.keep_inputs(o for orders in todo.values() for o in orders)
            yield from self._farmed(todo, history)
        finally:
            for digest in wanted:
                self._claims.release(digest)

    def _farmed(self, todo: dict[str, list[Order]], history: History) -> Iterator[Outcome]:
        firsts = [orders[0] for orders in todo.values()]
        limits = {order.recipe.digest(): order.limit for order in firsts}
        terms = Terms(priority=self._run.priority, deadline=self._run.deadline, limits=lambda recipe: limits[recipe.digest()],
                      wanted_bytes=Peaks(history.measured).wanted, rescue=lambda result: self._rescue(todo, result))
        for pool in dict.fromkeys(order.pool for order in firsts):
            recipes = [order.recipe for order in firsts if order.pool == pool]
            yield from self._kept(todo, self._farm.render(recipes, self._sources, replace(terms, pool=pool)))

    def _kept(self, todo: dict[str, list[Order]], results: Generator[FarmResult]) -> Iterator[Outcome]:
        with contextlib.closing(results):  # at once, not when it is forgotten: what it still holds is kept then
            for result in results:
                orders = todo[result.recipe.digest()]
                if result.picture is None and result.frames is None:
                    error = result.error or RenderError("the engine gave no picture", field=orders[0].unit)
                    yield from self._failed(orders, error, _cost(result))
                    continue
                try:
                    take = self._keep_result(orders[0], result)
                except GengaError as exc:
                    yield from self._failed(orders, exc, _cost(result))
                    continue
                self._claims.release(take.recipe)
                yield from (Outcome(order, take, reused=i > 0) for i, order in enumerate(orders))

    def _rescue(self, todo: dict[str, list[Order]], result: FarmResult) -> None:
        """Keep what was finished when work was stopped, so that it is found by the next run."""
        if result.picture is not None or result.frames is not None:
            with contextlib.suppress(GengaError):  # something else stopped the work, and is told
                self._keep_result(todo[result.recipe.digest()][0], result)

    def _keep_result(self, order: Order, result: FarmResult) -> PastTake:
        return self._keep_frames(order, result) if result.frames else self._keep_picture(order, result)

    def _failed(self, orders: list[Order], error: GengaError, cost: Cost) -> Iterator[Outcome]:
        for i, order in enumerate(orders):
            spent = paid(order, cost if i == 0 else Cost(0.0))  # it was tried once for all of them
            self._ledger.append(Failure(
                show=self._show, unit=order.unit, recipe=order.recipe.digest(), trace=self._run.trace, run=self._run.id,
                attempt=self._run.attempt, stage=order.stage, error=type(error).__name__, message=error.render(),
                **spent,
            ))
            yield Outcome(order, None, error=error)

    def keep_inputs(self, orders: Iterable[Order]) -> None:
        """Put the files of the show that these orders are made from into the store, so that they can be made again."""
        for order in orders:
            for sha, file in order.inputs.items():
                suffix = file.suffix.lower()
                if not self._artifacts.has(sha, suffix) and self._artifacts.put(file.read_bytes(), suffix) != sha:
                    raise StoreError("the file changed while it was being worked with", file=file,
                                     remedy="Run again once whatever writes it is done")

    def _keep_picture(self, order: Order, result: FarmResult) -> PastTake:
        assert result.picture is not None
        facts = PictureFacts(
            model_name=order.model_name, names=order.names, preset=order.preset.label if order.preset else "", unit=order.unit,
            environment=result.environment, environment_facts=result.environment_facts,
        )
        data = encode_png(result.picture, order.recipe, facts)
        take = self.keep(order, data, ".png", _cost(result))
        put_preview(self._artifacts, take.artifact, result.picture)
        return take

    def _keep_frames(self, order: Order, result: FarmResult) -> PastTake:
        assert result.frames is not None
        try:
            measures = {"frames": float(count_frames(result.frames))}
            take = self.keep(order, result.frames, SEQUENCE, _cost(result), measures=measures)
            put_preview(self._artifacts, take.artifact, Image.fromarray(middle_frame(result.frames)))
        finally:
            result.frames.unlink(missing_ok=True)
        return take

    def keep(
        self, order: Order, data: bytes | Path, suffix: str, cost: Cost, extras: dict[str, bytes] | None = None,
        measures: dict[str, float] | None = None, notes: Sequence[str] = (),
    ) -> PastTake:
        """Store what was made, bytes or a file (and its `extras` by file name), and write its take. Artifact first: a
        ledger line never names bytes that are not there.
        """
        started, held = time.perf_counter(), data.stat().st_size if isinstance(data, Path) else len(data)
        put = self._artifacts.put_file if isinstance(data, Path) else self._artifacts.put
        artifact = put(data, suffix)  # type: ignore[arg-type]
        more = {name: self._artifacts.put(d, Path(name).suffix) for name, d in (extras or {}).items()}
        event = TakeEvent(
            show=self._show, unit=order.unit, recipe=order.recipe.digest(), trace=self._run.trace, run=self._run.id,
            attempt=self._run.attempt, body=order.recipe.model_dump(mode="json"), artifact=artifact, suffix=suffix,
            extras=more, measures=measures or {}, notes=tuple(notes), stage=order.stage, preset=order.preset, words=order.words,
            overrides=order.overrides, names=_names(order), characters=order.characters,
            rejected_for=order.why.rejected_for if order.why else (), write_seconds=time.perf_counter() - started,
            bytes=held + sum(map(len, (extras or {}).values())), loaded_bytes=cost.loaded_bytes, hot_bytes=cost.hot_bytes,
            cold_bytes=cost.cold_bytes, device=cost.device, host=cost.host, environment=cost.environment,
            environment_facts=cost.environment_facts, ladder=cost.ladder, peak_bytes=cost.peak_bytes, predicted=_predicted(order),
            waited_seconds=cost.waited_seconds or None, batch=cost.batch or None,
            **paid(order, cost),
        )
        self._ledger.append(event)
        return PastTake(
            recipe=event.recipe, body=event.body, stage=event.stage, unit=event.unit, artifact=artifact, suffix=suffix,
            extras=more, seconds=event.seconds, usd=event.usd, words=event.words, preset=event.preset,
            seed=event.body.get("seed"), environment=event.environment, measures=event.measures,
            notes=event.notes, device=event.device, peak_bytes=event.peak_bytes, pool=event.pool,
            load_seconds=event.load_seconds, batch=event.batch or 0,
        )


def _cost(result: FarmResult) -> Cost:
    return Cost(result.seconds, result.load_seconds, result.device, result.host, result.ladder, result.environment,
                result.environment_facts, result.peak_bytes, result.batch, result.loaded_bytes, result.hot_bytes,
                result.cold_bytes, result.idle_seconds, result.waited_seconds)


def paid(order: Order, cost: Cost) -> dict[str, Any]:
    """The fields of studio.store.events.Paid: what a device's time went into, and what it costs at today's rate."""
    seconds = cost.seconds + cost.load_seconds + cost.idle_seconds
    return {
        "cause": order.why.cause if order.why else None, "seconds": cost.seconds, "load_seconds": cost.load_seconds,
        "idle_seconds": cost.idle_seconds, "pool": order.pool,
        "usd": seconds * order.rate.usd_per_hour / 3600 if order.rate else None,
        "usd_per_hour": order.rate.usd_per_hour if order.rate else None, "purchase": order.rate.purchase if order.rate else None,
    }


def _predicted(order: Order) -> Predicted | None:
    told = order.predicted
    return Predicted(seconds=told.seconds, high=told.high, takes=told.takes) if told else None


def _names(order: Order) -> dict[str, str]:
    model = getattr(order.recipe, "model", None)
    return {**order.names, **({model: order.model_name} if model and order.model_name else {})}
