"""Words that a model does not know: pictures are made all the same, but nobody should wonder why they show nothing of them.

A model folder may hold vocabulary.txt, one word a line (a single file: NAME.config/vocabulary.txt); a model without one is
taken to know everything.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from studio.plan.library import Library
from studio.plan.plans import Plan

NAME = "vocabulary.txt"
_WORD = re.compile(r"[^\W\d_]+")
SHOWN_UNITS = 3


def vocabulary_file(weights: Path) -> Path:
    """Where a model, a folder or a file, would name its words."""
    return (weights if weights.is_dir() else weights.with_suffix(".config")) / NAME


def read_vocabulary(weights: Path) -> frozenset[str] | None:
    """The words of a model, or None where it does not say."""
    file = vocabulary_file(weights)
    return frozenset(file.read_text(encoding="utf-8").split()) if file.is_file() else None


def unknown_words(prompt: str, known: frozenset[str]) -> list[str]:
    """The words of a prompt that are not known, in their order; weights and punctuation are no words."""
    return list(dict.fromkeys(word for word in _WORD.findall(prompt.lower()) if word not in known))


def warnings(plans: Iterable[Plan], library: Library) -> list[str]:
    """One sentence per model that does not know all words of the prompts it is given: which words, and where."""
    found: dict[str, dict[str, list[str]]] = {}
    known: dict[tuple[str, tuple[str, ...]], frozenset[str] | None] = {}
    for plan in plans:
        for step in plan.steps:
            if step.stage not in ("panel", "keyframe") or step.wish is None:
                continue
            model, loras = step.wish.preset.model, tuple(lora.model for lora in step.wish.recipe.loras)
            if (model, loras) not in known:
                words = read_vocabulary(library.models.path(model))
                known[model, loras] = None if words is None else words | _of_loras(loras, library)
            words = known[model, loras]
            if words is None:
                continue
            for word in unknown_words(step.wish.recipe.prompt, words):
                found.setdefault(model, {}).setdefault(word, []).append(step.unit)
    return [_sentence(model, words, library) for model, words in found.items()]


def _of_loras(loras: Iterable[str], library: Library) -> frozenset[str]:
    """The trigger words of the LoRAs (sha256) that a panel wears, as their cards tell them."""
    names = map(library.models.name_of, loras)
    told = (word for name in names if name for word in library.models.cards[name].words)
    return frozenset(piece for word in told for piece in _WORD.findall(word.lower()))


def _sentence(model: str, words: Mapping[str, list[str]], library: Library) -> str:
    told = "; ".join(f"{word} ({_units(units)})" for word, units in words.items())
    file = vocabulary_file(library.models.path(model))
    return f"model '{model}' does not know, and will not draw: {told}. What it knows: {file}"


def _units(units: list[str]) -> str:
    more = len(units) - SHOWN_UNITS
    return ", ".join(units[:SHOWN_UNITS]) + (f" and {more} more" if more > 0 else "")
