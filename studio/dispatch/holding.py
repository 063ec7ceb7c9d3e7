"""Holding: renders that a spent budget stops stay in the queue, with a reason, and go on when the ceiling is raised.

The queue passes over runs whose tag HELD says yes (services.py writes that into dagster.yaml); Dagster shows the tags.
"""

from studio.dispatch.submissions import RANGE
from studio.production.budgets import held
from studio.production.opening import Production

HELD, BECAUSE = "genga/held", "genga/held_because"
RANGE_TAGS = (f"{RANGE}_start", "dagster/partition")
"""Which of a run's tags name its first partition."""
RENDERING = frozenset({"panels", "keyframes", "inbetweens", "sweep_takes", "refinements", "canaries"})
"""Assets that a model draws: what follows them is cheap and goes on."""


NO_EPISODE = frozenset({"sweep_takes", "refinements", "canaries"})
"""Those that only the show's own budget stops."""


def tags_of(production: Production, asset: str, episode: str) -> dict[str, str]:
    """Tags of a run that is asked for; none where it may go on."""
    why = held(production, "" if asset in NO_EPISODE else episode) if asset in RENDERING else ""
    return {HELD: "yes", BECAUSE: why} if why else {}


def changed_tags(tags: dict[str, str], why: str) -> dict[str, str]:
    """The tags by which a queued run is held, or let go, if it is not already; `why` empty to let it go."""
    if why:
        return {} if tags.get(HELD) == "yes" and tags.get(BECAUSE) == why else {HELD: "yes", BECAUSE: why}
    return {HELD: "no", BECAUSE: ""} if tags.get(HELD) == "yes" else {}
