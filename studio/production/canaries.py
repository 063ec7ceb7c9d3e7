"""Canaries of a show: drawn as panels are, approved by a person, and compared with what was approved."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio.errors import GengaError, StoreError
from studio.plan.approved import ApprovedPicture, CanaryOutcome, PastApproval
from studio.plan.canaries import canary_wishes, environment_changes, preset_changes, recipe_changes
from studio.plan.history import History, PastTake
from studio.plan.plans import Step, filled
from studio.plan.predict import Predictor
from studio.plan.presets import Preset
from studio.plan.prompts import PanelWish
from studio.production.making import order_of
from studio.production.opening import Production
from studio.render.catalogue import surroundings
from studio.render.environment import environment_digest
from studio.render.renderer import Outcome, Run
from studio.store.events import Approval, CanaryCheck
from studio.store.pictures import Distance, perceptual_distance, pixels_digest, read_genga

if TYPE_CHECKING:
    from PIL import Image

WORST: tuple[CanaryOutcome, ...] = ("failed", "drift", "unapproved", "perceptual", "same")
UNEXPLAINED = "nothing that genga knows of changed: same preset, weights, engine contract and environment"


@dataclass(frozen=True)
class Sight:
    """One canary, as it comes out today."""

    outcome: CanaryOutcome
    take: PastTake | None = None
    approved: ApprovedPicture | None = None
    distance: Distance | None = None
    """From the approved picture, where the two are not the same."""
    reused: bool = False
    error: GengaError | None = None


@dataclass(frozen=True)
class Checked:
    """All canaries of a preset, compared."""

    preset: Preset
    sights: dict[str, Sight]
    approval: PastApproval | None
    causes: tuple[str, ...] = ()
    """What changed since the approval; empty where all are the same."""
    error: GengaError | None = None
    """Why none could be drawn."""

    @property
    def outcome(self) -> CanaryOutcome:
        """The worst of them."""
        found: set[CanaryOutcome] = {sight.outcome for sight in self.sights.values()}
        if self.error:
            found.add("failed")
        for outcome in WORST:
            if outcome in found:
                return outcome
        return "unapproved"

    @property
    def alert(self) -> bool:
        """Somebody has to look: one drifted, or could not be drawn."""
        return self.outcome in ("failed", "drift")

    @property
    def errors(self) -> tuple[GengaError, ...]:
        """What kept canaries from being drawn or compared, each once."""
        found = [self.error, *(sight.error for sight in self.sights.values())]
        return tuple({error.render(): error for error in found if error}.values())

    @property
    def takes(self) -> tuple[PastTake, ...]:
        """Today's pictures."""
        return tuple(sight.take for sight in self.sights.values() if sight.take)


def approve(production: Production, name: str, run: Run) -> Approval:
    """Let today's canaries of a preset be what later ones are compared with. Raises GengaError when one cannot be drawn."""
    preset = production.library.preset(name, "PRESET")
    wishes = _wishes(production, preset, production.history())
    drawn = _drawn(production, wishes, run, again=False)
    pictures: dict[str, ApprovedPicture] = {}
    for canary, outcome in drawn.items():
        if outcome.take is None:
            raise outcome.error or StoreError("no picture came", field=outcome.order.unit)
        take = outcome.take
        pictures[canary] = ApprovedPicture(recipe=take.recipe, artifact=take.artifact, suffix=take.suffix,
                                           environment=take.environment, facts=_facts(production, take))
    event = Approval(show=production.show.name, unit=f"canaries/{name}", trace=run.trace, run=run.id, attempt=run.attempt,
                     preset=preset.stamp, said=preset.model_dump(mode="json"), pictures=pictures)
    production.ledger.append(event)
    return event


def check(production: Production, name: str, run: Run, again: bool = False) -> Checked:
    """Draw the canaries of a preset and compare them with the approved ones; the outcome is kept in the ledger.

    again: draw them even where today's pictures are kept. Raises PresetError for an unknown preset; whatever keeps
    canaries from being drawn is an outcome.
    """
    preset, history = production.library.preset(name, "PRESET"), production.history()
    approval = history.approvals.get(name)
    checked = _checked(production, preset, history, approval, run, again)
    production.ledger.append(CanaryCheck(
        show=production.show.name, unit=f"canaries/{name}", trace=run.trace, run=run.id, attempt=run.attempt,
        preset=preset.stamp, outcomes={canary: sight.outcome for canary, sight in checked.sights.items()}, alert=checked.alert,
        causes=checked.causes, rendered=any(sight.take and not sight.reused for sight in checked.sights.values()),
    ))
    return checked


def _checked(
    production: Production, preset: Preset, history: History, approval: PastApproval | None, run: Run, again: bool
) -> Checked:
    pictures = approval.pictures if approval else {}
    try:
        wishes = _wishes(production, preset, history)
    except GengaError as exc:
        failed = {canary: Sight("failed", approved=picture) for canary, picture in pictures.items()}
        causes = preset_changes(approval.preset, approval.said, preset) if approval else []
        return Checked(preset, failed, approval, tuple(causes), exc)
    sights = {canary: _compared(production, outcome, pictures.get(canary))
              for canary, outcome in _drawn(production, wishes, run, again).items()}
    checked = Checked(preset, sights, approval)
    if approval is None or checked.outcome == "same":
        return checked
    return replace(checked, causes=tuple(_causes(production, checked, approval, wishes, history)))


def _wishes(production: Production, preset: Preset, history: History) -> dict[str, PanelWish]:
    """Raises PresetError, as for panels, where the preset changed without a new version."""
    unraised = production.unraised(history)
    if preset.name in unraised:
        raise unraised[preset.name]
    return canary_wishes(production.show, production.library, preset)


def _drawn(production: Production, wishes: dict[str, PanelWish], run: Run, again: bool) -> dict[str, Outcome]:
    """Today's pictures: those kept from this very environment, and the others drawn whatever another environment drew."""
    history = production.history()
    predictor = Predictor(history)
    steps = {canary: Step(wish.unit, "canary", "", "missing", recipe=wish.recipe, wish=wish, inputs=wish.inputs,
                          each=predictor.estimate(wish.recipe)) for canary, wish in wishes.items()}
    here = {engine: environment_digest(surroundings(engine)) for engine in {wish.recipe.engine for wish in wishes.values()}}
    drawn: dict[str, Outcome] = {}
    for canary, wish in wishes.items():
        take = history.take_in(wish.recipe.digest(), here[wish.recipe.engine])
        if take and not again and production.artifacts.has(take.artifact, take.suffix):
            drawn[canary] = Outcome(order_of(production, steps[canary], history), take, reused=True)
    names = {wish.unit: canary for canary, wish in wishes.items()}
    missing = filled(step for canary, step in steps.items() if canary not in drawn)
    orders = [order_of(production, step, history) for step in missing]
    drawn |= {names[outcome.order.unit]: outcome for outcome in production.renderer(run).render(orders, anew=True)}
    return {canary: drawn[canary] for canary in wishes}


def _compared(production: Production, outcome: Outcome, approved: ApprovedPicture | None) -> Sight:
    """Bytes first, then pixels, then how they look."""
    take = outcome.take
    if take is None:
        return Sight("failed", approved=approved, error=outcome.error)
    if approved is None:
        return Sight("unapproved", take, reused=outcome.reused)
    if take.artifact == approved.artifact:
        return Sight("same", take, approved, reused=outcome.reused)
    try:
        old, new = _approved_picture(production, outcome.order.unit, approved), production.sources.picture(take.artifact)
    except StoreError as exc:
        return Sight("failed", take, approved, reused=outcome.reused, error=exc)
    if pixels_digest(old) == pixels_digest(new):
        return Sight("same", take, approved, reused=outcome.reused)
    distance = perceptual_distance(old, new)
    return Sight("perceptual" if distance.matches else "drift", take, approved, distance, outcome.reused)


def _approved_picture(production: Production, unit: str, approved: ApprovedPicture) -> "Image.Image":
    if not production.artifacts.has(approved.artifact, approved.suffix):
        raise StoreError(
            f"the approved picture {approved.artifact[:12]}… is not kept here any more", field=unit,
            remedy=f"Restore out/artifacts, or look at today's and run 'genga canary approve {unit.split('/')[1]}'",
        )
    return production.sources.picture(approved.artifact)


def _causes(
    production: Production, checked: Checked, approval: PastApproval, wishes: dict[str, PanelWish], history: History
) -> list[str]:
    """What changed since the approval, over all canaries, each once."""
    preset = checked.preset
    told = preset_changes(approval.preset, approval.said, preset)
    of_preset = bool(told)
    for canary, sight in checked.sights.items():
        if sight.approved is None:
            continue
        told += recipe_changes(history.takes.get(sight.approved.recipe), wishes[canary], of_preset)
        if sight.take:
            told += environment_changes(sight.approved.facts, _facts(production, sight.take))
    if not told and checked.alert and not checked.errors:
        told = [UNEXPLAINED]
    gone = [f"canary '{canary}' is not drawn any more" for canary in approval.pictures if canary not in checked.sights]
    return [*dict.fromkeys(told), *gone]


def _facts(production: Production, take: PastTake) -> dict[str, str]:
    """The environment of a take, from its own picture."""
    return read_genga(production.artifacts.get(take.artifact, take.suffix))[1].environment_facts
