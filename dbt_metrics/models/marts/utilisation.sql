-- a take ends when it is entered; its share of the device lies before that, and may reach back into earlier hours
with spans as (
  select show_name, coalesce(pool, 'none') as pool, host, device, happened_at as ends, device_seconds, coalesce(seconds, 0) as seconds,
    coalesce(load_seconds, 0) as load_seconds, coalesce(idle_seconds, 0) as idle_seconds, write_seconds, bytes, loaded_bytes, hot_bytes,
    cold_bytes,
    happened_at - to_microseconds((1e6 * (coalesce(seconds, 0) + coalesce(load_seconds, 0)))::bigint) as begins
  from {{ ref('takes') }}
), worked as (
  select show_name, pool, concat_ws('/', host, device) as device, begins, ends from spans
  union all
  select show_name, coalesce(pool, 'none'), null, happened_at - to_microseconds((1e6 * device_seconds)::bigint), happened_at
  from {{ ref('failures') }} where happened_at is not null and device_seconds > 0
), hours as (
  select show_name, pool, device, ends, begins, unnest(generate_series(date_trunc('hour', begins), ends, interval 1 hour)) as hour
  from worked
), busy as (
  select show_name, pool, hour, greatest(1, count(distinct device)) as devices,
    sum(epoch(least(ends, hour + interval 1 hour) - greatest(begins, hour))) as busy_seconds
  from hours group by show_name, pool, hour
), by_day as (
  select show_name, pool, hour::date as day, max(devices) as devices, count(*) as active_hours, sum(busy_seconds) as busy_seconds,
    least(1, {{ per('sum(busy_seconds)', 'sum(3600 * devices)') }}) as average,
    least(1, max({{ per('busy_seconds', '3600 * devices') }})) as peak
  from busy group by show_name, pool, day
), shares as (
  select show_name, pool, ends::date as day, sum(seconds) as render_seconds, sum(load_seconds) as load_seconds,
    sum(idle_seconds) as idle_seconds, sum(write_seconds) as write_seconds, sum(loaded_bytes) as loaded_bytes,
    sum(bytes) as written_bytes, sum(hot_bytes) as hot_bytes, sum(cold_bytes) as cold_bytes
  from spans group by show_name, pool, day
)
select show_name, pool, day, devices, active_hours, busy_seconds, average, peak, render_seconds, load_seconds, idle_seconds, write_seconds,
  {{ per('load_seconds', 'render_seconds + load_seconds + idle_seconds') }} as load_share,
  {{ per('load_seconds + write_seconds', 'render_seconds + load_seconds + idle_seconds + write_seconds') }} as io_share,
  loaded_bytes, written_bytes, hot_bytes, cold_bytes, {{ per('hot_bytes', 'hot_bytes + cold_bytes') }} as hot_share
from by_day left join shares using (show_name, pool, day)
