"""apply, up, demo: the commands that make pictures, through the queue."""

import signal
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Annotated

import typer

from studio.cli.farming import Devices, FarmName, RayPort, fleet_wanted
from studio.cli.forecasting import due_at, tell_due
from studio.cli.planning import tell_overruns
from studio.cli.progress import Progress
from studio.cli.showing import Episode, ShowFolder, Units, boards_of, console, scope_of
from studio.dispatch.classes import SOON, Class, Urgency
from studio.dispatch.queue import Queue
from studio.dispatch.services import Fleet, farm_of, free_port, home_of, prepare, refuse_second, running, serving
from studio.dispatch.submissions import ASSETS, counts, named
from studio.dispatch.unmade import left_out
from studio.dispatch.working import Result, Scope, Work
from studio.errors import BudgetError
from studio.plan.plans import Plan, Step
from studio.plan.price import ceiling_said, together
from studio.plan.vocabulary import warnings
from studio.production.budgets import overruns_of
from studio.production.gating import refuse_unasked_gates
from studio.production.intake import check_words
from studio.production.opening import Production, open_production
from studio.render.farms import FARM
from studio.review.serving import reviewing
from studio.story.boards import find_board
from studio.story.show import open_show
from studio.story.storyboard import Storyboard

PICTURES = ("panel", "keyframe")
"""Stages that an author writes; the others follow from them."""
UNITS_SHOWN = 3
"""Units that a warning names; the same is often true of a whole episode."""
Ceiling = Annotated[float | None, typer.Option(min=0, help="Refuse a dearer plan; the show's budget if left out.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Due = Annotated[str | None, typer.Option("--deadline", show_default=False, help=(
    "When it is wanted, in this machine's time: '2026-12-01 18:00', '2026-12-01' or '18:00' (the next one). "
    "It goes before what is due later."))]
ReviewPort = Annotated[int, typer.Option(min=0, max=65535, help="Port of the review page; 0: a free one.")]
Kind = Annotated[Class, typer.Option("--class", help="How urgent it is: delivery before demo before batch.")]
Port = Annotated[int, typer.Option("--port", "-p", min=0, max=65535, help="Port of the web server; 0: a free one.")]


@dataclass(frozen=True)
class Manner:
    """How a plan is worked off."""

    ceiling: float | None = None
    """USD; the show's own if None."""
    yes: bool = False
    """Nobody is asked."""
    fleet: Fleet | None = None
    """Devices to start where no `genga up` serves the show."""
    urgency: Urgency = SOON


def apply(
    show: ShowFolder, episode: Episode = None, unit: Units = None, max_usd: Ceiling = None, yes: Yes = False,
    farm: FarmName = "here", devices: Devices = None, kind: Kind = "demo", deadline: Due = None,
) -> None:
    """Render what is missing or stale, through the queue, and bring pages, books, clips and films up to date.

    Ctrl-C stops it; what was finished is kept, and the next apply goes on from there.

    Examples:
      genga apply

      genga apply --unit 01.river

      genga apply --yes --max-usd 0.10

      genga apply --class delivery         before whatever else waits; 'batch' after it

      genga apply --deadline 18:00         before what is due later, or never said when; told if it will be late

      genga apply --farm ray               on every GPU of this machine, unless a 'genga up' serves the show: then as that does
    """
    fleet, urgency = fleet_wanted(farm, devices), Urgency(kind, due_at(deadline, datetime.now().astimezone()))
    production = open_production(show)
    production.check_versions(production.history())
    boards = boards_of(production, episode, unit)
    if not _bring_up_to_date(production, boards, scope_of(boards, unit), Manner(max_usd, yes, fleet, urgency)):
        raise typer.Exit(1)


def demo(show: ShowFolder) -> None:
    """Bring a show to its finished books and films and say where they lie.

    Example:
      genga demo --show shows/mine
    """
    production = open_production(show)
    production.check_versions(production.history())
    boards = production.boards()
    fine = _bring_up_to_date(production, boards, lambda step: True, Manner(yes=True))
    for title, folder, endings in (("Books", "books", (".pdf", ".cbz")), ("Films", "films", (".mp4", ".webm", ".mov"))):
        files = [file for file in sorted((production.show.out / folder).glob("*")) if file.suffix in endings]
        if files:
            console.print(f"\n{title}:")
        for file in files:
            console.print(f"  {file}", soft_wrap=True)
    console.print("\nThe Dagster UI with every panel and its lineage: [bold]make up[/], or "
                  f"[bold]genga up --show {show}[/]", soft_wrap=True)
    if not fine:
        raise typer.Exit(1)


def up(
    show: ShowFolder, port: Port = 3000, review_port: ReviewPort = 3030, farm: FarmName = "here", devices: Devices = None,
    ray_port: RayPort = 0,
) -> None:
    """Serve the Dagster UI, the queue, the sensors and the review page of a show until Ctrl-C.

    Examples:
      genga up                              the UI on port 3000, the review page on 3030

      genga up --port 3001 --review-port 0  beside another show

      genga up --farm ray                   devices of this machine keep their weights from one run to the next

      genga up --farm ray --ray-port 6379   and other machines may join, see docs/operations.md
    """
    fleet = fleet_wanted(farm, devices, ray_port)
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    opened = open_show(show)
    refuse_second(opened)
    free_port(port)  # before the review page takes its own: the one that --port names is what people think of first
    with (console.status("Starting the web server and the daemon …"), reviewing(show, review_port) as review,
          serving(opened, port, fleet=fleet, review=review) as services):
        console.print(f"[bold]{opened.settings.title}[/]: {services.url}", soft_wrap=True)
        console.print(f"Review: {review}", soft_wrap=True)
        if fleet:
            console.print(f"Farm: {services.farm[FARM]}, devices: {fleet.devices}; 'genga farm' shows them", soft_wrap=True)
        console.print(f"Storyboards dropped into {opened.folder / 'storyboards'} are worked off. Ctrl-C ends it; "
                      f"logs: {home_of(opened) / 'logs'}", soft_wrap=True)
        signal.signal(signal.SIGINT, ask_to_stop)
        while not stop.wait(0.5):
            services.check()
        console.print("Stopping …")


def _bring_up_to_date(production: Production, boards: list[Storyboard], scope: Scope, manner: Manner) -> bool:
    """Show, ask, submit, follow. True when nothing failed."""
    started = time.monotonic()
    history = production.history()
    plans, waiting = _can_be_made(production.plans(boards, history), scope)
    blocked = [step for plan in plans for step in plan.steps if step.state == "blocked"]
    if all(plan.done for plan in plans):
        _tell_blocked(blocked)
        if not blocked:
            console.print(f"Nothing to do: {counts(s for p in plans for s in p.steps)} up to date, nothing rendered.")
        _tell_waiting(Result("", waiting=waiting))
        return not blocked
    refuse_unasked_gates(production, plans)
    for board, plan in zip(boards, plans, strict=True):
        if not plan.done:  # words that do not fit are found before the pictures under them are paid for
            check_words(production.show, find_board(production.show, board.episode)[0], board)
    _tell(plans, blocked)
    _tell_groups("not made yet", waiting)
    tell_due(production, plans, manner.urgency.deadline)
    tell_overruns(overruns_of(production, plans, history))
    for warning in [*(w for p in plans for w in p.warnings), *warnings(plans, production.library)]:
        typer.echo(f"warning: {warning}", err=True)
    if manner.fleet and farm_of(production.show) == "here" and running(production.show):
        console.print("Drawn without a farm: the 'genga up' that serves the show has none; end it, or start it with --farm ray.",
                      soft_wrap=True)
    _keep_to_budget(production, plans, manner.ceiling)
    if not manner.yes:
        typer.confirm("Go on?", abort=True)
    result = _work_off(production, boards, scope, manner)
    _tell_result(result, time.monotonic() - started)
    return not (result.failed or blocked)


def _can_be_made(whole: list[Plan], scope: Scope) -> tuple[list[Plan], list[tuple[Step, list[Step]]]]:
    """The plans of what is in scope and can be made, and what in it waits for something that is not."""
    plans = [plan.where(scope) for plan in whole]
    waiting = [one for plan, part in zip(whole, plans, strict=True) for one in left_out(plan, part)]
    keys = {step.key for step, _ in waiting}
    return [plan.where(lambda step: step.key not in keys) for plan in plans], waiting


def _work_off(production: Production, boards: list[Storyboard], scope: Scope, manner: Manner) -> Result:
    """Through the queue that serves the show now, or one of our own for as long as it takes."""
    queue = running(production.show)
    with Progress(console) as progress:
        if queue:
            prepare(production.show, [board.episode for board in boards])
            return Work(production, boards, queue, progress, scope, manner.urgency).run()
        progress.say("starting the queue")
        episodes = [board.episode for board in boards]
        with serving(production.show, sensors=False, episodes=episodes, fleet=manner.fleet) as services:
            work = Work(production, boards, Queue(services.url), progress, scope, manner.urgency, services.check)
            try:
                return work.run()
            except KeyboardInterrupt:
                console.print("Stopping … What was finished is kept; 'genga apply' goes on from there.")
                raise


def _tell(plans: list[Plan], blocked: list[Step]) -> None:
    todo = [step for plan in plans for step in plan.steps if step.todo]
    renders = [step for step in todo if step.renders]
    for step in todo:
        if step.stage in PICTURES:
            why = "; ".join(str(r) for r in step.reasons) + (f" ({'+'.join(step.kinds)})" if step.kinds else "")
            console.print(f"  {step.state:8} {step.unit}  {why}".rstrip(), markup=False, soft_wrap=True)
        if step.stage in PICTURES and step.wish:
            for override in step.wish.overrides:
                console.print(f"           {step.wish.stamp.label} {override.diff}", markup=False)
    _tell_blocked(blocked)
    seconds, price = sum(p.seconds for p in plans), together(p.price for p in plans)
    console.print(f"To do: {counts(todo)}; to be rendered: {counts(renders) or 'nothing'}; "
                  f"about {seconds:.0f} s of device time, {price.said(4)}.", soft_wrap=True, markup=False)


def _tell_blocked(blocked: list[Step]) -> None:
    for step in blocked:
        if step.stage in PICTURES or step.error:
            why = "; ".join(str(r) for r in step.reasons)
            console.print(f"  blocked  {step.unit}  {why}", style="red", markup=False, soft_wrap=True)


def _keep_to_budget(production: Production, plans: list[Plan], ceiling: float | None) -> None:
    limit = ceiling if ceiling is not None else production.show.settings.budget.max_usd
    price = together(plan.price for plan in plans)
    if limit is not None and price.known > limit:
        raise BudgetError(
            f"the plan costs {price.said(4)}, the ceiling is {ceiling_said(limit)}; nothing was submitted",
            field="--max-usd" if ceiling is not None else "show.yaml: budget.max_usd",
            remedy="Raise the ceiling, or name fewer units with --episode or --unit",
        )


def _tell_result(result: Result, seconds: float) -> None:
    for step, why in result.failed:
        console.print(f"failed: {step.key}: {why}", style="red", markup=False, soft_wrap=True)
    for note, units in result.tally.notes.items():
        typer.echo(f"warning: {_named(list(dict.fromkeys(units)))}: {note}", err=True)
    rendered, reused, price = result.tally.rendered, result.tally.reused, result.tally.price.said(4, spent=True)
    done = [f"{n} {named(stage, n)} made" for stage in ASSETS if (n := rendered.get(stage, 0))]
    found = [f"{n} {named(stage, n)}" for stage in ASSETS if (n := reused.get(stage, 0))]
    console.print(
        f"{', '.join(done) or 'Nothing was rendered'}{'; reused: ' + ', '.join(found) if found else ''}. "
        f"{seconds:.1f} s, {result.tally.seconds:.1f} s of device time, {price}. Trace {result.trace}.",
        soft_wrap=True,
    )
    _tell_waiting(result)


def _tell_waiting(result: Result) -> None:
    """What is still to be made, and what one can do about it."""
    _tell_groups("not made yet", result.waiting)
    tried = {step.key for step, _ in result.failed}
    if any(one.todo and one.key not in tried for _, lacking in result.waiting for one in lacking):
        console.print("'genga apply' without --unit makes them.")


def _tell_groups(what: str, waiting: list[tuple[Step, list[Step]]]) -> None:
    """What is still to be made, by what it waits for: with --unit that is often another panel of the same page."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for step, lacking in waiting:
        groups.setdefault(tuple(one.key for one in lacking), []).append(step.key)
    for lacking, keys in groups.items():
        console.print(f"{what}: {', '.join(keys)}; waits for {_named(list(lacking))}", markup=False, soft_wrap=True)


def _named(units: list[str]) -> str:
    """The first of many units, and how many more there are."""
    more = len(units) - UNITS_SHOWN
    return ", ".join(units[:UNITS_SHOWN]) + (f" and {more} more" if more > 0 else "")
