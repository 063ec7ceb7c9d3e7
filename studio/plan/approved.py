"""Approved: canaries as a person found them right, and how they came out since; the planner's view of the ledger."""

from dataclasses import dataclass
from typing import Any, Literal

from studio.plan.presets import PresetStamp
from studio.record import Record

CanaryOutcome = Literal["same", "perceptual", "drift", "failed", "unapproved"]
"""The very same pixels; alike to the eye; another picture; no picture; nothing to compare it with."""


class ApprovedPicture(Record):
    """A canary as a person saw it and found it right."""

    recipe: str
    artifact: str
    suffix: str = ".png"
    environment: str
    """Digest of `facts`."""
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class PastApproval:
    """The approved canaries of a preset."""

    preset: PresetStamp
    said: dict[str, Any]
    """The preset's fields as they were then."""
    pictures: dict[str, ApprovedPicture]
    """By canary."""
    at: str


@dataclass(frozen=True, slots=True)
class PastCheck:
    """The canaries of a preset, compared with the approved ones."""

    outcomes: dict[str, CanaryOutcome]
    """By canary."""
    alert: bool
    """Something drifted or could not be drawn."""
    causes: tuple[str, ...]
    """What had changed since the approval, in sentences."""
    at: str
