with spent as (
  select show_name, episode, cause, count(*) as attempts, count(*) filter (succeeded) as takes, sum(device_seconds) as device_seconds,
    sum(usd) as usd, count(*) filter (usd is null) as unpriced_attempts
  from {{ ref('attempts') }} where stage in {{ film_stages() }} group by show_name, episode, cause
), finished as (  -- its languages are one film
  select show_name, episode, max(measured_seconds) as film_seconds from {{ ref('takes') }}
  where stage = 'film' and in_use group by show_name, episode
)
select show_name, episode, cause, attempts, takes, device_seconds, usd, unpriced_attempts, film_seconds,
  {{ per('usd', 'film_seconds') }} as usd_per_film_second
from spent left join finished using (show_name, episode)
