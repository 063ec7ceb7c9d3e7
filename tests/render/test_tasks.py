"""Who works on what: attempts, deaths, dropped drivers, places and seats. No Ray."""

from dataclasses import replace

from studio.dispatch.classes import LONGEST, RANKS, STEP
from studio.render.fleet.placing import AGEING_SECONDS, CLASS_POINTS, PATIENCE_SECONDS, Slot, place
from studio.render.fleet.seats import FIRST_PAUSE, LEAK_BYTES, LONGEST_PAUSE, Seat
from studio.render.fleet.tasks import MOST_DEATHS, Board, Task, still
from studio.render.needs import weights_of

from .shelf import faked

A, B = frozenset({"a" * 64}), frozenset({"b" * 64})
LEFT, RIGHT = Slot("left"), Slot("right")


def task(
    name: str, *, weights: frozenset[str] = A, size: int = 1, driver: str = "d", priority: int = 0, since: float = 0.0
) -> Task:
    """A task of `size` recipes."""
    recipes = tuple(faked(seed=i) for i in range(size))
    return Task(name, driver, "fake", recipes, weights, priority=priority, since=since)


def placed(waiting: list[Task], free: list[Slot], now: float = 1.0) -> list[tuple[str, str]]:
    """Names of tasks and devices that placing pairs."""
    return [(t.id, s.name) for t, s in place(waiting, free, free, now)]


def test_a_result_is_taken_once_and_only_from_the_attempt_that_counts() -> None:
    board = Board()
    board.submit([task("t")])
    dead = board.lease(board.waiting[0], "left", 0.0)
    board.die(dead.attempt, 1.0)
    alive = board.lease(board.waiting[0], "right", 1.0)
    assert board.finish(dead.attempt) is None
    assert board.refused == 1
    done = board.finish(alive.attempt)
    assert done is not None and done.id == "t.0"
    assert board.finish(alive.attempt) is None


def test_after_a_death_recipes_wait_one_by_one_and_the_deadly_one_is_given_up() -> None:
    board = Board()
    board.submit([task("t", size=2)])
    board.die(board.lease(board.waiting[0], "left", 0.0).attempt, 1.0)
    assert [len(t.recipes) for t in board.waiting] == [1, 1]
    sound = board.lease(board.waiting[1], "left", 0.0)
    assert board.finish(sound.attempt) is not None
    given_up: list[Task] = []
    for _ in range(MOST_DEATHS - 1):
        given_up += board.die(board.lease(board.waiting[0], "left", 0.0).attempt, 1.0)
    assert [t.recipes for t in given_up] == [(faked(seed=0),)]
    assert board.waiting == []


def test_a_driver_that_is_dropped_leaves_nothing_and_its_late_result_is_refused() -> None:
    board = Board()
    board.submit([task("mine"), task("waits"), task("theirs", driver="other")])
    lease = board.lease(board.waiting[0], "left", 0.0)
    board.drop("d")
    assert [t.id for t in board.waiting] == ["theirs"]
    assert board.finish(lease.attempt) is None


def test_what_is_not_done_is_handed_in_again_when_the_dispatcher_forgot_its_driver() -> None:
    tasks = [task("one", size=3), task("two", size=2)]
    first, second, third = (recipe.digest() for recipe in tasks[0].recipes)
    again = still(tasks, {first: 0, second: 1, third: 1})
    assert [[r.digest() for r in t.recipes] for t in again] == [[second, third]]
    assert [len(t.recipes) for t in still(tasks, {first: 2, second: 1})] == [2, 1], "the same recipe may be wanted twice"


def test_what_comes_next_is_known_unless_fetching_it_may_have_killed() -> None:
    board, now = Board(), task("now")
    board.submit([task("other", weights=B), task("foreign", driver="e"), task("next", size=2), task("later")])
    assert board.following(now) == task("next", size=2).recipes
    assert board.following(replace(now, deaths=1)) == ()
    board.waiting = [replace(t, deaths=1) for t in board.waiting]
    assert board.following(now) == ()


def test_after_its_patience_the_oldest_goes_first_whatever_is_loaded() -> None:
    now = 1000.0
    old = task("old", weights=A, since=now - PATIENCE_SECONDS - 9)
    young = task("young", weights=B, since=now - PATIENCE_SECONDS - 2)
    assert placed([young, old], [replace(LEFT, loaded=B)], now) == [("old", "left")]


def test_what_is_warm_goes_first_then_what_is_older() -> None:
    warm = replace(LEFT, loaded=B)
    assert placed([task("a", weights=A), task("b", weights=B, since=0.5)], [warm]) == [("b", "left")]
    assert placed([task("new", since=0.9), task("old", since=0.1)], [LEFT]) == [("old", "left")]


def test_two_devices_take_what_each_holds() -> None:
    free = [replace(LEFT, loaded=A), replace(RIGHT, loaded=B)]
    assert sorted(placed([task("b", weights=B), task("a", weights=A)], free)) == [("a", "left"), ("b", "right")]


def test_200_recipes_over_5_models_load_each_model_once_on_one_device() -> None:
    models = [frozenset({str(m) * 64}) for m in range(5)]
    waiting = [task(f"{i}", weights=models[i % 5], since=i / 1000) for i in range(200)]
    slot, loads = LEFT, 0
    while waiting:
        ((chosen, _),) = place(waiting, [slot], [slot], 1.0)
        loads += chosen.weights != slot.loaded
        slot = replace(slot, loaded=chosen.weights)
        waiting.remove(chosen)
    assert loads == 5


def test_a_cold_task_overtakes_warm_ones_once_it_has_waited_its_patience_out() -> None:
    warm, now = replace(LEFT, loaded=B), 1000.0
    fresh = task("warm", weights=B, since=now - 1)
    assert placed([task("cold", weights=A, since=now - PATIENCE_SECONDS + 1), fresh], [warm], now) == [("warm", "left")]
    assert placed([task("cold", weights=A, since=now - PATIENCE_SECONDS - 1), fresh], [warm], now) == [("cold", "left")]


def test_priority_comes_first_but_nothing_waits_for_ever() -> None:
    now = 20 * AGEING_SECONDS
    urgent = task("urgent", priority=RANKS["delivery"] + LONGEST, since=now - 1)
    assert placed([task("batch", since=now - 1.5 * AGEING_SECONDS), urgent], [LEFT], now) == [("urgent", "left")]
    assert placed([task("batch", since=now - 3.5 * AGEING_SECONDS), urgent], [LEFT], now) == [("batch", "left")]


def test_the_farm_reads_a_class_from_priorities_as_the_queue_writes_it() -> None:
    assert CLASS_POINTS == STEP and sorted(rank // CLASS_POINTS for rank in RANKS.values()) == [0, 1, 2]
    assert LONGEST < CLASS_POINTS


def test_within_a_class_what_is_due_soonest_goes_first_whatever_is_loaded() -> None:
    warm = replace(LEFT, loaded=B)
    later, sooner = (replace(task(f"{due}", weights=A), deadline=due) for due in (7200.0, 3600.0))
    never, above = task("never", weights=B), task("above", priority=RANKS["demo"])
    assert placed([never, later, sooner], [warm]) == [("3600.0", "left")]
    assert placed([never, later, sooner, above], [warm]) == [("above", "left")]
    old = replace(never, since=-1.5 * AGEING_SECONDS)
    assert placed([sooner, old], [LEFT]) == [("never", "left")]  # it has waited long enough


def test_of_one_class_the_warm_run_goes_before_the_shorter_one() -> None:
    short, warm = task("short", weights=A, priority=LONGEST), task("warm", weights=B, priority=5)
    assert placed([short, warm], [replace(LEFT, loaded=B)]) == [("warm", "left")]
    assert placed([short, replace(warm, weights=A)], [replace(LEFT, loaded=B)]) == [("short", "left")]


def test_devices_serve_their_pools_only() -> None:
    video = replace(task("film"), pool="video")
    assert placed([video], [replace(LEFT, pools=frozenset({"image"}))]) == []
    assert placed([video], [replace(LEFT, pools=frozenset({"video"}))]) == [("film", "left")]


def test_a_task_waits_for_a_device_it_fits_and_goes_to_the_largest_when_it_fits_none() -> None:
    small, large = replace(LEFT, total_bytes=8), replace(RIGHT, total_bytes=24)
    big, huge = replace(task("big"), wanted_bytes=20), replace(task("huge"), wanted_bytes=99)
    assert place([big], [small], [small, large], 1.0) == []
    assert place([big], [small, large], [small, large], 1.0) == [(big, large)]
    assert place([huge], [small, large], [small, large], 1.0) == [(huge, large)]


def test_weights_of_a_recipe_are_all_files_that_must_be_loaded() -> None:
    recipe = faked(vae="c" * 64)
    assert set(weights_of(recipe)) == {recipe.model, "c" * 64}


def test_a_seat_waits_longer_after_each_death_and_forgets_them_with_a_batch() -> None:
    seat = Seat("s", "n")
    pauses: list[float] = []
    for _ in range(10):
        seat.leave("died", 0.0)
        pauses.append(seat.until)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    seat.done(1, 1.0, A)
    seat.leave("died", 0.0)
    assert seat.until == FIRST_PAUSE


def test_a_seat_that_grows_beyond_the_bound_leaks_and_its_next_worker_starts_afresh() -> None:
    seat = Seat("s", "n")
    assert not seat.leaks(LEAK_BYTES * 2)
    assert not seat.leaks(LEAK_BYTES * 3)
    assert seat.leaks(LEAK_BYTES * 3 + 1)
    seat.sit(object())
    assert not seat.leaks(LEAK_BYTES * 3 + 1)
