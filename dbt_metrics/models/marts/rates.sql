-- one series of prices per pool: a ledger is one show's, whatever its folder was called
with said as (
  select show_name, at_text, happened_at, pool, pools -> pool as price
  from (select show_name, at_text, happened_at, pools, unnest(json_keys(pools)) as pool
    from {{ ref('stg_events') }} where event = 'prices' and not torn)
), priced as (
  select show_name, pool, at_text, happened_at as valid_from, try_cast(price ->> 'usd_per_hour' as double) as usd_per_hour,
    price ->> 'purchase' as purchase, try_cast(price ->> 'watts' as double) as watts,
    try_cast(price ->> 'usd_per_kwh' as double) as usd_per_kwh, try_cast(price ->> 'limit' as integer) as devices
  from said
), changed as (
  select * from priced
  window w as (partition by pool order by at_text)
  qualify row_number() over w = 1
    or (usd_per_hour, purchase, watts, usd_per_kwh, devices)
      is distinct from lag((usd_per_hour, purchase, watts, usd_per_kwh, devices)) over w
), known as (
  select show_name, pool, usd_per_hour is not null as known, usd_per_hour, purchase, watts, usd_per_kwh, devices, valid_from,
    lead(valid_from) over (partition by pool order by at_text) as valid_to
  from changed
)
select * from known
union all by name
select max(show_name) as show_name, pool, false as known from {{ ref('attempts') }} anti join known using (pool) where pool is not null group by pool
