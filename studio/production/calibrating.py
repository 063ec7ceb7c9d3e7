"""Calibrating: a show's gates held against its people's verdicts. Reads policies and ledger, writes neither."""

from studio.judge.calibration import Calibration, calibrate
from studio.judge.policies import read_gates
from studio.plan.history import History
from studio.production.opening import Production


def calibration(production: Production, history: History, episode: str | None = None) -> tuple[Calibration, ...]:
    """How good each gate is, in the order of the policies. Raises StoryError for a broken policy."""
    return calibrate(history, read_gates(production.show.folder / "policies", production.library.presets), episode)
