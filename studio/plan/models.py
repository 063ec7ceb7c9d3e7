"""ModelCard: one set of weights, and the finding and checking of its files. Reads headers only, never tensors."""

import json
import os
import struct
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from studio.errors import ModelError, StoryError
from studio.plan.sums import Hasher, check_sums
from studio.story.fields import Id, Text
from studio.story.reading import Source, Written, nearest

Architecture = Literal["sd15", "vae", "lora", "controlnet", "upscaler", "motion", "motion_lora"]
PICKLES = (".ckpt", ".pt", ".pth", ".bin")


class ModelCard(Written):
    """One entry of models.yaml."""

    file: str
    """File or folder: relative to the show's models/ folder, or a name in a models folder of this machine."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Expected digest; None accepts the file as it is (its digest still stands in every recipe)."""
    architecture: Architecture
    licence: Text = ""
    vram_mb: Annotated[int, Field(ge=0)] = 0
    note: Text = ""
    words: tuple[Text, ...] = ()
    """Trigger words of a LoRA: what a prompt says to call it."""


class ModelsFile(Written):
    """models.yaml: cards by name."""

    SCHEMA = "models"

    models: dict[Id, ModelCard]


def model_folders(show_folder: Path) -> tuple[Path, ...]:
    """Where weights are looked for: the show's models/, then $GENGA_MODELS, then the models/ beside this program."""
    named = [Path(p).expanduser() for p in os.environ.get("GENGA_MODELS", "").split(os.pathsep) if p]
    return (show_folder / "models", *named, Path(__file__).parents[2] / "models")


class ModelShelf:
    """The model cards of one show, with files found, checked and hashed once."""

    def __init__(self, file: Path, cards: dict[str, ModelCard], source: Source | None, hasher: Hasher) -> None:
        self._file, self.cards, self._source, self._hasher = file, cards, source, hasher
        self._folders = model_folders(file.parent)
        self._known: dict[str, tuple[Path, str]] = {}

    def path(self, name: str) -> Path:
        """Where the weights of card `name` lie. Raises ModelError or StoryError."""
        return self._resolve(name)[0]

    def sha256(self, name: str) -> str:
        """Digest of the weights of card `name`, as they are on disk now."""
        return self._resolve(name)[1]

    def name_of(self, sha256: str) -> str | None:
        """The card whose file has this digest, if any is here."""
        for name in self.cards:
            try:
                if self.sha256(name) == sha256:
                    return name
            except ModelError:
                continue
        return None

    def expect(self, name: str, architecture: Architecture) -> str:
        """Digest of card `name` after checking that it is a card of this architecture."""
        digest = self.sha256(name)
        if self.cards[name].architecture != architecture:
            raise self._error(name, "architecture", f"'{name}' is a {self.cards[name].architecture}, not a {architecture}",
                              f"Name a card of architecture {architecture}")
        return digest

    def _error(self, name: str, field: str, message: str, remedy: str) -> ModelError:
        place = self._source.error("", ("models", name, field), "") if self._source else None
        return ModelError(message, file=self._file, line=place.line if place else None,
                          column=place.column if place else None, field=f"models.{name}.{field}", remedy=remedy)

    def _resolve(self, name: str) -> tuple[Path, str]:
        if name in self._known:
            return self._known[name]
        if name not in self.cards:
            raise ModelError(f"unknown model '{name}'", file=self._file, field="models",
                             remedy=nearest(name, self.cards))
        card = self.cards[name]
        folder = self._find(name, card)
        path = folder / card.file
        check_sums(folder, weight_files(path), self._hasher)
        for file in weight_files(path):
            check_weights(file, card.architecture if path.is_file() else None)
        digest = self._hasher.digest(path)
        if card.sha256 and card.sha256 != digest:
            raise self._error(name, "sha256", f"{path} has sha256 {digest}, its card says {card.sha256}",
                              "Restore the file, or write the new sha256 into its card if the change is meant")
        self._known[name] = (path, digest)
        return self._known[name]

    def _find(self, name: str, card: ModelCard) -> Path:
        """The models folder that holds the card's file."""
        parts = Path(card.file)
        if parts.is_absolute() or ".." in parts.parts:
            raise self._error(name, "file", f"'{card.file}' lies outside the models folders",
                              "Put the file into the show's models/ (or set GENGA_MODELS) and give its name only")
        if parts.suffix.lower() in PICKLES:
            raise self._error(name, "file", f"'{card.file}' is a pickle file, which can run any program when opened",
                              "Convert it to .safetensors and name that file")
        for folder in self._folders:
            if (folder / parts).exists():
                return folder
        raise self._error(name, "file", f"model file '{card.file}' is missing",
                          f"Looked in {', '.join(str(f) for f in self._folders)}; nothing is ever downloaded")


def weight_files(path: Path) -> list[Path]:
    """The safetensors files of a model: the file itself, or all inside a diffusers folder."""
    return sorted(path.rglob("*.safetensors")) if path.is_dir() else [path]


def read_header(file: Path) -> dict[str, dict[str, object]]:
    """Tensor table of a safetensors file (name -> dtype, shape, data_offsets).

    Format: 8 bytes little-endian header length, JSON header, tensor bytes. Raises ModelError for a file that is no
    safetensors file or is shorter than its header says.
    """
    size = file.stat().st_size
    with file.open("rb") as handle:
        start = handle.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else -1
        if length < 0 or length > min(size - 8, 100_000_000):
            raise ModelError(f"not a whole safetensors file ({size} bytes)", file=file,
                             remedy="Copy the file again; compare its sha256 with the card")
        try:
            header = json.loads(handle.read(length))
        except (UnicodeDecodeError, json.JSONDecodeError):
            raise ModelError("the safetensors header is not JSON", file=file,
                             remedy="Copy the file again; compare its sha256 with the card") from None
    header.pop("__metadata__", None)
    end = max((t["data_offsets"][1] for t in header.values()), default=0) + 8 + length
    if end != size:
        raise ModelError(f"the file has {size} bytes, its header promises {end}: it is truncated or altered", file=file,
                         remedy="Copy the file again; compare its sha256 with the card")
    return header


def check_weights(file: Path, architecture: Architecture | None) -> None:
    """Raises ModelError for a truncated file, or one whose tensors are another architecture's."""
    names = read_header(file)
    if architecture == "sd15" and any(n.startswith("conditioner.embedders.1") for n in names):
        raise ModelError("this is an SDXL checkpoint; the card says sd15", file=file,
                         field="architecture", remedy="Use an SD 1.x checkpoint; SDXL is not supported by this engine")
    if architecture == "sd15" and not any(n.startswith("model.diffusion_model.") for n in names):
        raise ModelError("this is no SD 1.x checkpoint (no 'model.diffusion_model.' tensors)", file=file,
                         field="architecture", remedy="Set the card's architecture to what the file is")
    if architecture == "lora" and not any("lora" in n.lower() for n in names):
        raise ModelError("this is no LoRA (no tensor has 'lora' in its name)", file=file,
                         field="architecture", remedy="Set the card's architecture to what the file is")


def read_models(file: Path, hasher: Hasher) -> ModelShelf:
    """The cards of models.yaml. Raises StoryError when the file is missing or broken."""
    if not file.is_file():
        raise StoryError("models.yaml is missing", file=file, remedy="Copy it from shows/momotaro")
    source = Source(file)
    return ModelShelf(file, dict(source.parse(ModelsFile).models), source, hasher)
