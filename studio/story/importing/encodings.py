"""Encodings: a text file from anywhere as text, and which encoding was taken."""

import unicodedata
from pathlib import Path

from studio.errors import StoryError
from studio.story.reading import MAX_BYTES

LIKELY = ["cp932", "euc_jp", "iso2022_jp", "utf_16", "cp1252"]
"""Tried before all others: the languages that a show may have. Their bytes are valid in many more encodings."""
REMEDY = "Save the file as UTF-8, or name its encoding with --encoding (cp932, euc_jp, cp1252, ...)"


def read_any(file: Path, encoding: str | None = None) -> tuple[str, tuple[str, ...]]:
    """(text, warnings) of `file`: UTF-8, or what its bytes look like, or `encoding`.

    Raises StoryError: missing, unreadable, too large, no text, unknown encoding.
    """
    data = read_bytes(file)
    if encoding is not None:
        return _decoded(file, data, encoding), ()
    if b"\x1b" not in data:  # ISO-2022-JP is ASCII with escapes, and so valid UTF-8 that says nothing
        try:
            return _checked(file, data.decode("utf-8-sig"), "UTF-8"), ()
        except UnicodeDecodeError:
            pass
    from charset_normalizer import from_bytes

    found = from_bytes(data, cp_isolation=LIKELY).best() or from_bytes(data).best()
    if found is None:
        raise StoryError("this is not text in any known encoding", file=file, remedy=REMEDY)
    text = _checked(file, str(found).removeprefix("\ufeff"), found.encoding)
    return text, (f"{file.name} is not UTF-8; it was read as {found.encoding}. If words look wrong, name it with --encoding",)


def read_bytes(file: Path) -> bytes:
    """The bytes of an imported file. Raises StoryError: missing, unreadable, too large."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise StoryError(f"the file has more than {MAX_BYTES / 1e6:.1f} MB", file=file,
                             remedy="Import one episode at a time, from a file of its own")
        return file.read_bytes()
    except OSError as exc:
        why = "the file does not exist" if isinstance(exc, FileNotFoundError) else f"it cannot be read ({exc.strerror})"
        raise StoryError(why, file=file, remedy="Name a script, a table or a cut that is there") from None


def _decoded(file: Path, data: bytes, encoding: str) -> str:
    try:
        return _checked(file, data.decode(encoding).removeprefix("\ufeff"), encoding)
    except LookupError:
        raise StoryError(f"there is no encoding '{encoding}'", file=file, field="--encoding",
                         remedy="Use a name such as utf-8, cp932, euc_jp, cp1252") from None
    except UnicodeDecodeError as exc:
        raise StoryError(f"byte {exc.start} is not {encoding}", file=file, field="--encoding",
                         remedy="Leave --encoding out to have it found, or name another") from None


def _checked(file: Path, text: str, encoding: str) -> str:
    """`text`, unless it holds what no text holds: then it is a picture, an office document or a guess gone wrong."""
    odd = next((c for c in text if unicodedata.category(c) == "Cc" and c not in "\t\n\r\f\v\x1a\x85"), None)
    if odd is not None:
        raise StoryError(f"read as {encoding} it holds the control character U+{ord(odd):04X}, so it is no plain text",
                         file=file, remedy=REMEDY)
    return text
