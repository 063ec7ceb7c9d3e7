"""Why a picture is stale: the two recipes compared, field by field, in the author's words; and which kind of stale that is."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from studio.plan.history import PastTake
from studio.plan.presets import PresetStamp

CAUSES = {
    "model": "model file", "vae": "VAE file", "sampler": "sampler", "scheduler": "scheduler", "steps": "steps",
    "guidance": "guidance", "clip_skip": "clip skip", "seed": "seed", "precision": "precision",
    "batch_size": "batch size", "engine": "engine", "contract": "engine version", "controls": "control",
    "init": "init picture", "negative": "negative prompt", "image": "upstream", "art": "upstream",
    "pages": "upstream", "scale": "upscale", "tile": "upscale", "overlap": "upscale", "page": "balloons or layout",
    "paper": "page settings", "texture": "texture", "titles": "character title", "fonts": "fonts", "facts": "book facts",
    "reading": "reading direction", "language": "language", "first": "upstream", "last": "upstream", "gaps": "upstream",
    "clips": "upstream", "sounds": "sound", "cues": "words or their time", "frames": "length or frames", "drawings": "length",
    "adapter": "motion adapter file", "motion_loras": "motion LoRA", "strength": "motion strength", "window": "window",
    "stride": "window", "seed_mode": "seed mode", "effects": "effects", "files": "a file of the effects", "text": "words",
    "voice": "voice", "speed": "voice", "pitch": "voice", "volume": "voice", "recording": "recording", "codec": "codec",
    "lufs": "loudness", "duck_db": "ducking", "subtitles": "subtitles", "sharpen": "line sharpening", "denoise": "denoising",
    "control": "control", "source": "depth frames", "read": "blockout",
    "invert": "blockout", "keys": "keyframes' times", "hold": "drawings a second", "fps": "frames a second",
}
Kind = Literal["content", "recipe", "environment"]
"""content: what is shown or said (words, layout, a panel's own pictures). recipe: how it is made (preset, seed, model, sampler).
environment: device, driver and libraries; that alone makes nothing stale, for the bytes are there.
"""
CONTENT = (
    "prompt", "character tags", "control", "init picture", "balloons or layout", "page settings", "character title", "book facts",
    "reading direction", "language", "sound", "words or their time", "length or frames", "length", "effects",
    "a file of the effects", "words", "voice", "recording", "subtitles", "depth frames", "blockout", "keyframes' times",
)
"""Causes that an author's words or pictures have; the others lie in the recipe."""
EITHER = ("size", "negative prompt", "LoRA")
"""Causes that may lie in the storyboard (a panel's box, words, LoRAs) or in the preset: there only if that changed too."""
SHORT = 60
"""Characters of an old or new value that a reason shows."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause, with what was and what is."""

    cause: str
    was: str = ""
    now: str = ""
    kind: Kind | None = None
    """None for what is no difference of its own: an upstream picture, a failed try, a blocked unit."""

    def __str__(self) -> str:
        return f"{self.cause}: {self.was} -> {self.now}" if self.was or self.now else self.cause


def explain(
    past: PastTake | None, wanted: dict[str, Any], words: dict[str, str], preset: PresetStamp | None = None
) -> tuple[Reason, ...]:
    """What tells the recipe `wanted` from the one that was rendered; several causes when several things changed.

    preset: today's; where the take was made under the very same one, what either could have caused lies in the storyboard.
    """
    if past is None:
        return (Reason("another recipe", kind="recipe"),)
    same_preset = preset is not None and past.preset == preset
    return tuple(replace(reason, kind=kind_of(reason.cause, same_preset)) for reason in _differences(past, wanted, words))


def kind_of(cause: str, same_preset: bool = False) -> Kind | None:
    """Which kind of stale a cause is; None for a picture upstream, which is stale for reasons of its own."""
    if cause == "upstream":
        return None
    return "content" if cause in CONTENT or (cause in EITHER and same_preset) else "recipe"


def _differences(past: PastTake, wanted: dict[str, Any], words: dict[str, str]) -> list[Reason]:
    reasons: list[Reason] = []
    old = past.body
    for field in wanted:
        was, now = old.get(field), wanted[field]
        if was == now or field in ("width", "height", "prompt", "loras", "kind"):
            continue
        reasons.append(Reason(CAUSES.get(field, field), _short(was), _short(now)))
    if (old.get("width"), old.get("height")) != (wanted.get("width"), wanted.get("height")):
        reasons.append(Reason("size", f"{old.get('width')}x{old.get('height')}",
                              f"{wanted.get('width')}x{wanted.get('height')}"))
    if old.get("prompt") != wanted.get("prompt"):
        reasons += _prompt(past.words, words, old.get("prompt"), wanted.get("prompt"))
    if old.get("loras") != wanted.get("loras"):
        reasons.append(_loras(old.get("loras") or [], wanted.get("loras") or []))
    return reasons


def _prompt(was: dict[str, str], now: dict[str, str], old: Any, new: Any) -> list[Reason]:
    names = {"template": "preset template", "characters": "character tags", "prompt": "prompt"}
    found = [
        Reason(cause, _short(was.get(key)), _short(now.get(key)))
        for key, cause in names.items() if was.get(key) != now.get(key)
    ]
    return found or [Reason("prompt", _short(old), _short(new))]


def _loras(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Reason:
    if [o["weight"] for o in old] == [n["weight"] for n in new]:
        changed = [(o["model"], n["model"]) for o, n in zip(old, new, strict=True) if o["model"] != n["model"]]
        return Reason("LoRA file", _short(changed[0][0]), _short(changed[0][1]))
    return Reason("LoRA", ", ".join(f"{o['model'][:8]}:{o['weight']}" for o in old) or "none",
                  ", ".join(f"{n['model'][:8]}:{n['weight']}" for n in new) or "none")


def _short(value: Any) -> str:
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return value[:12]
    if isinstance(value, (dict, list, tuple)):
        return ""
    text = str(value)
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
