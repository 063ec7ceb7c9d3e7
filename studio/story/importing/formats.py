"""Formats: which reader a file is for."""

from pathlib import Path

from studio.errors import StoryError
from studio.story.importing.cuts import read_cut
from studio.story.importing.fountain import read_fountain
from studio.story.importing.script import Script
from studio.story.importing.table import read_table

FOUNTAIN = (".fountain", ".spmd", ".txt")
TABLE = (".csv", ".tsv")
CUT = (".otio",)


def read_script(file: Path, encoding: str | None = None) -> Script:
    """The script, table or cut in `file`, known by its ending. Raises StoryError with place and remedy."""
    suffix = file.suffix.lower()
    if suffix in FOUNTAIN:
        return read_fountain(file, encoding)
    if suffix in TABLE:
        return read_table(file, encoding)
    if suffix in CUT:
        return read_cut(file)
    raise StoryError(f"'{file.suffix}' files are not known here", file=file,
                     remedy=f"Import a screenplay ({', '.join(FOUNTAIN)}), a table ({', '.join(TABLE)}) or a cut ({CUT[0]})")
