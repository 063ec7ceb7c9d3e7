"""Sources: where engines find weights and pictures that a recipe names by sha256."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import ModelError, StoreError
from studio.plan.models import ModelShelf
from studio.store.artifacts import ArtifactStore
from studio.store.frames import SUFFIX as SEQUENCE
from studio.store.hot import Near, hot_weights

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


class ShowSources:
    """A show's model shelf and artifact store, as engines want them."""

    def __init__(self, shelf: ModelShelf, artifacts: ArtifactStore) -> None:
        self._shelf, self._artifacts = shelf, artifacts

    def model(self, sha256: str) -> Path:
        """File or folder of the weights with this digest."""
        name = self._shelf.name_of(sha256)
        if name is None:
            raise ModelError(f"no model card here has sha256 {sha256[:12]}…", file="models.yaml",
                             remedy="Add a card for the weights that this recipe was made with")
        return self._shelf.path(name)

    def near(self, sha256: str) -> Near:
        """The weights of this digest, copied to this machine if they lie far away ($GENGA_HOT_WEIGHTS)."""
        return hot_weights().near(self.model(sha256), sha256)

    def picture(self, sha256: str) -> "Image.Image":
        """A kept picture, decoded."""
        from PIL import Image

        for suffix in SUFFIXES:
            if self._artifacts.has(sha256, suffix):
                picture = Image.open(io.BytesIO(self._artifacts.get(sha256, suffix)))
                picture.load()
                return picture
        raise StoreError(f"picture {sha256[:12]}… is not kept here", field="recipe",
                         remedy="Run 'genga verify', then 'genga apply' to bring its unit up to date")

    def frames(self, sha256: str) -> Path:
        """The file of a kept frame sequence."""
        if not self._artifacts.has(sha256, SEQUENCE):
            raise StoreError(f"frame sequence {sha256[:12]}… is not kept here", field="recipe",
                             remedy="Run 'genga verify', then 'genga apply' to bring its unit up to date")
        return self._artifacts.path(sha256, SEQUENCE)
