select show_name, preset, preset_version, min(happened_at) as first_at, max(happened_at) as last_at, count(*) as takes,
  count(*) filter (accepted) as accepted, sum(device_seconds) as device_seconds, sum(usd) as usd
from {{ ref('takes') }} where preset is not null
group by show_name, preset, preset_version
