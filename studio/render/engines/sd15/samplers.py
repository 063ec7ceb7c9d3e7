"""Samplers under their A1111 / ComfyUI names, as diffusers schedulers made from the model's own scheduler file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from studio.errors import RenderError

SPACINGS = {
    "model": {},
    "normal": {"timestep_spacing": "linspace", "use_karras_sigmas": False, "use_exponential_sigmas": False},
    "trailing": {"timestep_spacing": "trailing", "use_karras_sigmas": False, "use_exponential_sigmas": False},
    "karras": {"use_karras_sigmas": True, "use_exponential_sigmas": False},
    "exponential": {"use_karras_sigmas": False, "use_exponential_sigmas": True},
}
"""Recipe.scheduler -> changes to the model's scheduler file."""

EVENLY = ("model", "normal", "trailing")
ALL = tuple(SPACINGS)


@dataclass(frozen=True)
class _Sampler:
    scheduler: str
    """Class in diffusers."""
    spacings: tuple[str, ...]
    always: Mapping[str, Any] = field(default_factory=dict[str, Any])
    unless_said: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What a model's file means when it leaves a key out, since each diffusers class has another default."""


LATENT = {"clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1}
"""Stable Diffusion's latents go beyond -1..1, so a scheduler may not clip them."""

SAMPLERS = {
    "euler": _Sampler("EulerDiscreteScheduler", ALL),
    "euler_a": _Sampler("EulerAncestralDiscreteScheduler", EVENLY),
    "ddim": _Sampler("DDIMScheduler", EVENLY, unless_said=LATENT),
    "dpmpp_2m": _Sampler("DPMSolverMultistepScheduler", ALL, {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    "dpmpp_2m_karras": _Sampler(
        "DPMSolverMultistepScheduler", ("model", "karras"),
        {"algorithm_type": "dpmsolver++", "solver_order": 2, **SPACINGS["karras"]},
    ),
    "dpmpp_sde": _Sampler("DPMSolverSDEScheduler", ALL),
    "unipc": _Sampler("UniPCMultistepScheduler", ALL, {"solver_order": 2, "solver_type": "bh2"}),
    "lcm": _Sampler("LCMScheduler", ("model",), unless_said=LATENT),
}


def check_sampler(sampler: str, scheduler: str) -> None:
    """Raises RenderError for a spacing that the sampler does not know."""
    allowed = SAMPLERS[sampler].spacings
    if scheduler not in allowed:
        raise RenderError(f"sampler {sampler} cannot use the {scheduler} scheduler", field="recipe.scheduler",
                          remedy=f"With {sampler} use {' or '.join(allowed)}, or take another sampler")


def make_scheduler(sampler: str, scheduler: str, model_config: Mapping[str, Any]) -> Any:
    """A fresh diffusers scheduler: the model's noise levels and prediction type, the recipe's method and spacing.

    model_config: config of the scheduler that the model came with. Only what its file says is carried over, never
    its class's defaults.
    """
    made = SAMPLERS[sampler]
    unsaid = set(model_config.get("_use_default_values", ()))
    said = {k: v for k, v in model_config.items() if not k.startswith("_") and k not in unsaid}
    config = {"steps_offset": 1, **made.unless_said, **said, **SPACINGS[scheduler], **made.always}
    if sampler != "dpmpp_sde":
        return getattr(import_module("diffusers"), made.scheduler).from_config(config)
    if config.get("rescale_betas_zero_snr"):
        config["trained_betas"] = _zero_snr_betas(config)
    return _seeded_sde().from_config(config)


def _zero_snr_betas(config: Mapping[str, Any]) -> list[float]:
    """Betas of a zero-terminal-SNR model, for the one scheduler class that cannot rescale them itself."""
    import torch

    kept: Any = import_module("diffusers").DPMSolverMultistepScheduler.from_config(dict(config)).alphas_cumprod
    alphas = kept / torch.cat([kept.new_ones(1), kept[:-1]])
    return (1 - alphas).tolist()


def _seeded_sde() -> Any:
    """DPM++ SDE with one Brownian path per picture, drawn on the CPU from that picture's own seed."""
    library: Any = import_module("diffusers.schedulers.scheduling_dpmsolver_sde")

    class SeededSDE(library.DPMSolverSDEScheduler):
        def step(
            self, model_output: Any, timestep: Any, sample: Any, generator: Any = None, return_dict: bool = True
        ) -> Any:
            """As the base class; `generator` (one per picture, as pipelines pass them) gives the seeds."""
            if self.noise_sampler is None:
                low, high = self.sigmas[self.sigmas > 0].min().item(), self.sigmas.max().item()
                paths = library.BrownianTreeNoiseSampler(  # a little wider, or rounding asks for noise outside the path
                    sample.float().cpu(), low * 0.999, high * 1.001, [g.initial_seed() for g in generator]
                )

                def noise(sigma: Any, following: Any) -> Any:
                    return paths(sigma, following).to(sample.device, sample.dtype)

                self.noise_sampler = noise
            stepped: Any = library.DPMSolverSDEScheduler.step
            return stepped(self, model_output, timestep, sample, return_dict=return_dict)

    return SeededSDE
