"""The genga command: thin; every command calls the packages below and prints what they say."""

import errno
import os
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.exceptions import TyperException

from studio.cli import (
    auditing,
    budgeting,
    calibrating,
    canaries,
    capacity,
    checking,
    curating,
    diagnosing,
    farming,
    files,
    impact,
    importing,
    judging,
    metrics,
    planning,
    previewing,
    profiling,
    rendering,
    reporting,
    reviewing,
    starting,
    sweeping,
    tracing,
    varying,
    waiving,
)
from studio.cli.usage import explain
from studio.errors import GengaError
from studio.store.parameters import program

MISTAKE = 2
"""Exit code for an error that a user can mend."""
FAULT = 70
"""Exit code for a fault of genga itself (EX_SOFTWARE of sysexits.h)."""


class Commands(TyperGroup):
    """Shows errors as people need them: place, finding, remedy; a stack trace only with --debug."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except GengaError as exc:
            if _debug(ctx):
                raise
            _say("error", exc.render())
            raise typer.Exit(MISTAKE) from None
        except (typer.Exit, typer.Abort):
            raise
        except TyperException as exc:
            explain(exc)
            raise
        except (PermissionError, NotADirectoryError, FileExistsError) as exc:
            if _debug(ctx):
                raise
            _say("error", f"{exc.filename or 'a file'}: it cannot be written or read ({exc.strerror or exc}). Give yourself the "
                 "right to, or move the show to where you may write")
            raise typer.Exit(MISTAKE) from None
        except Exception as exc:
            if _debug(ctx) or (isinstance(exc, OSError) and exc.errno == errno.EPIPE):
                raise
            _say("fault", f"{type(exc).__name__}: {exc}. This is a fault of genga: run the command again with "
                 "'genga --debug …' and report what it prints")
            raise typer.Exit(FAULT) from None


def _debug(ctx: Any) -> bool:
    return bool(ctx.params.get("debug"))


def _say(kind: str, text: str) -> None:
    Console(stderr=True, highlight=False).print(f"[bold red]{kind}[/]: ", end="")
    print(text, file=sys.stderr)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(program())
        raise typer.Exit


app = typer.Typer(
    cls=Commands, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", envvar="GENGA_DEBUG", help="Show stack traces.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """genga: an asset platform for AI anime and comics.

    It knows what every picture depends on, what changed, and what it costs to bring it up to date.
    """
    if debug:
        os.environ["GENGA_DEBUG"] = "1"


app.command()(starting.init)
app.command()(planning.plan)
app.command()(planning.why)
app.command()(impact.impact)
app.command()(waiving.waive)
app.command()(capacity.capacity)
app.command("profile")(profiling.profile_command)
app.command()(tracing.trace)
app.command()(reporting.report)
app.command()(auditing.audit)
app.command()(diagnosing.diagnose)
app.command()(rendering.apply)
app.command()(rendering.up)
app.command()(farming.farm)
app.command()(reviewing.review)
app.command()(calibrating.calibrate)
app.command()(judging.judge)
app.command()(varying.vary)
app.command()(previewing.preview)
app.command()(files.reproduce)
app.command()(files.verify)
app.command()(checking.doctor)
app.command()(starting.schema)
app.command("import")(importing.import_script)
app.command()(rendering.demo)
app.add_typer(budgeting.app, name="budget")
app.add_typer(sweeping.app, name="sweep")
app.add_typer(canaries.canary, name="canary")
app.add_typer(curating.lora, name="lora")
app.add_typer(metrics.metrics, name="metrics")


def main() -> None:
    """Entry point of the genga command."""
    app()
