with spent as (
  select show_name, episode, cause, count(*) as attempts, count(*) filter (succeeded) as takes, sum(device_seconds) as device_seconds,
    sum(usd) as usd, count(*) filter (usd is null) as unpriced_attempts
  from {{ ref('attempts') }} where stage in {{ panel_stages() }} group by show_name, episode, cause
), accepted as (
  select show_name, episode, count(distinct unit) as accepted_panels
  from {{ ref('takes') }} where stage = 'panel' and accepted group by show_name, episode
)
select show_name, episode, cause, attempts, takes, device_seconds, usd, unpriced_attempts, coalesce(accepted_panels, 0) as accepted_panels,
  {{ per('usd', 'accepted_panels') }} as usd_per_accepted_panel
from spent left join accepted using (show_name, episode)
