"""lora: what ought to be looked at before a LoRA is trained."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from studio.cli.showing import console, find_show
from studio.errors import ModelError, StoryError
from studio.judge.collecting import collect, pictures_in
from studio.judge.datasets import BITS, KINDS, SEVERITIES, Audit, Rules, Severity, about_tokens, audit
from studio.judge.faces import FaceFinder
from studio.judge.reporting import contact_sheet, report_text
from studio.plan.models import model_folders
from studio.plan.vocabulary import read_vocabulary
from studio.store.artifacts import write_atomically

FACES = "house-faces.safetensors"
COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "note": "blue"}
NAMED = 3
"""Pictures that a row of the table names; the report names all."""

lora = typer.Typer(no_args_is_help=True, help="""Before a LoRA is trained.

Example:
  genga lora audit datasets/hinako --word hinako
""")


@lora.callback()
def _group() -> None:
    """Keeps `audit` a word of its own while it is the only one."""


@lora.command("audit")
def audit_dataset(
    folder: Annotated[Path, typer.Argument(help="Pictures with captions: NAME.txt beside each, or a metadata.jsonl or "
                                           "metadata.csv with file_name and text.", show_default=False)],
    word: Annotated[str, typer.Option("--word", "-w", help="Trigger word that every caption should have.")] = "",
    resolution: Annotated[int, typer.Option(min=64, max=4096, help="Side of the square that is trained at.")] = 512,
    model: Annotated[str, typer.Option("--model", "-m", help="Weights that are trained on, a path or a name in a models folder: "
                                       "its vocabulary.txt and tokenizer are used.")] = "",
    faces: Annotated[bool, typer.Option("--faces", help="Look for faces with the house detector, made for drawings.")] = False,
    bits: Annotated[int, typer.Option(min=0, max=16, help="Bits of 64 that near-duplicates may be apart.")] = BITS,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for report.md, sheet.png and report.json; "
                                             "FOLDER.audit beside it if left out.", show_default=False)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there are errors; for scripts.")] = False,
) -> None:
    """Look through a LoRA's dataset: duplicates, sizes, captions, faces, balance of tags. Changes nothing in it.

    Examples:
      genga lora audit datasets/hinako --word hinako

      genga lora audit datasets/hinako --word hinako --model house --faces --resolution 128

      genga lora audit datasets/ink --strict --out /tmp/ink
    """
    target = _target(folder, out)
    weights = _weights(model) if model else None
    tokens, exact = _tokens(weights)
    rules = Rules(resolution, word.strip(), bits, tokens, exact, _vocabulary(weights))
    finder = FaceFinder(_weights(FACES)) if faces else None
    total = len(pictures_in(folder))
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("looking", total=total)
        dataset = collect(folder, finder, lambda: bar.advance(task))
    found = audit(dataset.examples, rules, dataset.findings)
    _write(found, folder, rules, target)
    _tell(found, target)
    if strict and found.count("error"):
        raise typer.Exit(1)


def _target(folder: Path, out: Path | None) -> Path:
    """Where the report goes; never into the dataset, of which the sheet would become a part."""
    target = (out or folder.resolve().with_name(f"{folder.resolve().name}.audit")).resolve()
    if target.is_relative_to(folder.resolve()):
        raise StoryError("the report would lie in the dataset, and its sheet be trained on", file=target, field="--out",
                         remedy="Name a folder outside it")
    return target


def _weights(name: str) -> Path:
    """A file or folder by its name in a models folder, else by its path. Raises ModelError.

    The name first: a folder beside that happens to be called like a model is not meant.
    """
    try:
        folders = model_folders(find_show())
    except StoryError:
        folders = model_folders(Path.cwd())
    for candidate in (*(folder / file for folder in folders for file in (name, f"{name}.safetensors")), Path(name)):
        if candidate.exists():
            return candidate
    raise ModelError(f"there is no model '{name}'", field="--model",
                     remedy=f"Give a path, or a name in {', '.join(str(folder) for folder in folders)}")


def _vocabulary(weights: Path | None) -> frozenset[str] | None:
    known = read_vocabulary(weights) if weights else None
    if weights and known is None:
        typer.echo(f"warning: {weights} has no vocabulary.txt, so any word may be known to it", err=True)
    return known


def _tokens(weights: Path | None) -> tuple[Callable[[str], int], bool]:
    """How tokens are counted, and whether exactly: with the model's tokenizer, where there is one."""
    if weights is None:
        return about_tokens, False
    from studio.render.engines.sd15.loading import find_tokenizer

    try:  # a folder's tokenizer lies in it, a file's beside it
        tokenizer = find_tokenizer(weights / weights.name if weights.is_dir() else weights)
    except ModelError:
        return about_tokens, False
    return lambda caption: len(tokenizer(caption, verbose=False)["input_ids"]) - 2, True


def _write(found: Audit, folder: Path, rules: Rules, target: Path) -> None:
    sheet = contact_sheet(found, folder)
    if sheet:
        data = io.BytesIO()
        sheet.save(data, "PNG")
        write_atomically(target / "sheet.png", data.getvalue())
    else:
        (target / "sheet.png").unlink(missing_ok=True)  # of an audit before
    told = {"folder": str(folder), "resolution": rules.resolution, "word": rules.word, "tokens_exact": rules.exact,
            **found.to_json()}
    write_atomically(target / "report.json", (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomically(target / "report.md", report_text(found, folder, rules, "sheet.png" if sheet else None).encode())


def _tell(found: Audit, target: Path) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "finding", "", "where", "what to do"):
        table.add_column(column, overflow="fold")
    for kind, told in KINDS.items():
        rows = found.of_kind(kind)
        if rows:
            where = [" ~ ".join(row.files) or row.note for row in rows[:NAMED]]
            more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
            table.add_row(Text(told.severity, COLOURS[told.severity]), told.title, str(len(rows)),
                          Text(", ".join(where) + more), told.remedy)
    if table.row_count:
        console.print(table)
    counts = ", ".join(f"{found.count(s)} {s}{'s' * (found.count(s) != 1)}" for s in SEVERITIES)
    console.print(f"\n{len(found.examples)} pictures, {found.captioned} with captions, {len(found.tags)} tags: {counts}.")
    console.print(f"{target / 'report.md'}", markup=False, soft_wrap=True)
