"""Does the picture show what must not be in it: phrases against harmless ones, by zero-shot CLIP.

Radford et al. 2021, section 3.1: a softmax over the cosines of a picture with several phrases, at the scale of training, says
which of them it shows.  As there, a phrase's embedding is the mean of several texts that say it, which is steadier than one.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from studio.errors import StoryError
from studio.judge.embedding import HOUSE, ClipModel, clip_model, embedded
from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.record import Record
from studio.story.fields import Words

CONTEXTS = ("{}", "1girl, solo, {}", "1boy, solo, {}", "no humans, {}")
"""Texts that say a phrase, as prompts do."""


class Parameters(Record):
    """Of `phrases`."""

    forbidden: Annotated[tuple[Words, ...], Field(min_length=1)]
    """What must not be seen: brands, weapons, places."""
    allowed: tuple[Words, ...] = ()
    """What may be seen instead. Say them: against other places a forbidden place is told far better than against nothing."""
    contexts: Annotated[tuple[Annotated[str, Field(pattern=r"\{\}")], ...], Field(min_length=1)] = CONTEXTS
    """Texts that say a phrase at `{}`; without it they are what every picture may show."""
    model: str = HOUSE
    """An open_clip folder; it has to know the words."""


class PhrasesScorer:
    """The highest probability of a forbidden phrase against all allowed ones, 0 to 1; the note names the phrase."""

    name = "phrases"
    version = 1
    better: Better = "lower"
    unit = "probability"

    def __init__(self, **given: Any) -> None:
        self.parameters = Parameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self, desk.digest(self.parameters.model))

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer. Raises StoryError for a forbidden phrase with words that the model never learnt."""
        how = self.parameters
        return list(zero_shot(subjects, desk, how.model, (how.forbidden, how.allowed), how.contexts))


def zero_shot(
    subjects: Sequence[Subject], desk: Desk, name: str, phrases: tuple[Sequence[str], Sequence[str]], contexts: Sequence[str]
) -> list[Measured]:
    """The most probable forbidden phrase of each picture, each by itself against all allowed ones and the bare contexts.

    phrases: forbidden, allowed. Raises StoryError for words that the model only spells: it would never find them, and nobody
    would know.
    """
    if not subjects:
        return []
    model, (forbidden, allowed) = clip_model(desk, name), phrases
    for phrase in forbidden:
        if unknown := model.spelt(phrase):
            raise StoryError(f"model '{name}' never learnt the word '{unknown[0]}' of '{phrase}', so it cannot look for it",
                             field="parameters.forbidden",
                             remedy="Name a CLIP model that knows it with 'model', or use other words")
    read = _said(model, [*forbidden, *allowed, ""], contexts)
    logits = embedded(subjects, desk, name).astype(np.float64) @ read.T * model.scale
    harmless = np.logaddexp.reduce(logits[:, len(forbidden) :], axis=1)
    odds = logits[:, : len(forbidden)] - harmless[:, None]
    worst = odds.argmax(axis=1)
    return [
        Measured(float(1 / (1 + np.exp(-odds[row, column]))), f"most like '{forbidden[column]}'")
        for row, column in enumerate(worst)
    ]


def _said(model: ClipModel, phrases: Sequence[str], contexts: Sequence[str]) -> np.ndarray:
    """Unit vectors of phrases, (n, width): the mean over the contexts that say them. An empty phrase leaves a context bare."""
    texts = [context.replace("{}", phrase).strip(" ,") for phrase in phrases for context in contexts]
    each = model.texts(texts).astype(np.float64).reshape(len(phrases), len(contexts), -1).mean(axis=1)
    return each / np.linalg.norm(each, axis=1, keepdims=True)
