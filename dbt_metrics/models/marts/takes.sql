with made as (
  select *, row_number() over (partition by show_name, recipe, artifact order by at_text desc, unit) = 1 as last_of_its_kind
  from {{ ref('stg_events') }} where event = 'take' and not torn
), used as (
  select distinct show_name, stage, recipe, artifact from {{ ref('picks') }} where in_use
), words as (
  select show_name, stage, artifact, arg_max(verdict, happened_at) as verdict, arg_max(reviewer, happened_at) as reviewer
  from {{ ref('reviews') }} where standing group by all
), judged as (
  select made.*, coalesce(last_of_its_kind and words.verdict = 'accept', false) as accepted_by_person,
    coalesce(last_of_its_kind and words.verdict = 'reject', false) as rejected_by_person,
    last_of_its_kind and used.recipe is not null as in_use, words.reviewer as last_reviewer
  from made
  left join used using (show_name, stage, recipe, artifact)
  left join words using (show_name, stage, artifact)
)
select md5(concat_ws('|', judged.show_name, judged.file, at_text, judged.unit, recipe)) as take_id, happened_at, happened_at::date as day,
  judged.show_name, judged.episode, judged.unit, coalesce(units.state, 'apart') as unit_state, stage, recipe, artifact,
  coalesce(cause, 'unknown') as cause, rejected_for, preset, preset_version, engine, model, names ->> model as model_name, loras,
  names, characters, pool, device, host, environment, judged.run, judged.trace, attempt,
  seconds, load_seconds, idle_seconds, waited_seconds, write_seconds,
  coalesce(seconds, 0) + coalesce(load_seconds, 0) + coalesce(idle_seconds, 0) as device_seconds,
  predicted_seconds, predicted_high, predicted_from, usd, usd_per_hour, purchase, bytes, loaded_bytes, hot_bytes, cold_bytes, peak_bytes,
  width, height, steps, seed,
  measured_frames as frames, measured_seconds, accepted_by_person, rejected_by_person, in_use,
  accepted_by_person or (in_use and not rejected_by_person) as accepted,
  case when accepted_by_person or rejected_by_person then last_reviewer end as reviewer
from judged
left join {{ ref('units') }} as units on units.show_name = judged.show_name and units.unit = judged.unit
