"""`python -m resources.declared_tables`: write dbt_metrics/assets.json, which assets dagster-dbt makes of the dbt project.

Prepared, because importing dagster-dbt takes longer than loading all of genga's assets (docs/adr/0021). A test says when it is
old.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg

GROUP = "metrics"


def declared(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The assets of dbt's manifest as plain values: what each is made from, its columns and its checks."""
    from dagster_dbt.asset_utils import DAGSTER_DBT_UNIQUE_ID_METADATA_KEY, build_dbt_specs

    specs, checks = build_dbt_specs(translator=_translator(), manifest=manifest, select="fqn:*", exclude="", selector="",
                                    io_manager_key=None, project=None)
    return [_plain(spec, spec.metadata[DAGSTER_DBT_UNIQUE_ID_METADATA_KEY], manifest, checks)
            for spec in sorted(specs, key=lambda spec: spec.key)]


def _translator() -> Any:
    from dagster_dbt import DagsterDbtTranslator

    class Grouped(DagsterDbtTranslator):
        """All tables in one group, their keys apart from those of assets with the same name."""

        def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
            if dbt_resource_props["resource_type"] == "model":
                return dg.AssetKey([GROUP, dbt_resource_props["name"]])
            return super().get_asset_key(dbt_resource_props)

    return Grouped()


def _plain(spec: dg.AssetSpec, node: str, manifest: Mapping[str, Any], checks: "list[dg.AssetCheckSpec]") -> dict[str, Any]:
    said = manifest["nodes"][node]
    return {
        "id": node, "key": list(spec.key.path), "deps": sorted(list(dep.asset_key.path) for dep in spec.deps),
        "description": said["description"], "code_version": spec.code_version,
        "columns": {name: column["description"] for name, column in said["columns"].items()},
        "checks": [{"name": check.name, "description": check.description or ""}
                   for check in sorted(checks, key=lambda check: check.name) if check.asset_key == spec.key],
    }


def prepared(manifest: Mapping[str, Any]) -> str:
    """The text of assets.json."""
    return json.dumps(declared(manifest), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Parse the project and write the file."""
    from studio.metrics.building import Warehouse, dbt
    from studio.metrics.tables import FILE
    from studio.story.show import Show, ShowFile

    with TemporaryDirectory() as folder:
        nowhere = Show(Path(folder), ShowFile(title="none", default_preset="none"), {})
        manifest = json.loads(dbt(Warehouse(nowhere), "parse", "manifest.json").read_text(encoding="utf-8"))
    FILE.write_text(prepared(manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
