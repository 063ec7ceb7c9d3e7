-- a word counts until its author takes it back, or somebody says another about the same artifact
with said as (
  select happened_at, at_text, show_name, episode, unit, stage, language, artifact, recipe, review_id, verdict, reasons, reviewer, seconds
  from {{ ref('stg_events') }} where event = 'review' and not torn and verdict <> 'undo'
), undone as (
  select distinct show_name, undoes from {{ ref('stg_events') }} where event = 'review' and not torn and verdict = 'undo'
), marked as (
  select said.*, undone.undoes is not null as undone
  from said left join undone on undone.show_name = said.show_name and undone.undoes = said.review_id
)
select review_id, happened_at, happened_at::date as day, show_name, episode, unit, stage, language, artifact, recipe, verdict, reasons,
  reviewer, seconds as looked_seconds, undone,
  not undone and row_number() over (
    partition by show_name, unit, stage, language, artifact, undone order by at_text desc, review_id desc) = 1 as standing
from marked
