select show_name, stage, count(*) as picks, count(*) filter (reused) as reused, {{ per('count(*) filter (reused)', 'count(*)') }} as reuse,
  sum(saved_usd) as saved_usd, sum(saved_seconds) as saved_seconds, count(*) filter (reused and saved_usd is null) as unpriced_reuses
from {{ ref('picks') }} group by show_name, stage
