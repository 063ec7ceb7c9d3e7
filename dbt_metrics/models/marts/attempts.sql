{{ config(materialized='view') }}
select take_id as attempt_id, true as succeeded, happened_at, day, show_name, episode, unit, stage, cause, pool, run, trace, attempt,
  device_seconds, usd, accepted, in_use
from {{ ref('takes') }}
union all by name
select failure_id as attempt_id, false as succeeded, happened_at, day, show_name, episode, unit, stage, cause, pool, run, trace, attempt,
  device_seconds, usd, false as accepted, false as in_use
from {{ ref('failures') }}
