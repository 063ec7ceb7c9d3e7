select show_name, stage, count(*) as attempts, count(*) filter (succeeded) as takes, count(*) filter (not succeeded) as failures,
  {{ per('count(*) filter (succeeded)', 'count(*)') }} as success, sum(device_seconds) filter (not succeeded) as failed_seconds,
  sum(usd) filter (not succeeded) as failed_usd
from {{ ref('attempts') }} group by show_name, stage
