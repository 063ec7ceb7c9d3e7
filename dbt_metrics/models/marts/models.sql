with uses as (
  select show_name, model as sha256, 'model' as role, happened_at, accepted, usd, names from {{ ref('takes') }} where model is not null
  union all
  select show_name, unnest(loras) as sha256, 'lora' as role, happened_at, accepted, usd, names from {{ ref('takes') }} where len(loras) > 0
)
select show_name, sha256, role, max(names ->> sha256) as name, min(happened_at) as first_at, max(happened_at) as last_at, count(*) as takes,
  count(*) filter (accepted) as accepted, sum(usd) as usd
from uses group by show_name, sha256, role
