"""Samplers carry the model's noise levels over, and none of them draws noise or grey."""

import json
from typing import get_args

import numpy as np
import pytest

from studio.errors import RenderError
from studio.plan.refs import Sampler, Scheduler
from studio.render.engines.diffusers import DiffusersEngine
from studio.render.engines.sd15.loading import CONFIG
from studio.render.engines.sd15.samplers import SAMPLERS, SPACINGS, check_sampler, make_scheduler
from studio.render.model_cache import ModelCache

from .shelf import HOUSE_FOLDER, Shelf, bench, drawn

HOUSE_SCHEDULER = json.loads((HOUSE_FOLDER / "scheduler" / "scheduler_config.json").read_text())
SD15_SCHEDULER = json.loads((CONFIG / "scheduler" / "scheduler_config.json").read_text())


@pytest.fixture(scope="module")
def cache() -> ModelCache:
    """One load for all."""
    return ModelCache()


def test_every_sampler_of_recipes_is_here() -> None:
    """And every spacing."""
    assert set(SAMPLERS) == set(get_args(Sampler))
    assert set(SPACINGS) == set(get_args(Scheduler))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_models_own_training_is_kept(sampler: str) -> None:
    """Prediction type, betas and spacing come from the weights' file, whatever the method."""
    config = make_scheduler(sampler, "model", HOUSE_SCHEDULER).config
    for field in ("prediction_type", "beta_start", "beta_end", "beta_schedule", "timestep_spacing"):
        assert config[field] == HOUSE_SCHEDULER[field], field


@pytest.mark.parametrize(("sampler", "scheduler"), [(s, p) for s, m in SAMPLERS.items() for p in m.spacings])
@pytest.mark.parametrize("model", [HOUSE_SCHEDULER, SD15_SCHEDULER, {**SD15_SCHEDULER, "rescale_betas_zero_snr": True,
                                                                      "prediction_type": "v_prediction"}])
def test_every_allowed_pair_gives_falling_finite_timesteps(sampler: str, scheduler: str, model: dict[str, object]) -> None:
    """For three kinds of model."""
    made = make_scheduler(sampler, scheduler, model)
    made.set_timesteps(8)
    steps = made.timesteps.float().numpy()
    assert np.isfinite(steps).all() and (np.diff(steps) < 0).all()
    if hasattr(made, "sigmas"):
        assert np.isfinite(np.asarray(made.sigmas)).all()


def test_spacings_change_the_noise_levels() -> None:
    """Karras, exponential and even spacing are three different things."""
    levels = []
    for spacing in ("normal", "karras", "exponential"):
        made = make_scheduler("euler", spacing, SD15_SCHEDULER)
        made.set_timesteps(8)
        levels.append(tuple(round(float(s), 3) for s in made.sigmas))
    assert len(set(levels)) == 3


def test_latents_are_never_clipped() -> None:
    """DDIM's own default would clip them to -1..1."""
    assert make_scheduler("ddim", "model", HOUSE_SCHEDULER).config["clip_sample"] is False


def test_an_impossible_pair_is_refused_with_what_is_possible() -> None:
    """Before anything is loaded."""
    with pytest.raises(RenderError, match="lcm cannot use the karras.*With lcm use model"):
        check_sampler("lcm", "karras")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_sampler_draws_noise_or_grey(shelf: Shelf, cache: ModelCache, sampler: str) -> None:
    """A picture has contrast, and neighbouring pixels are alike: in noise they would differ by more than the contrast."""
    guidance = 1.5 if sampler == "lcm" else 4.0
    recipe = drawn(sampler=sampler, guidance=guidance, steps=8, width=128, height=128, batch_size=1)
    pixels = np.asarray(DiffusersEngine().render([recipe], bench(shelf, cache=cache))[0].picture, dtype=float)
    assert pixels.std() > 25
    assert abs(np.diff(pixels, axis=1)).mean() < 0.4 * pixels.std()


def test_deterministic_samplers_agree(shelf: Shelf, cache: ModelCache) -> None:
    """Enough steps of any of them come to about the same picture from the same noise."""
    pictures = [
        np.asarray(DiffusersEngine().render(
            [drawn(sampler=s, steps=20, width=128, height=128, batch_size=1)], bench(shelf, cache=cache),
        )[0].picture, dtype=float)
        for s in ("euler", "ddim", "dpmpp_2m", "unipc")
    ]
    assert all(abs(p - pictures[0]).mean() < 10 for p in pictures[1:])
