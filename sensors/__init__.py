"""What sets work off. Sensors say what they noticed; they name assets by key."""

import os

import dagster as dg

STATUS = (
    dg.DefaultSensorStatus.STOPPED if os.environ.get("GENGA_SENSORS") == "off" else dg.DefaultSensorStatus.RUNNING
)
"""Off while `genga apply` works alone: it submits what was agreed to, and nothing else may start."""
