"""The `parameters` text that A1111 writes into its files, so that other tools read genga's pictures too."""

import json
from importlib.metadata import PackageNotFoundError, version

from pydantic import Field

from studio.plan.recipes import ImageRecipe, Recipe, UpscaleRecipe
from studio.plan.refs import ControlRef, PoseRef
from studio.record import Record

SAMPLERS = {
    "euler": "Euler",
    "euler_a": "Euler a",
    "ddim": "DDIM",
    "dpmpp_2m": "DPM++ 2M",
    "dpmpp_2m_karras": "DPM++ 2M Karras",
    "dpmpp_sde": "DPM++ SDE",
    "unipc": "UniPC",
    "lcm": "LCM",
}
"""Sampler -> A1111's name for it."""
SCHEDULES = {"normal": "Normal", "karras": "Karras", "exponential": "Exponential", "trailing": "SGM Uniform"}
"""Scheduler -> A1111's schedule type; `model` leaves the field out, as A1111's Automatic does."""
SHORT = 10
"""Hex digits of a sha256 in the text: A1111's and Civitai's short hash (AutoV2)."""


class PictureFacts(Record):
    """What a file says of its picture besides the recipe.

    Nothing that differs between two renders of one recipe in one environment (seconds, host, date) may stand here:
    their files are to be equal to the byte.
    """

    model_name: str = ""
    """The model card's name."""
    names: dict[str, str] = Field(default_factory=dict)
    """sha256 -> card name of further weights (VAE, LoRAs, ControlNets); what is missing is named by its hash."""
    preset: str = ""
    """Preset label, `cel@3`."""
    unit: str = ""
    """The unit that it was first rendered for."""
    environment: str = ""
    """Digest of the environment, and what it was made of: inside one, the recipe gives these very pixels."""
    environment_facts: dict[str, str] = Field(default_factory=dict)


def program() -> str:
    """`genga 0.1.0`."""
    try:
        return f"genga {version('genga')}"
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "genga"


def parameters_text(recipe: Recipe, facts: PictureFacts) -> str:
    """The text as A1111's `create_infotext` lays it out; empty for pages and books, which no sampler made."""
    if isinstance(recipe, ImageRecipe):
        words = " ".join([recipe.prompt, *(f"<lora:{_name(facts, r.model)}:{r.weight:g}>" for r in recipe.loras)])
        negative = f"Negative prompt: {recipe.negative}" if recipe.negative else ""
        return "\n".join(part for part in (words, negative, _joined(_image_fields(recipe, facts))) if part)
    if isinstance(recipe, UpscaleRecipe):
        return _joined({
            "Postprocess upscale by": str(recipe.scale),
            "Postprocess upscaler": facts.model_name or recipe.engine,
            "Version": program(),
        })
    return ""


def _image_fields(recipe: ImageRecipe, facts: PictureFacts) -> dict[str, str]:
    fields = {
        "Steps": str(recipe.steps),
        "Sampler": SAMPLERS[recipe.sampler],
        "Schedule type": SCHEDULES.get(recipe.scheduler, ""),
        "CFG scale": f"{recipe.guidance:g}",
        "Seed": str(recipe.seed),
        "Size": f"{recipe.width}x{recipe.height}",
        "Model hash": recipe.model[:SHORT],
        "Model": facts.model_name or _name(facts, recipe.model),
    }
    if recipe.vae:
        fields |= {"VAE hash": recipe.vae[:SHORT], "VAE": _name(facts, recipe.vae)}
    if recipe.init:
        fields["Denoising strength"] = f"{recipe.init.strength:g}"
    if recipe.clip_skip > 1:
        fields["Clip skip"] = str(recipe.clip_skip)
    if recipe.loras:
        fields["Lora hashes"] = ", ".join(f"{_name(facts, r.model)}: {r.model[:SHORT]}" for r in recipe.loras)
    fields |= {f"ControlNet {i}": _control(control, facts) for i, control in enumerate(recipe.controls)}
    return {**fields, "Version": program()}


def _control(control: ControlRef | PoseRef, facts: PictureFacts) -> str:
    """As sd-webui-controlnet's infotext; no module, because the map is drawn already."""
    return (
        f"Module: none, Model: {_name(facts, control.model)} [{control.model[:8]}], Weight: {control.weight:g}, "
        f"Guidance Start: {control.start:g}, Guidance End: {control.end:g}"
    )


def _name(facts: PictureFacts, sha256: str) -> str:
    return facts.names.get(sha256, sha256[:SHORT])


def _joined(fields: dict[str, str]) -> str:
    """`Key: value, ...` without the empty ones; values that would break the list stand in JSON quotes, as in A1111."""
    return ", ".join(f"{key}: {_quoted(value)}" for key, value in fields.items() if value)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if any(c in value for c in ",\n:") else value
