select show_name, coalesce(pool, 'none') as pool, coalesce(class, 'none') as class, count(*) as runs, count(*) filter (wait_seconds is null) as unknown_waits,
  quantile_cont(wait_seconds, 0.5) as p50_seconds, quantile_cont(wait_seconds, 0.95) as p95_seconds, max(wait_seconds) as max_seconds,
  sum(wait_seconds) as wait_seconds, sum(device_seconds) as device_seconds,
  {{ per('sum(wait_seconds)', 'sum(device_seconds)') }} as wait_per_device_second
from {{ ref('runs') }} group by show_name, runs.pool, runs.class
