"""farm: the devices of the fleet that serves a show, and what waits for them."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, console
from studio.dispatch.classes import class_of
from studio.dispatch.services import Fleet, farm_of, token_of
from studio.errors import OrchestrationError
from studio.plan.models import ModelShelf
from studio.production.opening import open_production
from studio.render.farms import FARM, address_in
from studio.render.fleet.connecting import settings
from studio.render.fleet.farm import fleet_state
from studio.render.fleet.states import DeviceState, FleetState, QueueState
from studio.story.show import Show

WATCH_SECONDS = 1.0
COLOURS = {"idle": "green", "busy": "cyan", "starting": "yellow", "resting": "red"}
FarmName = Annotated[str, typer.Option("--farm", help="Where engines run: 'here', in each run; 'ray': on devices kept warm.")]
Devices = Annotated[int | None, typer.Option(min=1, help="Devices of the farm; one per GPU, or one, if left out.")]
RayPort = Annotated[int, typer.Option(min=0, max=65535, help="Port of the farm, for other machines to join; 0: a free one.")]


def farm(
    show: ShowFolder,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on showing it until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Show the devices of the farm that serves a show: what they do, which weights they hold, how fast they are, what waits.

    Examples:
      genga farm

      genga farm --watch

      genga farm --json | jq '.devices[] | {name, state, pictures}'
    """
    production = open_production(show)
    address, shelf = _address(production.show), production.library.models
    if as_json:
        typer.echo(json.dumps(asdict(fleet_state(address)), ensure_ascii=False))
        return
    if not watch:
        console.print(_picture(fleet_state(address), shelf))
        return
    with Live(_picture(fleet_state(address), shelf), console=console, auto_refresh=False) as live:
        while True:
            time.sleep(WATCH_SECONDS)
            live.update(_picture(fleet_state(address), shelf), refresh=True)


def fleet_wanted(farm: str, devices: int | None, port: int = 0) -> Fleet | None:
    """The fleet that the options ask for. Raises OrchestrationError: no such farm, or options of a fleet without one."""
    if farm == "here":
        for option, value in (("--devices", devices), ("--ray-port", port)):
            if value:
                raise OrchestrationError(f"{value} was given without --farm ray", field=option,
                                         remedy=f"{option} needs --farm ray: add it, or leave out {option}")
        return None
    if farm != "ray":
        raise OrchestrationError(f"unknown farm '{farm}'", field="--farm", remedy="Write 'here' or 'ray'")
    return Fleet(devices or _gpus() or 1, port)


def _gpus() -> int:
    import torch

    return torch.cuda.device_count()


def _address(show: Show) -> str:
    served = farm_of(show)
    address = address_in(served or os.environ.get(FARM, "here"))
    if address is None and served:
        raise OrchestrationError("the show is served without a farm: each run renders by itself", file=show.folder,
                                 remedy="Stop 'genga up' and start it with --farm ray")
    if address is None:
        raise OrchestrationError("nothing serves this show now", file=show.folder, remedy="Start it with 'genga up --farm ray'")
    if served:  # a farm that $GENGA_FARM names has its token in the environment too
        os.environ.update(settings(token_of(show)))
    return address


def _picture(state: FleetState, shelf: ModelShelf) -> Group:
    """Tables for people."""
    devices = Table("device", "state", "doing", "weights", "pictures", "per hour", "restarts", box=None, pad_edge=False)
    for device in state.devices:
        devices.add_row(*_row(device, shelf))
    refused = [Text(f"{state.refused} results came too late and were refused")] if state.refused else []
    troubles = [_trouble(device) for device in state.devices if device.trouble]
    return Group(devices, *(_waiting(state.queues) or [Text("Nothing waits.")]), *refused, *troubles)


def _waiting(queues: Sequence[QueueState]) -> list[Text]:
    """What waits, by pool, class and deadline."""
    found: dict[tuple[str, str], list[QueueState]] = {}
    for one in queues:
        found.setdefault((one.pool, _urgency(one.priority, one.deadline)), []).append(one)
    return [Text(f"{sum(q.recipes for q in some)} of pool {pool}, {urgency}, wait; "
                 f"the oldest for {max(q.longest_seconds for q in some):.0f} s") for (pool, urgency), some in found.items()]


def _urgency(priority: int, deadline: float | None) -> str:
    """`delivery, due by 2026-12-01 18:00`."""
    due = f", due by {datetime.fromtimestamp(deadline).astimezone():%Y-%m-%d %H:%M}" if deadline else ""
    return class_of(priority) + due


def _trouble(device: DeviceState) -> Text:
    """Yellow while its device lacks a worker; else it is only told."""
    ago = timedelta(seconds=round(device.trouble_seconds))
    replaced = device.state in ("idle", "busy")
    then = "another took its place" if replaced else "another is starting" if device.state == "starting" else "another will start"
    return Text(f"{device.name}: {device.trouble}, {ago} ago; {then}", style="" if replaced else "yellow")


def _row(device: DeviceState, shelf: ModelShelf) -> list[str | Text]:
    doing = f"{device.doing}, {_urgency(device.priority, device.deadline)}, {device.busy_seconds:.0f} s" if device.doing else ""
    names = sorted(shelf.name_of(sha) or sha[:8] for sha in device.loaded)
    rate = device.pictures_per_hour
    serves = f" ({', '.join(device.pools)})" if device.pools else ""
    state = Text(device.state, style=COLOURS.get(device.state, ""))
    return [
        f"{device.name} {device.device}{serves}", state, doing, ", ".join(names),
        str(device.pictures), f"{rate:.0f}" if rate else "", str(device.restarts or ""),
    ]
