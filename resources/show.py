"""ShowResource: the show that this code location works for."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from studio.production.opening import Production
    from studio.render.renderer import Run


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

    def open(self) -> "Production":
        """The show, opened anew: files may have changed since the last step."""
        from studio.production.opening import open_production

        return open_production(Path(self.folder), s3=_s3_client)

    def run(self, context: dg.AssetExecutionContext) -> "Run":
        """Under which submission this step works."""
        from studio.dispatch.submissions import TRACE
        from studio.render.renderer import Run

        return Run(context.run.tags.get(TRACE, ""), context.run.run_id, context.retry_number + 1)
