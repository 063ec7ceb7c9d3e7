with first_written as (
  select show_name, artifact, date_trunc('month', min(happened_at)) as month, max(bytes) as bytes
  from {{ ref('takes') }} group by show_name, artifact
), written as (
  select show_name, month, count(*) as artifacts, sum(bytes) as written_bytes, count(*) filter (bytes is null) as unmeasured
  from first_written group by show_name, month
), months as (
  select show_name, unnest(generate_series(min(month), max(month), interval 1 month)) as month from written group by show_name
), kept as (
  select show_name, month, coalesce(artifacts, 0) as artifacts, coalesce(written_bytes, 0) as written_bytes, coalesce(unmeasured, 0) as unmeasured,
    sum(coalesce(written_bytes, 0)) over (partition by show_name order by month) as kept_bytes
  from months left join written using (show_name, month)
), prices as (
  select show_name, happened_at as valid_from, usd_per_gb_month,
    lead(happened_at) over (partition by show_name order by at_text) as valid_to,
    row_number() over (partition by show_name order by at_text) = 1 as first
  from {{ ref('stg_events') }} where event = 'prices' and not torn
)
select kept.show_name, kept.month::date as month, artifacts, written_bytes, kept_bytes, unmeasured, usd_per_gb_month,
  kept_bytes / 1e9 * usd_per_gb_month as usd
from kept
left join prices on prices.show_name = kept.show_name  -- the price at the month's end; before any was entered, the first one
  and (first or valid_from < month + interval 1 month) and (valid_to is null or valid_to >= month + interval 1 month)
