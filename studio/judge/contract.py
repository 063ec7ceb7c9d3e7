"""The contract that every scorer keeps, as checks that a test calls in a line or two."""

import json
import math
import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from studio.errors import StoryError
from studio.judge.catalogue import SCORERS, make_scorer
from studio.judge.scorer import Desk, Measured, Subject

CLOSE = 1e-4
"""How far numbers of one picture may lie apart, absolutely or relatively: sums in another order round otherwise."""
HEAVY = ("torch", "torchvision", "transformers", "diffusers", "open_clip", "cv2", "imagehash", "scipy", "onnxruntime", "PIL")

Numbers = list[Measured | None]
Score = Callable[[Sequence[Subject], Desk], Numbers]


def check_scorer(
    name: str,
    parameters: Mapping[str, Any],
    subjects: Sequence[Subject],
    make_desk: Callable[[], Desk],
    other: Mapping[str, Any] | None = None,
) -> None:
    """A scorer's promises, on at least three different pictures. Raises AssertionError naming the broken one.

    A picture gets the same number alone, in a batch, in any order, twice, and with its weights loaded anew; pictures are
    left as they are; stamps are stable, and others for `other` parameters; its module imports nothing heavy.
    make_desk: a desk that has seen nothing yet; desks may share a cache.
    """
    _promise(len({s.artifact for s in subjects}) == len(subjects) >= 3, "the check itself needs three different pictures")
    scorer = make_scorer(name, dict(parameters))
    _promise(scorer.name == name, f"it is called as in the catalogue, not '{scorer.name}'")
    _promise(scorer.better in ("higher", "lower") and bool(scorer.unit) and scorer.version >= 1, "it says what its number is")
    before = [s.picture.tobytes() for s in subjects]
    alone = [scorer.score([s], make_desk())[0] for s in subjects]
    _promise(any(alone), "the check itself needs a picture that gets a number")
    _promise(all(m is None or math.isfinite(m.value) for m in alone), "numbers are finite")
    _same_in_company(scorer.score, subjects, alone, make_desk)
    desk = make_desk()
    first = scorer.score(subjects, desk)
    _promise(scorer.score(subjects, desk) == first, "the same desk gives the same number twice")
    desk = make_desk()
    desk.cache.clear()
    _promise(make_scorer(name, dict(parameters)).score(subjects, desk) == first, "loading the weights again changes nothing")
    _promise([s.picture.tobytes() for s in subjects] == before, "pictures are left as they are")
    _promise(scorer.score([], make_desk()) == [], "no pictures, no numbers")
    _keeps_stamps(name, parameters, make_desk, other)
    module = SCORERS[name].partition(":")[0]
    _promise(not heavy_imports()[module], f"its module imports nothing heavy: {heavy_imports()[module]}")


def _same_in_company(
    score: Score, subjects: Sequence[Subject], alone: Numbers, make_desk: Callable[[], Desk]
) -> None:
    known = {s.artifact: measured for s, measured in zip(subjects, alone, strict=True)}
    orders = {"in a batch": list(subjects), "backwards": list(reversed(subjects)), "twice in a batch": [*subjects, *subjects],
              "shuffled": random.Random(1).sample(list(subjects), len(subjects))}
    for how, order in orders.items():
        for batch in (2, 32):
            desk = make_desk()
            desk.batch = batch
            numbers = score(order, desk)
            _promise(len(numbers) == len(order), "as many numbers come back as pictures went in")
            for subject, measured in zip(order, numbers, strict=True):
                _promise(_close(measured, known[subject.artifact]), f"a picture's number is the same alone and {how}")


def _close(one: Measured | None, other: Measured | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one.value, other.value, rel_tol=CLOSE, abs_tol=CLOSE) and one.note == other.note


def _keeps_stamps(
    name: str, parameters: Mapping[str, Any], make_desk: Callable[[], Desk], other: Mapping[str, Any] | None
) -> None:
    stamp = make_scorer(name, dict(parameters)).stamp(make_desk())
    _promise(bool(stamp) and stamp == make_scorer(name, dict(parameters)).stamp(make_desk()), "equal parameters, equal stamps")
    if other is not None:
        _promise(make_scorer(name, dict(other)).stamp(make_desk()) != stamp, "other parameters, another stamp")
    try:
        make_scorer(name, {**parameters, "no_such_parameter": 1})
    except StoryError:
        return
    raise AssertionError("broken promise: parameters that it does not take are refused with StoryError")


@cache
def heavy_imports() -> dict[str, list[str]]:
    """Module of each scorer -> what of HEAVY importing it alone, after those before it, brought in; in a fresh process."""
    modules = sorted({target.partition(":")[0] for target in SCORERS.values()})
    script = ("import importlib, json, sys\nfound = {}\n"
              f"for module in {modules!r}:\n    importlib.import_module(module)\n"
              f"    found[module] = [name for name in {HEAVY!r} if name in sys.modules]\n"
              "print(json.dumps(found))")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _promise(kept: bool, promise: str) -> None:
    if not kept:
        raise AssertionError(f"broken promise: {promise}")
