{{ config(meta={'dagster': {'ref': {'name': 'takes'}}}) }}
-- no join lost or doubled a line
with ledger as (
  select count(*) filter (event = 'take') as takes, count(*) filter (event = 'failure') as failures, count(*) filter (event = 'pick') as picks
  from {{ ref('stg_events') }} where not torn
)
select * from ledger
where takes <> (select count(*) from {{ ref('takes') }}) or failures <> (select count(*) from {{ ref('failures') }})
  or picks <> (select count(*) from {{ ref('picks') }}) or takes <> (select coalesce(sum(takes), 0) from {{ ref('predictions') }})
  or takes + failures <> (select coalesce(sum(attempts), 0) from {{ ref('stage_success') }})
