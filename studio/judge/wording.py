"""Wording: calibrations in people's words, and as flat records for tables."""

from collections.abc import Sequence
from typing import Any

from studio.judge.calibration import Calibration, Row
from studio.judge.policies import Gate
from studio.judge.tallies import Share, Tally

NOTHING = "–"
"""Where there is nothing to divide by."""


def bound_said(low: float | None, high: float | None) -> str:
    """`min 0.34`, `max 0.15`, `min 1, max 3`: as a policy spells them."""
    return ", ".join(f"{name} {value:.15g}" for name, value in (("min", low), ("max", high)) if value is not None)


def share_said(share: Share, trust: bool = True) -> str:
    """`80 % (38–96)`: the share and its 95 % interval; without `trust` the share alone."""
    if share.value is None or share.interval is None:
        return NOTHING
    low, high = share.interval
    return f"{share.value * 100:.0f} %" + (f" ({low * 100:.0f}–{high * 100:.0f})" if trust else "")


def unmeasured_said(row: Row) -> str:
    """Of a row that lacks numbers."""
    return (f"{row.unmeasured} judged pictures have no number: they were judged before this gate was written, or its scorer has "
            "no word on them")


def preset_said(preset: str | None) -> str:
    """A row's preset."""
    return "all" if preset is None else preset or "(none)"


def effect_said(now: Tally, then: Tally) -> list[str]:
    """What a proposal would change: `precision 60 % -> 92 %`, and so on."""
    before, after = _shares(now), _shares(then)
    return [f"{name.replace('_of_', ' of its ').replace('_', ' ')} {share_said(before[name], False)} -> "
            f"{share_said(after[name], False)}" for name in before]


def how_to_apply(one: Calibration, row: Row) -> str:
    """What to write where, for a row with a proposal."""
    if row.proposal is None:
        return ""
    gate, place = one.gate, f"policies/{one.file.name}"
    changes = ", ".join(_changes(gate, row.proposal.min, row.proposal.max))
    whole = one.overall.proposal
    if row is not one.overall and whole and (whole.min, whole.max) == (row.proposal.min, row.proposal.max):
        return f"{place}, gate '{gate.check}': {changes}, as for all presets"
    if not row.preset or gate.presets == (row.preset,) or len(one.rows) == 1:
        return f"{place}, gate '{gate.check}': {changes}"
    rest = [name for name in gate.presets if name != row.preset]
    return (f"{place}: a copy of gate '{gate.check}' with name: {gate.check}-{row.preset}, presets: [{row.preset}], {changes}; "
            f"'{gate.check}' itself keeps presets: [{', '.join(rest) or 'all the others'}]")


def records(calibrations: Sequence[Calibration]) -> list[dict[str, Any]]:
    """One flat record per gate and row; None where there is nothing to say. preset: `*` for all together."""
    return [_record(one, row) for one in calibrations for row in one.rows]


def _record(one: Calibration, row: Row) -> dict[str, Any]:
    gate, proposal = one.gate, row.proposal
    return {
        "policy": f"policies/{one.file.name}", "gate": gate.check, "scorer": gate.scorer, "severity": gate.severity,
        "preset": "*" if row.preset is None else row.preset, "reasons": " ".join(one.reasons), "min": gate.min, "max": gate.max,
        "unmeasured": row.unmeasured, **_counts(row.now), **_rates(row.now),
        "proposed_min": proposal.min if proposal else None, "proposed_max": proposal.max if proposal else None,
        **{f"proposed_{name}": value for name, value in _rates(proposal.tally if proposal else None).items()},
        "says": row.says or how_to_apply(one, row),
    }


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "accepted": tally.accepted, "rejected": tally.rejected, "rejected_for_reasons": tally.fitting,
        "stopped_accepted": tally.stopped_accepted, "stopped_rejected": tally.stopped_rejected,
        "stopped_for_reasons": tally.stopped_fitting,
    }


def _rates(tally: Tally | None) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name, share in _shares(tally or Tally(0, 0, 0, 0, 0, 0)).items():
        low, high = share.interval or (None, None)
        found |= {name: share.value, f"{name}_low": low, f"{name}_high": high}
    return found


def _shares(tally: Tally) -> dict[str, Share]:
    return {"precision": tally.precision, "recall": tally.recall, "recall_of_reasons": tally.own_recall,
            "false_blocks": tally.false_blocks}


def _changes(gate: Gate, low: float | None, high: float | None) -> list[str]:
    sides = (("min", gate.min, low), ("max", gate.max, high))
    return [f"{name}: {then:.15g} (now {now:.15g})" for name, now, then in sides
            if now is not None and then is not None and now != then]
