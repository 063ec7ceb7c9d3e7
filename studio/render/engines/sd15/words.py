"""Prompt words: A1111 weights like `(red hair:1.3)`, read here and applied to embeddings by compel; each text encoded once."""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from studio.errors import RenderError

UP = 1.1
"""What a bare `(...)` multiplies by; `[...]` divides."""

MOST_BYTES = 64 * 2**20
"""Of encoded texts that one model keeps: a few hundred prompts of Stable Diffusion 1.5."""

_PIECE = re.compile(r"\\([\\()\[\]])|:\s*(\d+(?:\.\d*)?|\.\d+)\s*\)|([()\[\]])|([^\\()\[\]:]+|.)", re.DOTALL)


@dataclass
class _Piece:
    text: str
    weight: float = 1.0


def weigh(prompt: str) -> list[tuple[str, float]]:
    r"""Prompt -> (text, weight) pieces, by A1111's rules.

    `(a)` 1.1, `[a]` 1/1.1, `(a:1.3)` 1.3; nested ones multiply; `\(` is a bracket; an open bracket never closed
    counts to the end; a closing one never opened is text.
    """
    pieces: list[_Piece] = []
    open_: list[tuple[str, int]] = []

    def close(bracket: str, factor: float) -> bool:
        if not open_ or open_[-1][0] != bracket:
            return False
        _, start = open_.pop()
        for piece in pieces[start:]:
            piece.weight *= factor
        return True

    for match in _PIECE.finditer(prompt):
        escaped, number, bracket, text = match.groups()
        if bracket and bracket in "([":
            open_.append((bracket, len(pieces)))
        elif not (
            (number and close("(", float(number)))
            or (bracket == ")" and close("(", UP))
            or (bracket == "]" and close("[", 1 / UP))
        ):
            pieces.append(_Piece(escaped or text or match.group()))
    while open_:
        bracket = open_[-1][0]
        close(bracket, UP if bracket == "(" else 1 / UP)
    return _merged(pieces)


def _merged(pieces: list[_Piece]) -> list[tuple[str, float]]:
    merged: list[_Piece] = []
    for piece in pieces:
        if merged and merged[-1].weight == piece.weight:
            merged[-1].text += piece.text
        else:
            merged.append(_Piece(piece.text, piece.weight))
    return [(p.text, round(p.weight, 6)) for p in merged]


class Encoded:
    """What one loaded text encoder has encoded, on its device; the least recently used goes first beyond `most_bytes`."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._held = most_bytes, 0
        self._tensors: OrderedDict[Hashable, Any] = OrderedDict()
        self.hits, self.misses = 0, 0

    def get(self, key: Hashable, encode: Callable[[], Any]) -> Any:
        """The tensor of `key`, encoded when it is not kept. key: all that decides it beside the encoder's own weights."""
        if key in self._tensors:
            self.hits += 1
            self._tensors.move_to_end(key)
            return self._tensors[key]
        self.misses += 1
        tensor = self._tensors[key] = encode()
        self._held += tensor.nbytes
        while self._held > self._most and len(self._tensors) > 1:
            self._held -= self._tensors.popitem(last=False)[1].nbytes
        return tensor


class Words:
    """Embeds prompts with one text encoder at one clip skip. Each text is encoded alone, so neighbours change nothing.

    Prompts beyond the encoder's 77 tokens are cut at a comma into chunks, each encoded by itself. kept: what the encoder encoded
    before. worn: the LoRAs on it, which are part of what decides an embedding. place: brings the encoder to its device.
    """

    def __init__(
        self, tokenizer: Any, text_encoder: Any, clip_skip: int, kept: Encoded | None = None, worn: Hashable = (),
        place: Callable[[], None] = lambda: None,
    ) -> None:
        layers = text_encoder.config.num_hidden_layers
        if clip_skip > layers:
            raise RenderError(f"clip_skip {clip_skip} is more than the text encoder's {layers} layers",
                              field="recipe.clip_skip", remedy=f"Use 1 to {layers}")
        self._encoder, self._tokenizer, self._clip_skip = text_encoder, tokenizer, clip_skip
        self._kept, self._worn, self._place = kept or Encoded(), worn, place

    def embed(self, texts: Iterable[str]) -> dict[str, Any]:
        """Text -> tensor (1, 77 n, width), n chunks."""
        return {text: self._get(text, lambda text=text: self._embed(text)) for text in sorted(set(texts))}

    def lengthen(self, embedding: Any, tokens: int) -> Any:
        """`embedding` filled up with empty chunks to (1, tokens, width)."""
        import torch

        if embedding.shape[1] == tokens:
            return embedding
        empty = self._get(None, lambda: self._ready().empty_z)
        return torch.cat([embedding, *[empty] * ((tokens - embedding.shape[1]) // empty.shape[1])], dim=1)

    def _get(self, text: str | None, encode: Callable[[], Any]) -> Any:
        return self._kept.get((text, self._clip_skip, self._worn), encode)

    def _embed(self, text: str) -> Any:
        # compel fails on a piece without tokens, such as the blank between two weighted words
        pieces = [(t, w) for t, w in weigh(text) if len(self._tokenizer(t)["input_ids"]) > 2] or [("", 1.0)]
        return self._ready().get_embeddings_for_weighted_prompt_fragments(
            [[t for t, _ in pieces]], [[w for _, w in pieces]], device=self._encoder.device
        )

    def _ready(self) -> Any:
        """What encodes; only asked for when something has to be encoded."""
        self._place()
        return _provider(self._tokenizer, self._encoder, self._clip_skip)


def _provider(tokenizer: Any, text_encoder: Any, clip_skip: int) -> Any:
    library: Any = import_module("compel.embeddings_provider")
    split = library.SplitLongTextMode

    class Provider(library.EmbeddingsProvider):
        """compel's, with any layer as the last; its own enum knows only the last two."""

        def _encode_token_ids_to_embeddings(self, token_ids: Any, attention_mask: Any = None) -> Any:
            out = self.text_encoder(token_ids, attention_mask, output_hidden_states=True, return_dict=True)
            if clip_skip == 1:
                return out.last_hidden_state
            inner = getattr(self.text_encoder, "text_model", self.text_encoder)
            return inner.final_layer_norm(out.hidden_states[-clip_skip])

    def dtype(device: Any) -> Any:
        return text_encoder.dtype

    return Provider(
        tokenizer, text_encoder, truncate=False, dtype_for_device_getter=dtype,
        split_long_text_mode=split.PHRASES | split.COPY_FIRST_CLS_TOKEN,
    )
