select md5(concat_ws('|', show_name, file, at_text, unit, stage, language)) as failure_id, happened_at, happened_at::date as day, show_name, episode,
  unit, stage, language, error, message, coalesce(cause, 'unknown') as cause, pool, run, trace, attempt,
  coalesce(seconds, 0) + coalesce(load_seconds, 0) + coalesce(idle_seconds, 0) as device_seconds, usd
from {{ ref('stg_events') }} where event = 'failure' and not torn
