with told as (
  -- under a new name of the folder a build enters prices before anything else happens: that alone is no show
  select show_name, count(*) as events, min(happened_at) as first_at, max(happened_at) as last_at,
    count(*) filter (event <> 'prices') as others
  from {{ ref('stg_events') }} where not torn group by show_name
  qualify others > 0 or sum(others) over () = 0
), spent as (
  select show_name, count(*) filter (succeeded) as takes, count(*) filter (not succeeded) as failures, count(*) filter (accepted) as accepted,
    sum(device_seconds) as device_seconds, sum(usd) as usd, count(*) filter (usd is null) as unpriced_attempts
  from {{ ref('attempts') }} group by show_name
)
select show_name, events, first_at, last_at, coalesce(takes, 0) as takes, coalesce(failures, 0) as failures, coalesce(accepted, 0) as accepted,
  coalesce(device_seconds, 0) as device_seconds, case when takes + failures > 0 then usd else 0 end as usd,
  coalesce(unpriced_attempts, 0) as unpriced_attempts
from told left join spent using (show_name)
