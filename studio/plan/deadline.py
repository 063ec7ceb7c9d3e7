"""Deadline: is a plan done in time and for the money, what holds it up, and what to give up first if it is not. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from studio.plan.budget import Overrun
from studio.plan.plans import Plan, Step
from studio.plan.price import Price, together, total
from studio.plan.schedule import Schedule, schedule
from studio.story.storyboard import Storyboard

Replan = Callable[[Sequence[Storyboard]], Sequence[Plan]]


@dataclass(frozen=True)
class Wanted:
    """By when, and for how much."""

    seconds: float | None = None
    """From now."""
    usd: float | None = None


@dataclass(frozen=True)
class Saving:
    """Something that may be given up."""

    episode: str
    place: str
    """Page or shot."""
    what: str
    seconds: float
    """Device seconds that it saves."""
    usd: float
    """As far as prices are known."""


@dataclass(frozen=True)
class Forecast:
    """How a plan stands against what is wanted."""

    usual: Schedule
    high: Schedule
    """With seconds that nine of ten units stay under."""
    price: Price
    wanted: Wanted
    given_up: tuple[Saving, ...] = ()
    """In this order, as far as it is needed."""
    enough: bool = True
    """Whether it fits then."""
    late: tuple[str, ...] = ()
    """Steps that would come too late even so."""
    held: tuple[Overrun, ...] = ()
    """Budgets at whose ceiling its renders wait: however fast and cheap it is, it is not done before they are raised."""

    @property
    def fits(self) -> bool:
        """In time for nine of ten, and for the money as far as prices are known; before anything is given up."""
        return _fits(self.high, self.price.known, self.wanted)

    @property
    def feasible(self) -> bool:
        """It fits, and no budget holds it."""
        return self.fits and not self.held

    @property
    def certain(self) -> bool:
        """Whether every price that a limit is held against is known."""
        return self.wanted.usd is None or not self.price.unknown


def forecast(plans: Sequence[Plan], boards: Sequence[Storyboard], limits: Mapping[str, int], wanted: Wanted,
             replan: Replan) -> Forecast:
    """How `plans` of `boards` stand. replan: plans of changed storyboards, asked only where something has to be given up."""
    usual, high = schedule(plans, limits), schedule(plans, limits, high=True)
    price = together(plan.price for plan in plans)
    if _fits(high, price.known, wanted):
        return Forecast(usual, high, price, wanted)
    modest = replan([modestly(board) for board in boards])
    savings = _savings(plans, modest)
    given: list[Saving] = []
    now, left = list(plans), price.known
    for saving in savings:
        if _fits(schedule(now, limits, high=True), left, wanted):
            break
        now = [_with(plan, other, saving.place) if plan.episode == saving.episode else plan
               for plan, other in zip(now, modest, strict=True)]
        left -= saving.usd
        given.append(saving)
    last = schedule(now, limits, high=True)
    late = () if wanted.seconds is None else tuple(
        key for (_, key), end in sorted(last.ends.items(), key=lambda pair: pair[1]) if end > wanted.seconds)
    return Forecast(usual, high, price, wanted, tuple(given), _fits(last, left, wanted), late)


def modestly(board: Storyboard) -> Storyboard:
    """The storyboard with all shots at draft quality and one candidate of every picture."""
    pages = tuple(page.model_copy(update={"panels": tuple(p.model_copy(update={"candidates": 1}) for p in page.panels)})
                  for page in board.pages)
    shots = tuple(
        shot.model_copy(update={"quality": "draft", "keyframes": tuple(
            k.model_copy(update={"candidates": 1}) for k in shot.keyframes)})
        for shot in board.shots)
    changed = board.model_copy(update={"pages": pages, "shots": shots})
    return changed.read_from(board.file) if board.file else changed


def _savings(plans: Sequence[Plan], modest: Sequence[Plan]) -> list[Saving]:
    """What each page and shot would save, most first."""
    found: list[Saving] = []
    for plan, other in zip(plans, modest, strict=True):
        costs, cheaper = _by_place(plan), _by_place(other)
        for place, steps in costs.items():
            seconds = sum(s.seconds for s in steps) - sum(s.seconds for s in cheaper.get(place, ()))
            usd = _known(steps) - _known(cheaper.get(place, ()))
            if place and seconds > 0:
                shot = any(s.stage == "inbetween" for s in steps)
                what = "at draft quality" if shot else "with one candidate of every picture"
                found.append(Saving(plan.episode, place, what, seconds, usd))
    return sorted(found, key=lambda saving: (-saving.seconds, saving.place))


def _known(steps: Sequence[Step]) -> float:
    return total((step.usd, step.pool) for step in steps).known


def _by_place(plan: Plan) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in plan.steps:
        found.setdefault(step.place, []).append(step)
    return found


def _with(plan: Plan, other: Plan, place: str) -> Plan:
    """`plan` with the steps of one place as in `other`."""
    return replace(plan, steps=(*(s for s in plan.steps if s.place != place), *(s for s in other.steps if s.place == place)))


def _fits(high: Schedule, usd: float, wanted: Wanted) -> bool:
    return (wanted.seconds is None or high.seconds <= wanted.seconds) and (wanted.usd is None or usd <= wanted.usd)
