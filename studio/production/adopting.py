"""Adopting: a sweep's winner becomes the next version of a look, written into its file with comments and order kept."""

import re
from pathlib import Path

import yaml

from studio.errors import PresetError
from studio.plan.presets import Preset
from studio.plan.sweeps import OPENED
from studio.production.opening import Production
from studio.production.sweeping import sweep_planner
from studio.store.artifacts import write_atomically
from studio.story.reading import Source, nearest
from studio.story.sweeps import Sweep


def adopt(production: Production, sweep: Sweep, cell: str, name: str) -> tuple[Path, Preset, list[str]]:
    """Write what the sweep's `cell` settled into preset `name`: its next version, or a new look like the one that was tried.

    Gives the file, the preset as it reads now, and what changed (`guidance: 4 -> 6`). Raises PresetError for an unknown cell, a
    winner that changes nothing, a file of another preset, or one that cannot be changed in place.
    """
    cells = sweep_planner(production, sweep).cells()
    if cell not in cells:
        raise PresetError(f"sweep '{sweep.sweep}' has no cell '{cell}'", field="winner", remedy=nearest(cell, cells))
    tried = sweep_planner(production, sweep).wish(cell).preset
    settled = _settled(tried, dict(cells[cell]))
    known = production.library.presets.get(name)
    file = _file_of(production, known) if known else production.show.folder / "presets" / f"{name}.yaml"
    if not known and file.exists():
        raise PresetError(f"this file is there already, and its preset is not called '{name}'", file=file, field="--as",
                          remedy=f"Adopt it under another name, or into one of {', '.join(production.library.presets)}")
    base = known or tried
    changes = {field: value for field, value in settled.items() if _plain(base).get(field) != value}
    if known and not changes:
        raise _nothing_settled(sweep, cell, dict(cells[cell]), name)
    changes |= {"version": known.version + 1} if known else {"name": name, "version": 1}
    text = file.read_text(encoding="utf-8") if known else _file_of(production, tried).read_text(encoding="utf-8")
    for field, value in changes.items():
        text = _with(text, field, value)
    wanted = {**_plain(base), **changes}
    _check(text, wanted, file)
    write_atomically(file, text.encode())
    made = Source(file).parse(Preset)
    told = [f"{field}: {_plain(base).get(field)} -> {value}" for field, value in changes.items()]
    return file, made, told


def _nothing_settled(sweep: Sweep, cell: str, settings: dict[str, object], name: str) -> PresetError:
    """The look is what it was: either nothing is new, or what won is no part of a look."""
    apart = [axis for axis in settings if axis not in (*OPENED, "preset") and not axis.startswith("lora.")]
    its = " and ".join(apart)
    why = f"; it won by its {its}, which no look holds and adopting leaves out" if apart else ""
    remedy = (f"'genga sweep use {sweep.sweep} {cell}' writes the whole cell, its {its} included, into {sweep.unit}"
              if apart and sweep.unit else "Nothing is to be adopted")
    return PresetError(f"preset '{name}' is as cell '{cell}' already{why}", field="winner", remedy=remedy)


def _settled(tried: Preset, settings: dict[str, object]) -> dict[str, object]:
    """The preset fields that a cell settles; seeds, takes and prompts are no part of a look."""
    settled: dict[str, object] = {field: settings[field] for field in OPENED if field in settings}
    weights = {axis.removeprefix("lora."): value for axis, value in settings.items() if axis.startswith("lora.")}
    if weights:
        uses = {use.model: use.weight for use in tried.loras} | weights
        settled["loras"] = [{"model": model, "weight": weight} for model, weight in uses.items() if weight]
    plain = _plain(Preset.model_validate({**tried.model_dump(), **settled}))
    return {field: plain.get(field) for field in settled}


def _plain(preset: Preset) -> dict[str, object]:
    return preset.model_dump(mode="json")


def _file_of(production: Production, preset: Preset) -> Path:
    folder = production.show.folder / "presets"
    return next(file for file in sorted(folder.glob("*.yaml")) if Source(file).parse(Preset).name == preset.name)


def _with(text: str, field: str, value: object) -> str:
    """`text` with a top-level field set; a comment behind it stays, a block below it goes."""
    said = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000).strip().removesuffix("\n...").strip()
    line = re.compile(rf"^{field}:[^\n#]*?(?P<rest>\s+#[^\n]*)?(?:\n[ \t-][^\n]*)*$", re.MULTILINE)
    found = line.search(text)
    if not found:
        return f"{text.rstrip()}\n{field}: {said}\n"
    return f"{text[:found.start()]}{field}: {said}{found['rest'] or ''}{text[found.end():]}"


def _check(text: str, wanted: dict[str, object], file: Path) -> None:
    """Raises PresetError unless `text` reads as what is wanted: editing text is guessing, reading it again is knowing."""
    try:
        read = _plain(Preset.model_validate(yaml.safe_load(text)))
    except ValueError as exc:
        raise PresetError(f"the file cannot be changed in place ({exc})", file=file, remedy="Write the values by hand") from exc
    wrong = [field for field in wanted if read.get(field) != wanted[field]]
    if wrong:
        raise PresetError(f"the file cannot be changed in place: {wrong[0]} would read {read.get(wrong[0])}", file=file,
                          field=wrong[0], remedy="Write the values by hand")
