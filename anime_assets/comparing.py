"""What people read about canaries in the Dagster UI: approved and today's pictures side by side, and what changed."""

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from studio.production.canaries import Checked, Sight
    from studio.production.opening import Production

CHECK = "as_approved"
Event = dg.AssetMaterialization | dg.AssetCheckEvaluation


def canary_events(production: "Production", asset: dg.AssetKey, checked: "Checked") -> Iterator[Event]:
    """The pictures, where there are any, and the check on them.

    An alert is of severity ERROR, a preset that nobody approved yet a warning. The run itself succeeds: it has looked.
    """
    preset, causes = checked.preset.name, "\n".join(f"- {cause}" for cause in checked.causes) or "none"
    errors = "\n".join(f"- {error.render()}" for error in checked.errors) or "none"
    if checked.takes and not checked.alert:
        version = "-".join(take.artifact[:16] for take in checked.takes)
        yield dg.AssetMaterialization(asset, partition=preset, tags={"dagster/data_version": version}, metadata={
            "pictures": dg.MetadataValue.md(_side_by_side(production, checked)), "preset": checked.preset.stamp.label,
            "rendered": "reused" if all(sight.reused for sight in checked.sights.values()) else "rendered",
            "seconds": round(sum(take.seconds for take in checked.takes), 3),
            "environment": ", ".join(sorted({take.environment for take in checked.takes})),
        })
    yield dg.AssetCheckEvaluation(
        asset_key=asset, check_name=CHECK, partition=preset, passed=checked.outcome in ("same", "perceptual"),
        severity=dg.AssetCheckSeverity.ERROR if checked.alert else dg.AssetCheckSeverity.WARN, description=_told(checked),
        metadata={"changed": dg.MetadataValue.md(causes), "errors": dg.MetadataValue.md(errors),
                  "pictures": dg.MetadataValue.md(_side_by_side(production, checked))},
    )


def _told(checked: "Checked") -> str:
    if checked.approval is None and not checked.alert:
        return f"nothing is approved yet: look at them, then run 'genga canary approve {checked.preset.name}'"
    found = ", ".join(f"{name} {sight.outcome}" for name, sight in checked.sights.items())
    return "; ".join([part for part in (found, *checked.causes) if part] or [error.render() for error in checked.errors])


def _side_by_side(production: "Production", checked: "Checked") -> str:
    rows = ["| canary | outcome | distance | approved | today |", "|---|---|---|---|---|"]
    for name, sight in checked.sights.items():
        shown = (_picture(production, p.artifact) if p else "" for p in (sight.approved, sight.take))
        rows.append(f"| {name} | {sight.outcome} | {_distance(sight)} | {' | '.join(shown)} |")
    return "\n".join(rows)


def _distance(sight: "Sight") -> str:
    d = sight.distance
    return f"mean {d.mean:.2f}, worst patch {d.worst:.1f}, {d.bits} bits" if d else ""


def _picture(production: "Production", artifact: str) -> str:
    from studio.store.previews import read_preview

    data = read_preview(production.artifacts, artifact)
    return f"![{artifact[:8]}](data:image/webp;base64,{base64.b64encode(data).decode()})" if data else artifact[:12]
