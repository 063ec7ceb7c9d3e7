"""The words of the house model: its tokenizer, and how a scene is told in training."""

import json
import random
import re
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from house.draw import scene as words
from house.draw.scene import Scene, sample
from house.shelf import pipeline

START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 77
QUALITY = ("masterpiece", "best quality", "highres", "anime", "illustration", "manga", "comic", "detailed")
"""Words people put into every prompt; they change nothing."""
UNSEEN = [
    "a", "an", "the", "of", "and", "with", "in", "on", "at", "is", "are", "very", "one", "two", "boy", "girl", "man", "woman",
    "old", "young", "hero", "warrior", "demon", "mountain", "river", "tree", "flower", "sword", "hat", "shoes", "house",
    "room", "light", "shadow", "night", "day", "evening", "rain", "wind", "running", "standing", "sitting", "holding",
    "beautiful", "cute", "dramatic", "cinematic", "lighting", "close", "up", "view", "from", "behind", "above", "below",
    "face", "hands", "long", "big", "small", "gold", "silver", "gray", "orange",
]
"""Words that stand for everything the drawer cannot draw: training strews them in, so that they do no harm."""
_PIECES = Regex(r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""")


def vocabulary() -> list[str]:
    """Every word that the drawer can draw, sorted; what a prompt says beyond them is without effect."""
    told = {tag for seed in range(4000) for tag in sample(seed).tags()}
    told |= {f"{c} hair" for c in words.HAIR} | {f"{c} eyes" for c in words.EYES} | {f"{c} background" for c in words.TONES}
    told |= {f"{c} {o}" for c in words.CLOTH for o in words.OUTFITS}
    return sorted({word for tag in (*told, *QUALITY) for word in re.findall("[a-z]+", tag)})


def make_tokenizer(shelf: Path) -> CLIPTokenizer:
    """A byte-pair tokenizer in which every word of the vocabulary is one token.

    Written to the pipeline's folder, with vocabulary.txt for whoever wants to know which words the model knows.
    """
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=END))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])  # pyright: ignore[reportAttributeAccessIssue]
    pieces = pre_tokenizers.Split(_PIECES, behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pieces, pre_tokenizers.ByteLevel(add_prefix_space=False)])  # pyright: ignore[reportAttributeAccessIssue]
    trainer = trainers.BpeTrainer(
        vocab_size=1400,
        special_tokens=[],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    spoken = [" ".join(vocabulary())] * 50 + [" ".join(UNSEEN), "1 2 , . ! ?"] * 10
    tokenizer.train_from_iterator(spoken, trainer)
    learnt = json.loads(tokenizer.to_str())["model"]
    pipeline(shelf).mkdir(parents=True, exist_ok=True)
    (pipeline(shelf) / "vocabulary.txt").write_text("".join(f"{word}\n" for word in vocabulary()))
    return _write(pipeline(shelf) / "tokenizer", learnt["vocab"], [tuple(pair) for pair in learnt["merges"]])


def _write(folder: Path, learnt: dict[str, int], merges: list[tuple[str, str]]) -> CLIPTokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*alphabet, *(f"{letter}</w>" for letter in alphabet)]
    tokens += [token for token in sorted(learnt, key=learnt.__getitem__) if token not in set(tokens)]
    tokens += [START, END]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(" ".join(pair) for pair in merges) + "\n")
    made = CLIPTokenizer.from_pretrained(
        folder, bos_token=START, eos_token=END, pad_token=END, unk_token=END, model_max_length=LENGTH
    )
    made.save_pretrained(folder)
    return made


def told(scene: Scene, dice: random.Random) -> str:
    """A caption as people might write it: some tags left out or out of order, words of no effect, sometimes nothing."""
    if dice.random() < 0.1:
        return ""
    head, rest = scene.tags()[:1], scene.tags()[1:]
    if dice.random() < 0.5:
        rest = [tag for tag in rest if dice.random() > 0.12]
    if dice.random() < 0.5 and len(scene.people) == 1:
        dice.shuffle(rest)
    if dice.random() < 0.15:
        rest.insert(dice.randint(0, len(rest)), " ".join(dice.choices(UNSEEN, k=dice.randint(1, 3))))
    quality = dice.sample(QUALITY, dice.randint(1, 2)) if dice.random() < 0.25 else []
    return ", ".join([*quality, *head, *rest])
