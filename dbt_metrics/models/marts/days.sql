select show_name, day, stage, count(*) as attempts, count(*) filter (succeeded) as rendered, count(*) filter (accepted) as accepted,
  count(*) filter (in_use) as in_use, {{ per('count(*) filter (accepted)', 'count(*) filter (succeeded)') }} as acceptance,
  sum(device_seconds) as device_seconds, sum(usd) as usd, {{ per('sum(usd)', 'count(*) filter (accepted)') }} as usd_per_accepted,
  {{ per('3600 * count(*) filter (succeeded)', 'sum(device_seconds)') }} as takes_per_device_hour
from {{ ref('attempts') }} group by show_name, day, stage
