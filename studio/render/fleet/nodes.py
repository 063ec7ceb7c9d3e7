"""Nodes: Ray's machines as seats, and the workers on them. The only place that starts and stops workers."""

import contextlib
import os
from collections import Counter
from typing import Any

from studio.errors import RenderError, TooSlow
from studio.render.fleet.seats import Seat
from studio.render.fleet.tasks import Task

DEVICES = "genga"
"""Ray resource of a node: how many devices it lends."""
POOL = "genga-pool-"
"""Ray resource of a node that works off this pool only, as in `genga-pool-video`."""


def seats() -> list[Seat]:
    """One seat per device of every living node."""
    import ray

    found: list[Seat] = []
    lent: Counter[str] = Counter()
    for node in ray.nodes():
        resources: dict[str, float] = node["Resources"]
        count = int(resources.get(DEVICES, 0)) if node["Alive"] else 0
        pools = frozenset(name.removeprefix(POOL) for name in resources if name.startswith(POOL))
        share = min(1.0, resources.get("GPU", 0) / count) if count else 0.0
        host: str = node["NodeManagerHostname"]
        name = f"{host}-{node['NodeID'][:4]}"  # two nodes may stand on one machine
        found += [Seat(f"{name}/{i}", node["NodeID"], f"{host}/{lent[host] + i}", pools, share) for i in range(count)]
        lent[host] += count
    return found


def start_worker(seat: Seat) -> Any:
    """A worker at this seat, not yet ready."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    from studio.render.fleet.worker import Worker

    return ray.remote(Worker).options(  # pyright: ignore[reportAttributeAccessIssue]
        num_cpus=0, num_gpus=seat.gpus, resources={DEVICES: 1}, max_restarts=0, max_concurrency=1,
        scheduling_strategy=NodeAffinitySchedulingStrategy(seat.node, soft=False),
        runtime_env={"env_vars": _variables()},
    ).remote()


def stop_worker(worker: Any) -> None:
    """End a worker, whatever it does."""
    import ray

    if worker is not None:
        with contextlib.suppress(Exception):  # it is dead already
            ray.kill(worker, no_restart=True)


def hung(task: Task, device: str) -> TooSlow:
    """The error of a batch whose worker was stopped."""
    return TooSlow(
        f"{device} hung: its batch was to take {task.limit_seconds or 0:.0f} s at most; its worker was replaced", field="recipe",
        remedy="Fewer steps or a smaller size, or raise 'limits' in show.yaml",
    )


def deadly(task: Task, device: str) -> RenderError:
    """The error of a recipe with which several workers died."""
    return RenderError(
        f"{task.deaths} workers died while they rendered it, the last on {device}", field="recipe",
        remedy="'genga farm' tells why; it may want more memory than the machine has",
    )


def _variables() -> dict[str, str]:
    """What a worker takes over from its head: the number of threads decides bits on a CPU."""
    return {name: os.environ[name] for name in ("GENGA_THREADS", "GOMP_SPINCOUNT") if name in os.environ}
