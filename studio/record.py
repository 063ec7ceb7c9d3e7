"""Record: a frozen value with a digest. Recipes, presets, cards, takes and events are Records."""

import hashlib
import json
import unicodedata
from typing import Any

from pydantic import BaseModel, ConfigDict


def nfc(text: str) -> str:
    """The one spelling of a text that is compared or hashed (Unicode NFC)."""
    return unicodedata.normalize("NFC", text)


def _canonical(value: Any) -> Any:
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, float):
        return value + 0.0  # -0.0 and 0.0 decide the same pixels
    if isinstance(value, dict):
        return {nfc(str(k)): _canonical(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_canonical(v) for v in value]
    return value


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces, NFC text and shortest-round-trip floats: equal values, equal text.

    Raises ValueError for NaN and infinities, which no recipe may hold.
    """
    return _dumped(_canonical(value))


def _dumped(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(data: bytes) -> str:
    """Lower-case hex sha256 of `data` (64 characters)."""
    return hashlib.sha256(data).hexdigest()


class Record(BaseModel):
    """Immutable, unknown keys forbidden, equal content means equal digest."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), use_attribute_docstrings=True)

    def canonical(self) -> str:
        """Canonical JSON of this record; the text that `digest` hashes."""
        plain = self.model_dump(mode="json")
        text = _dumped(plain)
        # as nearly always there is nothing to spell another way, and a plan of 10,000 panels asks for 20,000 digests
        return text if text.isascii() and "-0.0" not in text else canonical_json(plain)

    def digest(self) -> str:
        """sha256 of the canonical JSON, 64 hex characters; the same in every process and Python version."""
        return sha256(self.canonical().encode())
