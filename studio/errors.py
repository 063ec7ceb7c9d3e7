"""Every error that a user can cause. Each names the file, the place in it, what was found and what to do.

GengaError
├── StoryError            what the author wrote cannot be read or means nothing
│   └── StoryErrors       several of them, found in one pass over a file
├── PresetError           an override or a LoRA that the preset does not allow, or content without a new version
├── ModelError            a weight file: missing, truncated, altered, pickled, of another architecture
├── StoreError            bytes that cannot be kept, or are not what their name says
├── RenderError           an engine could not make the picture
│   ├── OutOfMemory       the device is full; the ladder was climbed to its end
│   ├── NotANumber        values overflowed, or weights are broken
│   └── TooSlow           it was stopped at its limit
├── LetteringError        text that does not fit, or that no shipped font can write
│   └── LetteringErrors   several of them, found in one pass over a storyboard
├── ReviewError           a person's word that cannot be kept: no reason, a take that is gone, somebody was quicker
├── MetricsError          the numbers cannot be built, or a question about them cannot be answered
├── BudgetError           the plan costs more than the ceiling
├── CapacityError         a demand that means nothing, or that the ledger cannot answer without being told more
└── OrchestrationError    the queue, the daemon or a port is not as it should be
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any


class GengaError(Exception):
    """Base of the tree.

    message: what was found, one sentence. file, line, column (1-based) and field: where. remedy: what to do.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
        field: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.message, self.field, self.remedy = message, field, remedy
        self.file = str(file) if file is not None else None
        self.line, self.column = line, column
        super().__init__(self.render())

    @property
    def place(self) -> str:
        """`file:line:column`, as far as known; editors and terminals make it a link."""
        return ":".join(str(p) for p in (self.file, self.line, self.column) if p is not None)

    def render(self) -> str:
        """`place: field: message. remedy` on one line."""
        head = ": ".join(p for p in (self.place, self.field, self.message) if p)
        return f"{head.rstrip('.')}. {self.remedy}" if self.remedy else head


class StoryError(GengaError):
    """What the author wrote cannot be read, or names something that does not exist."""


class StoryErrors(StoryError):
    """Several story errors at once, so that an author mends a file in one go."""

    def __init__(self, errors: Sequence[StoryError]) -> None:
        self.errors = tuple(errors)
        super().__init__(**_first(errors))

    def render(self) -> str:
        """One line per error."""
        return "\n".join(e.render() for e in self.errors)


class ReviewError(GengaError):
    """A person's word cannot be kept: no reason, a take that is gone, or somebody else was quicker."""


class MetricsError(GengaError):
    """The numbers cannot be built, do not agree with the ledger, or were asked something that they cannot answer."""


class PresetError(GengaError):
    """A storyboard asks for what its preset does not allow, or a preset changed without a new version."""


class ModelError(GengaError):
    """A weight file is missing, truncated, altered, pickled or of another architecture than its card says."""


class StoreError(GengaError):
    """Bytes could not be kept, or are not what their name says."""


class RenderError(GengaError):
    """An engine could not make the picture that a recipe describes."""


class OutOfMemory(RenderError):
    """The device is full and every step of the memory ladder was tried."""


class NotANumber(RenderError):
    """What was computed is no picture: values overflowed, or the weights hold broken numbers."""


class TooSlow(RenderError):
    """It took longer than its limit, and was stopped."""


class LetteringError(GengaError):
    """Text that does not fit its balloon, or a character that no shipped font can write."""


class LetteringErrors(LetteringError):
    """Several lettering errors at once."""

    def __init__(self, errors: Sequence[LetteringError]) -> None:
        self.errors = tuple(errors)
        super().__init__(**_first(errors))

    def render(self) -> str:
        """One line per error."""
        return "\n".join(e.render() for e in self.errors)


class BudgetError(GengaError):
    """The plan costs more than the ceiling allows; nothing was submitted."""


class CapacityError(GengaError):
    """A demand that means nothing, or one that the ledger cannot answer without being told more."""


class OrchestrationError(GengaError):
    """The queue, the daemon, the web server or a port is not as it should be."""


def _first(errors: Sequence[GengaError]) -> Any:
    """What several errors at once are known by: the first of them."""
    first = errors[0]
    return {"message": first.message, "file": first.file, "line": first.line, "column": first.column,
            "field": first.field, "remedy": first.remedy}
