-- one row per run: what its lines cost does not say by which of its steps, and a later step waits for the earlier ones, not for a place
with started as (
  select show_name, run, asset, trace, pool, queue_class as class, asked_by, priority, submitted_at, happened_at as started_at,
    max(attempt) over (partition by show_name, run) as attempts
  from {{ ref('stg_events') }} where event = 'start' and not torn and run is not null
  qualify row_number() over (partition by show_name, run order by attempt, happened_at, asset) = 1
), did as (
  select show_name, run, max(happened_at) as last_at, count(*) filter (event = 'take') as takes,
    count(*) filter (event = 'failure') as failures, count(*) filter (event = 'pick' and reused) as reused,
    min(waited_seconds) filter (event = 'take') as device_wait_seconds,
    sum(coalesce(seconds, 0) + coalesce(load_seconds, 0) + coalesce(idle_seconds, 0))
      filter (event in ('take', 'failure')) as device_seconds
  from {{ ref('stg_events') }} where run is not null and not torn and event in ('take', 'failure', 'pick', 'publish', 'score')
  group by show_name, run
)
select show_name, run, trace, asset, pool, class, asked_by, priority, submitted_at, started_at, last_at, attempts,
  -- a clock that jumped back makes a wait of less than nothing: that is unknown
  case when started_at >= submitted_at then epoch(started_at - submitted_at) + coalesce(device_wait_seconds, 0) end as wait_seconds,
  device_wait_seconds,
  coalesce(takes, 0) as takes, coalesce(failures, 0) as failures, coalesce(reused, 0) as reused,
  coalesce(device_seconds, 0) as device_seconds
from started left join did using (show_name, run)
