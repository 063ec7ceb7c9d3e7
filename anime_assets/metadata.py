"""What people read about a unit in the Dagster UI."""

import base64
from typing import TYPE_CHECKING, Any

import dagster as dg

from studio.plan.history import DRAWN, Verdict
from studio.plan.price import total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from studio.production.making import Made
    from studio.production.opening import Production

Facts = dict[str, dg.MetadataValue[Any] | str | int | float | bool | None]


def materialization(asset: dg.AssetKey, key: str, version: str, facts: Facts) -> dg.AssetMaterialization:
    """One partition exists now; `version` is the sha256 of what it holds."""
    return dg.AssetMaterialization(asset, partition=key, metadata=facts, tags={"dagster/data_version": version})


def check_of(asset: dg.AssetKey, key: str, verdict: Verdict) -> dg.AssetCheckEvaluation:
    """A verdict on one partition."""
    severity = dg.AssetCheckSeverity.ERROR if verdict.blocking else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckEvaluation(
        asset_key=asset, check_name=verdict.check, passed=verdict.passed, severity=severity,
        description=verdict.note or None, blocking=verdict.blocking, partition=key,
    )


GATE_CHECKS = {"within_its_gates": True, "without_gate_warnings": False}
"""What a show's policies say, as checks: their gates are files that may change while Dagster runs, its checks are not."""


def check_specs(asset: str, *checks: "Mapping[str, bool]") -> list[dg.AssetCheckSpec]:
    """Declarations of checks: name -> whether it blocks."""
    return [dg.AssetCheckSpec(name, asset=asset, blocking=blocks) for each in checks for name, blocks in each.items()]


def checks_of(
    asset: dg.AssetKey, key: str, verdicts: "Sequence[Verdict]", picture: str = ""
) -> "Iterator[dg.AssetCheckEvaluation]":
    """The checks by name, then the gates by severity, each with its number and its bound; `picture` as Markdown."""
    yield from (check_of(asset, key, verdict) for verdict in verdicts if verdict.value is None)
    for name, blocks in GATE_CHECKS.items():
        gates = [v for v in verdicts if v.value is not None and v.blocking == blocks]
        if not gates:
            continue
        told = "; ".join(f"{v.check}: {v.note}" for v in gates if not v.passed)
        metadata: Facts = {v.check: f"{'passed' if v.passed else 'failed'}: {v.note}" for v in gates}
        if picture:
            metadata["picture"] = dg.MetadataValue.md(picture)
        yield dg.AssetCheckEvaluation(
            asset_key=asset, check_name=name, passed=all(v.passed for v in gates), blocking=blocks, partition=key,
            severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN, description=told or None,
            metadata=metadata,
        )


def picture_metadata(production: "Production", made: "Made", take_number: int) -> Facts:
    """Everything that decided one picture, what it cost, and the picture itself, small."""
    take, wish = made.take, made.step.wish
    assert take is not None and wish is not None
    body = take.body
    shown = (
        "prompt", "negative", "sampler", "scheduler", "steps", "guidance", "seed", "engine", "scale",
        "frames", "strength", "window",
    )
    model = body.get("model")
    return {
        **cost_metadata(production, [made]),
        "unit": made.step.unit,
        "preset": wish.stamp.label,
        "overrides": "; ".join(o.diff for o in wish.overrides) or "none",
        **{name: body[name] for name in shown if name in body},
        "model": wish.preset.model if made.step.stage in (*DRAWN, "inbetween") else "upscaler",
        "model_sha256": model or "none",
        "loras": dg.MetadataValue.json({lora["model"]: lora["weight"] for lora in body.get("loras", ())}),
        "recipe": take.recipe,
        "take": take_number,
    }


def sweep_metadata(production: "Production", made: "Made") -> Facts:
    """A sweep's picture: what was crossed, and what it cost."""
    take = made.take
    assert take is not None
    shown = ("prompt", "sampler", "scheduler", "steps", "guidance", "seed", "width", "height")
    return {**cost_metadata(production, [made]), "unit": made.step.unit, "recipe": take.recipe,
            **{name: take.body[name] for name in shown if name in take.body}}


def sheet_metadata(production: "Production", made: "list[Made]") -> Facts:
    """A page, a clip, a book or a film, in all its languages."""
    return {
        **cost_metadata(production, made),
        "unit": made[0].step.unit,
        "languages": ", ".join(m.step.language for m in made),
        "recipe": ", ".join(m.take.recipe for m in made if m.take),
        **_loudness(made),
    }


def _loudness(made: "list[Made]") -> Facts:
    """How loud films are, by language, as numbers: the UI draws them over time."""
    return {
        f"{name}_{m.step.language}": m.take.measures[name]
        for m in made if m.take for name in ("lufs", "true_peak_db") if name in m.take.measures
    }


def cost_metadata(production: "Production", made: "list[Made]") -> Facts:
    """Preview, bytes by sha256, time, money, whether anything was rendered, and what was done that nobody asked for."""
    takes = [m.take for m in made if m.take]
    reused, price = all(m.reused for m in made), total((t.usd, t.pool) for t in takes)
    return {
        "preview": dg.MetadataValue.md("\n".join(filter(None, (_preview(production, t.artifact) for t in takes)))),
        "artifact": ", ".join(t.artifact for t in takes),
        "rendered": "reused" if reused else "rendered",
        "seconds": round(sum(t.seconds for t in takes), 3),
        "cost_usd": price.usd,  # none where a part is unknown: the UI draws numbers over time
        "cost": price.said(spent=True),
        "environment": ", ".join(sorted({t.environment for t in takes if t.environment})) or "none",
        "notes": dg.MetadataValue.md("\n".join(f"- {m.step.key}: {note}" for m in made for note in m.notes) or "none"),
    }


def preview_of(production: "Production", made: "Made") -> str:
    """The picture that a unit's checks looked at, small, as Markdown; of a refused one that which was made last."""
    takes = [made.take] if made.take else []
    if not takes and made.step.digest:
        found = production.ledger.history().takes.get(made.step.digest)
        takes = [found] if found else []
    return _preview(production, takes[0].artifact) if takes else ""


def _preview(production: "Production", artifact: str) -> str:
    """The small picture itself, so that it is seen wherever the event is; empty for books."""
    from studio.store.previews import read_preview

    data = read_preview(production.artifacts, artifact)
    return f"![preview](data:image/webp;base64,{base64.b64encode(data).decode()})" if data else ""
