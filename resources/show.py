"""ShowResource: the show that this code location works for."""

import os
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio.production.opening import Production
    from studio.render.renderer import Run
    from studio.store.events import Start


def show_folder() -> Path:
    """$GENGA_SHOW, else the sample show beside this program."""
    return Path(os.environ.get("GENGA_SHOW") or Path(__file__).parents[1] / "shows" / "momotaro")


def _s3_client() -> Any:
    """Configured as every Dagster S3 resource is: keys, region and endpoint from the environment."""
    from dagster_aws.s3 import S3Resource

    return S3Resource(endpoint_url=os.environ.get("AWS_ENDPOINT_URL")).get_client()


class ShowResource(dg.ConfigurableResource):
    """Opens the show's stores for a step."""

    folder: str
    """Folder that holds show.yaml."""

    @property
    def path(self) -> Path:
        """The folder, whole."""
        return Path(self.folder).resolve()

    def open(self) -> "Production":
        """The show, opened anew: files may have changed since the last step."""
        from studio.production.opening import open_production

        return open_production(Path(self.folder), s3=_s3_client)

    def run(self, context: dg.AssetExecutionContext) -> "Run":
        """Under which submission this step works. Enters into the ledger that it begins, and since when it was asked for: call it
        once per step, before any work.
        """
        from studio.dispatch.classes import PRIORITY, RANKS, deadline_of
        from studio.dispatch.submissions import TRACE
        from studio.render.renderer import Run
        from studio.store.ledger import Ledger

        tags = context.run.tags
        due = deadline_of(tags)
        run = Run(tags.get(TRACE, ""), context.run.run_id, context.retry_number + 1, int(tags.get(PRIORITY, RANKS["demo"])),
                  due.timestamp() if due else None)
        Ledger(self.path / "out" / "ledger").append(_start(context, self.path.name, run))
        return run


def _start(context: dg.AssetExecutionContext, show: str, run: "Run") -> "Start":
    """Run tags say who asked; the instance knows since when the run waits."""
    from studio.dispatch.classes import CLASS, PRIORITY
    from studio.dispatch.submissions import POOL
    from studio.store.event import utc_now
    from studio.store.events import Start

    tags = context.run.tags
    record = context.instance.get_run_record_by_id(run.id)
    submitted = record.create_timestamp.replace(tzinfo=UTC).isoformat(timespec="microseconds") if record else utc_now()
    pool = tags.get(POOL) or context.assets_def.op.pool
    return Start(
        show=show, unit=tags.get("dagster/partition") or tags.get("dagster/asset_partition_range_start", ""), trace=run.trace,
        run=run.id, attempt=run.attempt, asset=context.op_def.name, pool=pool or "", by=_asked_by(tags),
        priority=int(tags.get(PRIORITY, 0)), submitted=submitted, queue_class=tags.get(CLASS, ""),
    )


def _asked_by(tags: "Mapping[str, str]") -> str:
    """The class of a run: who asked for it."""
    from studio.dispatch.submissions import BY

    sensor_or_schedule = tags.get("dagster/sensor_name") or tags.get("dagster/schedule_name")
    return tags.get(BY) or sensor_or_schedule or ("backfill" if "dagster/backfill" in tags else "hand")
