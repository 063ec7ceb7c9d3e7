{{ config(meta={'dagster': {'ref': {'name': 'totals'}}}) }}
-- every sum of money says what the ledger's lines say, to a hundredth of a cent, by whatever it is cut
with ledger as (
  select show_name, sum(usd_written) as usd from {{ ref('stg_events') }} where event in ('take', 'failure') and not torn group by show_name
), sums as (
  select 'totals' as mart, show_name, usd from {{ ref('totals') }}
  union all select 'budget', show_name, sum(usd) from {{ ref('budget') }} group by show_name
  union all select 'days', show_name, sum(usd) from {{ ref('days') }} group by show_name
  union all select 'causes', show_name, sum(usd) from (
    select show_name, usd from {{ ref('panel_costs') }} union all select show_name, usd from {{ ref('film_costs') }}
    union all select show_name, usd from {{ ref('attempts') }}
    where stage not in {{ panel_stages() }} and stage not in {{ film_stages() }}) group by show_name
)
select mart, sums.show_name, sums.usd, ledger.usd as ledger_usd
from sums left join ledger using (show_name)
where abs(coalesce(sums.usd, 0) - coalesce(ledger.usd, 0)) > 0.0001
