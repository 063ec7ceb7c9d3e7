"""Prompt weights are read as A1111 reads them, and change the embedding as they say."""

import pytest

from studio.errors import RenderError
from studio.render.engines.sd15.loading import load_model
from studio.render.engines.sd15.words import Words, weigh

from .shelf import GIRL, HOUSE_FOLDER


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
