select file, any_value(file_bytes) as bytes, count(*) as lines, count(*) filter (torn) as torn_lines,
  min(happened_at) as first_at, max(happened_at) as last_at
from {{ ref('stg_events') }}
group by file
