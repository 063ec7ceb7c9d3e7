"""Verifying: are all kept bytes what their names say, and is everything here that the ledger tells of?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.errors import StoreError
from studio.plan.canaries import canary_unit
from studio.production.opening import Production
from studio.store.artifacts import LocalArtifacts


@dataclass(frozen=True)
class Fault:
    """One artifact that is not as it should be."""

    kind: Literal["damaged", "missing"]
    artifact: str
    suffix: str
    units: tuple[str, ...]
    """Units that use it."""
    message: str


def verify(production: Production, seen: Callable[[], None] = lambda: None) -> Iterator[Fault]:
    """Reads every artifact whole. seen: called after each, for a progress bar."""
    users = _users(production)
    kept = set(production.artifacts)
    for artifact, suffix in sorted(kept):
        try:
            production.artifacts.verify(artifact, suffix)
        except StoreError as exc:
            yield Fault("damaged", artifact, suffix, users.get((artifact, suffix), ()), exc.render())
        seen()
    for (artifact, suffix), units in users.items():
        if (artifact, suffix) not in kept:
            yield Fault("missing", artifact, suffix, units, "the ledger names it, but it is not kept here")


def set_aside(production: Production, fault: Fault) -> Path:
    """Move a damaged artifact to out/damaged/, so that the next apply makes it again. Raises StoreError."""
    if not isinstance(production.artifacts, LocalArtifacts):
        raise StoreError("only artifacts in a local folder can be set aside", field="--repair",
                         remedy="Delete the object in the bucket, then run 'genga apply'")
    path = production.artifacts.path(fault.artifact, fault.suffix)
    target = production.show.out / "damaged" / path.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    except OSError as exc:
        raise StoreError(f"cannot be moved ({exc.strerror})", file=path, remedy="Check the permissions of out/") from exc
    return target


def _users(production: Production) -> dict[tuple[str, str], tuple[str, ...]]:
    """Artifacts that units use now, or that canaries are compared with -> those units."""
    users: dict[tuple[str, str], tuple[str, ...]] = {}
    history = production.history()
    for preset, approval in history.approvals.items():
        for name, picture in approval.pictures.items():
            place = (picture.artifact, picture.suffix)
            users[place] = (*users.get(place, ()), canary_unit(preset, name))
    for (unit, stage, language), pick in history.picks.items():
        key = " ".join(part for part in (unit, stage, language) if part)
        users[(pick.artifact, pick.suffix)] = (*users.get((pick.artifact, pick.suffix), ()), key)
        for name, artifact in pick.extras.items():
            extra = (artifact, Path(name).suffix)
            users[extra] = (*users.get(extra, ()), key)
    return users
