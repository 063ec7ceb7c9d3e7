-- the last reading of an episode's storyboard says which units it has now
with read as (
  select show_name, unit as episode, arg_max(units, at_text) as units, max(happened_at) as read_at
  from {{ ref('stg_events') }} where event = 'intake' and not torn group by show_name, unit
), listed as (
  select show_name, episode, unnest(units) as unit from read
  union
  select show_name, episode, episode from read
), seen as (
  select show_name, unit, any_value(episode) as episode, min(happened_at) as first_at, max(happened_at) as last_at,
    count(*) filter (event = 'take') as takes, count(*) filter (event = 'failure') as failures
  from {{ ref('stg_events') }}
  where event in ('take', 'failure', 'pick', 'review') and not torn and episode is not null
  group by show_name, unit
)
select coalesce(seen.show_name, listed.show_name) as show_name, coalesce(seen.unit, listed.unit) as unit,
  coalesce(seen.episode, listed.episode) as episode,
  case when listed.unit is not null then 'current' when read.episode is not null then 'gone' else 'unknown' end as state,
  seen.first_at, seen.last_at, coalesce(seen.takes, 0) as takes, coalesce(seen.failures, 0) as failures
from seen
full join listed on listed.show_name = seen.show_name and listed.unit = seen.unit
left join read on read.show_name = coalesce(seen.show_name, listed.show_name) and read.episode = coalesce(seen.episode, listed.episode)
