"""Metrics: the tables over the ledger, one asset each. dbt makes all of them at once, in the pool of the one writer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from partitions.intake import WRITER
from resources.show import ShowResource
from studio.metrics.tables import Table, tables

if TYPE_CHECKING:
    from studio.metrics.building import Built

GROUP = "metrics"


def _spec(table: Table) -> dg.AssetSpec:
    columns = [dg.TableColumn(name, description=meaning) for name, meaning in table.columns.items()]
    return dg.AssetSpec(
        dg.AssetKey(table.key), deps=[dg.AssetKey(dep) for dep in table.deps], description=table.description, group_name=GROUP,
        kinds={"dbt", "duckdb"}, code_version=table.code_version,
        metadata={"dagster/column_schema": dg.TableSchema(columns)} if columns else {},
    )


@dg.multi_asset(
    name="metrics", pool=WRITER, specs=[_spec(table) for table in tables()],
    check_specs=[dg.AssetCheckSpec(check.name, asset=dg.AssetKey(table.key), description=check.description or None)
                 for table in tables() for check in table.checks],
)
def metrics(context: dg.AssetExecutionContext, show: ShowResource):
    """What dbt makes of out/ledger; analysts find it in out/metrics.duckdb, which is replaced only when all checks hold."""
    from studio.metrics.building import build
    from studio.story.show import open_show

    show.run(context)
    built = build(open_show(show.path))
    yield from _events(built)
    built.check()


def _events(built: "Built") -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """One result per table that was made and per test that was asked, in the order in which dbt came to them."""
    known = {table.id: table for table in tables()}
    tests = {result.name: result for result in built.results if result.is_test}
    for result in built.results:
        table = known.get(result.id)
        if table is None or not result.passed:
            continue
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(table.key), metadata={"seconds": result.seconds, "published": str(built.warehouse.published)})
        for check in table.checks:
            asked = tests.get(check.name)
            if asked is not None and asked.status != "skipped":
                yield dg.AssetCheckResult(asset_key=dg.AssetKey(table.key), check_name=check.name, passed=asked.passed,
                                          metadata={"wrong_rows": asked.wrong_rows, "message": asked.message})
