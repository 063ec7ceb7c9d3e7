"""Where each part of the house family lies in the models folder: files and folders of their own, as people's models are.

They stand side by side because a model's digest covers its whole folder: a LoRA beside the UNet must not change pictures.
"""

from pathlib import Path

from house.draw.looks import CHARACTER, LOOKS

LORAS = (*LOOKS, CHARACTER)


def pipeline(models: Path) -> Path:
    """unet, vae, text_encoder, tokenizer and scheduler, in diffusers' layout."""
    return models / "house"


def control(models: Path) -> Path:
    """The ControlNet for line art."""
    return models / "house-lineart"


def motion(models: Path) -> Path:
    """The motion adapter."""
    return models / "house-motion"


def lora(models: Path, name: str) -> Path:
    """The LoRA with that trigger tag."""
    return models / f"house-{name.replace(' ', '-')}.safetensors"


def clip(models: Path) -> Path:
    """The CLIP model, an open_clip folder."""
    return models / "house-clip"


def judge(models: Path) -> Path:
    """The classifier that measures obedience."""
    return models / "house-judge"


def faces(models: Path) -> Path:
    """The face detector."""
    return models / "house-faces.safetensors"


def upscaler(models: Path) -> Path:
    """The x4 upscaler."""
    return models / "house-x4.safetensors"


def whole(models: Path) -> list[Path]:
    """Every file of the family."""
    return sorted(file for file in models.rglob("*") if file.is_file() and file.relative_to(models).parts[0].startswith("house"))
