"""Where a show's scorers find weights, boards and character sheets."""

from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import ModelError
from studio.judge.references import board_pictures
from studio.plan.models import ModelShelf, model_folders
from studio.plan.sums import Hasher
from studio.render.engine import Sources
from studio.story.show import Show

if TYPE_CHECKING:
    from PIL import Image


class ShowJudgeSources:
    """A show's models, kept pictures, boards and cast, as scorers want them."""

    def __init__(self, show: Show, shelf: ModelShelf, hasher: Hasher, sources: Sources) -> None:
        self._show, self._shelf, self._hasher, self._sources = show, shelf, hasher, sources

    def model(self, name: str) -> Path:
        """The weights of the card `name`, or the file or folder of that name in a models folder."""
        if name in self._shelf.cards:
            return self._shelf.path(name)
        folders = model_folders(self._show.folder)
        for folder in folders:
            for found in (folder / name, folder / f"{name}.safetensors"):
                if found.exists():
                    return found
        raise ModelError(f"there is no model '{name}'", file=self._show.folder / "models.yaml", field="parameters.model",
                         remedy=f"Looked in {', '.join(map(str, folders))}; nothing is ever downloaded")

    def digest(self, path: Path) -> str:
        """sha256 of a file or folder, remembered while it does not change."""
        return self._hasher.digest(path)

    def cast(self) -> list[str]:
        """Names of all characters."""
        return sorted(self._show.cast)

    def picture(self, sha256: str) -> "Image.Image":
        """A kept picture, decoded."""
        return self._sources.picture(sha256)

    def board(self, name: str) -> list[Path]:
        """The pictures in the show's folder `name`, in the order of their names."""
        return board_pictures(self._show.folder, name)

    def sheet(self, character: str) -> list[Path]:
        """The character's reference pictures."""
        who = self._show.cast.get(character)
        return [self._show.folder / name for name in who.references] if who else []
