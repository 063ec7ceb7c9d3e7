"""Radius: every unit that holds a thing, up to books and films, with what a change of it would cost and what would be kept."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from studio.plan.history import DRAWN, INGREDIENTS, STAGES, History, Key, PastPublish, PastTake, PastWaiver, Stage
from studio.plan.impact.graph import Graph, at, inputs_of, kind_at
from studio.plan.impact.things import Thing
from studio.plan.plans import Plan, Step
from studio.plan.price import Price, total
from studio.plan.reasons import Kind

APART = ("sweep", "refinement", "refinement_final", "canary", "lines")
"""Stages of pictures that no page and no film is made from."""
PAGES = ("panel", "final", "page", "book")
Medium = str
"""`book` or `film`."""
Rate = Callable[[str], float | None]
"""USD per device hour of a pool; None where nobody named any."""
Appears = Mapping[str, Collection[str]]
"""Unit -> names of the characters in it, or of who says it."""


@dataclass(frozen=True, slots=True)
class Held:
    """One unit at a stage, by the take that it uses."""

    unit: str
    stage: Stage
    language: str
    recipe: str
    seconds: float
    """Device seconds of its last take, its share of loading weights included: what it takes to make it again."""
    usd: float | None
    """The same at today's rate; None where its pool has none."""
    direct: bool
    """It names the thing itself; otherwise it is made from something that does."""
    kind: Kind
    published: bool
    """A book or film that was written for people holds it."""
    waiver: PastWaiver | None = None
    """It stays as it is, and costs nothing until then."""
    kept: bool = False
    """It is only made from what is waived: it stays as well."""
    pool: str = ""

    @property
    def episode(self) -> str:
        """Its episode."""
        return self.unit.split(".", 1)[0]

    @property
    def medium(self) -> Medium:
        """What it is for."""
        return "book" if self.stage in PAGES else "film"

    @property
    def redone(self) -> bool:
        """A change makes it anew."""
        return self.waiver is None and not self.kept


@dataclass(frozen=True)
class Radius:
    """What a thing touches."""

    thing: Thing
    held: tuple[Held, ...]
    """In the order of episodes and stages."""
    used: Mapping[tuple[str, Medium], Mapping[Stage, int]]
    """(episode, medium) -> how many units of each stage are used there, touched or not."""
    published: tuple[PastPublish, ...]
    """Books and films, written for people, that hold it; also those that were replaced since."""
    wanted: tuple[Step, ...] = ()
    """What the plan wants made from it and is not yet; priced by the plan. Empty where no plan was looked at."""
    gone: tuple[str, ...] = ()
    """Units that held it last and are in no storyboard any more: deleted or renamed."""
    apart: int = 0
    """Cells of sweeps, canaries and the like that hold it; nothing is made from these."""
    planned: bool = False
    """The plan was looked at too."""

    @property
    def seconds(self) -> float:
        """Device seconds to bring everything up to date, if the thing changes."""
        return sum(one.seconds for one in self.held if one.redone)

    @property
    def price(self) -> Price:
        """The same in USD, at today's rates."""
        return total((one.usd, one.pool) for one in self.held if one.redone)


    @property
    def wanted_price(self) -> Price:
        """USD of what is wanted and not made yet."""
        return total((step.usd, step.pool) for step in self.wanted)


def blast_radius(
    thing: Thing, history: History, graph: Graph, rate: Rate, ids: Mapping[str, Collection[str]], plans: Iterable[Plan] = (),
    appears: Appears | None = None,
) -> Radius:
    """What holds `thing`, by what every unit uses today, and by the plans where some are given.

    ids: episode -> ids in its storyboard, by which deleted units are told. appears: for a character. Pure: reads, never writes.
    """
    plans = list(plans)
    picks = used_now(history)
    thing = _with_older(thing, history, plans)
    seeds = _seeds(thing, graph, appears or {}, picks)
    above = graph.above(seeds)
    waived = {recipe for (unit, _, _), recipe in picks.items() if recipe in above and _waiver(history, graph, unit, recipe)}
    redone = graph.above(seeds, waived)
    books = [past for recipe, past in history.published.items() if recipe in above]
    shown = graph.below(past.recipe for past in books) if books else set[str]()
    used = {**picks, **_ingredients(graph, picks, above)}
    kinds: dict[str, Kind] = {recipe: _kind(thing, graph, recipe) for recipe in seeds}
    follows: Kind = "recipe" if set(kinds.values()) == {"recipe"} else "content"
    held = [_held(history, graph, key, recipe, rate, kinds.get(recipe, follows), recipe in seeds, shown, redone)
            for key, recipe in used.items() if recipe in above and key[1] not in APART]
    here, gone = split_gone(held, ids)
    return Radius(thing, tuple(sorted(here, key=in_order)), count_used(used, ids), tuple(sorted(books, key=lambda past: past.at)),
                  tuple(_wanted(thing, plans, {key for key, recipe in used.items() if recipe in above})),
                  tuple(dict.fromkeys(one.unit for one in gone)), sum(graph.takes[r].stage in APART for r in above), bool(plans))


def used_now(history: History) -> dict[Key, str]:
    """Unit, stage, language -> recipe of the take that it uses, as far as the ledger has that take."""
    return {key: pick.recipe for key, pick in history.picks.items() if pick.recipe in history.takes}


def _seeds(thing: Thing, graph: Graph, appears: Appears, used: Mapping[Key, str]) -> set[str]:
    """Recipes that name the thing themselves; a look's and a storyboard's are told by what their takes remember."""
    if thing.shas:
        return graph.holding(thing.shas) | {maker for sha in thing.shas if (maker := graph.makers.get(sha))}
    if thing.preset:
        return {recipe for recipe, take in graph.takes.items() if take.preset and take.preset.name == thing.preset}
    if thing.what in ("settings", "environment"):
        return set(used.values())
    if thing.episode:
        return {recipe for (unit, _, _), recipe in used.items() if unit.split(".", 1)[0] == thing.episode}
    if thing.character:
        return set(_of_character(thing, graph, appears, used))
    return set()


def _of_character(thing: Thing, graph: Graph, appears: Appears, used: Mapping[Key, str]) -> Iterator[str]:
    """What a character is drawn or heard in, by the storyboards; pages and subtitles that have the name, by their recipes."""
    for (unit, stage, _), recipe in used.items():
        body = graph.takes[recipe].body
        named = thing.character in body.get("titles", ()) or any(
            cue.get("speaker") in thing.titles for cue in body.get("cues", ()))
        if named or (stage in (*DRAWN, "voice") and thing.character in appears.get(unit, ())):
            yield recipe


def _with_older(thing: Thing, history: History, plans: Iterable[Plan]) -> Thing:
    """Also the bytes that the thing had before it changed: where the plan wants it, takes may still name the older ones."""
    if not thing.shas:
        return thing
    older = set[str]()
    for plan in plans:
        for step in plan.steps:
            pick = history.picks.get((step.unit, step.stage, step.language)) if step.todo else None
            past = history.takes.get(pick.recipe) if pick else None
            if past:
                found = (at(past.body, path) for path in _places(step, thing.shas))
                older |= {sha for sha in found if isinstance(sha, str) and len(sha) == 64}
    return replace(thing, shas=thing.shas | older)


def _places(step: Step, shas: Collection[str]) -> Iterator[tuple[str | int, ...]]:
    """Where the recipe that a step wants names one of these; of one that waits, the recipe that it began with."""
    recipe = step.recipe or (step.wish.recipe if step.wish and step.stage in DRAWN else None)
    if recipe:
        yield from (path for path, sha in inputs_of(recipe.model_dump(mode="json")) if sha in shas)


def _wanted(thing: Thing, plans: Iterable[Plan], held: Collection[Key]) -> Iterator[Step]:
    """Steps to be done that will name the thing and whose unit holds it in nothing yet."""
    for plan in plans:
        for step in plan.steps:
            if step.todo and (step.unit, step.stage, step.language) not in held:
                character = step.wish is not None and thing.character in step.wish.characters and step.stage in DRAWN
                look = step.wish is not None and thing.preset == step.wish.preset.name
                if any(_places(step, thing.shas)) or (thing.character and character) or (thing.preset and look):
                    yield step


def _waiver(history: History, graph: Graph, unit: str, recipe: str) -> PastWaiver | None:
    """The waiver of a unit, of its shot or its episode; of a panel's page, which the ledger tells by what it is made of."""
    if not history.waivers:
        return None
    shot = unit.rsplit(".", 1)[0]
    found = history.waiver(unit, shot)
    if found or graph.takes[recipe].stage not in ("panel", "final"):
        return found
    return next((waiver for page in _pages_of(graph, recipe) if (waiver := history.waivers.get(page))), None)


def _pages_of(graph: Graph, recipe: str) -> Iterator[str]:
    """The pages for which a panel or its final was used."""
    yield from (graph.takes[above].unit for above in graph.above([recipe]) if graph.takes[above].stage == "page")


def _ingredients(graph: Graph, picks: Mapping[Key, str], above: Collection[str]) -> dict[Key, str]:
    """What keyframes in use are made from: nobody picks among these, so that their picks may be old."""
    if not any(graph.takes[recipe].stage in INGREDIENTS for recipe in above):
        return {}
    below = graph.below(recipe for (_, stage, _), recipe in picks.items() if stage == "keyframe")
    takes = [(recipe, graph.takes[recipe]) for recipe in below]
    return {(take.unit, take.stage, ""): recipe for recipe, take in takes if take.stage in INGREDIENTS}


def _held(
    history: History, graph: Graph, key: Key, recipe: str, rate: Rate, kind: Kind, direct: bool, shown: Collection[str],
    redone: Collection[str],
) -> Held:
    take = graph.takes[recipe]
    return Held(*key, recipe, take.seconds + take.load_seconds, usd_of(take, rate), direct, kind, recipe in shown,
                _waiver(history, graph, key[0], recipe), recipe not in redone, pool_of(take))


def _kind(thing: Thing, graph: Graph, recipe: str) -> Kind:
    """Which kind of stale a recipe that names the thing would be."""
    if thing.kind:
        return thing.kind
    for path, sha in graph.inputs[recipe]:
        if sha in thing.shas:
            return kind_at(path)
    return "content"


def usd_of(take: PastTake, rate: Rate) -> float | None:
    """What making a take once more costs at today's rate, loading weights included; None where its pool has none."""
    found = rate(pool_of(take))
    return None if found is None else (take.seconds + take.load_seconds) * found / 3600


def pool_of(take: PastTake) -> str:
    """The pool that made a take; by its stage, where an older ledger does not say."""
    if take.pool:
        return take.pool
    if take.stage == "inbetween":
        return "video"
    return "image" if take.body.get("kind") == "image" else "post"


def split_gone(held: Iterable[Held], ids: Mapping[str, Collection[str]]) -> tuple[list[Held], list[Held]]:
    """(units that are in a storyboard, those that are in none any more)."""
    here, gone = list[Held](), list[Held]()
    for one in held:
        (here if is_there(one.unit, ids) else gone).append(one)
    return here, gone


def is_there(unit: str, ids: Mapping[str, Collection[str]]) -> bool:
    """Is the unit in a storyboard, by the ids of each episode?"""
    episode, *parts = unit.split(".")
    return episode in ids and all(part in ids[episode] for part in parts)


def count_used(used: Iterable[Key], ids: Mapping[str, Collection[str]]) -> dict[tuple[str, Medium], dict[Stage, int]]:
    """(episode, medium) -> stage -> how many of the units `used` are in a storyboard."""
    counted: dict[tuple[str, Medium], dict[Stage, int]] = {}
    for unit, stage, _ in used:
        if stage not in APART and is_there(unit, ids):
            stages = counted.setdefault((unit.split(".", 1)[0], "book" if stage in PAGES else "film"), {})
            stages[stage] = stages.get(stage, 0) + 1
    return counted


def in_order(one: Held) -> tuple[str, Medium, int, str, str]:
    """By episode, book before film, then in the order of making."""
    return one.episode, one.medium, STAGES.index(one.stage), one.unit, one.language
