"""Drawing: pictures that this process draws, told one by one as they are made. A bar on a terminal, plain lines elsewhere."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from studio.plan.price import paid_said
from studio.production.making import Made


class Drawing:
    """A line per picture that was rendered, and below them a bar that counts."""

    def __init__(self, console: Console, title: str, pictures: int) -> None:
        self._console = console
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                             console=console, transient=True)
        self._task = self._bar.add_task(title, total=pictures)

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.__exit__(kind, error, at)

    def made(self, made: Made) -> None:
        """One picture is there; what was found, not rendered, is not told."""
        if made.reused or made.take is None:
            return
        self._bar.advance(self._task)
        how = f"{made.take.seconds:.2f} s  {paid_said(made.take.usd)}"
        self._console.print(Text.assemble(("✓ ", "green"), f"{made.step.unit} {made.step.stage}".ljust(40), how), soft_wrap=True)

    def watch(self, some: Iterable[Made]) -> Iterator[Made]:
        """The same, each told of as it passes."""
        for made in some:
            self.made(made)
            yield made
