-- how long takes were predicted to take when their run planned them, against how long they took; a guess is no prediction to trust
with told as (
  select show_name, date_trunc('week', happened_at)::date as week, stage, pool, seconds, predicted_seconds as predicted, predicted_high,
    case when predicted_seconds is null then 'none' when predicted_from > 0 then 'measured' else 'guess' end as basis
  from {{ ref('takes') }}
)
select show_name, week, stage, pool, basis, count(*) as takes, median(predicted) as median_predicted_seconds,
  median(seconds) filter (basis <> 'none') as median_actual_seconds, median({{ per('seconds', 'predicted') }}) as median_ratio,
  {{ per('count(*) filter (seconds <= predicted_high)', 'count(*) filter (seconds is not null and predicted is not null)') }} as within_p90,
  {{ per('sum(seconds - predicted)', 'sum(predicted) filter (seconds is not null)') }} as bias
from told group by show_name, week, stage, pool, basis
