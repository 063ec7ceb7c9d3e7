"""Promises about calibration: gates are held against people's last words, and no bound is proposed that luck could explain."""

import itertools
import random
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from studio.judge.bounds import between, propose
from studio.judge.calibration import CATCHES, Calibration, calibrate
from studio.judge.catalogue import SCORERS
from studio.judge.policies import Gate
from studio.judge.tallies import Sample, Share
from studio.judge.wording import how_to_apply, records, share_said
from studio.plan.history import Cause
from studio.store.event import Event
from studio.store.events import Review
from studio.store.ledger import Ledger

from .verdicts import FACES, accepted, judged, rejected, spread, write_ledger

FILE = Path("policies/house.yaml")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def of(ledger: Path, events: Iterable[Event], gate: Gate = FACES, episode: str | None = None) -> Calibration:
    """The one gate, held against what was said."""
    return calibrate(Ledger(write_ledger(ledger, events)).history(), [(FILE, gate)], episode)[0]


def sample(good: Iterable[float], bad: Iterable[float], others: Iterable[float] = ()) -> Sample:
    return Sample(tuple(sorted(good)), tuple(sorted(bad)), tuple(sorted(others)))


def test_where_numbers_part_pictures_wholly_the_bound_lies_between_and_everything_is_right(ledger: Path) -> None:
    row = of(ledger, accepted(FACES, *spread(0.6, 0.9, 12)) + rejected(FACES, *spread(0.3, 0.4, 6))).overall
    assert (row.now.recall.value, row.now.precision.value, row.now.false_blocks.value) == (0.0, None, 0.0)
    assert row.proposal and row.proposal.min == 0.5 and row.proposal.max is None
    then = row.proposal.tally
    assert (then.precision.value, then.recall.value, then.own_recall.value, then.false_blocks.value) == (1, 1, 1, 0)


def test_a_bound_that_is_right_already_stays(ledger: Path) -> None:
    right = FACES.model_copy(update={"min": 0.45})
    row = of(ledger, accepted(FACES, *spread(0.6, 0.9, 12)) + rejected(FACES, *spread(0.3, 0.4, 6)), right).overall
    assert (row.now.precision.value, row.now.recall.value, row.proposal, row.says) == (1, 1, None, "as good as it gets")


@pytest.mark.parametrize("seed", range(20))
def test_a_gate_whose_numbers_mean_nothing_proposes_nothing(seed: int) -> None:
    dice = random.Random(seed)
    luck = sample((dice.random() for _ in range(40)), (dice.random() for _ in range(15)))
    for low, high in ((0.0, None), (None, 1.0), (0.0, 1.0)):
        proposal, says = propose(luck, low, high)
        assert proposal is None and "tells accepted from rejected" in says


def test_a_gate_that_stops_what_people_accept_is_told_so() -> None:
    dice = random.Random(1)
    proposal, says = propose(sample((dice.random() for _ in range(40)), (dice.random() for _ in range(15))), 0.5, None)
    assert proposal is None and "stops too much" in says


@pytest.mark.parametrize(("good", "bad"), [(9, 5), (10, 4), (0, 0), (0, 30), (30, 0)])
def test_too_few_verdicts_are_told_with_their_number(good: int, bad: int) -> None:
    proposal, says = propose(sample([0.9] * good, [0.1] * bad), 0.05, None)
    assert proposal is None and says.startswith(f"too few verdicts ({good} accepted, {bad} rejected")


@pytest.mark.parametrize("seed", range(15))
def test_no_bound_is_proposed_that_stops_more_than_a_twentieth_of_what_people_accepted(seed: int) -> None:
    dice = random.Random(seed)
    mixed = sample((dice.gauss(0.6, 0.1) for _ in range(50)), (dice.gauss(0.35, 0.1) for _ in range(30)))
    for low, high in ((0.1, None), (0.9, None), (0.1, 0.9), (0.9, 0.95)):
        proposal, _ = propose(mixed, low, high)
        if proposal:
            assert proposal.tally.stopped_accepted <= 2
            assert proposal.tally == mixed.tally(proposal.min, proposal.max)
    assert propose(mixed, 0.9, None)[0], "today's bound stops all that is good: any other is better"


def test_upper_bounds_and_pairs_of_bounds_are_found_too() -> None:
    middle, both = spread(0.4, 0.6, 20), [*spread(0.1, 0.2, 6), *spread(0.8, 0.9, 6)]
    upper, _ = propose(sample(middle, both[6:]), None, 1.0)
    assert upper and upper.min is None and upper.max == 0.7
    pair, _ = propose(sample(middle, both), 0.0, 1.0)
    assert pair and (pair.min, pair.max) == (0.3, 0.7) and pair.tally.own_recall.value == 1
    one_side, _ = propose(sample(middle, both[:6]), 0.0, 1.0)
    assert one_side and (one_side.min, one_side.max) == (0.3, 1.0), "the side that nothing speaks against stays"


@pytest.mark.parametrize("seed", range(10))
def test_no_pair_of_bounds_is_better_than_the_one_that_is_found(seed: int) -> None:
    dice = random.Random(seed)
    bad = [dice.gauss(middle, 0.12) for middle in (0.3, 0.85) for _ in range(10)]
    mixed = sample((dice.gauss(0.6, 0.08) for _ in range(25)), bad)
    found, _ = propose(mixed, 0.99, 1.0)
    ends = [-9.0, *(between(a, b) for a, b in itertools.pairwise(mixed.values)), 9.0]
    tallies = (mixed.tally(low, high) for low in ends for high in ends if low <= high)
    assert found and found.tally.youden == max(t.youden for t in tallies if t.stopped_accepted <= 1)


def test_counts_get_whole_bounds_and_others_few_digits() -> None:
    faces, _ = propose(sample([1.0] * 12, [0.0] * 6), 0, None)
    assert faces and faces.min == 1
    assert propose(sample([1.0] * 12, [3.0] * 6), None, 5)[0].max == 1  # type: ignore[union-attr]
    assert between(0.41234, 0.43781) == 0.43 and between(0.1, 0.9) == 0.5 and between(1.0, 1.0 + 2e-16) == 1.0 + 2e-16
    assert 123456.1 < between(123456.1, 123456.2) < 123456.2


@pytest.mark.parametrize(("low", "high"), [(0.5, None), (None, 0.5), (0.3, 0.5), (0.0, 1.0)])
def test_a_tally_stops_what_the_gate_stops(low: float | None, high: float | None) -> None:
    values = [*spread(0, 1, 21), 0.5, 0.5, 0.3]
    gate = Gate(scorer="clip", min=low, max=high)
    assert sample(values, ()).tally(low, high).stopped_accepted == sum(not gate.judge(value).passed for value in values)


def test_only_the_last_word_counts_and_what_was_taken_back_does_not(ledger: Path) -> None:
    words = (("accept", "a"), ("reject", "a"), ("reject", "b"))
    events = [event for verdict, name in words for event in judged(FACES, 0.1, verdict, name=name)]
    said = events[-1]
    assert isinstance(said, Review)
    taken_back = said.model_copy(update={"id": "x", "verdict": "undo", "undoes": said.id, "at": "9999"})
    now = of(ledger, [*events, taken_back]).overall.now
    assert (now.accepted, now.rejected, now.stopped_rejected) == (0, 1, 1)


def test_a_picture_that_two_units_use_counts_once(ledger: Path) -> None:
    once = judged(FACES, 0.5, "accept", name="a")
    again = [event.model_copy(update={"unit": "01.z", "recipe": "z" * 64} | ({"id": "z"} if isinstance(event, Review) else {}))
             for event in once]
    assert of(ledger, once + again).overall.now.accepted == 1


def test_bounds_are_applied_anew_and_only_to_what_the_gate_looks_at(ledger: Path) -> None:
    events = [*accepted(FACES, 0.1), *accepted(FACES, 0.1, stage="page", preset=""), *accepted(FACES, 0.1, preset="neon")]
    gate = FACES.model_copy(update={"min": 0.05, "presets": ("cel",)})
    assert of(ledger, events, gate).overall.now.false_blocks == Share(0, 1)
    assert of(ledger, [], gate.model_copy(update={"min": 0.2})).overall.now.false_blocks == Share(1, 1)
    assert of(ledger, [], Gate(scorer="clip", min=0.2)).overall.unmeasured == 2, "asked after it was judged: no number"


def test_a_gate_answers_for_its_reasons_and_a_bound_is_not_bent_for_others(ledger: Path) -> None:
    lettering = rejected(FACES, *spread(0.7, 0.9, 8), reasons=("lettering",))
    row = of(ledger, accepted(FACES, *spread(0.6, 0.9, 12)) + rejected(FACES, *spread(0.3, 0.4, 6)) + lettering).overall
    assert row.proposal and row.proposal.min == 0.5
    assert row.proposal.tally.own_recall == Share(6, 6) and row.proposal.tally.recall == Share(6, 14)


def test_presets_differ_and_each_gets_a_bound_of_its_own(ledger: Path) -> None:
    cel = accepted(FACES, *spread(0.6, 0.9, 12)) + rejected(FACES, *spread(0.3, 0.4, 6))
    neon = accepted(FACES, *spread(0.3, 0.5, 12), preset="neon") + rejected(FACES, *spread(0.1, 0.15, 6), preset="neon")
    gate = FACES.model_copy(update={"min": 0.05})
    found = of(ledger, cel + neon, gate)
    assert [row.preset for row in found.rows] == [None, "cel", "neon"]
    assert [row.proposal.min for row in found.presets if row.proposal] == [0.5, 0.2]
    told = how_to_apply(found, found.presets[1])
    assert "policies/house.yaml" in told and "name: faces-neon, presets: [neon], min: 0.2 (now 0.05)" in told
    assert [record["preset"] for record in records([found])] == ["*", "cel", "neon"]


def test_a_show_of_one_preset_has_one_row_and_an_episode_can_be_asked_for(ledger: Path) -> None:
    events = accepted(FACES, 0.5, 0.6) + accepted(FACES, 0.7, episode="02")
    assert [row.preset for row in of(ledger, events).rows] == ["cel"]
    assert of(ledger, [], episode="02").overall.now.accepted == 1
    assert of(ledger, [], episode="03").rows[0].says.startswith("too few verdicts (0 accepted, 0 rejected")


def test_nothing_to_divide_by_is_none_and_a_dash() -> None:
    tally = Sample().tally(0.5, None)
    for share in (tally.precision, tally.recall, tally.own_recall, tally.false_blocks):
        assert share.value is None and share.interval is None and share_said(share) == "–"


@pytest.mark.parametrize(("hits", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634),
                                                         (81, 263, 0.2553, 0.3662)])
def test_intervals_are_wilsons(hits: int, of: int, low: float, high: float) -> None:
    # 81 of 263: Newcombe 1998, Two-sided confidence intervals for the single proportion, table I
    assert Share(hits, of).interval == pytest.approx((low, high), abs=6e-5)


def test_every_scorer_says_which_reasons_it_answers_for() -> None:
    assert list(CATCHES) == list(SCORERS)
    assert all(reasons and set(reasons) <= set(get_args(Cause)) for reasons in CATCHES.values())
