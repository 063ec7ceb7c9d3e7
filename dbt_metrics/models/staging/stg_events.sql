{#
  One row per line of the ledger, torn ones included. Incremental by file: what is new or has grown is read again, whole; what is
  gone is taken out. A line is transformed leniently: unknown fields are passed over, missing or nonsensical ones are NULL.
#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='file', on_schema_change='fail',
    post_hook="delete from {{ this }} where file not in (select file from ({{ ledger_listing() }}))",
) }}
-- depends_on: {{ source('ledger', 'storyboards') }} {{ source('ledger', 'panels') }} {{ source('ledger', 'panel_finals') }}
-- depends_on: {{ source('ledger', 'pages') }} {{ source('ledger', 'books') }} {{ source('ledger', 'keyframes') }}
-- depends_on: {{ source('ledger', 'inbetweens') }} {{ source('ledger', 'inbetween_finals') }} {{ source('ledger', 'voices') }}
-- depends_on: {{ source('ledger', 'clips') }} {{ source('ledger', 'subtitles') }} {{ source('ledger', 'films') }}
-- depends_on: {{ source('ledger', 'sweep_takes') }} {{ source('ledger', 'refinements') }} {{ source('ledger', 'canaries') }}
{%- set files = files_to_read(this, is_incremental()) | trim %}
{%- set fields -%}
{"event": "VARCHAR", "at": "VARCHAR", "show": "VARCHAR", "unit": "VARCHAR", "recipe": "VARCHAR", "trace": "VARCHAR", "run": "VARCHAR",
 "attempt": "INTEGER", "stage": "VARCHAR", "language": "VARCHAR", "artifact": "VARCHAR", "cause": "VARCHAR",
 "rejected_for": ["VARCHAR"], "characters": ["VARCHAR"], "names": "JSON", "preset": {"name": "VARCHAR", "version": "INTEGER"},
 "seconds": "DOUBLE", "load_seconds": "DOUBLE", "idle_seconds": "DOUBLE", "waited_seconds": "DOUBLE", "write_seconds": "DOUBLE", "bytes": "BIGINT",
 "loaded_bytes": "BIGINT", "hot_bytes": "BIGINT", "cold_bytes": "BIGINT", "peak_bytes": "BIGINT", "usd": "DOUBLE", "usd_per_hour": "DOUBLE", "purchase": "VARCHAR",
 "pool": "VARCHAR", "device": "VARCHAR", "host": "VARCHAR", "environment": "VARCHAR",
 "measures": {"seconds": "DOUBLE", "frames": "DOUBLE"}, "predicted": {"seconds": "DOUBLE", "high": "DOUBLE", "takes": "INTEGER"},
 "body": {"kind": "VARCHAR", "engine": "VARCHAR", "model": "VARCHAR", "width": "INTEGER", "height": "INTEGER", "steps": "INTEGER",
          "seed": "BIGINT", "loras": [{"model": "VARCHAR", "weight": "DOUBLE"}]},
 "reused": "BOOLEAN", "error": "VARCHAR", "message": "VARCHAR", "id": "VARCHAR", "verdict": "VARCHAR", "reasons": ["VARCHAR"],
 "reviewer": "VARCHAR", "undoes": "VARCHAR", "files": ["VARCHAR"], "artifacts": ["VARCHAR"], "units": ["VARCHAR"],
 "asset": "VARCHAR", "by": "VARCHAR", "queue_class": "VARCHAR", "priority": "INTEGER", "submitted": "VARCHAR", "pools": "JSON",
 "usd_per_gb_month": "DOUBLE", "egress_usd_per_gb": "DOUBLE", "max_usd": "DOUBLE"}
{%- endset %}
with lines as (
  {% if files %}
  select parse_filename(filename) as file, json_transform(json, '{{ fields }}') as e
  from read_json_objects([{{ files }}], format='newline_delimited', filename=true, ignore_errors=true, maximum_object_size=16777216)
  {% else %}
  select null::varchar as file, json_transform('{}'::json, '{{ fields }}') as e where false
  {% endif %}
)
select
  lines.file, listing.file_bytes, listing.file_modified,
  -- without a time that can be read, what a line cost would be in no day: it counts nowhere, and is told
  e.event is null or try_cast(e."at" as timestamptz) is null as torn,
  e.event as event, try_cast(e."at" as timestamptz) at time zone 'UTC' as happened_at, e."at" as at_text,
  e.show as show_name, e.unit,
  case when e.stage is null or e.stage not in ('sweep', 'refinement', 'refinement_final', 'canary')
    then {{ episode_of('e.unit') }} end as episode, e.recipe, nullif(e.trace, '') as trace, nullif(e.run, '') as run,
  coalesce(e.attempt, 1) as attempt, e.stage, coalesce(e.language, '') as language, e.artifact, e.cause, e.rejected_for,
  e.characters, e.names, e.preset.name as preset, e.preset.version as preset_version,
  e.seconds, e.load_seconds, e.idle_seconds, e.waited_seconds, e.write_seconds, e.bytes, e.loaded_bytes, e.hot_bytes, e.cold_bytes, e.peak_bytes, e.usd as usd_written,
  -- lines from before rates were kept say 0 where the show named no price: that is unknown, not free
  case when e.usd_per_hour is not null or e.usd > 0 or e.seconds = 0 then e.usd end as usd,
  e.usd_per_hour, e.purchase, nullif(e.pool, '') as pool, e.device, e.host, e.environment,
  e.measures.seconds as measured_seconds, e.measures.frames as measured_frames,
  e.predicted.seconds as predicted_seconds, e.predicted.high as predicted_high, e.predicted.takes as predicted_from,
  e.body.kind as kind, e.body.engine as engine, e.body.model as model, e.body.width as width, e.body.height as height,
  e.body.steps as steps, e.body.seed as seed, [lora.model for lora in e.body.loras] as loras,
  e.reused, e.error, e.message, e.id as review_id, e.verdict, e.reasons, e.reviewer, nullif(e.undoes, '') as undoes, e.files,
  e.artifacts, e.units, e.asset, e."by" as asked_by, nullif(e.queue_class, '') as queue_class, e.priority,
  try_cast(e.submitted as timestamptz) at time zone 'UTC' as submitted_at, e.pools, e.usd_per_gb_month, e.egress_usd_per_gb, e.max_usd
from lines
join ({{ ledger_listing() }}) as listing on listing.file = lines.file
