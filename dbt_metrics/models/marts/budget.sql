with spent as (
  select show_name, day, sum(usd) as usd, count(*) filter (usd is null) as unpriced_attempts
  from {{ ref('attempts') }} group by show_name, day
), ceiling as (
  select show_name,
    -- a raise that was taken back says NULL, for what show.yaml says
    coalesce(arg_max_null(usd_written, at_text) filter (event = 'raise' and unit = 'show'),
      arg_max_null(max_usd, at_text) filter (event = 'prices')) as ceiling_usd
  from {{ ref('stg_events') }} where event in ('prices', 'raise') and not torn group by show_name
)
select show_name, day, usd, unpriced_attempts, sum(usd) over (partition by show_name order by day) as usd_so_far, ceiling_usd,
  ceiling_usd - coalesce(sum(usd) over (partition by show_name order by day), 0) as usd_left
from spent left join ceiling using (show_name)
