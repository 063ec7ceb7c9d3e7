"""JSON Schemas of everything an author writes, generated from the models, so that editors complete and check it."""

import json
from pathlib import Path
from typing import Any

from studio.judge.catalogue import SCORERS
from studio.judge.policies import Policy
from studio.plan.canaries import CanaryFile
from studio.plan.models import ModelsFile
from studio.plan.presets import Preset
from studio.story.cast import Character
from studio.story.layouts import LAYOUTS
from studio.story.reading import Written
from studio.story.show import ShowFile
from studio.story.storyboard import Storyboard
from studio.story.sweeps import Sweep

FOLDER = "schemas"
"""Where they lie in a show."""
KINDS: dict[str, type[Written]] = {kind.SCHEMA: kind for kind in (
    ShowFile, Character, Preset, ModelsFile, Storyboard, CanaryFile, Policy, Sweep)}


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind of file. Raises KeyError for another kind than KINDS."""
    made = KINDS[kind].model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    if kind == "storyboard":  # layouts are data, not types: known names are offered
        made["$defs"]["Page"]["properties"]["layout"]["examples"] = list(LAYOUTS)
    for name in ("Gate", "Rank"):  # so are scorers
        if name in made.get("$defs", {}):
            made["$defs"][name]["properties"]["scorer"]["examples"] = list(SCORERS)
    return made


def schema_files() -> dict[str, str]:
    """`schemas/show.json` and so on, relative to the show, with their text."""
    return {
        f"{FOLDER}/{kind}.json": json.dumps(schema(kind), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        for kind in KINDS
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write all of them into the show `folder`; the files written. The same text again writes nothing new."""
    written: list[Path] = []
    for name, text in schema_files().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
        written.append(file)
    return written
