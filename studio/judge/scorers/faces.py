"""Are there as many faces as there should be, and how large is the largest."""

from collections.abc import Sequence
from typing import Any

from studio.judge.faces import Face
from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.judge.scorers.detecting import FaceParameters, found_faces


class FacesScorer:
    """The number of faces. Bound it from both sides: too few is a faceless figure, too many a crowd nobody asked for."""

    name = "faces"
    version = 1
    better: Better = "higher"
    unit = "faces"

    def __init__(self, **given: Any) -> None:
        self.parameters = FaceParameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self, desk.digest(self.parameters.file))

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer."""
        found = found_faces(subjects, desk, self.parameters)
        return [Measured(float(len(faces)), _told(faces, s)) for s, faces in zip(subjects, found, strict=True)]


class FaceSizeScorer:
    """Height of the largest face as a share of the picture's, 0 to 1; 0 without a face."""

    name = "face_size"
    version = 1
    better: Better = "higher"
    unit = "share"

    def __init__(self, **given: Any) -> None:
        self.parameters = FaceParameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self, desk.digest(self.parameters.file))

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer."""
        found = found_faces(subjects, desk, self.parameters)
        return [Measured(_largest(faces, s), _told(faces, s)) for s, faces in zip(subjects, found, strict=True)]


def _largest(faces: Sequence[Face], subject: Subject) -> float:
    height = subject.picture.height
    return max((min(face.bottom, height) - max(face.top, 0.0) for face in faces), default=0.0) / height


def _told(faces: Sequence[Face], subject: Subject) -> str:
    if not faces:
        return "no face"
    size = f"{_largest(faces, subject):.0%} of the height"
    return f"1 face, {size}" if len(faces) == 1 else f"{len(faces)} faces, the largest {size}"
