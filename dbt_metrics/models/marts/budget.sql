with spent as (
  select show_name, day, sum(usd) as usd, count(*) filter (usd is null) as unpriced_attempts
  from {{ ref('attempts') }} group by show_name, day
), ceiling as (
  select show_name,
    coalesce(arg_max(usd_written, at_text) filter (event = 'raise' and unit = 'show'), arg_max(max_usd, at_text) filter (event = 'prices')) as max_usd
  from {{ ref('stg_events') }} where event in ('prices', 'raise') and not torn group by show_name
)
select show_name, day, usd, unpriced_attempts, sum(usd) over (partition by show_name order by day) as usd_so_far, max_usd,
  max_usd - coalesce(sum(usd) over (partition by show_name order by day), 0) as usd_left
from spent left join ceiling using (show_name)
