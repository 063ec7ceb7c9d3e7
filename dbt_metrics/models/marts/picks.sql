-- a pick that found its picture saved what that picture had cost
with picked as (
  select happened_at, at_text, show_name, episode, unit, stage, language, recipe, artifact, coalesce(reused, false) as reused, trace, run
  from {{ ref('stg_events') }} where event = 'pick' and not torn
), paid as (
  select show_name, recipe, arg_max(usd, at_text) as usd,
    arg_max(seconds + coalesce(load_seconds, 0) + coalesce(idle_seconds, 0), at_text) as seconds
  from {{ ref('stg_events') }} where event = 'take' and not torn group by show_name, recipe
), latest as (
  select show_name, unit, stage, language, max(at_text) as at_text from picked group by all
)
select picked.happened_at, picked.happened_at::date as day, picked.show_name, picked.episode, picked.unit, picked.stage, picked.language,
  picked.recipe, picked.artifact, picked.reused, picked.trace, picked.run, latest.at_text is not null as in_use,
  case when reused then paid.usd end as saved_usd, case when reused then paid.seconds end as saved_seconds
from picked
left join latest using (show_name, unit, stage, language, at_text)
left join paid on paid.show_name = picked.show_name and paid.recipe = picked.recipe
