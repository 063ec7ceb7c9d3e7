"""import: a script, a table or a cut becomes an episode's shots."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from studio.cli.showing import ShowFolder, console
from studio.store.writing import write_atomically
from studio.story.importing.enriching import TIMEOUT, LanguageModel, enrich
from studio.story.importing.episode import Enricher, Imported, Wishes, bring
from studio.story.importing.formats import read_script
from studio.story.show import open_show

COLOURS = {"+": "green", "-": "red", "@": "cyan"}
Url = Annotated[str, typer.Option("--llm-url", envvar="GENGA_LLM_URL", help="Base address of its server.")]
Model = Annotated[str, typer.Option("--llm-model", envvar="GENGA_LLM_MODEL", help="Its name there.")]
Key = Annotated[str, typer.Option("--llm-key", envvar="GENGA_LLM_KEY", show_default=False,
                                  help="Its key; better in the environment than here, where others see it.")]
Wait = Annotated[float, typer.Option("--llm-timeout", min=0.1, help="Seconds that it may take for one shot.")]


def import_script(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .fountain script, a .csv table or an .otio cut.",
                                         show_default=False)],
    show: ShowFolder,
    episode: Annotated[str | None, typer.Option("--episode", "-e", help="Into this episode, new or not; the one that the "
                                                "script names, else the show's only one, when left out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would change, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before shots are changed or left out.")] = False,
    cast: Annotated[bool, typer.Option("--cast", help="Write a cast file for each speaker who has none.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep shots that the script does not have.")] = False,
    prompts: Annotated[bool, typer.Option("--prompts", help="Take the script's prompts over those written by hand.")] = False,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Of a text file; found when left out.")] = None,
    ask: Annotated[bool, typer.Option("--enrich", help="Let a language model turn action into prompt tags.")] = False,
    url: Url = "", model: Model = "", key: Key = "", timeout: Wait = TIMEOUT,
) -> None:
    """Turn a script, a table or a cut into an episode's shots; again and again, as it changes.

    Shots keep their ids and all that was added by hand. Columns of a table, in any order: shot, scene, seconds, description,
    prompt, last_prompt, speaker, text, manner, transition.

    Examples:
      genga import script.fountain --dry-run     what would change, line by line

      genga import script.fountain --cast        also begin files for new characters

      genga import board.csv --episode 02        a new episode, or a newer version of it

      genga import script.fountain --enrich      prompts from a language model (docs/import.md)
    """
    opened = open_show(show)
    enricher = _enricher(LanguageModel(url, model, key, timeout)) if ask else None
    made = bring(read_script(file, encoding), file, opened, episode, Wishes(cast, prompts, keep, enricher))
    _tell(made, cast)
    if dry_run:
        _show_difference(made)
        return
    if made.text == made.before and not made.cast:
        console.print("Nothing to write.")
        return
    if (made.changed or made.removed) and not yes:
        typer.confirm(f"Change {made.file.name}? ('--dry-run' shows the difference)", abort=True)
    for path, text in (*made.cast, (made.file, made.text)):
        write_atomically(path, text.encode())
        console.print(f"Wrote {path}", markup=False, soft_wrap=True)


def _enricher(model: LanguageModel) -> Enricher:
    def ask(shots: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
        with console.status(f"Asking {model.model} ...") as status:
            return enrich(shots, model, lambda done, of: status.update(f"Asking {model.model}: {done} of {of} shots"))

    return ask


def _tell(made: Imported, cast: bool) -> None:
    """What is new, changed, the same and gone."""
    console.print(f"{made.file.name}: {len(made.added)} added, {len(made.changed)} changed, {len(made.kept)} kept, "
                  f"{len(made.removed)} removed", markup=False)
    for sign, names in (("+", made.added), ("-", made.removed)):
        for name in names:
            console.print(Text.assemble((f"  {sign} ", COLOURS[sign]), name), soft_wrap=True)
    for name, changes in made.changed:
        console.print(f"  ~ {name}: {'; '.join(changes)}", markup=False, soft_wrap=True)
    for new in made.newcomers:
        how = "begins a cast file" if cast else "has no cast file, so the narrator says the lines; --cast begins one"
        console.print(f"  ? {new.title} ({new.name}) {how}", markup=False, soft_wrap=True)
    for warning in made.warnings:
        typer.echo(f"warning: {warning}", err=True)


def _show_difference(made: Imported) -> None:
    """The files' differences as patches show them."""
    for path, before, after in ((made.file, made.before, made.text), *((path, "", text) for path, text in made.cast)):
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), f"{path} (imported)", lineterm="")
        for line in lines:
            console.print(Text(line, COLOURS.get(line[:1], "")), soft_wrap=True)
    console.print("Nothing was written.")
