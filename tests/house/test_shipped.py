"""The shipped parts at work on drawings that no training saw."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional
from transformers import CLIPTokenizer

from house import shelf
from house.data import HELD_OUT, held_out
from house.draw.picture import draw, face_boxes
from house.draw.scene import sample
from house.train.clip import Likeness
from house.train.text import Tokens, load_text_tower, make_text_encoder
from studio.judge.faces import Face, FaceFinder

MODELS = Path(__file__).parents[2] / "models"


def test_clip_finds_the_caption_of_a_drawing_with_its_own_tokenizer() -> None:
    scenes, drawn = held_out(32, 128)
    clip = Likeness(MODELS)
    likeness = clip.of_pictures(drawn) @ clip.of_captions([scene.caption() for scene in scenes]).t()
    assert (likeness.argmax(1).numpy() == np.arange(32)).mean() >= 0.8


def test_the_text_encoder_begins_as_clip_s_text_tower() -> None:
    captions = [sample(seed).caption() for seed in range(4)]
    tokenizer = CLIPTokenizer.from_pretrained(shelf.clip(MODELS))
    encoder = make_text_encoder(tokenizer).eval()
    load_text_tower(encoder, MODELS)
    with torch.no_grad():
        read = encoder(Tokens(tokenizer)(captions)).pooler_output
    last = load_file(shelf.clip(MODELS) / "open_clip_model.safetensors")["text_projection"].float()
    read = functional.normalize(read @ last, dim=-1)
    assert torch.allclose(read, Likeness(MODELS).of_captions(captions), atol=1e-3)


def test_the_finder_finds_large_faces_whole_and_small_ones_in_a_larger_picture() -> None:
    finder = FaceFinder(shelf.faces(MODELS))
    for number in range(6):
        scene = sample(HELD_OUT + number, count=1, framing="portrait")
        (found,), (box,) = finder.find(draw(scene, 128)), face_boxes(scene, 128)
        assert found.overlap(Face(*box, 1.0)) >= 0.5
        page = Image.new("RGB", (256, 256), "white")
        page.paste(Image.fromarray(draw(scene, 128)), (100, 60))
        surest = finder.find(np.asarray(page))[0]
        left, top, right, bottom = box
        assert surest.overlap(Face(left + 100, top + 60, right + 100, bottom + 60, 1.0)) >= 0.5
