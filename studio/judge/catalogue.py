"""The catalogue of scorers: one line per scorer, imported when it is first asked for."""

from importlib import import_module
from typing import Any

from pydantic import ValidationError

from studio.errors import StoryError
from studio.judge.scorer import Scorer
from studio.story.reading import nearest

SCORERS = {
    "clip": "studio.judge.scorers.clip:ClipScorer",
    "style": "studio.judge.scorers.style:StyleScorer",
    "aesthetics": "studio.judge.scorers.aesthetics:AestheticsScorer",
    "sharpness": "studio.judge.scorers.sharpness:SharpnessScorer",
    "exposure": "studio.judge.scorers.exposure:ExposureScorer",
    "lines": "studio.judge.scorers.lines:LinesScorer",
    "faces": "studio.judge.scorers.faces:FacesScorer",
    "face_size": "studio.judge.scorers.faces:FaceSizeScorer",
    "control": "studio.judge.scorers.control:ControlScorer",
    "identity": "studio.judge.scorers.identity:IdentityScorer",
    "phrases": "studio.judge.scorers.phrases:PhrasesScorer",
    "nsfw": "studio.judge.scorers.nsfw:NsfwScorer",
    "duplicates": "studio.judge.scorers.duplicates:DuplicatesScorer",
    "min_side": "studio.judge.scorers.resolution:MinSideScorer",
}
"""Name in a policy -> `module:Class`. A class takes its parameters as keywords and its module imports nothing heavy."""


def make_scorer(name: str, parameters: dict[str, Any]) -> Scorer:
    """The scorer `name` with these parameters. Raises StoryError for an unknown name or parameters that do not fit."""
    if name not in SCORERS:
        raise StoryError(f"unknown scorer '{name}'", field="scorer", remedy=nearest(name, SCORERS))
    module, _, cls = SCORERS[name].partition(":")
    try:
        return getattr(import_module(module), cls)(**parameters)
    except ValidationError as exc:
        found = exc.errors()[0]
        place = ".".join(["parameters", *(str(part) for part in found["loc"])])
        what = f"this: {found['msg'].removeprefix('Value error, ')}"
        if found["type"] == "extra_forbidden":
            what = f"a parameter '{found['loc'][-1]}'"
        raise StoryError(f"scorer '{name}' does not take {what}", field=place,
                         remedy="docs/judging.md lists what each scorer takes") from None
