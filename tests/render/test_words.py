"""Prompt weights are read as A1111 reads them, and change the embedding as they say."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.errors import RenderError
from studio.plan.recipes import ImageRecipe
from studio.plan.refs import LoraRef
from studio.render.engine import Bench
from studio.render.engines.diffusers import DiffusersEngine
from studio.render.engines.sd15.loading import Held, load_model
from studio.render.engines.sd15.words import Encoded, Words, weigh

from .shelf import GIRL, HOUSE_FOLDER, Shelf, bench, drawn
from .weights import TEXT, noise


@pytest.mark.parametrize(("prompt", "pieces"), [
    ("a cat", [("a cat", 1.0)]),
    ("(red hair:1.3), smile", [("red hair", 1.3), (", smile", 1.0)]),
    ("(a)", [("a", 1.1)]),
    ("((a))", [("a", 1.21)]),
    ("[a]", [("a", 0.909091)]),
    ("(a (b:2):1.5)", [("a ", 1.5), ("b", 3.0)]),
    (r"miku \(vocaloid\)", [("miku (vocaloid)", 1.0)]),
    ("12:30, ratio 1:2", [("12:30, ratio 1:2", 1.0)]),
    ("smile :)", [("smile :)", 1.0)]),
    ("a) b", [("a) b", 1.0)]),
    ("(a", [("a", 1.1)]),
    ("(a]", [("a]", 1.1)]),
    ("[a:0.5)]", [("a:0.5)", 0.909091)]),
    ("桃太郎(鬼:.5)", [("桃太郎", 1.0), ("鬼", 0.5)]),
    ("", []),
])
def test_weights_are_read(prompt: str, pieces: list[tuple[str, float]]) -> None:
    """Nesting multiplies, escapes are text, unmatched brackets lose nothing."""
    assert weigh(prompt) == pieces


@pytest.fixture(scope="module")
def words() -> Words:
    """The house model's text encoder."""
    pipe = load_model(HOUSE_FOLDER, "fp32", "cpu").pipe
    return Words(pipe.tokenizer, pipe.text_encoder, 1)


def distance(words: Words, a: str, b: str) -> float:
    """How far apart two prompts are."""
    both = words.embed([a, b])
    return float((both[a] - both[b]).abs().mean())


def test_a_weight_of_one_changes_nothing(words: Words) -> None:
    """`(a:1)` is `a`."""
    assert distance(words, "pink hair, (smile:1.0)", "pink hair, smile") == 0


def test_more_weight_goes_further(words: Words) -> None:
    """1.5 is further from plain than 1.2, in either direction."""
    plain = "pink hair, smile"
    assert 0 < distance(words, "pink hair, (smile:1.2)", plain) < distance(words, "pink hair, (smile:1.5)", plain)
    assert 0 < distance(words, "pink hair, (smile:0.8)", plain) < distance(words, "pink hair, (smile:0.3)", plain)


def test_long_prompts_keep_their_last_words(words: Words) -> None:
    """Beyond 77 tokens nothing is cut off: the last word still matters."""
    long = ", ".join([GIRL] * 6)
    both = words.embed([long, f"{long}, night"])
    shapes = {e.shape[1] for e in both.values()}
    assert shapes and min(shapes) > 77 and all(s % 77 == 0 for s in shapes)
    a, b = (words.lengthen(e, max(shapes)) for e in both.values())
    assert float((a - b).abs().max()) > 0


def test_odd_prompts_still_embed(words: Words) -> None:
    """Blank pieces, only brackets, weights of nothing."""
    prompts = ["", "()", "(:1.3)", "(a:0.5) (b:0.4)", " (a:0) ", "((", "🙂"]
    assert {e.shape[1] for e in words.embed(prompts).values()} == {77}


def test_clip_skip_beyond_the_encoder_is_refused() -> None:
    """The house encoder has three layers."""
    pipe = load_model(HOUSE_FOLDER, "fp32", "cpu").pipe
    with pytest.raises(RenderError, match="clip_skip 4.*3 layers"):
        Words(pipe.tokenizer, pipe.text_encoder, 4)


def test_the_least_recently_used_text_goes_first_and_one_always_stays() -> None:
    """Bounded in bytes, counted."""
    kept, asked = Encoded(most_bytes=8), list[str]()

    def encode(text: str) -> torch.Tensor:
        asked.append(text)
        return torch.zeros(1)  # four bytes

    for text in ("a", "b", "a", "c", "a", "b"):
        kept.get(text, lambda text=text: encode(text))
    assert asked == ["a", "b", "c", "b"]
    assert (kept.hits, kept.misses) == (2, 4)
    kept.get("large", lambda: torch.zeros(9))
    assert kept.get("large", lambda: torch.ones(9)).sum() == 0


def test_words_are_encoded_once_and_draw_the_same_picture(shelf: Shelf, tmp_path: Path) -> None:
    """Per clip skip and LoRAs: a LoRA on the text encoder changes what words mean, and taking it off brings them back."""
    lora = LoraRef(model=shelf.put_model(make_text_lora(tmp_path / "words.safetensors")), weight=1.0)
    plain = drawn(steps=1, width=32, height=32, prompt=", ".join([GIRL] * 7), negative="bad")
    each = [plain, plain.model_copy(update={"loras": (lora,)}), plain.model_copy(update={"clip_skip": 2})]
    fresh = [drawing(recipe, bench(shelf)) for recipe in each]
    assert len(set(fresh)) == 3
    table = bench(shelf)
    assert [drawing(recipe, table) for recipe in (*each, *each)] == [*fresh, *fresh]
    [texts] = [held.texts for held in (table.cache.get(key, bool) for key in table.cache.keys()) if isinstance(held, Held)]  # noqa: SIM118
    assert (texts.hits, texts.misses) == (9, 9)  # prompt, negative and the empty chunk, in three manners


def drawing(recipe: ImageRecipe, table: Bench) -> bytes:
    [made] = DiffusersEngine().render([recipe], table)
    assert made.picture is not None
    return made.picture.tobytes()


def make_text_lora(file: Path) -> Path:
    """A LoRA on the text encoder's first queries."""
    outputs, inputs = load_file(TEXT)["encoder.layers.0.self_attn.q_proj.weight"].shape
    layer = "text_encoder.encoder.layers.0.self_attn.q_proj"
    save_file({f"{layer}.lora_A.weight": noise(2, inputs), f"{layer}.lora_B.weight": noise(outputs, 2, seed=1)}, file)
    return file
