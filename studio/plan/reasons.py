"""Why a picture is stale: the two recipes compared, field by field, in the author's words."""

from dataclasses import dataclass
from typing import Any

from studio.plan.history import PastTake

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
SHORT = 60
"""Characters of an old or new value that a reason shows."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause, with what was and what is."""

    cause: str
    was: str = ""
    now: str = ""

    def __str__(self) -> str:
        return f"{self.cause}: {self.was} -> {self.now}" if self.was or self.now else self.cause


def explain(past: PastTake | None, wanted: dict[str, Any], words: dict[str, str]) -> tuple[Reason, ...]:
    """What tells the recipe `wanted` from the one that was rendered; several causes when several things changed."""
    if past is None:
        return (Reason("another recipe"),)
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
    return tuple(reasons)


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
