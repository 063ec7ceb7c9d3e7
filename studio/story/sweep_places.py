"""Where in a sweep's file an error lies that was found while its cells were planned: its author wrote `over`, not overrides."""

from studio.errors import GengaError
from studio.story.reading import Path_, Source, field_name
from studio.story.sweeps import Sweep


def in_sweep(exc: GengaError, sweep: Sweep, place: Path_ | None = None) -> GengaError:
    """`exc` with file, line and the sweep's own field; as it is where it names a file already, or the sweep has none.

    place: where it lies, if that is known.
    """
    if exc.file is not None or sweep.file is None:
        return exc
    path = place or _path(exc, sweep)
    found = Source(sweep.file).error(exc.message, path, exc.remedy or "")
    same = field_name(path) == exc.field or path != ("unit",)
    return type(exc)(exc.message, file=sweep.file, line=found.line, column=found.column,
                     field=found.field if same else f"unit: {exc.field}", remedy=exc.remedy)


def _path(exc: GengaError, sweep: Sweep) -> Path_:
    """What the sweep says that the error is about; its unit, where the unit itself cannot be drawn."""
    field = exc.field or ""
    tried = field.removeprefix(f"{sweep.unit}." if sweep.unit else f"sweep-{sweep.sweep}.")
    axis = tried.removeprefix("override.")
    if axis in sweep.over:
        return ("over", axis)
    if tried == "preset" and sweep.preset:
        return ("preset",)
    if tried == "loras":
        crossed = [axis for axis in sweep.over if axis.startswith("lora.") and f"'{axis.removeprefix('lora.')}'" in exc.message]
        if crossed:
            return ("over", crossed[0])
    if tried == "characters" and not sweep.unit:
        return ("characters",)
    written = tuple(field.split("."))
    return written if written[0] in Sweep.model_fields else ("unit" if sweep.unit else "prompts",)
