"""plan, why: what ought to be done, for what reason, at what price. They read and never write."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from studio import collecting
from studio.cli.forecasting import forecast_json, make_forecast, show_forecast, wanted_by
from studio.cli.showing import Episode, ShowFolder, Units, boards_of, console, scope_of
from studio.dispatch.submissions import named
from studio.plan.budget import Overrun
from studio.plan.history import DRAWN, STAGES, History
from studio.plan.kinds import kinds_of
from studio.plan.plans import STATES, Plan, State, Step
from studio.plan.price import figure_said, together, total
from studio.plan.recipes import ImageRecipe
from studio.plan.vocabulary import warnings
from studio.production.budgets import overruns_of
from studio.production.gating import refuse_unasked_gates
from studio.production.opening import Production, open_production

COLOURS: dict[State, str] = {"fresh": "green", "stale": "yellow", "missing": "cyan", "blocked": "red"}
ROWS = 100
"""Rows that `genga plan` shows unless --all is given."""
TO_DO = 3
"""Exit code of `genga plan --check` when something is to do."""

Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]
All = Annotated[bool, typer.Option("--all", "-a", help="Fresh units too, and all rows.")]
Deadline = Annotated[
    str | None, typer.Option("--deadline", show_default=False,
                             help="Is it done by then, in this machine's time? '2026-12-01 18:00', '2026-12-01' or '18:00' (the "
                                  "next one). Exit code 3 if not.")
]
MaxUsd = Annotated[
    float | None, typer.Option("--max-usd", help="Is it done for so many dollars? Exit code 3 if not.", show_default=False)
]
Check = Annotated[bool, typer.Option("--check", help=f"Exit with {TO_DO} when something is to do; for scripts.")]


def plan(
    show: ShowFolder, episode: Episode = None, unit: Units = None, as_json: Json = False, everything: All = False,
    check: Check = False, deadline: Deadline = None, max_usd: MaxUsd = None,
) -> None:
    """Say what is fresh, stale, missing or blocked, why, and what it costs to bring it up to date.

    Examples:
      genga plan                      the show around this folder

      genga plan --unit 01.river      one panel, and the page and books made from it

      genga plan --json | jq .usd     the price, for a script

      genga plan --deadline "2026-12-01 18:00" --max-usd 120     is it done in time, what holds it up, what to give up
    """
    now = datetime.now().astimezone()
    wanted = wanted_by(deadline, max_usd, now)
    with collecting.later():
        production = open_production(show)
        history = production.history()
        boards = boards_of(production, episode, unit)
        scope = scope_of(boards, unit)
        plans = [plan.where(scope) for plan in production.plans(boards, history)]
    over = overruns_of(production, plans, history)
    asked = deadline is not None or max_usd is not None
    found = make_forecast(production, boards, plans, wanted, scope, over) if asked else None
    if as_json:
        told = _as_json(production, plans) | {"over_budget": [one.to_json() for one in over]}
        told |= {"forecast": forecast_json(found)} if found else {}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _show(plans, everything)
        tell_overruns(over)
        if found:
            show_forecast(found, now)
    for torn in history.torn:
        typer.echo(f"warning: {torn}: this ledger line is torn and was skipped", err=True)
    for warning in [*(w for p in plans for w in p.warnings), *warnings(plans, production.library)]:
        typer.echo(f"warning: {warning}", err=True)
    production.check_versions(history)
    refuse_unasked_gates(production, plans)
    if (found and not found.feasible) or (check and any(not p.done or p.counts()["blocked"] for p in plans)):
        raise typer.Exit(TO_DO)


def why(
    show: ShowFolder,
    unit: Annotated[str, typer.Argument(help="Unit id: a panel, page, keyframe, line, shot or episode.", show_default=False)],
) -> None:
    """Tell what a unit depends on, what changed, and which take it uses.

    Examples:
      genga why 01.river

      genga why 01.p02

      genga why 02.challenge
    """
    production = open_production(show)
    history = production.history()
    board = boards_of(production, None, [unit])[0]
    scope = scope_of([board], [unit], "UNIT")
    whole = production.plan(board, history)
    for step in whole.of_unit(unit).steps:
        _tell_step(production, history, step)
    last = max(STAGES.index(s.stage) for s in whole.of_unit(unit).steps)
    around = [s for s in whole.where(scope).steps if s.unit != unit]
    for title, steps in (("Made from", [s for s in around if STAGES.index(s.stage) < last]),
                         ("Made with it", [s for s in around if STAGES.index(s.stage) > last])):
        if steps:
            console.print(f"{title}: {', '.join(s.key for s in steps)}", soft_wrap=True, markup=False)


def tell_overruns(over: Sequence[Overrun]) -> None:
    """Say which budgets do not suffice, and what then happens."""
    for one in over:
        console.print(f"{one.why}.", style="yellow", markup=False, soft_wrap=True)


def _as_json(production: Production, plans: Sequence[Plan]) -> dict[str, object]:
    total: Counter[State] = sum((p.counts() for p in plans), Counter())
    return {
        "show": production.show.name, "seconds": round(sum(p.seconds for p in plans), 3),
        **together(p.price for p in plans).to_json(), "counts": {state: total[state] for state in STATES},
        "episodes": [p.to_json() for p in plans],
    }


def _show(plans: Sequence[Plan], everything: bool) -> None:
    steps = [step for p in plans for step in p.steps if everything or step.state != "fresh"]
    shown = steps if everything else steps[:ROWS]
    if shown:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        for column in ("state", "unit", "stage", "kind", "why"):
            table.add_column(column, overflow="fold", no_wrap=column != "why")
        table.add_column("seconds", justify="right", no_wrap=True)
        table.add_column("USD", justify="right", no_wrap=True)
        kinds = {key: kinds for p in plans for key, kinds in kinds_of(p).items()}
        for step in shown:
            state = Text("waived", "dim") if step.waiver else Text(step.state, COLOURS[step.state])
            table.add_row(state, step.unit, f"{step.stage} {step.language}".strip(), "+".join(kinds.get(step.key, step.kinds)),
                          Text(_reasons(step)), *_price(step))
        console.print(table)
    if len(steps) > len(shown):
        console.print(f"… and {len(steps) - len(shown)} more; --all shows them, --unit and --episode narrow them down")
    _sum_up(plans)


def _reasons(step: Step) -> str:
    told = [str(reason) for reason in step.reasons]
    if step.waiver:
        told.insert(0, str(step.waiver))
    if step.stage in DRAWN and step.wish:
        told += [override.diff for override in step.wish.overrides]
    return "; ".join(told)


def _price(step: Step) -> tuple[str, str]:
    if not step.todo:
        return "", ""
    return ("found", "0") if step.artifact else (f"{step.seconds:.2f}", figure_said(step.usd))


def _sum_up(plans: Sequence[Plan]) -> None:
    total: Counter[State] = sum((p.counts() for p in plans), Counter())
    states = ", ".join(f"[{COLOURS[state]}]{total[state]} {state}[/]" for state in STATES if total[state])
    waived = sum(step.waiver is not None for p in plans for step in p.steps)
    console.print(f"\n{states or 'Nothing is planned'}{f', {waived} of the stale waived' if waived else ''}.")
    renders = [step for p in plans for step in p.steps if step.renders]
    if not renders:
        return
    counted = Counter(step.stage for step in renders)
    what = ", ".join(f"{n} {named(stage, n)}" for stage, n in counted.items())
    bases: defaultdict[str, float] = defaultdict(float)
    for step in renders:
        bases[step.basis] += step.seconds
    basis = max(bases, key=lambda basis: bases[basis])
    console.print(f"To bring it up to date: {what}; about {sum(p.seconds for p in plans):.1f} s of device time, "
                  f"{together(p.price for p in plans).said()} ({basis}). 'genga apply' does it.")


def _tell_step(production: Production, history: History, step: Step) -> None:
    console.print(Text.assemble((step.key, "bold"), ": ", (step.state, COLOURS[step.state])))
    for reason in step.reasons:
        console.print(f"  because   {reason}{f' ({reason.kind})' if reason.kind else ''}", markup=False, soft_wrap=True)
    last = history.failures.get((step.unit, step.stage, step.language), "")
    if last and step.state != "fresh" and not any(last in str(reason) for reason in step.reasons):
        _line("last try", f"failed: {last}")
    if step.waiver:
        _line("waived", str(step.waiver).removeprefix("waived "))
    _tell_recipe(production, step)
    if step.digest:
        _line("recipe", step.digest)
    elif step.todo:
        _line("recipe", "known when the pictures that it is made from are")
    pick = history.picks.get((step.unit, step.stage, step.language))
    if pick:
        take = history.takes.get(pick.recipe)
        paid = f", {take.seconds:.2f} s, {take.price.said(spent=True)}, environment {take.environment[:12]}" if take else ""
        _line("uses", f"{production.artifacts.url(pick.artifact, pick.suffix)}, picked {pick.at[:19]}{paid}")
        for note in take.notes if take else ():
            _line("note", note)
    if step.renders:
        _line("would cost", f"{step.seconds:.2f} s, {total([(step.usd, step.pool)]).said()} ({step.basis})")


def _tell_recipe(production: Production, step: Step) -> None:
    recipe = step.recipe
    if step.wish is None or not isinstance(recipe, ImageRecipe):
        return
    _line("preset", step.wish.stamp.label)
    for override in step.wish.overrides:
        _line("override", override.diff)
    _line("prompt", recipe.prompt)
    if recipe.negative:
        _line("negative", recipe.negative)
    _line("drawn as", f"{recipe.width}x{recipe.height}, {recipe.sampler}, {recipe.steps} steps, guidance "
          f"{recipe.guidance:g}, seed {recipe.seed}")
    _line("model", f"{production.library.models.name_of(recipe.model)} {recipe.model[:12]}…")
    for lora in recipe.loras:
        _line("LoRA", f"{production.library.models.name_of(lora.model)} {lora.model[:12]}… x {lora.weight:g}")


def _line(name: str, text: str) -> None:
    console.print(f"  {name:9} {text}", markup=False, soft_wrap=True)
