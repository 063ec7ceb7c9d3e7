with asked as (
  select show_name, trace, min(submitted_at) as submitted_at
  from {{ ref('stg_events') }} where event = 'start' and not torn and trace is not null group by show_name, trace
), sizes as (
  select show_name, artifact, max(bytes) as bytes from {{ ref('takes') }} group by show_name, artifact
), published as (
  select row_number() over (order by at_text, unit) as delivery, happened_at as delivered_at, show_name, unit, trace, files, artifacts
  from {{ ref('stg_events') }} where event = 'publish' and not torn
), weighed as (
  select delivery, max(sizes.bytes) as bytes
  from (select delivery, show_name, unnest(artifacts) as artifact from published) as p join sizes using (show_name, artifact)
  group by delivery
), egress as (
  select show_name, arg_max(egress_usd_per_gb, at_text) as egress_usd_per_gb
  from {{ ref('stg_events') }} where event = 'prices' and not torn group by show_name
)
select delivery, show_name, unit, published.trace, submitted_at, delivered_at,
  case when delivered_at >= submitted_at then epoch(delivered_at - submitted_at) end as latency_seconds, len(files) as files, bytes,
  bytes / 1e9 * egress_usd_per_gb as egress_usd_each
from published
left join asked using (show_name, trace) left join weighed using (delivery) left join egress using (show_name)
