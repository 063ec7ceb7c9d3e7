"""Is the picture fit for work: by phrases and CLIP, or by a classifier that was trained for it.

The house CLIP has seen no such pictures and knows none of the words, so it refuses: name a model that does.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from studio.errors import ModelError
from studio.judge.embedding import HOUSE
from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.judge.scorers.phrases import zero_shot
from studio.record import Record
from studio.render.environment import go_offline, settle
from studio.story.fields import Words

FORBIDDEN = ("explicit nudity", "sexual act, hentai", "bare breasts, nipples", "genitals", "sexualised child",
             "gore, dismembered body")
CONTEXTS = ("{}", "anime illustration, {}", "manga, {}")
ALLOWED = ("a fully clothed anime character", "an anime scene without people", "an anime landscape", "a manga page",
           "a character in swimwear at the beach", "an action scene")


class Parameters(Record):
    """Of `nsfw`."""

    classifier: str = ""
    """Folder of a transformers image classifier; `model` and the phrases are not used then."""
    label: str = "nsfw"
    """The class whose probability counts."""
    model: str = HOUSE
    """An open_clip folder that knows the words; the house model does not."""
    forbidden: Annotated[tuple[Words, ...], Field(min_length=1)] = FORBIDDEN
    allowed: tuple[Words, ...] = ALLOWED


class NsfwScorer:
    """Probability that the picture is not fit for work, 0 to 1."""

    name = "nsfw"
    version = 1
    better: Better = "lower"
    unit = "probability"

    def __init__(self, **given: Any) -> None:
        self.parameters = Parameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self, desk.digest(self.parameters.classifier or self.parameters.model))

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer. Raises StoryError for a CLIP model that does not know the words, ModelError for no classifier."""
        how = self.parameters
        if not subjects:
            return []
        if not how.classifier:
            return list(zero_shot(subjects, desk, how.model, (how.forbidden, how.allowed), CONTEXTS))
        folder = desk.sources.model(how.classifier)
        key = ("classifier", desk.sources.digest(folder), desk.device)
        classifier = desk.lend(key, lambda: Classifier(folder, desk.device))
        values = desk.look(subjects, (*key, how.label), lambda fresh: classifier.judge(fresh, how.label, desk.batch))
        return [Measured(value) for value in values]


class Classifier:
    """An image classifier of transformers, from a folder, in half precision on CUDA."""

    def __init__(self, folder: Path, device: str) -> None:
        go_offline()
        from transformers import AutoImageProcessor, AutoModelForImageClassification

        self._folder, self._device, self._half = folder, device, device.startswith("cuda")
        try:
            self._look: Any = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
            self._module: Any = AutoModelForImageClassification.from_pretrained(
                folder, local_files_only=True, use_safetensors=True)
        except Exception as exc:
            raise ModelError(f"not an image classifier of transformers: {exc}", file=folder, field="parameters.classifier",
                             remedy="Give a folder with config.json, preprocessor_config.json and model.safetensors") from exc
        self._module.eval().requires_grad_(False).to(device)
        if self._half:
            self._module.half()
        self.modules = (self._module,)

    def judge(self, subjects: Sequence[Subject], label: str, batch: int) -> list[float]:
        """Probability of `label` for each. Raises ModelError when the classifier has no such class."""
        import torch

        settle()
        labels = {str(name).lower(): int(i) for i, name in self._module.config.id2label.items()}
        if label.lower() not in labels:
            raise ModelError(f"the classifier has no class '{label}'", file=self._folder, field="parameters.label",
                             remedy=f"It has: {', '.join(sorted(labels))}")
        parts: list[Any] = []
        with torch.inference_mode():
            for start in range(0, len(subjects), batch):
                x = self._look([s.picture for s in subjects[start : start + batch]], return_tensors="pt")["pixel_values"]
                out = self._module((x.half() if self._half else x).to(self._device)).logits
                parts.append(out.float().softmax(-1)[:, labels[label.lower()]])
            return [float(value) for value in torch.cat(parts).tolist()]
