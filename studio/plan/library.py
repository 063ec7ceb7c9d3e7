"""Library: the looks and weights of one show, ready to make recipes from."""

from dataclasses import dataclass

from studio.errors import PresetError, StoryError
from studio.plan.history import History
from studio.plan.models import ModelShelf, read_models
from studio.plan.presets import Preset, read_presets
from studio.plan.sums import Hasher
from studio.story.prices import POOLS
from studio.story.reading import nearest
from studio.story.show import Show


@dataclass(frozen=True)
class Library:
    """Presets by name, and the shelf of model cards."""

    presets: dict[str, Preset]
    models: ModelShelf
    files: Hasher
    """Digests of control maps and init pictures."""
    contracts: dict[str, int]
    """Engine name -> contract version, from the render catalogue; `page` and `book` from the comic package."""
    fonts: str
    """Digest of the shipped fonts: other letter shapes are another page."""

    def preset(self, name: str, field: str) -> Preset:
        """The preset `name`. Raises PresetError with the nearest known name."""
        if name not in self.presets:
            raise PresetError(f"unknown preset '{name}'", field=field, remedy=nearest(name, self.presets))
        return self.presets[name]

    def contract(self, engine: str, field: str) -> int:
        """Contract version of `engine`. Raises PresetError with the nearest known engine."""
        if engine not in self.contracts:
            raise PresetError(f"unknown engine '{engine}'", field=field, remedy=nearest(engine, self.contracts))
        return self.contracts[engine]


def open_library(show: Show, hasher: Hasher, contracts: dict[str, int], fonts: str) -> Library:
    """Presets and model cards of `show`. Raises StoryError for broken files."""
    presets = read_presets(show.folder / "presets")
    _check_pools(show, presets)
    return Library(presets, read_models(show.folder / "models.yaml", hasher), hasher, contracts, fonts)


def _check_pools(show: Show, presets: dict[str, Preset]) -> None:
    """Raises PresetError for a preset's pool that there is not, StoryError for one of the show's own that no preset names."""
    for preset in presets.values():
        if preset.pool not in show.pools:
            raise PresetError(
                f"there is no pool '{preset.pool}'", file=show.folder / "presets" / f"{preset.name}.yaml", field="pool",
                remedy=f"Add it to pools in show.yaml, or name another. {nearest(preset.pool, show.pools)}")
    for name in show.shards:
        if all(preset.pool != name for preset in presets.values()):  # most likely a slip of the pen
            raise StoryError(f"no preset draws in pool '{name}'", file=show.folder / "show.yaml", field=f"pools.{name}",
                             remedy=f"Say 'pool: {name}' in a preset, or take it out. {nearest(name, POOLS)}")


def unraised_versions(library: Library, history: History, show: Show) -> dict[str, PresetError]:
    """Presets, by name, whose content changed since takes were made with the same name and version."""
    errors: dict[str, PresetError] = {}
    for preset in library.presets.values():
        seen = history.presets.get((preset.name, preset.version))
        if seen and seen[0] != preset.stamp.content:
            errors[preset.name] = PresetError(
                f"preset '{preset.name}' changed, but is still version {preset.version}, "
                f"under which takes were made since {seen[1][:10]}",
                file=show.folder / "presets" / f"{preset.name}.yaml", field="version",
                remedy=f"Write 'version: {preset.version + 1}', or undo the change",
            )
    return errors
