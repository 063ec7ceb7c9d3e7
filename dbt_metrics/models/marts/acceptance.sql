-- one row per value of each dimension, so that a picture with two characters counts for both
with told as (
  select show_name, stage, accepted, accepted_by_person, rejected_by_person, in_use, usd, [
      {'dimension': 'show', 'value': show_name},
      {'dimension': 'episode', 'value': episode},
      {'dimension': 'preset', 'value': preset || '@' || preset_version},
      {'dimension': 'model', 'value': coalesce(model_name, model)},
      {'dimension': 'pool', 'value': pool},
      {'dimension': 'reviewer', 'value': reviewer}
    ] || [{'dimension': 'lora', 'value': lora} for lora in coalesce(loras, [])]
      || [{'dimension': 'character', 'value': character} for character in coalesce(characters, [])] as dimensions
  from {{ ref('takes') }}
), spread as (
  select show_name, stage, unnest(dimensions) as d, accepted, accepted_by_person, rejected_by_person, in_use, usd from told
)
select show_name, d.dimension as dimension, d.value as value, stage, count(*) as rendered, count(*) filter (accepted) as accepted,
  count(*) filter (accepted_by_person) as accepted_by_person, count(*) filter (rejected_by_person) as rejected_by_person,
  count(*) filter (in_use) as in_use, {{ per('count(*) filter (accepted)', 'count(*)') }} as acceptance, sum(usd) as usd
from spread where d.value is not null
group by show_name, d.dimension, d.value, stage
