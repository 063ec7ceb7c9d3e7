"""Impact of a show's own things: the ledger is asked first, the plan where only that can know."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from studio.plan.history import History
from studio.plan.impact.elsewhere import Elsewhere, made_elsewhere
from studio.plan.impact.graph import graph_of
from studio.plan.impact.radius import Radius, blast_radius
from studio.plan.impact.things import find_thing
from studio.plan.plans import Plan
from studio.production.opening import Production
from studio.render.catalogue import ENGINES, surroundings
from studio.render.environment import environment_digest
from studio.story.boards import appearing, ids_by_episode


def impact(
    production: Production, asked: str, history: History, plans: Sequence[Plan] | None = None, planned: bool = False,
    anywhere: bool = False,
) -> Radius:
    """Everything that holds what is called `asked`. Raises StoryError for what nobody knows.

    plans: those of all episodes, where they are made already. planned: make them, to tell also what is wanted and not made yet.
    They are made all the same when only they can tell: for a file that no take in use names as it is today.
    anywhere: `asked` may be a file outside the show; for who may read this machine's files, as visitors of a page may not.
    """
    thing = find_thing(asked, production.show, production.library, history, anywhere)
    graph, ids, rate = graph_of(history), ids_by_episode(production.show), production.show.rate
    appears = appearing(production.show, thing.character) if thing.character else {}
    if plans is None and not planned:
        radius = blast_radius(thing, history, graph, rate, ids, appears=appears)
        if radius.held or not thing.shas:
            return radius
    if plans is None:
        boards = production.boards() if production.show.storyboard_files else []
        plans = production.plans(boards, history)
    return blast_radius(thing, history, graph, rate, ids, plans, appears)


def elsewhere(
    production: Production, history: History, within: Radius | None = None,
    facts_of: Callable[[str], Mapping[str, str]] | None = None,
) -> Elsewhere:
    """Takes in use that another environment made. facts_of: engine -> facts of today's; this machine's if left out."""

    @cache
    def today(engine: str) -> tuple[str, Mapping[str, str]]:
        facts = dict((facts_of or surroundings)(engine)) if facts_of or engine in ENGINES else {}
        return environment_digest(facts), facts

    return made_elsewhere(history, today, production.show.rate, ids_by_episode(production.show), within)
