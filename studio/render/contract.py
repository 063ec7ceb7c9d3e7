"""The contract that every engine and farm keeps, as checks that a test calls in a line or two."""

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from studio.errors import RenderError
from studio.plan.film_recipes import FramesFinalRecipe, InbetweenRecipe
from studio.plan.recipes import BookRecipe, ImageRecipe, Recipe, UpscaleRecipe
from studio.render.engine import Bench, Engine, Rendered, Sources
from studio.render.environment import environment_digest
from studio.render.farm import Farm, FarmResult
from studio.render.model_cache import ModelCache

FOREIGN = BookRecipe(contract=1, pages=(), language="en", reading="rtl", facts={})
"""A recipe that no engine renders."""


def check_engine(engine: Engine, recipes: Sequence[Recipe], sources: Sources, device: str = "cpu") -> None:
    """An engine's promises, on at least two different recipes of one group. Raises AssertionError naming the broken one.

    A recipe gives the same bytes alone, in a full batch, in any order and after other models left the cache; pictures
    are RGB of the right size and differ between recipes; foreign recipes are refused; the environment says something.
    """
    with TemporaryDirectory() as place:
        _keep_promises(engine, recipes, sources, device, Path(place))


def _keep_promises(engine: Engine, recipes: Sequence[Recipe], sources: Sources, device: str, scratch: Path) -> None:
    _promise(len({r.digest() for r in recipes}) == len(recipes) >= 2, "the check itself needs two different recipes")
    _promise(len({engine.group(r) for r in recipes}) == 1, "the check itself needs recipes of one group")
    cache = ModelCache(device=device)

    def render(batch: Sequence[Recipe]) -> list[bytes]:
        rendered = engine.render(batch, Bench(sources, cache, device, scratch=scratch))
        _promise(len(rendered) == len(batch), "as many pictures come back as recipes went in")
        for recipe, result in zip(batch, rendered, strict=True):
            _check(result, recipe, sources)
        return [_content(r) for r in rendered]

    alone = {r.digest(): render([r])[0] for r in recipes}
    _promise(len(set(alone.values())) == len(recipes), "different recipes give different pictures")
    size = engine.batch_size(recipes[0])
    _promise(size >= 1, "a batch holds at least one recipe")
    shuffled = random.Random(1).sample(list(recipes), len(recipes))
    for name, order in (("in a batch", list(recipes)), ("backwards", list(reversed(recipes))), ("shuffled", shuffled)):
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            for recipe, picture in zip(batch, render(batch), strict=True):
                _promise(picture == alone[recipe.digest()], f"a recipe's bytes are the same alone and {name}")
    cache.clear()
    _promise(render([recipes[0]])[0] == alone[recipes[0].digest()], "loading the weights again changes nothing")
    _refuses_foreign(engine)
    facts = engine.environment(device)
    _promise(bool(facts) and all(facts.values()), "the environment names what may decide bits")


def check_farm(make: Callable[[], Farm], recipes: Sequence[Recipe], sources: Sources) -> None:
    """A farm's promises, on at least three recipes that render. Raises AssertionError naming the broken one.

    Every recipe comes back once, with the same bytes in any order and on another farm; a refused one fails alone;
    each result says where and how long; the iterator can be closed early and the farm used again.
    """
    farm = make()
    first = {r.recipe.digest(): r for r in farm.render(recipes, sources)}
    _promise(set(first) == {r.digest() for r in recipes}, "every recipe comes back")
    for result in first.values():
        _promise(result.error is None and bool(result.picture or result.frames), f"a sound recipe renders: {result.error}")
        _promise(bool(result.device and result.host and result.seconds >= 0), "a result says where and how long")
        _promise(result.environment == environment_digest(result.environment_facts), "the digest is of the facts")
    bytes_ = {d: _content(r) for d, r in first.items()}
    with closing(farm.render(recipes, sources)) as early:
        next(early)
    mixed = [FOREIGN.model_copy(update={"engine": recipes[0].engine}), *reversed(recipes)]
    for maker in (lambda: farm, make):
        results = list(maker().render(mixed, sources))
        _promise(len(results) == len(mixed), "every recipe comes back once")
        failed = [r for r in results if r.error]
        _promise([r.recipe for r in failed] == [mixed[0]], "a refused recipe fails, and fails alone")
        same = all(_content(r) == bytes_[r.recipe.digest()] for r in results if not r.error)
        _promise(same, "a recipe's bytes are the same in any order and on another farm")


def _content(made: Rendered | FarmResult) -> bytes:
    return made.picture.tobytes() if made.picture else made.frames.read_bytes() if made.frames else b""


def _check(made: Rendered, recipe: Recipe, sources: Sources) -> None:
    if isinstance(recipe, InbetweenRecipe | FramesFinalRecipe):
        _promise(made.frames is not None and made.picture is None, "a sequence is a file of frames")
        assert made.frames is not None
        _check_frames(made.frames, recipe, sources)
        return
    picture = made.picture
    _promise(picture is not None and picture.mode == "RGB", "a picture is an RGB image")
    assert picture is not None
    if isinstance(recipe, ImageRecipe):
        _promise(picture.size == (recipe.width, recipe.height), "a picture has its recipe's size")
    if isinstance(recipe, UpscaleRecipe):
        small = sources.picture(recipe.image)
        wanted = (small.width * recipe.scale, small.height * recipe.scale)
        _promise(picture.size == wanted, "an upscale has scale times its source's size")


def _check_frames(file: Path, recipe: InbetweenRecipe | FramesFinalRecipe, sources: Sources) -> None:
    import numpy as np

    from studio.store.frames import read_frames

    made = list(read_frames(file))
    if isinstance(recipe, InbetweenRecipe):
        _promise(len(made) == recipe.frames, "as many frames come back as the recipe asks for")
        _promise(made[0].shape == (recipe.height, recipe.width, 3), "frames have their recipe's size")
        for name, sha, frame in (("first", recipe.first, made[0]), ("last", recipe.last, made[-1])):
            keyframe = np.asarray(sources.picture(sha).convert("RGB"))
            _promise(np.array_equal(keyframe, frame), f"the {name} frame is its keyframe, to the byte")
    else:
        small = list(read_frames(sources.frames(recipe.frames)))
        tall, wide, _ = small[0].shape
        _promise(len(made) == len(small), "no frame is lost or added")
        _promise(made[0].shape == (tall * recipe.scale, wide * recipe.scale, 3), "finals have scale times their size")


def _refuses_foreign(engine: Engine) -> None:
    try:
        engine.group(FOREIGN)
    except RenderError:
        return
    raise AssertionError("an engine refuses recipes of a kind it does not make, with RenderError")


def _promise(kept: bool, promise: str) -> None:
    if not kept:
        raise AssertionError(f"broken promise: {promise}")
