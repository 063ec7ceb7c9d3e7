"""Is it the same character: likeness of the faces in a picture to those on the characters' sheets."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from studio.judge.embedding import HOUSE, clip_model, references_digest
from studio.judge.faces import Face
from studio.judge.references import read_references
from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.judge.scorers.detecting import FaceParameters, faces_in, found_faces
from studio.record import Record

if TYPE_CHECKING:
    from PIL import Image


class Parameters(Record):
    """Of `identity`."""

    model: str = HOUSE
    """An open_clip folder."""
    faces: FaceParameters = FaceParameters()
    """How faces are found."""
    around: Annotated[float, Field(ge=0, le=3)] = 0.5
    """How much of a face's size is seen on each side of it: hair tells who somebody is."""
    nearest: Annotated[int, Field(ge=1)] = 3
    """How many of a sheet's pictures count: those most alike."""


class IdentityScorer:
    """Mean over a picture's characters of the cosine to their sheets, -1 to 1; None where none of them has a sheet.

    Each character is held against the face that fits it, one face each; with fewer faces than characters, each against the
    face most like it; without a face, against the whole picture. So one stranger among two friends lowers the number.
    """

    name = "identity"
    version = 1
    better: Better = "higher"
    unit = "cosine"

    def __init__(self, **given: Any) -> None:
        self.parameters = Parameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        """See Scorer. The sheets of the whole cast are in it."""
        sheets = [f"{name}:{references_digest(desk.sources.sheet(name), desk)}" for name in desk.sources.cast()]
        return stamped(self, desk.digest(self.parameters.model), desk.digest(self.parameters.faces.file), *sheets)

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer. Raises StoryError for a broken picture on a sheet."""
        names = sorted({name for s in subjects for name in s.characters})
        sheets = {name: self._sheet(files, desk) for name in names if (files := desk.sources.sheet(name))}
        known = [s for s in subjects if any(name in sheets for name in s.characters)]
        crops = dict(zip((s.artifact for s in known), self._seen(known, desk), strict=True))
        return [
            self._measured([n for n in dict.fromkeys(s.characters) if n in sheets], sheets, crops[s.artifact])
            if s.artifact in crops and any(n in sheets for n in s.characters) else None
            for s in subjects
        ]

    def _measured(self, names: list[str], sheets: dict[str, np.ndarray], seen: np.ndarray) -> Measured:
        alike = np.stack([
            np.sort(sheets[name] @ seen.T, axis=0)[-self.parameters.nearest :].mean(axis=0) for name in names
        ])
        values = _assigned(alike)
        return Measured(float(np.mean(values)), ", ".join(f"{n} {v:.2f}" for n, v in zip(names, values, strict=True)))

    def _sheet(self, files: list[Path], desk: Desk) -> np.ndarray:
        """Unit vectors of a sheet's faces, (n, width), from the cache."""

        def load() -> np.ndarray:
            pictures = read_references(files)
            found = faces_in(pictures, desk, self.parameters.faces)
            crops = [self._crops(picture, faces[:1])[0] for picture, faces in zip(pictures, found, strict=True)]
            return clip_model(desk, self.parameters.model).pictures(crops, desk.batch)

        return desk.lend(("sheet", *self._looks(desk), references_digest(files, desk)), load, lambda it: it.nbytes)

    def _seen(self, subjects: Sequence[Subject], desk: Desk) -> list[np.ndarray]:
        """Unit vectors of each subject's faces, (n >= 1, width)."""

        def see(fresh: list[Subject]) -> list[np.ndarray]:
            found = found_faces(fresh, desk, self.parameters.faces)
            crops = [self._crops(s.picture, faces) for s, faces in zip(fresh, found, strict=True)]
            flat = clip_model(desk, self.parameters.model).pictures([c for each in crops for c in each], desk.batch)
            return np.split(flat, np.cumsum([len(each) for each in crops])[:-1])

        return desk.look(subjects, ("crops", *self._looks(desk)), see)

    def _looks(self, desk: Desk) -> tuple[str, str]:
        """What decides an embedded crop, besides the picture."""
        how = self.parameters
        return desk.digest(how.model), f"{desk.digest(how.faces.file)}:{how.faces.bound}:{how.around}"

    def _crops(self, picture: "Image.Image", faces: Sequence[Face]) -> list["Image.Image"]:
        """A square around each face with what is `around` it; the whole picture without a face."""
        cut: list[Image.Image] = []
        for face in faces:
            half = max(face.right - face.left, face.bottom - face.top) * (0.5 + self.parameters.around)
            x, y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
            box = (max(0, round(x - half)), max(0, round(y - half)), min(picture.width, round(x + half)),
                   min(picture.height, round(y + half)))
            if box[2] - box[0] >= 2 and box[3] - box[1] >= 2:
                cut.append(picture.crop(box))
        return cut or [picture]


def _assigned(alike: np.ndarray) -> list[float]:
    """A cosine per character from (characters, faces): one face each where there are enough of them."""
    if alike.shape[1] < alike.shape[0]:
        return [float(value) for value in alike.max(axis=1)]
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(alike, maximize=True)
    return [float(value) for value in alike[rows, columns]]
