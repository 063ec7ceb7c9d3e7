"""Loading the SD 1.x class from a diffusers folder or one .safetensors file; never from the network, never a pickle."""

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from studio.errors import ModelError
from studio.plan.models import PICKLES, check_weights, model_folders, weight_files
from studio.plan.refs import LoraRef
from studio.render.engines.sd15.words import Encoded
from studio.render.environment import channels_last, go_offline
from studio.render.ladder import Ladder, decode_rungs, denoise_rungs

T = TypeVar("T")

CONFIG = Path(__file__).parent / "config"
"""Configuration of the original SD 1.5, for files that come without one."""
TOKENIZER_NAMES = ("tokenizer", "clip-tokenizer", "clip-vit-large-patch14")
BPE = "bpe_simple_vocab_16e6.txt.gz"


class Ladders:
    """How one group of recipes is held in memory, stage by stage."""

    def __init__(self, batch: int, device: str) -> None:
        offload = not device.startswith("cpu")
        self.denoise = Ladder(denoise_rungs(batch, offload))
        self.decode = Ladder(decode_rungs(batch, offload))
        self.decode_again = Ladder(decode_rungs(batch, offload))
        """In fp32, which needs more room."""


@dataclass
class Held:
    """One model in memory."""

    path: Path
    pipe: Any
    """StableDiffusionPipeline: the home of its parts, and where LoRAs are put on."""
    worn: tuple[LoraRef, ...] = ()
    """LoRAs on it now, in order."""
    texts: Encoded = field(default_factory=Encoded)
    """What its text encoder has encoded."""
    ladders: dict[Hashable, Ladders] = field(default_factory=dict[Hashable, "Ladders"])
    """By group of recipes: which rungs held."""

    @property
    def modules(self) -> tuple[Any, ...]:
        """Text encoder, UNet and VAE."""
        return (self.pipe.text_encoder, self.pipe.unet, self.pipe.vae)


def torch_dtype(precision: str) -> Any:
    """Torch's dtype of fp32, fp16 or bf16."""
    import torch

    return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[precision]


def import_quietly() -> None:
    """Import diffusers offline and without progress bars or advice on stderr."""
    go_offline()
    for name in ("diffusers", "transformers"):
        logging = import_module(f"{name}.utils.logging")
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    for name in ("compel.embeddings_provider", "diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion"):
        import_module(name)


def refuse_pickle(path: Path) -> None:
    """Raises ModelError for a file that could run programs when it is opened."""
    if path.suffix.lower() in PICKLES:
        raise ModelError(f"'{path.name}' is a pickle file, which can run any program when opened", file=path,
                         remedy="Convert it to .safetensors and name that file")


def placed(module: Any, device: str) -> Any:
    """A torch module on `device`, laid out as its convolutions are fastest there; it says so in the environment."""
    import torch

    return module.to(device, memory_format=torch.channels_last) if channels_last(device) else module.to(device)


def load_model(path: Path, precision: str, device: str) -> Held:
    """The model at `path`, ready on `device`. Raises ModelError naming what is missing or wrong."""
    return Held(path, pipe_on(read_model(path, precision), device))


def pipe_on(pipe: Any, device: str) -> Any:
    """A pipeline with all of its parts on `device`."""
    for part in (pipe.unet, pipe.vae):
        placed(part, device)
    return pipe.to(device)


def read_model(path: Path, precision: str) -> Any:
    """The model at `path` as a StableDiffusionPipeline in main memory. Raises ModelError."""
    cls = _diffusers("StableDiffusionPipeline")
    none = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    if path.is_dir():
        _check_folder(path)
        pipe = _guarded(path, lambda: cls.from_pretrained(
            path, dtype=torch_dtype(precision), local_files_only=True, use_safetensors=True, **none))
    else:
        refuse_pickle(path)
        check_weights(path, "sd15")
        config = config_beside(path) or CONFIG
        tokenizer = find_tokenizer(path)
        pipe = _guarded(path, lambda: cls.from_single_file(
            str(path), config=str(config), local_files_only=True, dtype=torch_dtype(precision), tokenizer=tokenizer,
            **none))
    pipe.set_progress_bar_config(disable=True)
    _check_whole(path, {"text_encoder": pipe.text_encoder, "unet": pipe.unet, "vae": pipe.vae})
    for module in (pipe.text_encoder, pipe.unet, pipe.vae):
        module.requires_grad_(False)
    return pipe


def load_vae(path: Path, precision: str, device: str) -> Any:
    """An AutoencoderKL from a folder or file. Raises ModelError."""
    return _load_part(_diffusers("AutoencoderKL"), "vae", path, precision, device)


def load_controlnet(path: Path, precision: str, device: str) -> Any:
    """A ControlNetModel from a folder or file. Raises ModelError."""
    return _load_part(_diffusers("ControlNetModel"), "controlnet", path, precision, device)


def config_beside(path: Path) -> Path | None:
    """`NAME.config/` beside `NAME.safetensors`: its own configuration, where it is not plain SD 1.5."""
    folder = path.with_suffix(".config")
    return folder if (folder / "model_index.json").is_file() or (folder / "config.json").is_file() else None


def find_tokenizer(path: Path) -> Any:
    """The CLIP tokenizer for a single file, which does not hold one. Raises ModelError when none is here.

    Looked for, in order: NAME.config/tokenizer; a folder `tokenizer` or a CLIP vocabulary file beside the weights;
    the same in the models folders; the vocabulary of an installed open_clip.
    """
    folders = [path.with_suffix(".config"), path.parent, *model_folders(path.parent.parent)]
    for folder in folders:
        for name in TOKENIZER_NAMES:
            if any((folder / name / f).is_file() for f in ("tokenizer.json", "merges.txt")):
                return _guarded(folder / name, lambda found=folder / name: _clip_tokenizer(found))
    for vocabulary in (*(folder / BPE for folder in folders), *_open_clip()):
        if vocabulary.is_file():
            return _guarded(vocabulary, lambda found=vocabulary: _tokenizer_from_bpe(found))
    raise ModelError(
        "a single-file model needs CLIP's tokenizer, and none is here", file=path, field="tokenizer",
        remedy=f"Copy the folder 'tokenizer' (vocab.json, merges.txt) of any SD 1.x diffusers model, or {BPE}, "
               f"to {path.parent}; nothing is ever downloaded",
    )


def _clip_tokenizer(folder: Path) -> Any:
    return _clip().from_pretrained(folder, local_files_only=True)


def _clip() -> Any:
    return import_module("transformers").CLIPTokenizer


def _diffusers(cls: str) -> Any:
    """A class of diffusers; `Any`, for the library is only half typed."""
    return getattr(import_module("diffusers"), cls)


def _open_clip() -> list[Path]:
    spec = find_spec("open_clip")
    return [Path(spec.origin).parent / BPE] if spec and spec.origin else []


def _tokenizer_from_bpe(file: Path) -> Any:
    """CLIP's tokenizer from OpenAI's vocabulary file (gzip; a heading, then one merge a line, of which 48,894 count)."""
    import gzip

    letters: list[str] = [*import_module("transformers.convert_slow_tokenizer").bytes_to_unicode().values()]
    lines = gzip.decompress(file.read_bytes()).decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    tokens = [*letters, *(x + "</w>" for x in letters), *("".join(m) for m in merges), "<|startoftext|>", "<|endoftext|>"]
    return _clip()(vocab={t: i for i, t in enumerate(tokens)}, merges=merges, model_max_length=77)


def _load_part(cls: Any, part: str, path: Path, precision: str, device: str) -> Any:
    dtype = torch_dtype(precision)
    if path.is_dir():
        model = _guarded(path, lambda: cls.from_pretrained(path, dtype=dtype, local_files_only=True, use_safetensors=True))
    else:
        refuse_pickle(path)
        check_weights(path, None)
        config = config_beside(path) or CONFIG / part
        model = _guarded(path, lambda: cls.from_single_file(
            str(path), config=str(config), dtype=dtype, local_files_only=True))
    _check_whole(path, {part: model})
    return placed(model, device).eval().requires_grad_(False)


def _check_folder(path: Path) -> None:
    """Raises ModelError for a folder that is no SD 1.x diffusers model."""
    try:
        index = json.loads((path / "model_index.json").read_text())
    except (OSError, ValueError):
        raise ModelError("the folder has no readable model_index.json, so it is no diffusers model", file=path,
                         remedy="Name the folder that holds unet/, vae/, text_encoder/ and model_index.json") from None
    kind = str(index.get("_class_name", ""))
    if "XL" in kind or not kind.startswith("StableDiffusion"):
        raise ModelError(f"this is a {kind or 'model without a class'}, not an SD 1.x model", file=path,
                         field="model_index.json", remedy="Use an SD 1.x model; others are not supported by this engine")
    for part in ("unet", "vae", "text_encoder"):
        if not (path / part / "config.json").is_file():
            raise ModelError(f"the model has no {part}/config.json", file=path, field=part,
                             remedy="Copy the whole model folder again")
        if not weight_files(path / part):
            pickled = sorted(f.name for f in (path / part).glob("*") if f.suffix in PICKLES)
            found = f"only pickle files ({', '.join(pickled)})" if pickled else "no weights"
            raise ModelError(f"{part}/ holds {found}", file=path, field=part, remedy="Convert them to .safetensors")
    for file in weight_files(path):
        check_weights(file, None)


def _check_whole(path: Path, parts: dict[str, Any]) -> None:
    """Raises ModelError when tensors were missing: loaders leave them without memory (`meta`) or random."""
    for name, module in parts.items():
        empty = [n for n, p in module.named_parameters() if p.is_meta]
        if empty:
            raise ModelError(f"{len(empty)} tensors of the {name} are missing, the first is {empty[0]}", file=path,
                             field=name, remedy="Copy the weights again, or put the right config beside them")


def _guarded(path: Path, load: Callable[[], T]) -> T:
    """`load()`, with any fault of the libraries told as a ModelError about `path`."""
    try:
        return load()
    except (MemoryError, ModelError):
        raise
    except Exception as exc:
        lines = [line.strip() for line in str(exc).splitlines() if line.strip()] or [type(exc).__name__]
        raise ModelError(f"the weights cannot be loaded: {' '.join(lines)[:400]}", file=path,
                         remedy="Check that the card's architecture is what the file is, and that the copy is whole",
                         ) from exc
